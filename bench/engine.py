"""The whole analysis at growing sizes, beside a bare sort-and-group of the same frame, and beside peers.

Peers do a part of what the analysis does: what all can tell (`bench.peers`), once everything is read and shaped.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.processes import ROOT, Failed, Spent, in_turns, python
from bench.results import Figure, Wanted, at_least, at_most

PEERS = ROOT / "build" / "peers" / "bin" / "python"
SMALL, MIDDLE, LARGE = 100_000, 1_000_000, 10_000_000
MOST_FOR_PEERS = MIDDLE
"""pm4py takes minutes and seven gigabytes for ten times as many."""

Ways = Mapping[str, Callable[[], Spent]]


def figures(wanted: Wanted) -> Iterator[Figure]:
    spent: dict[int, float] = {}
    for size in sorted(wanted.events):
        found = _measured(wanted, size)
        spent[size] = found["whole"]["cpu"] / found["events"]
        yield from _own(size, found)
        if size <= MOST_FOR_PEERS:
            yield from _beside_peers(size, found)
    yield from _growth(spent)


def said(size: int) -> str:
    """1e6."""
    return f"{size:.0e}".replace("e+0", "e")


def _measured(wanted: Wanted, size: int) -> dict[str, Any]:
    """What each way took, by its name; and how many events there really were."""
    folder = wanted.folder / said(size)
    made = python("-m", "bench.kept", folder, str(size)).told
    rounds = 1 if size > MIDDLE else wanted.rounds
    found = {name: spent.told for name, spent in in_turns(rounds, _ways(folder, size)).items()}
    if size <= MOST_FOR_PEERS and found["pandas"]["told"] != found["pm4py"]["told"]:
        raise Failed(f"pandas and pm4py differ: {found['pandas']['told']}, {found['pm4py']['told']}")
    return {**found, **made}


def _ways(folder: Path, size: int) -> Ways:
    ours = {way: partial(python, "-m", "bench.engine_work", way, folder) for way in ("whole", "quarter", "bare")}
    if size > MOST_FOR_PEERS:
        return ours
    log = folder / "log.parquet"
    theirs = {
        way: partial(python, "-m", "bench.peers", way, log, interpreter=PEERS)
        for way in ("pm4py", "pm4py-format", "pandas")
    }
    if size > SMALL:
        return {**ours, **theirs}
    python("-m", "bench.issues", folder)
    agile = partial(python, "-W", "ignore", "-m", "bench.peer_issues", folder / "issues.jsonl", interpreter=PEERS)
    return {**ours, **theirs, "agile": agile}


def _own(size: int, found: Mapping[str, Any]) -> Iterator[Figure]:
    name, whole, events = f"engine {said(size)}", found["whole"], found["events"]
    bar = at_most(4) if size == MIDDLE else None
    bare = f"{name}: bare sort and group"
    yield Figure(bare, found["bare"]["cpu"], "CPU s")
    yield Figure(f"{name}: whole analysis", whole["cpu"], "CPU s", bare, whole["cpu"] / found["bare"]["cpu"], bar)
    yield Figure(f"{name}: whole analysis, on the clock", whole["wall"], "s")
    yield Figure(f"{name}: whole analysis of the last quarter", found["quarter"]["cpu"], "CPU s")
    yield Figure(f"{name}: whole analysis, events", events / whole["cpu"], "events/CPU s")
    limit = at_most(300) if size >= MIDDLE else None
    yield Figure(f"{name}: peak memory", whole["peak"] / events, "bytes/event", bar=limit)


def _beside_peers(size: int, found: Mapping[str, Any]) -> Iterator[Figure]:
    name = f"engine {said(size)}"
    whole = f"{name}: whole analysis"

    def peer(way: str, what: str, least: float | None = None) -> Figure:
        cpu = found[way]["cpu"]
        bar = at_least(least) if least else None
        return Figure(f"{name}: {what}", cpu, "CPU s", whole, cpu / found["whole"]["cpu"], bar)

    yield peer("pm4py", "pm4py, overlapping subset", least=10 if size == MIDDLE else None)
    yield peer("pm4py-format", "pm4py, making its frame before that")
    yield peer("pandas", "pandas by hand, overlapping subset")
    yield Figure(f"{name}: pm4py, peak memory", found["pm4py"]["peak"] / found["events"], "bytes/event")
    if "agile" in found:
        yield peer("agile", "jira-agile-metrics, cycle times of the tracker's part")


def _growth(cpu: Mapping[int, float]) -> Iterator[Figure]:
    """`cpu`: processor seconds an event, by size."""
    sizes = sorted(cpu)
    for smaller, larger in pairwise(sizes):
        times, ratio = larger / smaller, larger * cpu[larger] / (smaller * cpu[smaller])
        bar = at_most(14) if (smaller, larger) == (MIDDLE, LARGE) else None
        name = f"engine: whole analysis of {times:g} times the events"
        yield Figure(
            f"{name}, {said(larger)}", larger * cpu[larger], "CPU s", f"the same of {said(smaller)}", ratio, bar
        )
