"""What the configuration says about sources, held against what the sources say."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from bot.check.mapping import ADD
from bot.config import ConfiguredStream, scopes_of
from bot.words import did_you_mean
from connectors.errors import SourceError
from connectors.protocol import Connector
from connectors.records import Check


def check_states(
    streams: Sequence[ConfiguredStream], connectors: Sequence[Connector], seen: Mapping[str, Collection[str]]
) -> Iterator[Check]:
    """Whether the states that streams name are there, or were once: `seen` by the name of the stream.

    A kind of source is looked at where all its connectors that the stream reads work.
    """
    working = {connector.name: connector for connector in connectors}
    for stream in streams:
        scopes = scopes_of(stream)
        for kind in sorted({source.partition(".")[0] for source, _ in scopes}):
            read = [(source, scope) for source, scope in scopes if source.startswith(f"{kind}.")]
            if all(source in working for source, _ in read):
                yield from _checked(
                    stream, kind, [(working[source], scope) for source, scope in read], seen[stream.name]
                )


def _checked(
    stream: ConfiguredStream, kind: str, read: Sequence[tuple[Connector, str]], seen: Collection[str]
) -> Iterator[Check]:
    what = f'{kind}: states of "{stream.name}"'
    try:
        there = {state for connector, scope in read for state in connector.states(scope)}
    except SourceError as problem:
        yield Check(what, ok=False, detail=str(problem), section="mapping")
        return
    named = {s.partition(":")[2] for stage in stream.stages for s in stage.states if s.startswith(f"{kind}:")}
    if there:
        yield _compared(what, named, there, seen)


def _compared(what: str, named: Collection[str], there: Collection[str], seen: Collection[str]) -> Check:
    """States that no stage claims matter once an item was in one, or as long as nothing was read."""
    strange, unclaimed = sorted({*named} - {*there} - {*seen}), sorted({*there} - {*named})
    if strange:
        nearest = (f'"{name}"{did_you_mean(name, there)}' for name in strange)
        wrong = f"there is no {', no '.join(nearest)}; there are {_listed(there)}; correct stages"
        return Check(what, ok=False, detail=wrong, section="mapping")
    if {*unclaimed} & {*seen} or (unclaimed and not seen):
        told = f"all are there; no stage claims {_listed(unclaimed)}; {ADD}"
        return Check(what, ok=True, detail=told, section="mapping", poorer=True)
    rest = f"; no stage claims {_listed(unclaimed)}, but no item was ever in them" if unclaimed else ""
    return Check(what, ok=True, detail=f"all are there{rest}", section="mapping")


def _listed(names: Collection[str]) -> str:
    return ", ".join(f'"{name}"' for name in sorted(names))
