"""How far every source was read, what waits to be sent, and what is in trouble."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from bot.config import Config
from bot.trouble_store import Trouble
from bot.words import count
from connectors.eventlog_settings import EventLogSettings
from connectors.records import Check

LATE, TURNS = timedelta(days=1), 2
"""What was not read for so long, and for so many times of `collect_every`, is behind."""


def check_reading(config: Config, read: Mapping[tuple[str, str], datetime | None], now: datetime) -> Iterator[Check]:
    """`read`: of each scope until when all of it is here."""
    patience = max(LATE, TURNS * config.schedule.collect_every)
    for (source, scope), until in read.items():
        what = f"{source}/{scope}"
        if until is None:
            told = "was not read to the end yet; run `gemba collect`"
            yield Check(what, ok=True, detail=told, section="schedule", poorer=True)
        elif now - until <= patience:
            yield Check(what, ok=True, detail=f"read until {until:%Y-%m-%d %H:%M} UTC", section="schedule")
        elif _is_log(config, source):
            told = f"tells until {until:%Y-%m-%d %H:%M} UTC, when the file was changed; export it anew"
            yield Check(what, ok=True, detail=told, section="schedule", poorer=True)
        else:
            wrong = f"was last read until {until:%Y-%m-%d %H:%M} UTC; run `gemba collect`, or keep `gemba run` up"
            yield Check(what, ok=False, detail=wrong, section="schedule")


def _is_log(config: Config, source: str) -> bool:
    kind, _, name = source.partition(".")
    return isinstance(config.connectors[kind][name], EventLogSettings)


def check_outbox(waiting: Sequence[datetime], now: datetime) -> Iterator[Check]:
    """Messages that were begun long ago; nothing where there are none."""
    late = [since for since in waiting if now - since > LATE]
    if late:
        many = f"{count(len(late), 'message')} not sent, the oldest since {min(late):%Y-%m-%d %H:%M} UTC"
        wrong = f"{many}; mend what failed here under slack, mail and folders, and keep `gemba run` up"
        yield Check("outbox", ok=False, detail=wrong, section="schedule")


def check_troubles(troubles: Sequence[Trouble]) -> Iterator[Check]:
    """What `gemba run` met and has not yet seen to be over."""
    for trouble in troubles:
        told = f"{trouble.sentence} (met by `gemba run` since {trouble.since:%Y-%m-%d %H:%M} UTC)"
        yield Check(trouble.subject, ok=True, detail=told, section="schedule", poorer=True)
