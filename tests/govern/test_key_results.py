"""Key results and plan."""

from datetime import date

import pytest

from bot.flow.analyse import analyse
from bot.flow.model import Waste
from bot.govern.key_results import KeyResult, check_metric, key_results, metric
from bot.govern.plan import PlanItem, plan
from tests.build import STREAM, at, issue, records, window

ANALYSIS = analyse(STREAM, records(issue("PAY-1", ("Open", 0), ("In Review", 2), ("Done", 10))), window(end=45))
RESULT = KeyResult(objective="o", name="n", metric="lead_time.p50", baseline=14, target=4, quarter="2026-Q1")

NAMES: dict[str, list[str]] = {"stages": ["Build", "Review"], "queues": ["Review"], "wastes": list(Waste)}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("lead_time.p50", 10.0),
        ('queues["Review"].wait.p50', 8.0),
        ('stages["Backlog"].wait_time', 2.0),
        ('wastes["waiting"].share', 0.8),
        ("wip", 0.0),
        ("lead_time.p99", None),
        ('queues["Nobody"].wait.p50', None),
        ("stream.name", None),
        ("queues.wait", None),
        ("nonsense", None),
    ],
)
def test_figures_by_their_path(path: str, value: float | None) -> None:
    """An element of a list by its name; what is no number is unknown."""
    assert metric(ANALYSIS.model_dump(mode="json"), path) == (value if value is None else pytest.approx(value))


def test_progress_and_pace() -> None:
    """From 14 to 10 on the way to 4, half-way through the quarter."""
    (part,) = key_results([RESULT], ANALYSIS)

    assert part.value == pytest.approx(10)
    assert part.progress == pytest.approx(0.4)
    assert part.elapsed == pytest.approx(49 / 90)
    assert part.pace == pytest.approx(0.4 / part.elapsed)


def test_an_unknown_figure_has_no_progress() -> None:
    """Not zero."""
    (part,) = key_results([RESULT.model_copy(update={"metric": "nonsense"})], ANALYSIS)

    assert (part.value, part.progress, part.pace) == (None, None, None)


def test_the_last_quarter_ends_with_the_year() -> None:
    """And a quarter that has not begun has no pace."""
    result = RESULT.model_copy(update={"quarter": "2026-Q4"})

    assert [when.isoformat()[:10] for when in result.span] == ["2026-10-01", "2027-01-01"]
    assert key_results([result], ANALYSIS)[0].pace is None


def test_the_most_urgent_change_comes_first() -> None:
    """Late ones have negative days."""
    items = [
        PlanItem(name=n, waste=Waste.WAITING, owner="o", due=due)
        for n, due in (("later", date(2026, 2, 1)), ("late", date(2026, 1, 10)))
    ]

    assert [(p.name, p.days_left) for p in plan(items, at(15))] == [("late", -10), ("later", 12)]


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
    ],
)
def test_what_is_no_figure_is_refused(path: str, fault: str) -> None:
    """When the configuration is read, not weeks later."""
    with pytest.raises(ValueError, match=fault):
        check_metric(path, NAMES)
