"""What the configuration says about a source, held against what the source says."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from bot.config import ConfiguredStream, scopes_of
from bot.words import did_you_mean
from connectors.protocol import Connector
from connectors.records import Check


def check_states(
    streams: Sequence[ConfiguredStream], connector: Connector, seen: Mapping[str, Collection[str]]
) -> Iterator[Check]:
    """Whether the states that streams name are there, or were once: `seen` by the name of the stream."""
    kind = connector.name.partition(".")[0]
    for stream in streams:
        scopes = [scope for source, scope in scopes_of(stream) if source == connector.name]
        there = {state for scope in scopes for state in connector.states(scope)}
        named = {s.partition(":")[2] for stage in stream.stages for s in stage.states if s.startswith(f"{kind}:")}
        if there:
            yield _compared(f'{connector.name}: states of "{stream.name}"', named, there, seen[stream.name])


def _compared(what: str, named: Collection[str], there: Collection[str], seen: Collection[str]) -> Check:
    strange, unclaimed = sorted({*named} - {*there} - {*seen}), sorted({*there} - {*named})
    if strange:
        nearest = (f'"{name}"{did_you_mean(name, there)}' for name in strange)
        return Check(what, ok=False, detail=f"there is no {', no '.join(nearest)}")
    listed = ", ".join(f'"{name}"' for name in unclaimed)
    return Check(what, ok=True, detail=f"all are there; no stage claims {listed}" if unclaimed else "all are there")
