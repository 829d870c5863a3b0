"""A finished message -> Slack, exactly once, even if the machine dies in between."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.store import Store
from connectors.errors import SourceError, SourceUnavailable
from connectors.slack import Slack, SlackRefusal

Json = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """Blocks by the picture's file id (None: without one), the text of notifications, and perhaps a picture."""

    blocks: Callable[[str | None], list[Json]]
    text: str
    picture: bytes | None = None
    alt: str = ""


def post(store: Store, slack: Slack, channel: str, key: str, message: Message, now: datetime) -> str:
    """What became of the message, in words. Raises SourceError; then the next run tries again."""
    row = store.outbox(channel, key, now)
    if row is None:
        raise SourceUnavailable(f"slack: another process is posting to {channel}; try again in five minutes")
    if row.state == "sent":
        return f"stands in {channel} already"
    try:
        place = slack.channel(channel)
        stamp, without = slack.find(place, key, row.first_at, channel), ""
        if stamp is None:
            stamp, without = _post(slack, place, channel, key, message, row.first_at)
    except Exception:
        store.unsent(channel, key)
        raise
    store.sent(channel, key, stamp)
    return f"posted to {channel}{without}"


def _post(slack: Slack, place: str, channel: str, key: str, message: Message, since: datetime) -> tuple[str, str]:
    """The time stamp, and why there is no picture: words are worth posting without it."""
    if message.picture is None:
        return slack.post_once(place, key, message.blocks(None), message.text, since, channel), ""
    file_id, without = None, " without its picture, which Slack was too slow to take"
    try:
        file_id = slack.upload(message.picture, f"{key.replace(' ', '-')}.png", message.alt)
    except SourceError as problem:
        without = f" without its picture ({problem})"
    if file_id:
        try:
            return slack.post_once(place, key, message.blocks(file_id), message.text, since, channel), ""
        except SlackRefusal as problem:
            if problem.word != "invalid_blocks":
                raise
            without = " without its picture, which Slack refused"
    return slack.post_once(place, key, message.blocks(None), message.text, since, channel), without
