"""A message -> a channel of Slack, its replies in its thread, and its picture in it, or else in the thread, too."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.notify.message import Clock, Json, Message, Picture
from bot.store import Store
from bot.tables import OutboxRow
from connectors.errors import SourceError, SourceUnavailable
from connectors.slack import Slack, SlackRefusal, picture_of

PICTURE = "picture"
"""The name of the reply that holds a picture which came too late."""

SOON_S, LATE_S = 20.0, 60.0
"""How long a message waits until Slack has looked at its picture, and how long it is waited for after that."""


@dataclass(frozen=True)
class ToSlack:
    """One channel. What stands there is found by its metadata before anything is sent."""

    slack: Slack
    channel: str

    def send(self, store: Store, message: Message, clock: Clock) -> str:
        return _Sending(store, self.slack, self.channel, self.slack.channel(self.channel), message, clock).all()


class _Sending:
    """One message on its way."""

    def __init__(self, store: Store, slack: Slack, channel: str, place: str, message: Message, clock: Clock) -> None:
        self._outbox, self._slack, self._channel, self._place = store.outbox, slack, channel, place
        self._message, self._clock = message, clock
        self._unused: str | None = None

    def all(self) -> str:
        root, told, late = self._root()
        for reply in self._message.replies:
            self._reply(root, reply.name, reply.blocks, reply.text)
        if late is not None:
            told += self._late_picture(root, late)
        return told

    def _root(self) -> tuple[str, str, Picture | None]:
        """Its time stamp, what became of it, and the picture that it does not show."""
        key, picture = self._message.key, self._message.picture
        with self._claimed(key) as row:
            if row.state == "sent" and row.message:
                return row.message, self._updated(row, row.message), None if row.file else picture
            standing = self._slack.find(self._place, key, row.first_at, self._channel)
            if standing is not None:
                stamp, file = str(standing["ts"]), picture_of(standing)
            else:
                stamp, file = self._posted(row)
            self._outbox.keep_file(self._channel, key, file)
            self._outbox.sent(self._channel, key, stamp, self._mark())
        return stamp, f"posted to {self._channel}", None if file else picture

    def _posted(self, row: OutboxRow) -> tuple[str, str | None]:
        """With its picture if that is ready; words are worth posting without it."""
        file = self._ready(row.key, row.file)
        self._hold(row)
        if file:
            try:
                return self._once(row, self._message.blocks(file), self._message.text), file
            except SlackRefusal as problem:
                if problem.word != "invalid_blocks":
                    raise
        return self._once(row, self._message.blocks(None), self._message.text), None

    def _ready(self, key: str, known: str | None) -> str | None:
        """The picture's file once Slack has looked at it; None where there is none, or it took too long."""
        picture = self._message.picture
        if picture is None:
            return None
        try:
            self._unused = known or self._upload(key, picture)
            return self._unused if self._slack.is_ready(self._unused, SOON_S) else None
        except SourceError:
            return None

    def _upload(self, key: str, picture: Picture) -> str:
        file = self._slack.upload(picture.content, "map.png", picture.alt)
        self._outbox.keep_file(self._channel, key, file)
        return file

    def _late_picture(self, root: str, picture: Picture) -> str:
        """It follows in the thread, or is told to be missing; the next call tries again."""
        key = self._key(PICTURE)
        try:
            with self._claimed(key) as row:
                if row.state == "sent":
                    return ""
                file = row.file or self._unused or self._upload(key, picture)
                self._outbox.keep_file(self._channel, key, file)
                if not self._slack.is_ready(file, LATE_S):
                    self._outbox.release(self._channel, key)
                    return " without its picture, which Slack did not finish looking at"
                blocks: list[Json] = [{"type": "image", "slack_file": {"id": file}, "alt_text": picture.alt}]
                stamp = self._once(row, blocks, picture.alt, root)
                self._outbox.sent(self._channel, key, stamp)
        except SourceError as problem:
            return f" without its picture ({problem})"
        return ", its picture in the thread"

    def _reply(self, root: str, name: str, blocks: list[Json], text: str) -> None:
        key, mark = self._key(name), _digest(blocks, text)
        with self._claimed(key) as row:
            if row.state == "sent" and row.message:
                if row.mark != mark:
                    self._update(row.message, key, blocks, text)
                    self._outbox.sent(self._channel, key, row.message, mark)
                return
            self._outbox.sent(self._channel, key, self._once(row, blocks, text, root), mark)

    def _updated(self, row: OutboxRow, stamp: str) -> str:
        """Bring what stands there to what is to be said now."""
        if row.mark == self._mark():
            return f"stands in {self._channel} already"
        if not self._update(stamp, row.key, self._message.blocks(row.file), self._message.text):
            return f"was deleted in {self._channel}, and stays so"
        self._outbox.sent(self._channel, row.key, stamp, self._mark())
        return f"updated in {self._channel}"

    def _update(self, stamp: str, key: str, blocks: list[Json], text: str) -> bool:
        """False where somebody deleted it."""
        try:
            self._slack.update(self._place, stamp, key, blocks, text, self._channel)
        except SlackRefusal as problem:
            if problem.word != "message_not_found":
                raise
            return False
        return True

    def _once(self, row: OutboxRow, blocks: list[Json], text: str, root: str | None = None) -> str:
        return self._slack.post_once(self._place, row.key, blocks, text, row.first_at, self._channel, root)

    def _hold(self, row: OutboxRow) -> None:
        if not self._outbox.hold(self._channel, row.key, row.claimed_at, self._clock()):
            raise _taken(self._channel)

    @contextmanager
    def _claimed(self, key: str) -> Iterator[OutboxRow]:
        """Given back where something goes wrong, so that the next run tries again at once."""
        row = self._outbox.claim(self._channel, key, self._clock())
        if row is None:
            raise _taken(self._channel)
        try:
            yield row
        except Exception:
            self._outbox.release(self._channel, key)
            raise

    def _key(self, name: str) -> str:
        return f"{self._message.key} · {name}"

    def _mark(self) -> str:
        return _digest(self._message.blocks(None), self._message.text)


def _taken(channel: str) -> SourceUnavailable:
    return SourceUnavailable(f"slack: another process is posting to {channel}; try again in five minutes")


def _digest(blocks: list[Json], text: str) -> str:
    return hashlib.sha256(json.dumps([blocks, text], sort_keys=True).encode()).hexdigest()
