"""What the commands have in common: configuration -> store, connectors, stream and window."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.app.clock import clock
from bot.config import Config, ConfiguredStream
from bot.errors import UsageError
from bot.flow.model import Window
from bot.govern.remarks import Remarks
from bot.store import Store
from connectors.protocol import Connector
from connectors.registry import CONNECTORS

DEFAULT_WEEKS = 13


@dataclass(frozen=True)
class Wanted:
    """What a person asked to see: a stream, a window, and from when it is seen."""

    stream: str | None = None
    start: datetime | date | None = None
    end: datetime | date | None = None
    now: datetime | date | None = None
    heard: datetime | None = None
    """until when remarks of people count; default: until then"""


@contextmanager
def opened(config: Config, *, read_only: bool = False) -> Iterator[Store]:
    store = Store.open(config.store.url_with_password(), read_only=read_only)
    try:
        yield store
    finally:
        store.close()


def connectors_of(config: Config) -> list[Connector]:
    return [connector_of(config, source) for source in config.sources]


def connector_of(config: Config, source: str) -> Connector:
    """One that is made anew, so that it reads its token anew, too."""
    kind, _, name = source.partition(".")
    return CONNECTORS[kind].connector(source, config.connectors[kind][name], clock)


def stream_of(config: Config, name: str | None) -> ConfiguredStream:
    try:
        return config.stream(name)
    except ValueError as problem:
        raise UsageError(str(problem)) from problem


def stream_with_remarks(config: Config, store: Store, wanted: Wanted) -> ConfiguredStream:
    """With what people said is no waste until then."""
    stream = stream_of(config, wanted.stream)
    said = remarks_of(store, stream, wanted.heard or now_of(stream, wanted)).not_waste
    return stream.model_copy(update={"not_waste": (*stream.not_waste, *said)})


def remarks_of(store: Store, stream: ConfiguredStream, until: datetime) -> Remarks:
    return Remarks.of(store.said.remarks(stream.name, until.astimezone(UTC)))


def asked_stream(config: Config, wanted: Wanted) -> tuple[ConfiguredStream, datetime]:
    """The stream that is asked for, and as of when."""
    stream = stream_of(config, wanted.stream)
    return stream, now_of(stream, wanted)


def window_of(stream: ConfiguredStream, wanted: Wanted) -> Window:
    """A quarter up to now, unless said otherwise; never beyond now."""
    now = now_of(stream, wanted)
    end = min(midnight(wanted.end, stream), now) if wanted.end else now
    start = midnight(wanted.start, stream) if wanted.start else end - timedelta(weeks=DEFAULT_WEEKS)
    if start >= end:
        raise UsageError(
            f"the window is empty: it starts at {start.date()} and ends at {end.date()}; "
            "choose --from before --to, and both before now"
        )
    return Window(start=start.astimezone(UTC), end=end.astimezone(UTC), timezone=stream.calendar.timezone)


def now_of(stream: ConfiguredStream, wanted: Wanted) -> datetime:
    return midnight(wanted.now, stream) if wanted.now else clock()


def midnight(day: datetime | date, stream: ConfiguredStream) -> datetime:
    """A date begins at midnight; what names no offset is meant in the stream's time zone."""
    found = day if isinstance(day, datetime) else datetime.combine(day, time(0))
    return found if found.tzinfo else found.replace(tzinfo=stream.calendar.zone)
