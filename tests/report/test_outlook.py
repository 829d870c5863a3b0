"""Better or worse, and what to expect, in words."""

from datetime import date

from bot.flow.analyse import analyse
from bot.flow.findings.trend import Shift
from bot.govern.document import Document
from bot.report.outlook_text import incomparable, outlook, trends
from connectors.records import Record
from tests.build import STREAM, issue, records, window


def document(*parts: list[Record], until: float) -> Document:
    analysis = analyse(STREAM, records(*parts), window(max(until - 91, 0), until))
    return Document(**analysis.model_dump(by_alias=True), key_results=(), plan=())


def steady(until: int) -> list[list[Record]]:
    """An item a day, two days each."""
    stories = [(n, n + 0.5, n + 2.0) for n in range(until)]
    return [
        issue(f"PAY-{n}", *[m for m in (("Open", n), ("In Review", asked), ("Done", done)) if m[1] < until])
        for n, asked, done in stories
    ]


def test_each_figure_is_told_with_its_change_and_how_sure_that_is() -> None:
    """In its own unit."""
    rows = {
        row[0]: tuple(cell.replace("\u00a0", " ") for cell in row[1:])
        for row in trends(document(*steady(364), until=364))
    }

    assert rows["lead time, half within"][:4] == ("2.0 d", "2.0 d", "0 % (0 % to 0 %)", "no change")
    assert rows["delivered a week"][:2] == ("7.0", "7.0")
    assert "Review, half wait" in rows


def test_the_outlook_has_at_most_six_lines_and_names_what_cannot_be_told() -> None:
    """An item that is older than all is said to be."""
    ancient = issue("PAY-OLD", ("Open", 0), ("In Progress", 1))
    lines = [line.replace("\u00a0", " ") for line in outlook(document(ancient, *steady(200), until=200))]

    assert len(lines) <= 6
    assert lines[0] == "A new item: half within 2.0 d, 85 % within 2.0 d; eight of ten take 2.0 d to 2.0 d."
    assert lines[-1] == "1 open item is older than anything that was ever delivered."


def test_a_young_stream_is_told_why_there_is_no_forecast() -> None:
    """With what it takes."""
    lines = list(outlook(document(*steady(9), until=9)))

    assert lines[0] == "A new item: cannot be told, 7 items were delivered in 26 weeks; it takes 10."
    assert lines[1] == "How many by when: cannot be told, the history has 1 closed week; it takes 12."


def test_figures_without_a_past_take_one_line() -> None:
    """Not a row each; why is said, and of how many."""
    young = document(*steady(40), until=40)

    assert list(trends(young)) == []
    assert (incomparable(young) or "").startswith(f"Whether {len(young.trend)} figures got better or worse cannot")


def test_more_than_tenfold_is_said_as_times() -> None:
    """A manager laughs at 69944 %."""
    shown = document(*steady(364), until=364)
    huge = shown.trend[0].model_copy(update={"change": 39.0, "low": 7.0, "high": 699.0})
    [row] = trends(shown.model_copy(update={"trend": (huge,)}))

    assert row[3].replace("\u00a0", " ") == "× 40 (+700 % to × 700)"


def test_an_alarm_names_the_level_it_is_measured_against() -> None:
    """A figure can be better than the half-year before the window and worse than the one it is watched against."""
    shown = document(*steady(364), until=364)
    alarm = Shift(noticed=date(2026, 7, 6), since=date(2026, 6, 1), baseline=1.0, recent=2.0, verdict="worse")
    both = shown.trend[0].model_copy(update={"verdict": "better", "before": 3.0, "reason": "so", "alarm": alarm})
    [row] = trends(shown.model_copy(update={"trend": (both,)}))

    assert row[4] == "better"
    assert row[5].replace("\u00a0", " ") == f"so ({both.grade}); worse than 1.0 d since about 1 Jun 2026"
