"""The drawn map."""

import re
from xml.etree import ElementTree

import pytest
from rich.console import Console, RenderableType

from bot.flow.findings.queues import TimeBox
from bot.flow.model import Stage, StageKind
from bot.report.analysis_text import analysis_text
from bot.report.canvas import DARK, LIGHT, fitted, png, text_width
from bot.report.map_svg import draw_map
from bot.report.map_text import map_text
from tests.build import STREAM, issue, records
from tests.report.gallery import STORY, document

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_it_shows_every_stage_with_its_times() -> None:
    """And the loop that leads back, and what no stage claims."""
    found = texts(draw_map(document(STORY), STREAM.stages))

    assert {"Backlog", "Build", "Review", "Test", "Deploy", "Done"} <= set(found)
    assert any(t.startswith("rework 1×") for t in found)


def test_the_ladder_adds_up_to_the_mean_lead_time() -> None:
    """(3 + 2) / 2 in the backlog, 2 / 2 in review, (1 + 2) / 2 built, (1 + 1) / 2 tested: six days."""
    found = document(STORY)

    assert found.lead_time.mean == pytest.approx(6.0)
    assert "6.0\u00a0d" in texts(draw_map(found, STREAM.stages))


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_it_can_be_rendered(palette: object) -> None:
    """With letters: a picture without any is much smaller."""
    picture = png(draw_map(document(STORY), STREAM.stages, palette))  # type: ignore[arg-type]

    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 30_000


def test_names_that_are_markup_stay_names() -> None:
    """Also characters that XML does not know."""
    stages = (Stage(name="<script>\x07&", kind=StageKind.WORK, states=("jira:Open",)), *STREAM.stages[1:])
    stream = STREAM.model_copy(update={"name": 'A"B<C>', "stages": stages})

    assert 'A"B<C>' in texts(draw_map(document(STORY, stream), stages))


def test_long_names_are_cut_to_their_box() -> None:
    """By the font's own widths."""
    long = fitted("A very long name of a stage that nobody can read", 120, 14, bold=True)

    assert long.endswith("…")
    assert text_width(long, 14, bold=True) <= 120
    assert fitted("Short", 120, 14) == "Short"


@pytest.mark.parametrize("count", [1, 2, 7, 15, 30])
def test_any_number_of_stages_fits(count: int) -> None:
    """Wide streams are broken into rows; nothing sticks out."""
    stages = (
        *(
            Stage(name=f"Step {n}", kind=StageKind.WORK if n % 2 else StageKind.WAIT, states=(f"jira:S{n}",))
            for n in range(count)
        ),
        Stage(name="Done", kind=StageKind.DONE, states=("jira:Done",)),
    )
    story = records(issue("PAY-1", *((f"S{n}", n / 2) for n in range(count)), ("Done", 20)))
    svg = draw_map(document(story, STREAM.model_copy(update={"stages": stages})), stages)
    width = float(ElementTree.fromstring(svg).attrib["width"])

    boxes = [
        (float(r.attrib["x"]), float(r.attrib["width"]))
        for r in ElementTree.fromstring(svg).iter(f"{SVG}rect")
        if "x" in r.attrib
    ]
    assert all(0 <= x <= x + w <= width for x, w in boxes)


def test_what_was_thought_done_is_told_beside_the_map() -> None:
    """It is part of the lead time, and no stage on the way."""
    story = records(
        issue("PAY-1", ("In Progress", 0), ("Done", 2), ("In Progress", 5), ("Done", 6)),
        issue("PAY-2", ("In Progress", 0), ("Cancelled", 2), ("In Progress", 4), ("Done", 6)),
    )
    found = document(story)
    drawn = texts(draw_map(found, STREAM.stages))

    assert drawn.count("Done") == 1
    assert "Dropped" not in drawn
    assert "Elsewhere: 1.5\u00a0d an item in Done, before it was taken up again; nowhere does it wait longer" in drawn
    assert "Elsewhere: 1.0\u00a0d an item in Dropped, before it was taken up again" in drawn
    assert "1.5" in printed(map_text(found), 80)


def test_a_stage_called_done_before_the_end_is_a_wait_on_the_map() -> None:
    """Done, but not released."""
    stages = (*STREAM.stages[:-1], Stage(name="Released", kind=StageKind.DONE, states=("jira:Released",)))
    stream = STREAM.model_copy(update={"stages": stages, "end": "Released"})
    drawn = texts(
        draw_map(document(records(issue("PAY-1", ("In Progress", 0), ("Done", 2), ("Released", 9))), stream), stages)
    )

    assert "waits 7.0\u00a0d" in drawn


def test_a_queue_on_the_map_agrees_with_the_analysis() -> None:
    """It tells the longest wait now, and of the shares over the time-box the one that counts those, too."""
    stories = [issue(f"PAY-{n}", ("In Review", n), ("Done", n + 2)) for n in range(6)]
    found = document(records(*stories, issue("PAY-9", ("In Review", 20))))
    [queue] = found.queues
    box = TimeBox(limit=1.0, breaches=7, share=0.84, chance=0.83)
    boxed = found.model_copy(update={"queues": (queue.model_copy(update={"time_box": box}),)})
    drawn = texts(draw_map(boxed, STREAM.stages))

    assert "8.0\u00a0d" in drawn
    assert "83\u00a0%" in drawn
    assert "84\u00a0%" not in drawn


def test_the_thicker_the_arc_the_more_it_costs() -> None:
    """Five days of rework, half a day of it."""
    paths = [
        float(node.attrib["stroke-width"])
        for cost in (5.0, 0.5)
        for node in ElementTree.fromstring(
            draw_map(
                document(
                    records(
                        issue(
                            "PAY-1",
                            ("In Progress", 0),
                            ("Testing", 1),
                            ("In Progress", 2),
                            ("Testing", 2 + cost),
                            ("Done", 2 + cost),
                        )
                    )
                ),
                STREAM.stages,
            )
        ).iter(f"{SVG}path")
        if node.attrib["stroke"] == LIGHT.bad and "Q" in node.attrib["d"]
    ]

    assert len(paths) == 2
    assert paths[0] > paths[1] > 1


def test_rows_are_broken_where_no_loop_leads_over() -> None:
    """Twelve stages, and a loop from the seventh to the sixth: both stand in one row."""
    names = [f"S{n}" for n in range(12)]
    stages = (
        *(Stage(name=name, kind=StageKind.WORK, states=(f"jira:{name}",)) for name in names),
        Stage(name="Done", kind=StageKind.DONE, states=("jira:Done",)),
    )
    stream = STREAM.model_copy(update={"stages": stages})
    order = [*names[:7], "S5", *names[6:], "Done"]
    story = records(issue("PAY-1", *((name, float(n)) for n, name in enumerate(order))))

    assert any(t.startswith("rework 1×") for t in texts(draw_map(document(story, stream), stages)))


@pytest.mark.parametrize("width", [70, 120])
def test_the_whole_analysis_reads_on_a_terminal(width: int) -> None:
    """Every part of the document that has something to say."""
    told = printed(analysis_text(document(STORY)), width)

    for part in ("Where all item-days went", "Approval queues", "Oldest open items", "Cycle time", "rework, 1 time"):
        assert part in told
    assert max(len(line) for line in told.splitlines()) <= width


def printed(found: RenderableType, width: int) -> str:
    console = Console(width=width)
    with console.capture() as captured:
        console.print(found)
    return captured.get()


def test_an_empty_stream_is_drawn() -> None:
    """Boxes without figures."""
    assert "Backlog" in texts(draw_map(document(records()), STREAM.stages))


def test_the_terminal_shows_the_same_figures() -> None:
    """In eighty columns."""
    console = Console(width=80)
    with console.capture() as captured:
        console.print(map_text(document(STORY)))
    told = captured.get()

    assert re.search(r"▽ Backlog +0 +2\.5.d", told)
    assert "rework, 1 time" in told
    assert 'no stage claims "jira:Limbo"' in " ".join(told.split())
    assert max(len(line) for line in told.splitlines()) <= 80
