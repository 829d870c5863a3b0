"""A message that can go any way out, and what every way promises."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bot.store import Store

Json = dict[str, Any]
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Picture:
    """A PNG, and what it says to those who do not see it."""

    content: bytes
    alt: str


@dataclass(frozen=True)
class Said:
    """A message under another, by a name that stays the same."""

    name: str
    text: str
    blocks: list[Json]


@dataclass(frozen=True)
class Message:
    """What is said once for its key.

    `text`: the notification; `blocks`: of the picture's file id (None: without one); `replies`: what stands in the
    thread; `subject`, `plain` and `page`: of a mail and a file, the page by the address of the picture (None: without).
    """

    key: str
    text: str
    blocks: Callable[[str | None], list[Json]]
    replies: tuple[Said, ...] = ()
    picture: Picture | None = None
    subject: str = ""
    plain: str = ""
    page: Callable[[str | None], str] = lambda _: ""


class WayOut(Protocol):
    """Where messages go. What was sent for a key is not sent again.

    Where its content changed, it is changed there, but for what is in people's mailboxes.
    """

    def send(self, store: Store, message: Message, clock: Clock) -> str:
        """What became of it, in words that name nobody.

        Raises SourceError or OutputError; then nothing is lost and the next run tries again.
        """
        ...
