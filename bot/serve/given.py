"""What the pages are made from: functions that may take a while, and are called beside the server."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.config import ConfiguredStream
from bot.report.studied import Studied

Moment = datetime | date


@dataclass(frozen=True)
class Look:
    """A stream in a window, seen as of an instant; what is not said is as the command line has it."""

    stream: str
    start: Moment | None = None
    end: Moment | None = None
    now: Moment | None = None

    @property
    def is_usual(self) -> bool:
        """Whether it is what everybody sees who asks for nothing else."""
        return self == Look(self.stream)


@dataclass(frozen=True)
class Read:
    """Until when everything of a scope is here; None while it was never read to the end."""

    source: str
    scope: str
    at: datetime | None


@dataclass(frozen=True)
class Given:
    """`version`: changes with what is known of a stream; `missing`: why nothing can be told, if so."""

    streams: Sequence[ConfiguredStream]
    clock: Callable[[], datetime]
    study: Callable[[Look], Studied]
    version: Callable[[str], str]
    reads: Callable[[], Sequence[Read]]
    missing: Callable[[], str | None]
    report: Callable[[Studied], str]
    picture: Callable[[Studied, bool], str]
