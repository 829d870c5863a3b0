"""How each state behaves, whatever it is called: do items wait in it, or are they worked on.

Two channels. Who moves: a state that is left by somebody else than worked before and brought the item there, who leaves
no trace inside either, is a queue; this channel only promotes, since a card may be moved by anybody, and where a stream
records no work it tells a buffer, from which whoever takes an item works on it, but no approval from work. What is left
inside: where a stream records work (two traces an item, and a state full of them), a state without traces is a queue,
and one with traces is none whoever moves. Work of which hardly anything is recorded shows by the same person taking
an item over and handing it on. Where someone moves everybody's cards once in a while, what is shorter than that while
cannot be told, and nothing is said. Intervals of shares are those of Wilson at 90 %.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from bot.flow.clock import Instants, WorkClock
from bot.flow.findings.measures import Doubt
from bot.flow.findings.stations import Cadence, QueueKind, Station
from bot.flow.history.log import Log
from bot.flow.model import Stage, StageKind, Stream
from bot.flow.queues.behaviour import ENOUGH, ONE_WAY, SURE, Facts, Verdict, judge, promotes, queue_kind
from bot.flow.queues.cadence import find_cadence, is_daily, quarter_effect
from bot.flow.queues.visits import Scribes, find_scribes, read_traces, read_visits, with_facts
from bot.flow.statistics.intervals import wilson
from bot.flow.timeline.cases import Cases
from connectors.records import ItemKind, Person

FEED_TRACES, FEED_SHARE = 2, 0.50
"""A stream records work where half of its items have so many traces, and one state has some in so many visits."""

ENOUGH_WITHOUT_SCRIBES = 15
"""Visits that nobody recorded for others, from which these alone are judged."""

APPROVING: tuple[QueueKind, ...] = ("approval", "batch gate")


def discover(
    stream: Stream, log: Log, cases: Cases, people: Sequence[Person], clock: WorkClock, end: int
) -> tuple[Station, ...]:
    """Every state in which items stay before the end of the stream, by name.

    What the configuration says of a state is told beside it and changes nothing.
    """
    over = {*stream.ending_states, *(log.names.get(state, state) for state in stream.ending_states)}
    visits, traces = read_visits(log, cases, over), read_traces(log, cases, people)
    scribes = find_scribes(visits, traces)
    told = with_facts(visits, traces, scribes, clock)
    base = log.moves.filter(pl.col("human") & ~pl.col("assumed"))["at"].sort().to_numpy()
    exits = {str(state): group for (state,), group in told.group_by("state")}
    cadences = {state: find_cadence(_exits(group), base, stream.calendar) for state, group in exits.items()}
    facts = _all_facts(exits, cadences, traces, scribes)
    works = {state for state, shown in facts.items() if judge(shown).behaves == "work"}
    unseen = Facts(told.clear(), scribes.lag, feed=False)
    found = []
    for state in visits["state"].unique().sort():
        verdict = judge(shown := facts.get(state, unseen))
        station = _station(state, stream, log, shown, verdict)
        if verdict.behaves == "queue":
            regular = cadences[state]
            cadence = None if shown.scribed and is_daily(regular) else regular
            kind = queue_kind(shown, cadence, works, ships=_ships(shown, log, over))
            station = station.model_copy(update={"queue": kind, "cadence": cadence})
        found.append(station)
    waiting = _waiting(visits, log)
    named = [station.model_copy(update={"waiting": waiting.get(station.state, ())}) for station in found]
    return tuple(_with_quarters(stream, visits, named, base, end))


def cadences(stations: Iterable[Station]) -> dict[str, Cadence]:
    """The appointments of each approval: by its stage, or by its state where nobody called it one."""
    found: dict[str, Cadence] = {}
    for station in sorted(stations, key=lambda s: s.n):
        if station.cadence and station.queue in APPROVING:
            configured = station.configured is StageKind.APPROVAL and station.stage
            found[configured or station.state] = station.cadence
    return found


def unconfigured_approvals(stations: Iterable[Station]) -> frozenset[str]:
    """The states that behave as an approval or as a gate, and are called something else, or nothing."""
    return frozenset(
        s.state
        for s in stations
        if s.queue in APPROVING and s.configured is not StageKind.APPROVAL and told_otherwise(s)
    )


def told_otherwise(station: Station) -> bool:
    """Whether a state looks like something else than it is configured as; weak evidence contradicts nobody."""
    if station.behaves is None or (station.grade == "C" and station.configured is not None):
        return False
    match station.configured:
        case StageKind.WORK:
            return station.behaves == "queue"
        case StageKind.APPROVAL:
            return station.behaves == "work"
        case StageKind.WAIT:
            return station.queue in APPROVING
    return station.queue is not None


def disagreements(stations: Iterable[Station]) -> Iterator[Doubt]:
    """Where the configuration calls a state one thing and its visits look like another, with what is in it now."""
    for station in stations:
        if told_otherwise(station):
            yield Doubt(
                kind="behaves otherwise",
                detail=f'"{station.state}" {_called(station)}: {station.reason}; '
                f"if items wait there{_for_whom(station)}, call it {_advice(station)}"
                if station.behaves == "queue"
                else f'"{station.state}" {_called(station)}: {station.reason}; if it is, call it {_advice(station)}',
                items=station.waiting,
                touches=("stages", "queues", "wastes", "value_added_ratio"),
            )


def _called(station: Station) -> str:
    configured = f"is configured as {station.configured}" if station.configured else "belongs to no stage"
    kind = f"{station.queue} queue" if station.queue == "approval" else station.queue or station.behaves
    dark = ", or as work that leaves no trace" if station.configured is StageKind.WORK else ""
    return f"{configured} and behaves as {kind}{dark}"


def _for_whom(station: Station) -> str:
    """A stage that is configured as a wait is one already."""
    return " for somebody's approval" if station.configured is StageKind.WAIT else ""


def _advice(station: Station) -> str:
    if station.behaves == "work":
        return "work"
    return "approval" if station.queue in APPROVING else "wait"


def _exits(group: pl.DataFrame) -> pl.DataFrame:
    """What was moved together counts here: that is how a gate works."""
    known = group.filter(~pl.col("assumed") & ~pl.col("short"))
    return _without_scribes(known).select("entered", at="left", by="taken")


def _without_scribes(visits: pl.DataFrame) -> pl.DataFrame:
    """Visits that somebody else recorded are enough where there are fifteen."""
    own = visits.filter(~pl.col("scribed"))
    return own if len(own) >= ENOUGH_WITHOUT_SCRIBES else visits


def _all_facts(
    exits: Mapping[str, pl.DataFrame], cadences: Mapping[str, Cadence | None], traces: pl.DataFrame, scribes: Scribes
) -> dict[str, Facts]:
    chosen = {state: _judged(group, regular=cadences[state] is not None) for state, group in exits.items()}
    feed = _has_feed(chosen, traces)
    shared = any(promotes(Facts(visits, scribes.lag, feed)) for visits in chosen.values())
    regular = {state for state, found in cadences.items() if found is not None and not is_daily(found)}
    return {state: Facts(visits, scribes.lag, feed, state in regular, shared) for state, visits in chosen.items()}


def _judged(group: pl.DataFrame, *, regular: bool) -> pl.DataFrame:
    """The visits that say something: moved together is how a gate works, and elsewhere a clean-up."""
    known = group.filter(~pl.col("assumed") & ~pl.col("short") & (pl.lit(regular) | ~pl.col("bulk")))
    return _without_scribes(known)


def _has_feed(chosen: Mapping[str, pl.DataFrame], traces: pl.DataFrame) -> bool:
    """Half of the items that left a state behind have two traces of work, and one state is full of them."""
    cases = pl.concat([group.select("case") for group in chosen.values()]).unique() if chosen else None
    if cases is None or not len(cases):
        return False
    counts = traces.filter("work").group_by("case").agg(traces=pl.len())
    median = cases.join(counts, on="case", how="left")["traces"].fill_null(0).median()
    shares = (group.filter("seen")["traced"] for group in chosen.values())
    full = any(wilson(int(share.sum()), len(share), SURE)[0] >= FEED_SHARE for share in shares if len(share))
    return full and isinstance(median, int | float) and median >= FEED_TRACES


def _waiting(visits: pl.DataFrame, log: Log) -> dict[str, tuple[str, ...]]:
    """State -> the items that are in it at the end."""
    inside = visits.filter(pl.col("left").is_null()).group_by("state").agg("case")
    return {state: tuple(sorted(log.items.names[case] for case in cases)) for state, cases in inside.iter_rows()}


def _station(state: str, stream: Stream, log: Log, facts: Facts, verdict: Verdict) -> Station:
    stage = _stage(state, stream, log)
    return Station(
        state=state,
        stage=stage.name if stage else None,
        configured=stage.kind if stage else None,
        behaves=verdict.behaves,
        queue=None,
        grade=verdict.grade,
        n=facts.n,
        left_by_others=facts.left_by_others,
        worked_in=facts.traced if facts.feed else None,
        cadence=None,
        quarter_ends=None,
        quarter_starts=None,
        waiting=(),
        reason=verdict.reason,
    )


def _ships(facts: Facts, log: Log, over: Collection[str]) -> bool:
    """Nothing but the end comes after it, in a tracker; a case of an event log is nothing that is deployed."""
    into = facts.visits["into"].drop_nulls()
    if not len(into):
        return False
    tracked = log.items[facts.visits["case"][0]].kind != ItemKind.CASE
    return tracked and int(into.is_in(list(over)).sum()) >= ONE_WAY * len(into)


def _stage(state: str, stream: Stream, log: Log) -> Stage | None:
    return next((s for s in stream.stages if state in {log.names.get(name, name) for name in s.states}), None)


def _with_quarters(
    stream: Stream, visits: pl.DataFrame, stations: Iterable[Station], base: Instants, end: int
) -> Iterator[Station]:
    """Queues with what the turn of a quarter does to them."""
    first = int(base[0]) if len(base) else end
    for station in stations:
        if station.behaves != "queue" or station.n < ENOUGH:
            yield station
            continue
        own = visits.filter((pl.col("state") == station.state) & ~pl.col("assumed"))
        left, entered = (np.asarray(own[name].drop_nulls().to_numpy(), np.int64) for name in ("left", "entered"))
        yield station.model_copy(
            update={
                "quarter_ends": quarter_effect(left, stream.calendar, first, end),
                "quarter_starts": quarter_effect(entered, stream.calendar, first, end, arrivals=True),
            }
        )
