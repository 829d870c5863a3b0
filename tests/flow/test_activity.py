"""What each instant was really spent on: windows of work against what states claim."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.flow.clock import instant
from bot.flow.reconstruct import Reconstruction, reconstruct
from connectors.records import EventKind as K
from connectors.records import Record, Verdict
from tests.build import STREAM, at, change, issue, pull, records, window

HOUR = 1 / 24
NINE, NOON, FIVE = 9 * HOUR, 12 * HOUR, 17 * HOUR
DAY = timedelta(days=1) / timedelta(microseconds=1)


def built(number: int, first: float, actor: str = "ann") -> list[Record]:
    """An item that is worked on from nine to noon of the first day and from three to five of the next."""
    name = f"PAY-{number}"
    traces = [first + NINE + h * HOUR for h in (1, 2, 3)] + [first + 1 + NINE + h * HOUR for h in (7, 8)]
    return [
        *issue(
            name, ("Open", first), ("In Progress", first + NINE), ("In Review", first + 1 + FIVE), ("Done", first + 2)
        ),
        *(record for when in traces for record in change(name, K.EDITED, when, actor=actor)),
    ]


HISTORY = [built(n, 7 * n) for n in range(1, 13)]
"""Twelve weeks of one item each, by one person: the usual gap is an hour."""


def spent(done: Reconstruction, name: str) -> list[tuple[str, float, float]]:
    """(spent on, from day, to day) of an item."""
    case = next(n for n, item in enumerate(done.log.items) if item.name == name)
    rows = done.timeline.spans.filter(case=case).select("spent", "start", "end").iter_rows()
    return [(what, round((a - instant(at(0))) / DAY, 6), round((b - instant(at(0))) / DAY, 6)) for what, a, b in rows]


def seen(*parts: object) -> Reconstruction:
    return reconstruct(STREAM, records(*parts), window())  # type: ignore[arg-type]


def test_between_two_windows_of_work_an_item_lies_idle() -> None:
    """From noon until three hours before the next trace: nobody worked on it, nor on anything else."""
    found = spent(seen(*HISTORY), "PAY-2")

    assert found == [
        ("waiting.backlog", 14, 14 + round(NINE, 6)),
        ("work", 14 + round(NINE, 6), 14 + NOON),
        ("idle.absent", 14 + NOON, round(15 + NINE + 4 * HOUR, 6)),
        ("work", round(15 + NINE + 4 * HOUR, 6), round(15 + FIVE, 6)),
        ("waiting.approval", round(15 + FIVE, 6), 16),
    ]


def test_work_on_another_item_meanwhile_is_told() -> None:
    """Ann did PAY-99 from one to two in the afternoon."""
    other = [
        *issue("PAY-99", ("In Progress", 14), ("Done", 30)),
        *change("PAY-99", K.EDITED, 14 + 14 * HOUR, actor="ann"),
    ]
    found = dict.fromkeys(what for what, *_ in spent(seen(*HISTORY, other), "PAY-2"))

    assert list(found) == ["waiting.backlog", "work", "idle.multitask", "idle.absent", "waiting.approval"]


def test_where_nobody_leaves_traces_the_claim_stands() -> None:
    """Two items are no habit, and a state without any trace cannot be told from waiting."""
    few = seen(*HISTORY[:2])
    none = seen(*(issue(f"PAY-{n}", ("Testing", n), ("Done", n + 1)) for n in range(20)))

    assert [what for what, *_ in spent(few, "PAY-2")][1] == "work"
    assert few.activity.traced == none.activity.traced == ()
    assert spent(none, "PAY-3") == [("work", 3, 4)]


def test_evidence_beats_the_card() -> None:
    """Work in the backlog and during a block is work; a review in its queue is a review."""
    early = [*issue("PAY-50", ("Open", 0), ("Done", 5)), *change("PAY-50", K.EDITED, NOON, actor="bob")]
    blocked = [
        *issue("PAY-51", ("In Progress", 0), ("Done", 5)),
        *change("PAY-51", K.BLOCKED, 0),
        *change("PAY-51", K.EDITED, NOON, actor="cyd"),
    ]
    review = pull(
        1, (K.OPENED, 0.0), (K.REVIEWED, NOON, "dan", Verdict.APPROVED.value), (K.MERGED, 2.0), names=["PAY-52"]
    )
    done = seen(*HISTORY, early, blocked, issue("PAY-52", ("In Progress", 0), ("Done", 5)), review)

    assert [what for what, *_ in spent(done, "PAY-50")] == ["waiting.backlog", "work", "waiting.backlog"]
    assert [what for what, *_ in spent(done, "PAY-51")] == ["blocked", "work", "blocked"]
    assert [what for what, *_ in spent(done, "PAY-52")][:2] == ["waiting.approval", "review"]


def test_a_window_does_not_reach_back_into_another_state() -> None:
    """The first trace of the review comes a minute after the queue was left: the queue waited."""
    traces = [change("PAY-1", K.EDITED, 7 + NINE + HOUR / 60, actor="ann")]
    found = spent(seen(*HISTORY, *traces), "PAY-1")

    assert found[0] == ("waiting.backlog", 7, round(7 + NINE, 6))


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(st.integers(1, 12), st.floats(0, 95), st.sampled_from(["ann", "bob", "cyd"])), min_size=1, max_size=12
    )
)
def test_whatever_the_evidence_the_parts_make_the_whole(traces: list[tuple[int, float, str]]) -> None:
    """Of every item, at every reach, to the microsecond, and nobody is less idle with less reach."""
    more = [change(f"PAY-{n}", K.EDITED, when, str(i), actor) for i, (n, when, actor) in enumerate(traces)]
    done = seen(*HISTORY, *more)
    for timeline in done.activity.every:
        for case, start, end in timeline.cases.select("case", "start", "end").iter_rows():
            mine = timeline.spans.filter(case=case)
            assert (mine["start"][0], mine["end"][-1]) == (start, end)
            assert mine["start"][1:].to_list() == mine["end"][:-1].to_list()
    worked = [t.spans.filter("evidenced")["worked"].sum() for t in done.activity.every]
    assert worked == sorted(worked)


def test_nobody_works_on_two_items_at_once() -> None:
    """All evidenced time of a person is at most the time that passed."""
    done = seen(*(built(n, 7) for n in range(1, 13)))
    worked = done.activity.high.spans.filter("evidenced")["worked"].sum() / done.clock.day

    assert 0 < worked <= 2
