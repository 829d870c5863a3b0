"""Key results: figures by name, progress and pace, the odds, and what is too little to tell."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bot.flow.analyse import analyse
from bot.flow.findings.future import Moved
from bot.flow.model import Waste
from bot.govern.key_results import KeyResult, KeyResultPart, Reading, key_results, week_ends
from bot.govern.metrics import better, check_metric, measured, metric, metrics
from bot.govern.plan import Step, courses
from tests.build import STREAM, at, issue, records, window
from tests.govern.test_plan import BOX, PREDICTED

ANALYSIS = analyse(STREAM, records(issue("PAY-1", ("Open", 0), ("In Review", 2), ("Done", 10))), window(end=45))
DOCUMENT = ANALYSIS.model_dump(mode="json", by_alias=True)
RESULT = KeyResult(objective="o", name="n", by_hand=True, baseline=14, target=4, quarter="2026-Q1")
NAMES: dict[str, list[str]] = {"stages": ["Build", "Review"], "queues": ["Review"], "wastes": list(Waste)}


def standing(values: Sequence[float | None], end: float, result: KeyResult = RESULT, every: float = 7) -> KeyResultPart:
    """Values from the first Monday of the year on, seen some days after it."""
    readings = [Reading(at=at(n * every), value=value) for n, value in enumerate(values)]
    (part,) = key_results([result], {"n": readings}, at(end))
    return part


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("lead_time.p50", 10.0),
        ('queues["Review"].wait.p50', 8.0),
        ('stages["Backlog"].wait_time', 2.0),
        ('wastes["waiting"].share', 0.8),
        ('wastes["motion"].share', 0.0),
        ("wip", 0.0),
        ("rework.share", 0.0),
        ("throughput.per_week", 1 / (45 / 7)),
        ("lead_time.p99", None),
        ('queues["Nobody"].wait.p50', None),
        ("stream.name", None),
        ("queues.wait", None),
        ("nonsense", None),
    ],
)
def test_figures_by_their_path(path: str, value: float | None) -> None:
    """An element of a list by its name; what is no number is unknown."""
    assert metric(DOCUMENT, path) == (value if value is None else pytest.approx(value))


def test_progress_and_pace() -> None:
    """From 14 to 10 on the way to 4, half-way through the quarter."""
    part = standing([14, 13, 12, 11, 10], 41)

    assert part.value == 10
    assert part.at == at(28)
    assert part.progress == pytest.approx(0.4)
    assert part.elapsed == pytest.approx(45 / 90)
    assert part.pace == pytest.approx(0.8)


def test_what_comes_later_or_lay_before_the_quarter_is_not_seen() -> None:
    """A past day is seen as it was known then."""
    readings = [Reading(at=at(day), value=value) for day, value in ((-20, 1.0), (3, 12.0), (10, 11.0), (17, 4.0))]

    (part,) = key_results([RESULT], {"n": readings}, at(12))

    assert [reading.value for reading in part.weeks] == [12, 11]
    assert part.value == 11


def test_of_a_week_the_last_value_counts() -> None:
    """Counts are made daily; and one that found nothing does not hide one that did."""
    readings = [Reading(at=at(day), value=value) for day, value in ((0, 9.0), (1, 8.0), (2, None))]

    (part,) = key_results([RESULT], {"n": readings}, at(12))

    assert [reading.value for reading in part.weeks] == [8]


@pytest.mark.parametrize(
    ("values", "end", "reason"),
    [
        ([], 30, "0 of the 4 weekly values that it takes"),
        ([12, 11, 10], 20, "3 of the 4 weekly values that it takes"),
        ([12, None, 11, 10], 22, "3 of the 4 weekly values that it takes"),
        ([12, 11, 10, 9], 36, "the last value is of 2026-01-26, more than two weeks old"),
        ([12, 11, 10, 9], -30, "2026-Q1 has not begun"),
    ],
)
def test_too_little_is_no_verdict(values: Sequence[float | None], end: float, reason: str) -> None:
    """Missing data are the finding."""
    part = standing(values, end)

    assert (part.sufficient, part.verdict, part.reason) == (False, "insufficient", reason)
    assert part.probability is None


def test_four_values_are_enough() -> None:
    """The last of them two weeks old."""
    part = standing([12, 11, 10, 9], 35)

    assert part.sufficient
    assert part.probability is not None
    assert part.verdict == "continue"


def test_the_odds_of_the_week_before_are_those_that_were_told_then() -> None:
    """Five weekly values, the fourth on January 26th: 25 of 90 days were gone."""
    now, then = standing([14, 13, 12, 11, 10], 28), standing([14, 13, 12, 11], 21)

    assert now.elapsed_before == then.elapsed == pytest.approx(25 / 90)
    assert now.probability_before == then.probability
    assert now.probability_before != now.probability
    assert then.probability_before is not None
    assert standing([12, 11, 10], 20).probability_before is None


def test_the_odds_before_the_end_of_a_quarter_stay_odds_when_it_is_over() -> None:
    """Then the last value decides; what was told before it was a guess."""
    over, then = (standing([14, 13, 12, 11, 10][:n], end, every=20) for n, end in ((5, 100), (4, 60)))

    assert over.probability == 0.0
    assert over.probability_before == then.probability
    assert over.probability_before is not None
    assert 0 < over.probability_before < 1


@pytest.mark.parametrize(
    ("kind", "last", "verdict", "reason"),
    [
        ("committed", 4.0, "continue", "reached"),
        ("committed", 4.5, "stop", "not reached"),
        ("stretch", 7.0, "continue", "reached"),
        ("stretch", 7.5, "stop", "not reached"),
    ],
)
def test_at_the_end_the_last_value_decides(kind: str, last: float, verdict: str, reason: str) -> None:
    """Of a stretch key result 70 % of the way are success."""
    part = standing([12, 11, 10, 9, last], 100, RESULT.model_copy(update={"kind": kind}), every=20)

    assert (part.elapsed, part.verdict, part.reason) == (1.0, verdict, reason)


def test_a_key_result_that_was_written_down_too_late_says_so() -> None:
    """Its quarter was over then: whatever it shows, it was no aim."""
    readings = [Reading(at=at(20 * n), value=9) for n in range(5)]
    (part,) = key_results([RESULT], {"n": readings}, at(100), late=["n"])

    assert part.verdict == "insufficient"
    assert "was over before this key result was written down" in part.reason


def test_figures_of_four_weeks_are_surer_to_lag() -> None:
    """The same values mean that more has changed already."""
    figure = RESULT.model_copy(update={"by_hand": False, "metric": "lead_time.p85"})
    values = [14, 13.9, 13.2, 12.6, 12.1]
    lagging, prompt = standing(values, 29, figure).probability, standing(values, 29).probability

    assert lagging is not None
    assert prompt is not None
    assert lagging > prompt


def test_a_quarter_is_one_of_the_zone() -> None:
    """And the last of a year ends with it."""
    result = RESULT.model_copy(update={"quarter": "2026-Q4"})

    assert [when.isoformat()[:10] for when in result.span()] == ["2026-10-01", "2027-01-01"]
    assert result.span(ZoneInfo("Europe/Berlin"))[0] == datetime(2026, 9, 30, 22, tzinfo=UTC)


def test_weeks_end_on_mondays_and_with_the_quarter() -> None:
    """As far as they are past."""
    ends = week_ends(RESULT, at(400), ZoneInfo("UTC"))

    assert len(ends) == 14
    assert {when.weekday() for when in ends[:-1]} == {0}
    assert ends[-1] == datetime(2026, 4, 1, tzinfo=UTC)
    assert week_ends(RESULT, at(14), ZoneInfo("UTC")) == [at(0), at(7), at(14)]


@pytest.mark.parametrize(
    "path",
    ["lead_time.p85", "wip", 'queues["Review"].wait.p50', 'stages["Review"].wait_time', 'wastes["waiting"].share'],
)
def test_a_figure_of_the_analysis_can_be_a_key_result(path: str) -> None:
    """Lists are entered by name."""
    check_metric(path, NAMES)


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("lead_time.p58", "is no figure of the analysis"),
        ("lead_time", "is no figure of the analysis"),
        ('lead_time["p50"]', "is no figure of the analysis"),
        ("queues.wait.p50", "is no figure of the analysis"),
        ('throughput["1"].items', 'there is no "1" in throughput'),
        ('queues["Revue"].wait.p50', 'there is no "Revue" in queues; known are Review'),
        ("stream.name", "is no figure of the analysis"),
        ("lead_time.p86", r'did you mean "lead_time.p85"\?'),
    ],
)
def test_what_is_no_figure_is_refused(path: str, fault: str) -> None:
    """When the configuration is read, not weeks later."""
    with pytest.raises(ValueError, match=fault):
        check_metric(path, NAMES)


def test_every_metric_that_is_listed_can_be_a_key_result() -> None:
    """With a name that there is for NAME."""
    for path in metrics():
        known = {"stages": "Review", "queues": "Review", "wastes": "waiting"}
        check_metric(path.replace("NAME", known.get(path.partition("[")[0], "")), NAMES)

    assert {
        "lead_time.p85",
        "rework.share",
        "deployments.per_week",
        'queues["NAME"].wait.p85',
        "value_added_ratio.mid",
    } <= set(metrics())


@pytest.mark.parametrize(
    ("path", "way"),
    [
        ("lead_time.p85", "less"),
        ('queues["Design approval"].wait.p85', "less"),
        ("rework.share", "less"),
        ("value_added_ratio.mid", "more"),
        ("throughput.per_week", "more"),
        ("deployments.per_week", "more"),
        ('stages["Build"].complete_and_accurate', "more"),
        ("lead_time.n", None),
        ("wip", None),
    ],
)
def test_which_way_is_better_is_known_where_the_name_says_it(path: str, way: str | None) -> None:
    """Of the others a person may say it."""
    assert better(path) == way


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"target": 20.0}, "the target 20 is on the wrong side of the baseline 14: of lead_time.p85 less is better"),
        ({"better": "more"}, "the target 4 is on the wrong side of the baseline 14"),
        ({"target": 14.0}, "baseline and target are the same"),
        ({"target": float("nan")}, "finite"),
        ({"metric": None}, "needs exactly one of metric"),
        ({"by_hand": True}, "needs exactly one of metric"),
        ({"source": "jira.acme"}, "source names the Jira that counts"),
        ({"quarter": "2026-Q5"}, '"2026-Q5" is no quarter'),
    ],
)
def test_nonsense_is_refused(changes: dict[str, object], fault: str) -> None:
    """Before anybody works towards it."""
    good = {**RESULT.model_dump(), "by_hand": False, "metric": "lead_time.p85"}

    with pytest.raises(ValidationError, match=fault):
        KeyResult.model_validate({**good, **changes})
    assert KeyResult.model_validate({**good, "target": 20.0, "better": "more"}).target == 20


def test_values_are_said_in_their_unit() -> None:
    """Days, shares, or plain numbers."""
    said = [measured(path, 0.25) for path in ("lead_time.p85", "value_added_ratio.mid", "wip")]

    assert [words.replace("\u00a0", " ") for words in said] == ["6 h", "25 %", "0.2"]


def lead(values: Sequence[float], **more: Any) -> KeyResultPart:
    """The lead time of weeks that goes from 14 days to 6, at most of the way through the quarter."""
    result = KeyResult(objective="o", name="r", metric="lead_time.p50", baseline=14, target=6, quarter="2026-Q1")
    readings = [Reading(at=at(7 * n), value=value) for n, value in enumerate(values, 1)]
    return key_results([result], {"r": readings}, at(7 * len(values)), **more)[0]


def test_a_change_that_is_proven_to_help_forbids_to_stop() -> None:
    """As far as it would still show: it takes the lead time off, and four weeks until all of them count."""
    flat = [13.9, 14.1, 14.0, 13.8, 14.0, 13.9, 14.0]
    helps = Moved(before=14, after=2, change=-12, low=-12.5, high=-11.5)

    alone, helped = lead(flat), lead(flat, helps={"lead_time.p50": helps})

    assert (alone.verdict, alone.probability_with_change) == ("stop", None)
    assert helped.verdict == "pivot"
    assert (helped.probability, (helped.probability_with_change or 0) > 0.4) == (alone.probability, True)
    other = lead(flat, helps={"lead_time.p85": helps})
    assert (other.verdict, other.probability_with_change) == ("stop", None)


def test_a_change_that_comes_too_late_for_the_quarter_helps_nothing() -> None:
    """Two weeks before its end, what begins then is not delivered in time."""
    flat = [13.9, 14.1, 14.0, 13.8, 14.0, 13.9, 14.0, 14.1, 13.9, 14.0, 14.0]
    late = lead(flat, helps={"lead_time.p50": Moved(before=14, after=3, change=-11, low=-12, high=-10)})

    assert late.probability_with_change == late.probability
    assert late.verdict == "stop"


@pytest.mark.parametrize(
    ("steps", "coming"),
    [
        ((), "Box"),
        ((("started", 40), ("done", 45)), "Box"),
        ((("started", 10), ("done", 12)), None),
        ((("dropped", 40),), None),
    ],
)
def test_what_is_still_to_be_seen_of_a_change(steps: Sequence[tuple[str, float]], coming: str | None) -> None:
    """It is due, or was made less than four weeks ago; not what was given up, or is long in force."""
    told = {"item": BOX.model_dump(mode="json"), "reason": "r", "prediction": PREDICTED.model_dump(mode="json")}
    noted = [Step("Box", kind, at(day), at(day), told) for kind, day in steps]  # type: ignore[arg-type]
    planned = courses([BOX.model_copy(update={"due": date(2026, 3, 1)})], noted)

    assert lead([14.0] * 7, planned=planned).coming == coming


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC"])
def test_a_change_is_of_the_quarter_in_which_its_day_lies(zone: str) -> None:
    """From its first day to its last, whatever the time is in Greenwich."""

    def coming(due: date) -> str | None:
        planned = courses([BOX.model_copy(update={"due": due})], [])
        return key_results([moved], {}, at(0), ZoneInfo(zone), planned=planned)[0].coming

    moved = RESULT.model_copy(update={"metric": "lead_time.p50", "by_hand": False})
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 31), date(2026, 4, 1)]
    assert [coming(day) for day in days] == [None, "Box", "Box", None]


@pytest.mark.parametrize(
    ("measure", "coming"),
    [
        ({"metric": "lead_time.p50"}, "Box"),
        ({"metric": 'queues["Review"].wait.p50'}, "Box"),
        ({"metric": 'queues["Design"].wait.p50'}, None),
        ({"by_hand": True}, None),
    ],
)
def test_a_change_is_awaited_by_what_it_may_move(measure: dict[str, Any], coming: str | None) -> None:
    """It changes Review: the whole lead time and the wait there; no other place, and nothing that is counted."""
    goal = {"objective": "o", "name": "r", "baseline": 14, "target": 6, "quarter": "2026-Q1", **measure}
    planned = courses([BOX.model_copy(update={"due": date(2026, 3, 1)})], ())

    assert key_results([KeyResult.model_validate(goal)], {}, at(49), planned=planned)[0].coming == coming


def test_an_entry_is_told_as_it_was_entered() -> None:
    """Whatever its name resembles; near a target a decimal matters."""
    assert [measured(None, value) for value in (48.5, 41.0, 1234.5, None)] == ["48.5", "41", "1,234", "–"]
