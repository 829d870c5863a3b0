"""The current and the future state side by side."""

from dataclasses import replace
from io import StringIO
from xml.etree import ElementTree

import pytest
from rich.console import Console

from bot.flow.findings.future import Effect, FutureState, Moved, StageMoved
from bot.flow.findings.lead import StreamPart
from bot.flow.model import Stage, StageKind
from bot.report.canvas import DARK, LIGHT, Palette, png
from bot.report.future_map import FutureMap, draw_future, no_future
from bot.report.future_text import future_map_text
from tests.build import STREAM, window
from tests.report.gallery import HARD_NAMES, KINDS
from tests.report.test_future_text import BOX, FAILED, HELD
from tests.report.test_ladder import figure
from tests.report.test_map_drawing import SVG, assert_readable, assert_tidy

LEFT_OUT = BOX.model_copy(update={"effect": None, "what": "Gate meets daily", "reason": "no appointments were found"})


def future(names: tuple[str, ...] = ("Backlog", "Build", "Review", "Test"), changes: int = 1) -> FutureMap:
    """Stages of those names; in every third the wait becomes a third, and all come to their mean lead time."""
    parts = tuple(
        StageMoved(
            name=name,
            kind=KINDS[n % len(KINDS)],
            process_before=n % 4 * 0.4,
            process_after=n % 4 * 0.4,
            wait_before=1.3 + n,
            wait_after=(1.3 + n) / (3 if n % 3 == 2 else 1),
        )
        for n, name in enumerate(names)
    )
    before = sum(p.process_before + p.wait_before for p in parts)
    after = sum(p.process_after + p.wait_after for p in parts)
    mean = Moved(before=before, after=after, change=after - before, low=after - before - 1, high=after - before + 1)
    effect = Effect(mean=mean, typical=mean, p50=mean, p85=mean, item_days_per_week=7, stages=parts)
    box = BOX.model_copy(update={"effect": effect, "change": {"cap": names[2 % len(names)], "at": "24h"}})
    state = FutureState(
        stream=StreamPart(name="Payments", trigger="created", end="Done"),
        window=window(),
        items=60,
        clock="working",
        back_test=HELD,
        changes=(box,) * changes,
        together=box,
        suggestions=(),
    )
    return FutureMap(state, box, effect, (box,) * changes, ())


def drawn(found: FutureMap, palette: Palette = LIGHT) -> str:
    names = [part.name or "" for part in found.effect.stages]
    stages = [Stage(name=name, kind=StageKind.WORK, states=()) for name in names]
    return draw_future(found, stages, palette)


CASES = {
    "four stages": future(),
    "two stages": future(("A", "B")),
    "fourteen": future(tuple(f"Step {n}" for n in range(14))),
    "hard names": future(HARD_NAMES),
    "three changes": future(changes=3),
    "left out": replace(future(), left_out=(LEFT_OUT, LEFT_OUT)),
}


@pytest.mark.parametrize("name", list(CASES))
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_nothing_runs_into_anything_and_all_can_be_read(name: str, palette: Palette) -> None:
    """Whatever the stages are called and how many they are."""
    svg = drawn(CASES[name], palette)

    assert_tidy(svg)
    assert_readable(svg)
    assert len(png(svg)) < 500_000


@pytest.mark.parametrize("name", list(CASES))
def test_what_is_printed_adds_up(name: str) -> None:
    """Stages to both mean lead times, and differences to theirs, which is the change as it is told everywhere."""
    now, then = CASES[name].ladders
    unit, mean = now.unit, CASES[name].effect.mean

    for one in (now, then):
        assert sum(figure(s.waits_told) + figure(s.works_told) for s in one.steps) == figure(one.whole.total)
    assert sum(b.ticks - a.ticks for a, b in zip(now.steps, then.steps, strict=True)) == unit.ticks(mean.change)


def test_it_shows_both_states_the_change_and_how_sure_it_is() -> None:
    """And the same in words, for whoever cannot see it."""
    root = ElementTree.fromstring(drawn(CASES["left out"]))
    shown = [(node.text or "").replace("\u00a0", " ") for node in root.iter(f"{SVG}text")]
    told = (root[1].text or "").replace("\u00a0", " ")

    assert shown.count("Review") == 2
    assert {"waits 3.3 d", "waits 1.1 d", "−2.2 d", "±0", "Now", "After"} <= set(shown)
    sure = "The mean lead time changes by −2.2 d; in eight of ten cases by −3.2 d to −1.2 d."
    assert sure in shown
    assert sure in told
    assert "Review: waits 3.3 d, works 0.8 d; after it waits 1.1 d, works 0.8 d; difference −2.2 d." in told
    assert "Left out: Gate meets daily, since no appointments were found." in told


def test_a_replay_that_finds_too_little_says_at_least() -> None:
    """Before the difference."""
    found = future()

    assert "at least −2.2" in drawn(replace(found, whole=found.whole.model_copy(update={"at_least": True})))
    assert "at least" not in drawn(found)


def test_the_terminal_shows_the_same() -> None:
    """In eighty columns."""
    out = StringIO()
    Console(width=80, file=out).print(future_map_text(future()))
    told = out.getvalue().replace("\u00a0", " ")

    assert "Payments: mean lead time 13.6 d → 11.4 d" in told
    assert "Review 0.8 d 0.8 d 3.3 d 1.1 d −2.2 d" in " ".join(told.split())
    assert max(len(line) for line in told.splitlines()) <= 80


def test_why_there_is_nothing_to_draw_is_said() -> None:
    """No plan, a back-test that fails, or changes of which nothing can be told."""
    state = future().state
    refused = LEFT_OUT.model_copy(update={"reason": "the back-test fails: 59 % of what came was inside"})

    assert "name a change with --change" in no_future(state.model_copy(update={"changes": ()}), None)
    failed = state.model_copy(update={"changes": (refused,), "back_test": FAILED})
    assert no_future(failed, None) == f"the future state cannot be told: {refused.reason}"
    untold = state.model_copy(update={"changes": (LEFT_OUT,)})
    assert no_future(untold, None).endswith("Gate meets daily: no appointments were found")
    assert no_future(state, refused).endswith(refused.reason)


def test_a_turn_of_a_change_request_is_marked_at_the_stage_that_claims_it() -> None:
    """A time-box on "awaiting review" is drawn at Review."""
    found = future()
    turn = found.changes[0].model_copy(update={"change": {"cap": "awaiting review", "at": "24h"}})

    svg = draw_future(replace(found, changes=(turn,)), STREAM.stages)
    assert svg.count(f'fill="none" stroke="{LIGHT.good}"') == 1
