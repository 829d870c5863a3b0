"""A finished message -> Slack, exactly once, even if the machine dies in between."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.store import Store
from connectors.errors import SourceUnavailable
from connectors.slack import Slack

Json = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """Blocks by the picture's file id (None: without one), the text of notifications, and the picture."""

    blocks: Callable[[str | None], list[Json]]
    text: str
    picture: bytes
    alt: str


def post(store: Store, slack: Slack, channel: str, key: str, message: Message, now: datetime) -> str | None:
    """The time stamp of the message, or None if it stands there already.

    Raises SourceError; then the next run tries again.
    """
    if store.outbox(channel, key, now).state == "sent":
        return None
    try:
        file_id = slack.upload(message.picture, f"{key.replace(' ', '-')}.png", message.alt)
    except SourceUnavailable:
        file_id = None
    stamp = slack.post_once(channel, key, message.blocks(file_id), message.text, now)
    store.sent(channel, key, stamp)
    return stamp
