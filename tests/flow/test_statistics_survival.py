"""Ends of several kinds, late entry, and the intervals of both."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.flow.statistics.intervals import clopper_pearson, quantile_interval, survival_quantile, wilson
from bot.flow.statistics.survival import Watched, effective_visits, incidence, incidence_interval, longer_than


def watched(*durations: float, wanted: str = "", entered: float = 0.0) -> Watched:
    """One letter each: y it came to the wanted end, w to another, o it still runs; yes unless said."""
    kinds = np.array(list(wanted or "y" * len(durations)), dtype=str)
    lengths = np.array(durations, np.float64)
    return Watched(lengths, kinds == "y", kinds == "w", np.full(len(lengths), entered))


def test_what_was_withdrawn_is_never_approved() -> None:
    """One of four was withdrawn first: three quarters are approved in the end, not all."""
    found = incidence(watched(1, 2, 3, 4, wanted="wyyy"))

    assert found.share[-1] == pytest.approx(0.75)
    assert (found.reached(0.5), found.reached(0.8)) == (3.0, None)


def test_what_still_runs_may_yet_be_approved() -> None:
    """Two of four ended after a day; the others are watched for ten: half after a day, and no more is known."""
    found = incidence(watched(1, 1, 10, 10, wanted="yyoo"))

    assert (found.reached(0.5), found.reached(0.85)) == (1.0, None)


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from("yo"), st.integers(0, 3)), max_size=30))
def test_without_other_ends_it_is_kaplan_meier(rows: list[tuple[int, str, int]]) -> None:
    """Whatever still runs and whenever they came under observation."""
    lengths, entered = (np.array([row[n] for row in rows], np.float64) for n in (0, 2))
    ended = np.array([row[1] == "y" for row in rows], bool)
    found = incidence(Watched(lengths, ended, np.zeros(len(rows), bool), entered))

    assert found.reached(0.5) == survival_quantile(lengths, ended, entered, 0.5)


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from("ywo")), min_size=1, max_size=30))
def test_shares_of_all_kinds_sum_to_one(rows: list[tuple[int, str]]) -> None:
    """Approved, withdrawn, and neither yet, at every age."""
    lengths, kinds = [float(n) for n, _ in rows], "".join(kind for _, kind in rows)
    one, other = (incidence(watched(*lengths, wanted=k)) for k in (kinds, kinds.translate(str.maketrans("yw", "wy"))))

    assert one.share + other.share + one.surviving == pytest.approx(np.ones(len(one.ages)))


def test_the_interval_of_complete_durations_is_that_of_order_statistics() -> None:
    """Censoring changes nothing where there is none."""
    values = [3.0, 1.0, 4.0, 1.5, 9.0, 2.0, 6.0, 5.0, 3.5, 8.0]
    found = incidence(watched(*values))

    assert incidence_interval(found, 0.5, 10) == pytest.approx(quantile_interval(values, 0.5))


def test_an_interval_whose_end_is_not_reached_is_open() -> None:
    """Just over half of eight are approved: until when it may last nobody can tell."""
    found = incidence(watched(1, 2, 3, 4, 9, 9, 9, 9, wanted="yyyyoooo"))
    low, high = incidence_interval(found, 0.5, 8)

    assert low is not None
    assert low < 4
    assert high is None


def test_nothing_and_one_have_no_interval() -> None:
    """Nor has what is never approved."""
    never = [watched(*range(1, 9), wanted=kind * 8) for kind in "ow"]
    for one in (watched(), watched(3), *never):
        assert incidence_interval(incidence(one), 0.5, 5) == (None, None)


def test_what_still_runs_is_worth_less_than_what_ended() -> None:
    """Twenty of which half still run say less of the median than twenty that ended."""
    lengths = [float(1 + n * 7 % 20) for n in range(20)]
    whole, cut = watched(*lengths), watched(*lengths, wanted="yo" * 10)
    assert effective_visits(cut, incidence(cut), 10.0) < effective_visits(whole, incidence(whole), 10.0) <= 20


def test_waits_that_follow_each_other_are_worth_less() -> None:
    """Thirty short ones and then thirty long ones are two, not sixty."""
    found = watched(*[1.0 + n / 100 for n in range(30)], *[9.0 + n / 100 for n in range(30)])

    assert effective_visits(found, incidence(found), 5.0) < 8


def test_the_chance_to_wait_longer_counts_those_that_still_wait() -> None:
    """Two left within a day and two wait since three: half wait longer than two days, perhaps fewer or more."""
    found = watched(1, 1, 3, 3, wanted="yyoo")
    chance, low, high = longer_than(found, incidence(found), 2.0) or (0.0, 0.0, 0.0)

    assert chance == 0.5
    assert 0.1 < low < 0.5 < high < 0.9
    assert longer_than(found, incidence(found), 5.0) is None


def test_the_interval_of_a_share() -> None:
    """Figures of Brown, Cai and DasGupta 2001 for 95 %; of nothing everything is possible."""
    assert wilson(0, 10, 0.95) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(5, 10, 0.95) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)


def test_how_few_changes_are_too_few() -> None:
    """None of 45, one of 100 and five of 200 have an upper bound of at most 5 %; one more has not."""
    for changed, n in ((0, 45), (1, 100), (5, 200)):
        assert clopper_pearson(changed, n)[1] <= 0.051
        assert clopper_pearson(changed + 1, n)[1] > 0.05
    assert clopper_pearson(7, 7)[1] == 1.0
