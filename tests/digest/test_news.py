"""What is news, and what is known already."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.digest.compose import Context, compose, memory
from bot.digest.digest import Alert, Digest
from bot.digest.lines import plain
from bot.digest.memory import Expectation, Told
from bot.digest.news import KNOWN_FOR, every, news
from bot.flow.findings.trend import Shift, Trend
from bot.govern.document import Document
from bot.govern.gates import GatePart
from bot.govern.plan import courses
from bot.govern.plan_part import plan
from bot.govern.stuck import Stuck
from tests.build import at, issue, records
from tests.digest.said import WAITING, seen, spaced
from tests.govern.test_plan import BOX

TODAY = date(2026, 2, 2)


def trend(verdict: str = "worse", metric: str = "lead_time", before: float = 14.0, after: float = 19.0) -> Trend:
    told: dict[str, Any] = {"metric": metric, "before": before, "after": after, "verdict": verdict}
    told |= {"change": 0.3, "low": 0.1, "high": 0.5, "reason": "", "grade": "A", "n_before": 50, "n_after": 30}
    told |= {"weeks_before": 26, "weeks_after": 8, "alarm": None, "limits": None, "series": ()}
    return Trend.model_validate({**told, "effective_before": 40, "effective_after": 20})


def alarm(metric: str) -> Trend:
    shift = Shift(noticed=TODAY, since=date(2025, 11, 3), baseline=3.0, recent=5.0, verdict="worse")
    return trend("no change", metric).model_copy(update={"alarm": shift})


def calm(**more: Any) -> Document:
    """Nothing of this is news but what is added."""
    quiet = {"trend": (), "gates": (), "key_results": (), "plan": ()}
    return seen(records(*(issue(f"PAY-{n}", ("Open", 0), ("Done", 4)) for n in range(8)))).model_copy(
        update={**quiet, **more}
    )


def stuck(waited: float, usual: float | None = 2.0) -> Stuck:
    return Stuck("PAY-9", "t", "https://jira/PAY-9", "in Review", waited, usual, ("Product lead",))


def gate(days_left: int, verdict: str = "pivot") -> GatePart:
    day = TODAY + timedelta(days=days_left)
    told: dict[str, Any] = {"name": "Board", "day": day, "days_left": days_left, "verdict": verdict, "reason": "r"}
    told |= {"continue_at": 0.6, "stop_below": 0.2, "since": None, "key_results": (), "removable": None, "recorded": ()}
    return GatePart.model_validate(told)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (trend(), "Lead time got worse: half of the items within 19 days, before 14 days."),
        (trend(metric="throughput", before=11, after=8), "Fewer items are delivered: 8.0 a week, before 11."),
        (trend(metric="wip", before=20, after=31), "More items are under way: 31, before 20."),
        (trend(metric="rework_share", before=0.1, after=0.2), "More is done again: 20 % of the time, before 10 %."),
        (
            trend("better", 'queues["Review"].wait.p85', 4, 1.5),
            "The wait for Review got better: 85 % wait up to 1.5 days, before 4 days.",
        ),
        (
            alarm('queues["Review"].wait.p50'),
            "The wait for Review got worse: half wait up to 5 days, before 3 days, since about 03 Nov.",
        ),
    ],
)
def test_a_figure_that_changed_by_more_than_chance_is_news(found: Trend, sentence: str) -> None:
    """By the verdict of the comparison, or by an alarm; in plain words."""
    (one,) = every(calm(trend=(found,)), ())

    assert (one.alert, spaced(plain(one.sentence))) == (Alert.FIGURE, sentence)


def test_what_chance_explains_is_no_news() -> None:
    """Nor is what cannot be told."""
    assert not [*every(calm(trend=(trend("no change"), trend("cannot tell", "wip"))), ())]


def test_of_a_queue_with_two_figures_one_is_told() -> None:
    """They tell the same story."""
    both = trend(metric='queues["Review"].wait.p50'), trend(metric='queues["Review"].wait.p85')

    assert len([*every(calm(trend=both), ())]) == 1


@pytest.mark.parametrize(("waited", "usual", "is_news"), [(6.1, 2.0, True), (5.9, 2.0, False), (4.9, 0.5, False)])
def test_an_item_is_news_when_it_waits_three_times_as_long_as_others(
    waited: float, usual: float, is_news: bool
) -> None:
    """And for five days: who waits hours longer is no news."""
    assert bool([*every(calm(), (stuck(waited, usual),))]) is is_news


@pytest.mark.parametrize(("days", "is_news"), [(15, False), (14, True), (0, True), (-1, False)])
def test_a_gate_within_two_weeks_is_news(days: int, is_news: bool) -> None:
    """With what its thresholds say."""
    found = [*every(calm(gates=(gate(days),)), ())]

    assert bool(found) is is_news
    assert all("its thresholds say pivot: r." in plain(one.sentence) for one in found)


def test_a_change_that_is_late_is_news() -> None:
    """Once."""
    late = plan(courses([BOX], ()), {}, at(40))

    assert [one.alert for one in every(calm(plan=late), ())] == [Alert.LATE]


def told(document: Document, *, end: date = TODAY, before: Told | None = None) -> Told:
    return memory(document, Context(told=before)).model_copy(update={"end": end})


def test_what_was_told_is_no_news_until_it_changes() -> None:
    """A verdict that turns around is."""
    worse = calm(trend=(trend(),))
    better = calm(trend=(trend("better"),))

    assert not news(worse, (), told(worse), TODAY)
    assert news(better, (), told(worse), TODAY)


def test_a_verdict_that_wavers_is_told_once() -> None:
    """Worse, a week without, worse again: known for eight weeks since it was last so."""
    worse, none = calm(trend=(trend(),)), calm()
    between = told(none, before=told(worse))

    assert not news(worse, (), between, TODAY + timedelta(weeks=2))
    assert news(worse, (), between, TODAY + KNOWN_FOR)


def said(document: Document, before: Told | None) -> Digest:
    return compose(document, Context(told=before))


def test_a_week_without_news_is_quiet() -> None:
    """The first digest never is: it knows no week before it."""
    found = calm()

    assert not said(found, None).quiet
    assert said(found, told(found)).quiet
    assert memory(found, Context(told=told(found))).quiet
    assert spaced(said(found, told(found)).text).startswith(
        "Payments: week to 1 Feb 2026: A quiet week, nothing changed beyond chance."
    )


def test_the_headline_is_the_weightiest_news_and_the_others_follow() -> None:
    """A figure before a gate."""
    found = calm(trend=(trend(), trend(metric="wip")), gates=(gate(3),))
    digest = said(found, told(calm()))

    assert plain(digest.headline).startswith("Lead time got worse")
    assert [line.plain[:5] for line in digest.sections[0].lines] == ["More ", "Board"]
    assert digest.alerts == (Alert.FIGURE, Alert.FIGURE, Alert.GATE)


def lines_back(before: Told) -> list[str]:
    digest = said(seen(WAITING), before)
    return next(
        ([spaced(x.plain) for x in s.lines] for s in digest.sections if s.title == "What the last digest said"), []
    )


@pytest.mark.parametrize(
    ("least", "kept", "sentence"),
    [
        (0, (), "0, as expected: at least 0, which is to hold in 85 of 100 weeks."),
        (3, (True, True), "0, fewer than expected: at least 3, which is to hold in 85 of 100 weeks; "),
    ],
)
def test_what_was_expected_is_held_against_what_came(least: int, kept: tuple[bool, ...], sentence: str) -> None:
    """With how often such expectations came true."""
    before = Told(end=date(2026, 1, 26), expected=Expectation(at_least=least, week=date(2026, 1, 26)), came_true=kept)
    (line,) = lines_back(before)

    assert line.startswith(f"Delivered last week: {sentence}")
    assert ("such an expectation came true in 2 of 3 weeks." in line) is bool(kept)


def test_what_was_named_as_stuck_is_followed() -> None:
    """What is over, what moves again, and what still waits, each with a link."""
    before = Told(end=date(2026, 1, 26), stuck=("PAY-9", "PAY-1", "PAY-2"))

    assert lines_back(before) == ["Named as stuck the last time: PAY-1 and PAY-2 are over and PAY-9 still waits."]


def test_what_a_digest_told_is_read_again_as_it_was_written() -> None:
    """Through JSON."""
    kept = replace(Context(), told=None)
    found = memory(calm(trend=(trend(),), gates=(gate(3),)), kept)

    assert Told.model_validate(found.model_dump(mode="json")) == found
    assert {*found.news} == {"figure lead_time", f"gate Board {TODAY + timedelta(days=3)}"}
