"""What is kept of a stream, as the engine takes it."""

from bot.config import Config, ConfiguredStream, scopes_of
from bot.errors import NothingYet
from bot.flow.history.log import Records
from bot.store import Store


def records_of(config: Config, store: Store, stream: ConfiguredStream) -> Records:
    """Raises NothingYet where there are none."""
    records = _all_records(config, store, stream)
    if records.items:
        return records
    if records.read_until and all(records.read_until.values()):
        empty = f'all sources of "{stream.name}" were read, and nothing is there'
        raise NothingYet(f"{empty}; check which they are, and what the token may see")
    raise NothingYet(f'nothing was collected yet for "{stream.name}"; run `gemba collect`')


def _all_records(config: Config, store: Store, stream: ConfiguredStream) -> Records:
    found = store.recorded(scopes_of(stream))
    people = [config.judged(person) for person in found.people]
    return Records.of(found.items, found.events, found.links, people, found.read_until)
