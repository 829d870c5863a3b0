"""What must not change when a log is told in another way, and what must change by exactly so much.

The logs are small and of any shape: items that go anywhere, some at one instant, edits, pull requests with reviews.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.flow.analyse import analyse
from bot.flow.findings.analysis import Analysis
from bot.flow.model import Calendar, Stream
from connectors.records import ActorKind, Event, EventKind, Item, Link, Person, Record, Verdict
from tests.build import GITHUB, JIRA, STREAM, event, issue, pull, records, window

K = EventKind
STATES = tuple(
    state.partition(":")[2] for stage in STREAM.stages for state in stage.states if state.startswith("jira:")
)
SECONDS = st.integers(0, 40 * 86400)
DAYS = st.one_of(SECONDS.map(lambda seconds: seconds / 86400), st.integers(0, 40).map(float))
HAPPENINGS = (K.COMMITTED, K.PUSHED, K.REQUESTED, K.READY, K.CHECKED, K.MERGED, K.CLOSED, K.REOPENED)
YEAR = timedelta(weeks=52)
"""Keeps the day of the week."""

few = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def stories(draw: st.DrawFn, name: str) -> list[Record]:
    """An item, who edited it, and perhaps its pull request."""
    days = sorted(draw(st.lists(DAYS, min_size=1, max_size=6)))
    moves = [("Open", days[0]), *((draw(st.sampled_from(STATES)), day) for day in days[1:])]
    edits = draw(st.lists(st.tuples(DAYS, st.sampled_from(["ann", "bob"])), max_size=4))
    found = [*issue(name, *moves), *(event(name.lower(), K.EDITED, day, who, f"{name}") for day, who in edits)]
    return [*found, *(draw(requests(name)) if draw(st.booleans()) else [])]


@st.composite
def requests(draw: st.DrawFn, name: str) -> list[Record]:
    first, verdicts = draw(DAYS), st.sampled_from([str(verdict) for verdict in Verdict])
    happenings = draw(st.lists(st.tuples(st.sampled_from(HAPPENINGS), DAYS), max_size=4))
    reviews = draw(
        st.lists(st.tuples(st.just(K.REVIEWED), DAYS, st.sampled_from(["bob", "cid"]), verdicts), max_size=3)
    )
    return pull(int(name.partition("-")[2]), (K.OPENED, first), *happenings, *reviews, names=[name])


LOGS = st.integers(1, 4).flatmap(lambda count: st.tuples(*(stories(f"PAY-{n}") for n in range(count))))
Log = tuple[list[Record], ...]


def every(log: Log) -> list[Record]:
    return [record for part in log for record in part]


def seen(found: Iterable[Record | Person], stream: Stream = STREAM) -> Analysis:
    return analyse(stream, records(found), window(end=60))


def told(analysis: Analysis, *without: str) -> dict[str, Any]:
    """The document as it is written, without some of its parts."""
    whole = analysis.model_dump(mode="json")
    return {name: part for name, part in whole.items() if name not in without}


def mapped(found: Iterable[Record], change: Callable[[Event], Event]) -> list[Record]:
    return [change(record) if isinstance(record, Event) else record for record in found]


@few
@given(LOGS, st.randoms(use_true_random=False))
def test_the_order_of_delivery_does_not_matter(log: Log, random: Any) -> None:
    """Of items, events and links, those of one instant too: the document is the same to the letter."""
    shuffled = every(log)
    random.shuffle(shuffled)

    assert told(seen(shuffled)) == told(seen(every(log)))


@few
@given(LOGS, st.floats(0, 1), st.floats(0, 1))
def test_a_log_in_two_parts_that_overlap_is_one(log: Log, one: float, other: float) -> None:
    """Everything but the doubt about what was delivered twice."""
    events = [record for record in every(log) if isinstance(record, Event)]
    rest = [record for record in every(log) if not isinstance(record, Event)]
    first, last = sorted(int(share * len(events)) for share in (one, other))
    joined = seen([*rest, *events[first:], *events[:last]])

    assert told(joined, "doubts") == told(seen(every(log)), "doubts")
    assert [d for d in joined.doubts if d.kind != "duplicate"] == list(seen(every(log)).doubts)


@few
@given(LOGS)
def test_names_of_states_are_only_names(log: Log) -> None:
    """Renamed in the source and in the configuration, everything is the same but for the names."""

    def renamed(event: Event) -> Event:
        if event.kind is not K.STATE:
            return event
        return replace(
            event,
            state=f"x{event.state}",
            state_id=f"x{event.state_id}",
            detail=event.detail and f"x{event.detail}",
        )

    stages = [
        stage.model_copy(update={"states": tuple(state.replace("jira:", "jira:x") for state in stage.states)})
        for stage in STREAM.stages
    ]
    stream = STREAM.model_copy(update={"stages": tuple(stages)})
    found, same = seen(mapped(every(log), renamed), stream), seen(every(log))

    assert json.dumps(told(found)).replace("jira:x", "jira:") == json.dumps(told(same))


@few
@given(LOGS, st.integers(-12, 14))
def test_an_instant_is_the_same_in_every_time_zone(log: Log, hours: int) -> None:
    """However it is written; the document is the same to the letter."""
    zone = timezone(timedelta(hours=hours))

    def elsewhere(record: Record) -> Record:
        if isinstance(record, Item):
            return replace(record, created_at=record.created_at.astimezone(zone))
        return replace(record, at=record.at.astimezone(zone)) if isinstance(record, Event) else record

    assert told(seen(map(elsewhere, every(log)))) == told(seen(every(log)))


def _stays(analysis: Analysis) -> list[float]:
    return [(stage.process_time or 0) + (stage.wait_time or 0) for stage in analysis.stages]


@few
@given(LOGS)
def test_where_a_team_sits_changes_no_elapsed_time(log: Log) -> None:
    """Working time, what traces of work reach and calendar weeks do; lead times, stays, waits and items do not."""
    far = STREAM.model_copy(update={"calendar": Calendar(timezone="Pacific/Auckland")})
    here, there = seen(every(log)), seen(every(log), far)

    assert (here.items, here.wip) == (there.items, there.wip)
    assert [(i.item, i.age) for i in here.age.items] == [(i.item, i.age) for i in there.age.items]
    assert told(here)["lead_time"] | {"working": None} == told(there)["lead_time"] | {"working": None}
    assert _stays(here) == pytest.approx(_stays(there))
    assert [(q.stage, q.n, q.wait, q.cost) for q in here.queues] == [
        (q.stage, q.n, q.wait, q.cost) for q in there.queues
    ]
    assert sum(week.items for week in here.throughput) == sum(week.items for week in there.throughput)


@few
@given(LOGS, st.data())
def test_bots_that_do_not_move_items_change_nothing(log: Log, data: st.DataObject) -> None:
    """They edit and review wherever and whenever something happened; only the last sign of any life may be theirs."""
    events = [record for record in every(log) if isinstance(record, Event)]
    chosen = data.draw(st.lists(st.sampled_from(events), max_size=8, unique_by=lambda e: e.id))
    kinds = {JIRA: K.EDITED, GITHUB: K.REVIEWED}
    bots = [
        Event(e.source, f"bot {e.id}", e.item, e.at, kinds[e.source], None, None, "ci", ActorKind.BOT, Verdict.CHANGES)
        for e in chosen
    ]

    with_bots, without = seen([*every(log), *bots]), seen(every(log))

    assert told(with_bots, "doubts") == told(without, "doubts")
    assert [d for d in with_bots.doubts if d.kind != "old data"] == [d for d in without.doubts if d.kind != "old data"]


@few
@given(LOGS)
def test_everything_twice_is_twice_as_much_and_takes_as_long(log: Log) -> None:
    """Every item again under another name, by other people in another repository: counts double, means stay."""
    once, twice = seen(every(log)), seen([*every(log), *map(_twin, every(log))])

    assert (twice.items.delivered, twice.items.open, twice.items.excluded, twice.wip) == tuple(
        2 * n for n in (once.items.delivered, once.items.open, once.items.excluded, once.wip)
    )
    assert [2 * week.items for week in once.throughput] == [week.items for week in twice.throughput]
    assert twice.lead_time.mean == pytest.approx(once.lead_time.mean)
    assert twice.cycle_time.mean == pytest.approx(once.cycle_time.mean)
    assert [s.wait_time for s in twice.stages] == pytest.approx([s.wait_time for s in once.stages])
    assert [s.process_time for s in twice.stages] == pytest.approx([s.process_time for s in once.stages])
    assert twice.ledger.total == pytest.approx(2 * once.ledger.total)
    assert {w.waste: pytest.approx(w.share) for w in twice.wastes} == {w.waste: w.share for w in once.wastes}
    assert {q.stage: 2 * q.n for q in once.queues} == {q.stage: q.n for q in twice.queues}
    assert sum(loop.count for loop in twice.loops) == 2 * sum(loop.count for loop in once.loops)
    assert twice.value_added_ratio.low == pytest.approx(once.value_added_ratio.low)


def _twin(record: Record) -> Record:
    match record:
        case Item():
            name = record.name.replace("PAY-", "TWIN-").replace("#", "#9")
            return replace(record, key=f"{record.key}t", name=name, scope=f"{record.scope}t")
        case Event():
            actor = record.actor and f"{record.actor}t"
            return replace(record, id=f"{record.id}t", item=f"{record.item}t", actor=actor)
        case Link():
            return replace(record, item=f"{record.item}t", other=record.other.replace("PAY-", "TWIN-"))


@few
@given(LOGS)
def test_a_year_in_which_nothing_happened_yet_changes_no_duration(log: Log) -> None:
    """Looked at from a year earlier on, only what is counted by the week differs."""
    early = analyse(STREAM, records(every(log)), window(start=-YEAR.days, end=60))
    by_the_week = ("stock", "window", "clock", "throughput", "wastes", "ledger", "queues")

    assert told(early, *by_the_week) == told(seen(every(log)), *by_the_week)
    assert [(q.wait, q.cost, q.items) for q in early.queues] == [
        (q.wait, q.cost, q.items) for q in seen(every(log)).queues
    ]
    assert (early.ledger.total, early.ledger.wastes) == (seen(every(log)).ledger.total, seen(every(log)).ledger.wastes)


@few
@given(LOGS)
def test_the_same_a_year_later_takes_as_long(log: Log) -> None:
    """Working time too, on a calendar without holidays."""

    def later(record: Record) -> Record:
        if isinstance(record, Item):
            return replace(record, created_at=record.created_at + YEAR)
        return replace(record, at=record.at + YEAR) if isinstance(record, Event) else record

    dated = ("window", "throughput", "doubts", "trend", "forecast")
    moved = analyse(STREAM, records(map(later, every(log))), window(start=YEAR.days, end=YEAR.days + 60))

    assert told(moved, *dated) == told(seen(every(log)), *dated)
    assert [week.items for week in moved.throughput] == [week.items for week in seen(every(log)).throughput]


@few
@given(LOGS)
def test_a_year_in_which_nothing_happens_any_more_makes_open_items_older(log: Log) -> None:
    """By that year; what was delivered stays as it was."""
    now, later = seen(every(log)), analyse(STREAM, records(every(log)), window(end=60 + YEAR.days))

    assert (now.items.delivered, now.items.open, now.wip) == (later.items.delivered, later.items.open, later.wip)
    assert told(now)["lead_time"] | {"with_open": None} == told(later)["lead_time"] | {"with_open": None}
    assert [i.age + YEAR.days for i in now.age.items] == pytest.approx([i.age for i in later.age.items])
    assert later.ledger.total - now.ledger.total == pytest.approx(now.wip * YEAR.days)
