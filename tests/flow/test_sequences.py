"""Steps one after the other: which orders are refuted, which are questions, and what it would gain to break them."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.flow.analyse import analyse
from bot.flow.findings.sequences import Pair, Sequences
from bot.flow.model import Stream
from connectors.records import EventKind as K
from connectors.records import Record
from tests.build import STREAM, change, records, window
from tests.flow.onboarding import LOGGED, TOLD_APART, case, child, parent, steps

WITH_CHILDREN = STREAM.model_copy(update={"item_types": ("Onboarding",)})
EVERYBODY = ("ann", "bob", "cyd")


def found(*parts: list[Record], stream: Stream = TOLD_APART, end: float = 100) -> Sequences:
    told = analyse(stream, records(*parts), window(0, end)).sequences
    assert told is not None
    return told


def pair(told: Sequences, first: str, then: str) -> Pair:
    return next(p for p in told.pairs if (p.first, p.then) == (first, then))


def in_order(n: int) -> list[Record]:
    return steps(f"C{n:03}", ("Account", 1, 3), ("Laptop", 4, 9))


def at_once(n: int) -> list[Record]:
    return steps(f"X{n:03}", ("Account", 1, 3), ("Laptop", 1, 6))


def test_an_order_that_many_do_not_keep_is_not_required() -> None:
    """15 of 60 begin the laptop while the account is still being made: P(15 of 60 at 2 %) is nearly none."""
    told = found(*(in_order(n) for n in range(45)), *(at_once(n) for n in range(15)))
    only = pair(told, "Account", "Laptop")

    assert (only.tier, only.grade, only.n, only.deviating) == ("parallel", "A", 60, 15)
    assert only.items == tuple(f"X{n:03}" for n in range(15))
    assert only.low is not None
    assert only.high is not None
    assert only.low < 0.25 < only.high


def test_the_gain_is_what_the_shorter_step_took() -> None:
    """In order it takes 8 days (a wait of one in them); side by side it takes one day and five: 6."""
    told = found(*(in_order(n) for n in range(45)), *(at_once(n) for n in range(15)))

    assert told.gain is not None
    assert (told.gain.n, told.gain.p50, told.gain.p85) == (60, 2.0, 2.0)
    assert {(i.days, i.gain) for i in told.items} == {(8.0, 2.0)}
    assert len(told.items) == 45
    assert told.gain.share == pytest.approx(45 * 2 / (45 * 8 + 15 * 5))


def test_the_gain_has_an_interval_at_its_middle_and_at_its_upper_end() -> None:
    """Nothing in 15 of 60 cases, a day in 24, four in 21: chance moves neither the median nor the 85th percentile."""
    kept = [
        steps(f"C{n:03}", ("Account", 1, 1 + d), ("Laptop", 2 + d, 7 + d)) for n, d in enumerate([1] * 24 + [4] * 21)
    ]
    gain = found(*kept, *(at_once(n) for n in range(15))).gain

    assert gain is not None
    assert (gain.p50_low, gain.p50, gain.p50_high) == (1.0, 1.0, 1.0)
    assert (gain.p85_low, gain.p85, gain.p85_high) == (4.0, 4.0, 4.0)


@pytest.mark.parametrize(("n", "needed"), [(30, 4), (60, 5), (120, 8)])
def test_so_many_deviations_refute(n: int, needed: int) -> None:
    """More than errors of recording explain; one fewer and it remains a question."""
    for deviating, tier in ((needed, "parallel"), (needed - 1, "ask")):
        told = found(*(in_order(i) for i in range(n - deviating)), *(at_once(i) for i in range(deviating)))
        assert pair(told, "Account", "Laptop").tier == tier


def test_what_nobody_ever_did_otherwise_is_a_question() -> None:
    """It gains nothing that is sure, and what it would gain if its owner agrees is told apart."""
    told = found(*(in_order(n) for n in range(20)))
    only = pair(told, "Account", "Laptop")

    assert (only.tier, only.grade, only.deviating) == ("ask", "C", 0)
    assert "Ask its owner" in only.reason
    assert only.saves == 2.0
    assert told.gain is not None
    assert told.gain_if_confirmed is not None
    assert (told.gain.p50, told.gain_if_confirmed.p50) == (0.0, 2.0)


def test_one_performer_can_only_change_the_order() -> None:
    """However often it is changed; nothing runs in parallel, and no name is told."""
    cases = [
        steps(
            f"C{n}", ("Account", *((1, 2) if n % 3 else (4, 5)), EVERYBODY[n % 3]), ("Laptop", 2, 4, EVERYBODY[n % 3])
        )
        for n in range(30)
    ]
    told = found(*cases)

    assert [p.tier for p in told.pairs] == ["same performer"]
    assert told.gain_if_confirmed is not None
    assert told.gain_if_confirmed.p85 == 0.0
    assert "ann" not in told.model_dump_json()


def test_an_order_whose_breach_leads_to_rework_is_hard() -> None:
    """Who ordered the badge before the account was there ordered it twice."""
    kept = [steps(f"C{n}", ("Account", 1, 3), ("Badge", 4, 6)) for n in range(30)]
    broken = [steps(f"X{n}", ("Account", 1, 3), ("Badge", 1, 2), ("Badge", 4, 6)) for n in range(10)]
    only = pair(found(*kept, *broken), "Account", "Badge")

    assert only.tier == "hard"
    assert "done again in 10 of 10 cases" in only.reason


def test_too_few_cases_say_nothing() -> None:
    """Seven are not eight."""
    told = found(*(in_order(n) for n in range(7)))

    assert (told.pairs, told.gain, told.items) == ((), None, ())
    assert told.reason == "no two steps were both finished by 8 cases"


def test_a_step_that_a_case_does_not_have_does_not_count_there() -> None:
    """Nor does one that is not finished."""
    without = [steps(f"W{n}", ("Laptop", 1, 6)) for n in range(5)]
    going = [case(f"O{n}", ("Signed", 0), ("Account / start", 1), ("Laptop / start", 2)) for n in range(5)]
    told = found(*(in_order(n) for n in range(10)), *without, *going)

    assert (pair(told, "Account", "Laptop").n, told.cases) == (10, 10)
    assert told.gain is not None
    assert told.gain.n == 10


def test_a_step_that_is_done_again_counts_by_its_first_time() -> None:
    """Account, laptop, and the account once more: no deviation."""
    again = [steps(f"A{n}", ("Account", 1, 3), ("Laptop", 4, 9), ("Account", 10, 11)) for n in range(20)]

    assert pair(found(*again), "Account", "Laptop").deviating == 0


def test_what_came_first_in_a_loop_says_nothing() -> None:
    """Refused by one, handed in again, refused by the other: the two refusals are alternatives, not parallel steps."""

    def round_trip(n: int, first: str, then: str) -> list[Record]:
        return steps(f"C{n}", ("Account", 1, 2), (first, 2, 3), ("Account", 3, 4), (then, 4, 5))

    told = found(*(round_trip(n, *(("Laptop", "Badge") if n % 3 else ("Badge", "Laptop"))) for n in range(30)))

    assert not [p for p in told.pairs if {p.first, p.then} == {"Laptop", "Badge"}]


def test_a_quarter_of_an_hour_is_no_deviation() -> None:
    """Clocks differ by minutes."""
    minute = 1 / 1440
    soon = [steps(f"S{n}", ("Account", 1, 3), ("Laptop", 3 - 14 * minute, 9)) for n in range(20)]
    sooner = [steps(f"T{n}", ("Account", 1, 3), ("Laptop", 3 - 16 * minute, 9)) for n in range(20)]

    assert pair(found(*soon), "Account", "Laptop").deviating == 0
    assert pair(found(*sooner), "Account", "Laptop").deviating == 20


def test_what_follows_from_other_pairs_is_not_told() -> None:
    """Account before laptop, laptop before badge; that account is before badge goes without saying."""
    told = found(*(steps(f"C{n}", ("Account", 1, 2), ("Laptop", 3, 4), ("Badge", 5, 6)) for n in range(10)))

    assert [(p.first, p.then) for p in told.pairs] == [("Account", "Laptop"), ("Laptop", "Badge")]


def test_a_log_of_one_state_at_a_time_tells_by_the_order_of_its_states() -> None:
    """A step lasts until the next state; the badge came before the laptop in 10 of 40."""
    usual = [case(f"C{n}", ("Signed", 0), ("Laptop", 1), ("Badge", 4), ("Productive", 6)) for n in range(30)]
    other = [case(f"X{n}", ("Signed", 0), ("Badge", 1), ("Laptop", 3), ("Productive", 6)) for n in range(10)]
    cautious = found(*usual, *other, stream=LOGGED)
    told = found(*usual, *other, stream=LOGGED.model_copy(update={"steps": "states"}))

    assert (cautious.steps, cautious.gain, told.steps) == ("beginnings", None, "activities")
    assert pair(cautious, "Laptop", "Badge").tier == "parallel"
    assert (pair(told, "Laptop", "Badge").tier, pair(told, "Laptop", "Badge").deviating) == ("parallel", 10)
    assert told.gain is not None
    assert told.gain.p50 == 2.0


def test_completions_tell_the_order_and_not_how_long_it_takes() -> None:
    """So there are pairs, and no gain."""
    usual = [case(f"C{n}", ("Signed", 0), ("Laptop", 1), ("Badge", 4), ("Productive", 6)) for n in range(30)]
    other = [case(f"X{n}", ("Signed", 0), ("Badge", 1), ("Laptop", 3), ("Productive", 6)) for n in range(10)]
    told = found(*usual, *other, stream=LOGGED.model_copy(update={"steps": "completions"}))

    assert (pair(told, "Laptop", "Badge").tier, told.gain) == ("parallel", None)
    assert told.reason is not None
    assert "only when steps were completed" in told.reason


def hire(n: int, laptop: tuple[float, float], account: tuple[float, float] = (1, 3)) -> list[Record]:
    name = f"HR-{n}"
    return [
        *parent(name),
        *child(f"{name}a", name, "Account", ("Open", 0), ("In Progress", account[0]), ("Done", account[1])),
        *child(f"{name}b", name, "Laptop ", ("Open", 0), ("In Progress", laptop[0]), ("Done", laptop[1])),
    ]


def test_child_items_are_steps_by_their_titles() -> None:
    """From the first work to the end; that all are created on the first day says nothing."""
    told = found(
        *(hire(n, (4, 9)) for n in range(45)), *(hire(90 + n, (1, 6)) for n in range(15)), stream=WITH_CHILDREN
    )

    assert told.steps == "child items"
    assert (pair(told, "Account", "Laptop").tier, pair(told, "Account", "Laptop").deviating) == ("parallel", 15)
    assert told.gain is not None
    assert told.gain.p50 == 2.0


def test_children_that_nobody_moves_to_work_are_judged_by_what_is_done_first() -> None:
    """Made on day 0 and closed in order: that is no deviation, and no duration."""
    idle = [
        [
            *parent(f"HR-{n}"),
            *child(f"HR-{n}a", f"HR-{n}", "Account", ("Open", 0), ("Done", 3)),
            *child(f"HR-{n}b", f"HR-{n}", "Laptop", ("Open", 0), ("Done", 5)),
        ]
        for n in range(20)
    ]
    told = found(*idle, stream=WITH_CHILDREN)

    assert (pair(told, "Account", "Laptop").deviating, told.gain) == (0, None)


def test_a_link_makes_an_order_hard() -> None:
    """Whatever the cases do."""
    blocked = [change(f"HR-{n}b", K.BLOCKED, 0, f"HR-{n}a") for n in range(30)]
    told = found(*(hire(n, (1, 6) if n % 2 else (4, 9)) for n in range(30)), *blocked, stream=WITH_CHILDREN)

    assert (pair(told, "Account", "Laptop").tier, pair(told, "Account", "Laptop").grade) == ("hard", "A")
    assert told.gain_if_confirmed is not None
    assert told.gain_if_confirmed.p85 == 0.0


def test_stories_of_an_epic_are_no_steps() -> None:
    """Neither their titles recur nor is there one of each type."""
    epics = [
        [*parent(f"E-{n}"), *(r for m in range(4) for r in child(f"S-{n}{m}", f"E-{n}", f"Story {n} {m}", ("Open", 0)))]
        for n in range(5)
    ]

    assert analyse(WITH_CHILDREN, records(*epics), window()).sequences is None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_parallel_steps_are_found_and_hard_ones_are_not_released(seed: int) -> None:
    """60 cases: account before laptop is habit (15 % exceptions), laptop before badge must be (1 % wrong records)."""
    random = Random(seed)
    cases = []
    for n in range(60):
        account, laptop, badge = (random.uniform(1, 4) for _ in range(3))
        begins = 1.0 if random.random() < 0.15 else 1 + account
        ends = begins + laptop
        cases.append(
            steps(
                f"C{n}",
                ("Account", 1, 1 + account),
                ("Laptop", begins, ends),
                ("Badge", ends - 1 if random.random() < 0.01 else ends, ends + badge),
            )
        )
    told = found(*cases)

    assert pair(told, "Account", "Laptop").tier == "parallel"
    assert pair(told, "Laptop", "Badge").tier == "ask"


TIMES = st.tuples(st.integers(0, 20), st.integers(0, 9)).map(lambda t: (float(t[0]), float(t[0] + t[1])))


@settings(max_examples=12)
@given(st.lists(st.tuples(TIMES, TIMES, TIMES), min_size=8, max_size=9), st.randoms(use_true_random=False))
def test_the_gain_lies_between_nothing_and_the_whole(
    cases: list[tuple[tuple[float, float], ...]], random: Random
) -> None:
    """For any steps; those that must be asked about add to it; the order of the records changes nothing."""
    parts = [
        steps(f"C{n}", *((name, *times) for name, times in zip(("Account", "Laptop", "Badge"), case, strict=True)))
        for n, case in enumerate(cases)
    ]
    told = found(*parts)
    random.shuffle(parts)

    assert all(0 <= i.gain <= i.gain_if_confirmed <= i.days for i in told.items)
    assert found(*parts) == told
