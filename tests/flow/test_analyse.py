"""The whole engine: what must hold whatever the log."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TypeVar

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.flow.analyse import analyse, read
from bot.flow.clock import DAY, instant
from bot.flow.explain.timelines import explain
from bot.flow.findings.analysis import Analysis
from bot.flow.history.log import Records
from bot.flow.model import Stream, Window
from bot.flow.reconstruct import reconstruct
from connectors.records import EventKind as K
from connectors.records import Record, Verdict
from tests.build import STREAM, at, change, issue, pull, records, window

T = TypeVar("T")
STATES = ("Open", "In Progress", "In Review", "Testing", "Ready", "Done", "Cancelled", "Limbo")
DAYS = st.integers(0, 40 * 24 * 60).map(lambda minutes: minutes / 1440)
MOVES = st.lists(st.tuples(st.sampled_from(STATES), DAYS), min_size=1, max_size=8).map(
    lambda moves: sorted(moves, key=lambda m: m[1])
)
HAPPENINGS = st.one_of(
    st.tuples(
        st.sampled_from(
            [
                K.READY,
                K.DRAFTED,
                K.PUSHED,
                K.FORCE_PUSHED,
                K.QUEUED,
                K.UNQUEUED,
                K.MERGED,
                K.CLOSED,
                K.REOPENED,
                K.COMMITTED,
            ]
        ),
        DAYS,
    ),
    st.tuples(
        st.just(K.REVIEWED),
        DAYS,
        st.sampled_from(["ann", "bob", "ai[bot]"]),
        st.sampled_from([v.value for v in Verdict]),
    ),
    st.tuples(st.just(K.CHECKED), DAYS, st.just("ci[bot]"), st.sampled_from(["pending", "ok", "fail"])),
    st.tuples(st.sampled_from([K.REQUESTED, K.DISMISSED]), DAYS, st.just("ann"), st.sampled_from(["bob", "cyd"])),
)
BLOCKS = st.lists(st.tuples(st.sampled_from([K.BLOCKED, K.UNBLOCKED]), DAYS), max_size=4)


@st.composite
def logs(draw: st.DrawFn) -> Records:
    """A few items with any moves, pull requests with any events, blocks anywhere, names that lead nowhere."""
    parts: list[list[Record]] = []
    for n in range(draw(st.integers(1, 4))):
        parts.append(issue(f"PAY-{n}", *draw(MOVES), resolution=draw(st.sampled_from([None, "Duplicate"]))))
        parts += [change(f"PAY-{n}", kind, day) for kind, day in draw(BLOCKS)]
    for n in range(draw(st.integers(0, 4))):
        opened = draw(DAYS)
        happenings = draw(st.lists(HAPPENINGS, max_size=8))
        parts.append(pull(n, (K.OPENED, opened), *happenings, names=[f"PAY-{draw(st.integers(0, 5))}"]))
    return records(*parts)


STREAMS = st.sampled_from(["created", "Build", "Test"]).map(lambda name: STREAM.model_copy(update={"trigger": name}))
WINDOWS = st.tuples(DAYS, DAYS).map(lambda pair: Window(start=at(min(pair)), end=at(max(pair)) + timedelta(days=1)))


@given(logs(), WINDOWS, STREAMS)
def test_spans_are_contiguous_and_sum_to_the_lead_time(found: Records, seen: Window, stream: Stream) -> None:
    """For every item, to the microsecond: no gap, no overlap, first at the start, last at the end."""
    done = reconstruct(stream, found, seen)
    spans = done.timeline.spans

    for case, start, end, outcome in done.timeline.cases.select("case", "start", "end", "outcome").iter_rows():
        mine = spans.filter(case=case)
        if start is None or start >= end:
            assert mine.is_empty() or outcome == "open"
        else:
            assert (mine["start"][0], mine["end"][-1]) == (start, end)
            assert mine["start"][1:].to_list() == mine["end"][:-1].to_list()
            assert (mine["end"] - mine["start"]).sum() == end - start
    assert (spans["start"] <= spans["end"]).all()
    assert (spans["end"] <= instant(seen.end)).all()


@given(logs(), WINDOWS, STREAMS)
def test_figures_add_up(found: Records, seen: Window, stream: Stream) -> None:
    """Stages sum to the mean lead time, accounts to the presence, and items to all items."""
    analysis = analyse(stream, found, seen)
    done = reconstruct(stream, found, seen)
    whole, lead = analysis.ledger, analysis.lead_time

    parts = sum((s.process_time or 0) + (s.wait_time or 0) for s in analysis.stages)
    assert lead.mean is None or parts == pytest.approx(lead.mean, abs=1e-9)
    assert whole.wastes + whole.value_added + whole.necessary + whole.done == pytest.approx(whole.total, abs=1e-9)
    assert sum(w.cost_per_week for w in analysis.wastes) * whole.weeks == pytest.approx(whole.wastes, abs=1e-9)
    assert analysis.items.delivered + analysis.items.open + analysis.items.excluded == len(done.cases.roots)
    assert sum(w.items for w in analysis.throughput) == analysis.items.arrived
    assert analysis.items.delivered == lead.n
    assert sum(s.wip for s in analysis.stages) == analysis.wip == len(analysis.age.items)
    assert sum(q.cost for q in analysis.queues) <= whole.total + 1e-9
    assert sum(loop.cost for loop in analysis.loops) <= whole.total + 1e-9


@given(logs(), st.randoms())
def test_the_order_of_records_does_not_matter(found: Records, random: Random) -> None:
    """Sources deliver in any order."""

    def shuffled(part: Sequence[T]) -> list[T]:
        return sorted(part, key=lambda _: random.random())

    def by_name(part: Records) -> list[object]:
        done = reconstruct(STREAM, part, window(end=60))
        names = [done.log.items[n].name for n in done.timeline.spans["case"]]
        told = done.timeline.spans.select("state", "label", "start", "end", "visit", "worked", "redone").with_columns(
            name=pl.Series(names, dtype=pl.String)
        )
        return sorted(told.rows(), key=str)

    mixed = Records.of(shuffled(found.items), shuffled(found.events), shuffled(found.links), shuffled(found.people))
    assert by_name(mixed) == by_name(found)


@given(logs())
def test_doubling_every_item_doubles_what_is_counted(found: Records) -> None:
    """And changes no quantile and no share; what only many items tell of the order of states is another matter."""
    again = Records.of(
        [
            *found.items,
            *(
                replace(
                    i,
                    key=f"{i.key}x",
                    name=f"{i.name.partition('#')[0]}#{i.name.partition('#')[2]}9" if "#" in i.name else f"{i.name}00",
                )
                for i in found.items
            ),
        ],
        [*found.events, *(replace(e, id=f"{e.id}x", item=f"{e.item}x") for e in found.events)],
        [*found.links, *(replace(x, item=f"{x.item}x", other=f"{x.other}00") for x in found.links)],
        found.people,
    )
    once, twice = (analyse(STREAM, part, window(end=60)) for part in (found, again))

    assert twice.items.delivered == 2 * once.items.delivered
    assert twice.ledger.total == pytest.approx(2 * once.ledger.total)
    assert (
        (twice.lead_time.mean, twice.lead_time.p50) == pytest.approx((once.lead_time.mean, once.lead_time.p50))
        if once.lead_time.mean
        else True
    )
    claimed = {stage.name for stage in STREAM.stages}
    loops, doubled = (
        {(x.origin, x.back_to, x.kind): x.count for x in found.loops if {x.origin, x.back_to} <= claimed}
        for found in (once, twice)
    )
    assert _leads_back(once) != _leads_back(twice) or {loop: 2 * n for loop, n in loops.items()} == doubled


def _leads_back(found: Analysis) -> object:
    return found.order and (found.order.parking, found.order.returns)


def test_the_mean_number_of_items_is_the_presence_by_the_time() -> None:
    """Item-days divided by days: two items for half of the window each."""
    found = analyse(
        STREAM,
        records(issue("PAY-1", ("In Progress", 0), ("Done", 5)), issue("PAY-2", ("In Progress", 5), ("Done", 10))),
        window(end=10),
    )

    assert found.ledger.total / 10 == pytest.approx(1.0)


def test_wastes_are_told_with_their_places() -> None:
    """Backlog is inventory, approval is waiting, a second build is a defect, dropped work is overproduction."""
    found = analyse(
        STREAM,
        records(
            issue(
                "PAY-1",
                ("Open", 0),
                ("In Progress", 3),
                ("Testing", 4),
                ("In Progress", 5),
                ("Testing", 7),
                ("Done", 8),
            ),
            issue("PAY-2", ("In Review", 0), ("Done", 4)),
            issue("PAY-3", ("In Progress", 0), ("Cancelled", 6)),
        ),
        window(end=7 * 4),
    )

    told = {
        w.waste.value: (round(w.cost_per_week * 4, 6), w.evidence[0].what, w.evidence[0].items) for w in found.wastes
    }
    assert told == {
        "inventory": (3.0, "Backlog", ("PAY-1",)),
        "waiting": (4.0, "Review", ("PAY-2",)),
        "defects": (3.0, "Build", ("PAY-1",)),
        "overproduction": (6.0, "Build", ("PAY-3",)),
    }
    assert (found.ledger.value_added, found.ledger.necessary) == (1.0, 1.0)


def test_the_value_added_ratio_is_a_range() -> None:
    """Five of six working days are claimed by Build, next to nothing is evidenced."""
    found = analyse(
        STREAM,
        records(
            issue("PAY-1", ("In Progress", 0), ("Testing", 5), ("Done", 8)),
            pull(1, (K.OPENED, 4.9), (K.COMMITTED, 0.5), (K.MERGED, 5.0), names=["PAY-1"]),
        ),
        window(),
    )

    ratio = found.value_added_ratio
    assert ratio.high == pytest.approx(5 / 6, abs=0.01)
    assert ratio.low is not None
    assert 0 < ratio.low < 0.05
    assert ratio.coverage == 1.0


def test_without_evidence_the_lower_end_is_unknown() -> None:
    """Not zero."""
    assert (
        analyse(STREAM, records(issue("PAY-1", ("In Progress", 0), ("Done", 5))), window()).value_added_ratio.low
        is None
    )


def test_weeks_that_the_window_cuts_are_marked() -> None:
    """A cut week is no drop in throughput."""
    found = analyse(STREAM, records(issue("PAY-1", ("Open", 0), ("Done", 8))), window(2, 16))

    assert [(w.items, w.complete) for w in found.throughput] == [(0, False), (1, True), (0, False)]


def test_nothing_delivered_says_when_there_was() -> None:
    """And what to do."""
    found = analyse(STREAM, records(issue("PAY-1", ("Open", 0), ("Done", 3))), window(10, 15))

    assert [d.kind for d in found.doubts] == ["nothing delivered"]
    assert "2026-01-08" in found.doubts[0].detail
    assert found.lead_time.p50 is None


def test_cycle_time_begins_with_the_first_work() -> None:
    """Lead time with the trigger."""
    found = analyse(STREAM, records(issue("PAY-1", ("Open", 0), ("In Progress", 3), ("Done", 5))), window())

    assert (found.lead_time.p50, found.cycle_time.p50) == (5.0, 2.0)


def test_an_empty_stream_is_analysed() -> None:
    """No item at all: nothing to say, no crash."""
    assert analyse(STREAM, records(), window()).items.delivered == 0


def test_an_explanation_is_contiguous_and_says_why() -> None:
    """Each span with its reason; a pull request leads to its item."""
    found = records(
        issue("PAY-1", ("Open", 0), ("In Progress", 1), ("Done", 9)),
        pull(
            1,
            (K.OPENED, 3.0),
            (K.COMMITTED, 2.0),
            (K.REVIEWED, 5.0, "bob", Verdict.CHANGES.value),
            (K.PUSHED, 6.0),
            (K.MERGED, 8.0),
            names=["PAY-1"],
        ),
    )
    told = explain(reconstruct(STREAM, found, window()), "acme/pay#1")

    assert told.item == "PAY-1"
    assert told.lead_time == pytest.approx(9) == pytest.approx(sum(told.totals.values()))
    assert all(a.end == b.start for a, b in zip(told.spans, told.spans[1:], strict=False))
    claimed = "work by its state alone: traces of work are not usual there"
    assert [(s.label, s.evidence) for s in told.spans][1:7] == [
        ("work", ('is in "In Progress"', claimed)),
        ("work", ('is in "In Progress"', "1 commit")),
        ("work", ('is in "In Progress"', claimed)),
        ("waiting.approval", ("acme/pay#1 waits for a review",)),
        ("review", ("acme/pay#1 waits for a review", "1 review")),
        ("work", ("acme/pay#1 was sent back to its author", claimed, "after a return: review round")),
    ]


def test_an_unknown_item_is_named_with_the_nearest() -> None:
    """A typing error is likely."""
    with pytest.raises(KeyError, match=r"did you mean .PAY-1"):
        explain(reconstruct(STREAM, records(issue("PAY-1", ("Open", 0))), window()), "PYA-1")


def test_both_readings_of_a_reconstruction_agree() -> None:
    """`read` adds nothing of its own: the number of days in spans is the presence of the ledger."""
    done = reconstruct(
        STREAM, records(issue("PAY-1", ("Open", 0), ("Done", 3)), issue("PAY-2", ("Open", 1))), window(end=10)
    )

    assert read(done).ledger.total == pytest.approx(
        (done.timeline.spans["end"] - done.timeline.spans["start"]).sum() / DAY
    )


def test_an_item_is_found_by_whatever_people_have_at_hand() -> None:
    """Its address, the number of its pull request, in any case of letters."""
    found = records(issue("PAY-1", ("Open", 0)), pull(17, (K.OPENED, 1.0), names=["PAY-1"]))
    known = reconstruct(STREAM, found, window())

    for name in ("pay-1", "https://jira/PAY-1", "acme/pay#17", "#17", "https://github/17/"):
        assert explain(known, name).item == "PAY-1"


def test_states_that_no_stage_claims_are_one_doubt() -> None:
    """The heaviest are named, with what they weigh; a log of many activities does not drown the rest."""
    items = [issue(f"PAY-{n}", ("Open", 0), (f"Odd {n}", 1), ("Done", 2 + n)) for n in range(9)]
    (doubt,) = (d for d in analyse(STREAM, records(*items), window(end=20)).doubts if d.kind == "unmapped state")

    assert doubt.detail.startswith('no stage claims "jira:Odd 8" (')
    assert "jira:Odd 3" not in doubt.detail
    assert " and 4 more: 45 item-days" in doubt.detail
    assert len(doubt.items) == 9
