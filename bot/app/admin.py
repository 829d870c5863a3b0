"""What an admin is told in Slack, once: what does not work until somebody acts, and that it works again."""

import logging
from datetime import datetime, timedelta

from bot.app.clock import clock
from bot.config import Config
from bot.digest.blocks import fallback
from bot.notify.message import Message
from bot.notify.to_slack import ToSlack
from bot.store import Store
from bot.trouble_store import Trouble
from bot.words import moment
from connectors.errors import SourceError
from connectors.slack import Slack

log = logging.getLogger("gemba")

PATIENCE, PAUSE = timedelta(days=1), timedelta(minutes=5)
"""What may pass by itself is told after a day; after a failure it is tried again a while later."""

LONGEST = 3000
"""Characters of a section. Source: docs.slack.dev, section block."""


class Admin:
    """The channel of the admins, if there is one."""

    def __init__(self, config: Config, store: Store) -> None:
        self._store, self._zone, self._slack = store, config.calendar.timezone, config.slack
        self._failed_at: datetime | None = None
        self._said: str | None = None

    def look(self, now: datetime) -> None:
        """Tell what is to be told."""
        if self._failed_at is not None and abs(now - self._failed_at) < PAUSE:
            return
        try:
            for trouble in self._store.troubles.all():
                if is_to_be_told(trouble, now):
                    self._tell(trouble, now)
            self._failed_at = self._said = None
        except SourceError as problem:
            self._failed_at = now
            if self._said != str(problem):
                log.error("the admins cannot be told: %s", problem)
            self._said = str(problem)

    def _tell(self, trouble: Trouble, now: datetime) -> None:
        if self._slack is None or self._slack.admin_channel is None:
            return
        way = ToSlack(Slack(self._slack), self._slack.admin_channel)
        way.send(self._store, message_of(trouble, self._zone), clock)
        self._store.troubles.told(trouble, now)


def is_to_be_told(trouble: Trouble, now: datetime) -> bool:
    """Its end, too, where its beginning was."""
    if trouble.ended_at is not None or trouble.told_at is not None:
        return trouble.ended_at is not None
    return trouble.denied or now - trouble.since >= PATIENCE


def message_of(trouble: Trouble, timezone: str) -> Message:
    """Plain text, since sentences may quote what people wrote."""
    since = moment(trouble.since, timezone)
    kind = "denied" if trouble.denied else "trouble"
    said = f"{trouble.subject} does not work since {since}: {trouble.sentence}"
    if trouble.ended_at is not None:
        kind, said = "trouble over", f"{trouble.subject} works again since {moment(trouble.ended_at, timezone)}"
    block = {"type": "section", "text": {"type": "plain_text", "text": said[:LONGEST], "emoji": False}}
    return Message(f"{kind} {trouble.subject} {trouble.since.isoformat()}", fallback(said), lambda _: [block])
