"""A message -> a channel of Slack, its replies in its thread, and its picture in it, or else in the thread, too."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from bot.notify.message import Clock, Json, Message, Picture, Said
from bot.outbox import Outbox
from bot.store import Store
from bot.tables import OutboxRow
from connectors.errors import SourceError, SourceUnavailable, Unanswered
from connectors.slack import Posting, Slack, Standing
from connectors.slack_refusals import SlackRefusal

PICTURE = "picture"
"""The name of the reply that holds a picture which came too late."""

SOON_S, LATE_S = 20.0, 60.0
"""How long a message waits until Slack has looked at its picture, and how long it is waited for after that."""

GONE = ("message_not_found", "thread_not_found")


@dataclass(frozen=True)
class ToSlack:
    """One channel. What stands there is found by its metadata before anything is sent."""

    slack: Slack
    channel: str

    def send(self, store: Store, message: Message, clock: Clock) -> str:
        place = self.slack.channel(self.channel)
        return _Sending(store.outbox, self.slack, self.channel, place, message, clock).all()


@dataclass
class _Claim:
    """A row that this process may send, as long as nobody takes it over."""

    outbox: Outbox
    row: OutboxRow
    clock: Clock

    def renew(self) -> None:
        """Raises SourceUnavailable where somebody did."""
        now = self.clock()
        if not self.outbox.hold(self.row.channel, self.row.key, self.row.claimed_at, now):
            raise _taken(self.row.channel)
        self.row.claimed_at = now

    def release(self) -> None:
        self.outbox.release(self.row.channel, self.row.key, self.row.claimed_at)

    @property
    def standing(self) -> Standing | None:
        """Where it was sent to, as far as is remembered."""
        row = self.row
        return Standing(row.message, row.mark, row.file) if row.state == "sent" and row.message else None


class _Sending:
    """One message on its way."""

    def __init__(self, outbox: Outbox, slack: Slack, channel: str, place: str, message: Message, clock: Clock) -> None:
        self._outbox, self._slack, self._channel, self._place = outbox, slack, channel, place
        self._message, self._clock = message, clock
        self._uploaded: str | None = None

    def all(self) -> str:
        try:
            root, told = self._root()
            for reply in self._message.replies:
                self._reply(root.stamp, reply)
            return told + self._late_picture(root)
        except SlackRefusal as problem:
            if problem.word not in GONE:
                raise
            return f"was deleted in {self._channel}, and stays so"

    def _root(self) -> tuple[Standing, str]:
        """Where it stands, and what became of it."""
        key, mark = self._message.key, self._said(None).mark
        with self._claimed(key) as claim:
            told, standing = f"stands in {self._channel} already", claim.standing
            if standing is None:
                since = claim.row.first_at
                standing = self._slack.find(self._place, key, since, self._channel) or self._posted(claim)
                self._remember(key, standing)
                told = f"posted to {self._channel}"
            elif standing.mark != mark:
                told = f"updated in {self._channel}"
            if standing.mark != mark:
                update = partial(self._slack.update, self._place, standing.stamp)
                standing = self._shown(standing.file, lambda said: update(said, self._channel))
                self._remember(key, standing)
        return standing, told

    def _posted(self, claim: _Claim) -> Standing:
        """With its picture if that is ready; words are worth posting without it."""
        try:
            file = self._ready(claim.row, self._message.picture, SOON_S)
        except SourceError:
            file = None
        return self._shown(file, lambda said: self._once(claim, said))

    def _shown(self, file: str | None, say: Callable[[Posting], Standing]) -> Standing:
        """With a picture, unless Slack refuses to show it."""
        try:
            return say(self._said(file))
        except SlackRefusal as problem:
            if file is None or problem.word != "invalid_blocks":
                raise
        return say(self._said(None))

    def _ready(self, row: OutboxRow, picture: Picture | None, patience_s: float) -> str | None:
        """The picture's file once Slack has looked at it; None where there is none, or it takes too long.

        A file that Slack did not look at since an earlier run is uploaded anew.
        """
        if picture is None:
            return None
        if self._uploaded is None:
            if row.file is not None and self._is_usable(row.file):
                return row.file
            self._uploaded = self._slack.upload(picture.content, "map.png", picture.alt)
        self._outbox.keep_file(self._channel, row.key, self._uploaded)
        return self._uploaded if self._slack.is_ready(self._uploaded, patience_s) else None

    def _is_usable(self, file: str) -> bool:
        try:
            return self._slack.is_ready(file, 0)
        except SlackRefusal:
            return False

    def _late_picture(self, root: Standing) -> str:
        """It follows in the thread, or is told to be missing; the next call tries again."""
        if self._message.picture is None or root.file:
            return ""
        try:
            return self._picture_below(root.stamp, self._message.picture)
        except SourceError as problem:
            if isinstance(problem, SlackRefusal) and problem.word in GONE:
                raise
            return f" without its picture ({problem})"

    def _picture_below(self, root: str, picture: Picture) -> str:
        key = self._key(PICTURE)
        with self._claimed(key) as claim:
            if claim.standing is not None:
                return ""
            file = self._ready(claim.row, picture, LATE_S)
            if file is None:
                claim.release()
                return " without its picture, which Slack did not finish looking at"
            blocks: list[Json] = [{"type": "image", "slack_file": {"id": file}, "alt_text": picture.alt}]
            said = Posting(key, picture.alt, blocks, _digest(blocks, picture.alt), file)
            self._remember(key, self._once(claim, said, root))
        return ", its picture in the thread"

    def _reply(self, root: str, reply: Said) -> None:
        key = self._key(reply.name)
        said = Posting(key, reply.text, reply.blocks, _digest(reply.blocks, reply.text))
        with self._claimed(key) as claim:
            standing = claim.standing
            if standing is None:
                standing = self._once(claim, said, root)
                self._remember(key, standing)
            if standing.mark != said.mark:
                self._remember(key, self._edited(standing, said))

    def _edited(self, standing: Standing, said: Posting) -> Standing:
        """What was deleted stays so."""
        try:
            return self._slack.update(self._place, standing.stamp, said, self._channel)
        except SlackRefusal as problem:
            if problem.word not in GONE:
                raise
            return Standing(standing.stamp, said.mark)

    def _once(self, claim: _Claim, said: Posting, root: str | None = None) -> Standing:
        return self._slack.post_once(self._place, said, claim.row.first_at, self._channel, root, claim.renew)

    def _remember(self, key: str, standing: Standing) -> None:
        self._outbox.keep_file(self._channel, key, standing.file)
        self._outbox.sent(self._channel, key, standing.stamp, standing.mark)

    @contextmanager
    def _claimed(self, key: str) -> Iterator[_Claim]:
        """Given back where something goes wrong, so that the next run tries again at once.

        Where something may arrive yet it is not: the next run that may look for it comes after that.
        """
        row = self._outbox.claim(self._channel, key, self._clock())
        if row is None:
            raise _taken(self._channel)
        claim = _Claim(self._outbox, row, self._clock)
        try:
            yield claim
        except Unanswered:
            raise
        except BaseException:
            claim.release()
            raise

    def _key(self, name: str) -> str:
        return f"{self._message.key} · {name}"

    def _said(self, file: str | None) -> Posting:
        """Its mark is that of its words, with a picture or without."""
        words, text = self._message.blocks(None), self._message.text
        blocks = words if file is None else self._message.blocks(file)
        return Posting(self._message.key, text, blocks, _digest(words, text), file)


def _taken(channel: str) -> SourceUnavailable:
    return SourceUnavailable(
        f"slack: another process is posting to {channel}, or did not hear whether it has; try again in five minutes"
    )


def _digest(blocks: list[Json], text: str) -> str:
    return hashlib.sha256(json.dumps([blocks, text], sort_keys=True).encode()).hexdigest()
