"""What the commands that look at a stream do: one function each."""

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.app.clock import clock
from bot.app.concluding import keep, state_before
from bot.app.recorded import records_of
from bot.app.seen import asked_records, goals_of, look, see_stream
from bot.app.wiring import Wanted, asked_stream, opened, remarks_of, stream_of
from bot.config import Config, ConfiguredStream
from bot.errors import NothingYet, UsageError
from bot.flow.analyse import read
from bot.flow.explain.loop import explain_loop
from bot.flow.explain.names import listing
from bot.flow.explain.queue import explain_queue
from bot.flow.explain.timelines import explain
from bot.flow.explain.waste import explain_waste
from bot.flow.findings.analysis import Analysis
from bot.flow.findings.explained import Explained, Numbered
from bot.flow.findings.explanation import Explanation
from bot.flow.findings.future import FutureState
from bot.flow.future.changes import Planned, read_change
from bot.flow.future.foresee import Foresight, foretold
from bot.flow.reconstruct import Reconstruction
from bot.goal_store import Noted
from bot.govern.document import Document
from bot.govern.gates import GateContext, gates, largest_removable
from bot.govern.key_results import KeyResultPart
from bot.govern.plan import Course
from bot.govern.plan_part import plan
from bot.govern.remarks import Remarks
from bot.plan_results import lessons, outcomes
from bot.plans import courses_of, traced
from bot.report.canvas import DARK, LIGHT
from bot.report.future_map import FutureMap, draw_future, no_future
from bot.report.map_svg import draw_map
from bot.report.studied import Studied
from bot.standing import Asked, follow

EXAMPLE_CHANGE = """write for example --change 'cap = "Review", at = "24h", waste = "waiting"'"""


def analyse_stream(config: Config, wanted: Wanted, *, anonymise: bool = False) -> Document:
    """`anonymise`: nothing in it has a name but stages and states."""
    return study(config, wanted, anonymise=anonymise).document


def study(config: Config, wanted: Wanted, memory: list[Noted] | None = None, *, anonymise: bool = False) -> Studied:
    """A stream with all that is said of it; with a `memory`, which keeps key results, nothing is written.

    What people said of items is said by their names, so nothing is known of it where names are not told.
    """
    before = None if anonymise or memory is not None else state_before(config, stream_of(config, wanted.stream))
    with opened(config, read_only=memory is not None) as store:
        stream, records, window = asked_records(config, store, wanted)
        seen = look(stream, records, window, anonymise=anonymise)
        analysis = read(seen.found)
        known = None if anonymise else analysis
        goals = goals_of(store, Asked(config, stream, records, window.end, clock(), known, memory), seen.names)
        remarks = Remarks() if anonymise else remarks_of(store, stream, wanted.heard or window.end)
    keep(config, before, seen)
    sight, told = documented(seen.stream, seen.found, analysis, goals.standing.parts(), goals.context, goals.courses)
    return Studied(seen.stream, remarks, sight, told)


def key_results_of(config: Config, wanted: Wanted) -> tuple[KeyResultPart, ...]:
    """Where the key results of a stream stand."""
    stream, now = asked_stream(config, wanted)
    with opened(config) as store:
        return follow(store, Asked(config, stream, records_of(config, store, stream), now, clock()))


def explain_item(config: Config, wanted: Wanted, name: str) -> Explanation:
    """From the named stream, or from the first that knows the item."""
    streams = [wanted.stream] if wanted.stream or not config.streams else [s.name for s in config.streams]
    unknown: list[str] = []
    for stream in streams:
        try:
            return explain(_kept(config, replace(wanted, stream=stream)), name)
        except (KeyError, NothingYet) as problem:
            unknown.append(str(problem.args[0]))
    raise UsageError("\n".join(dict.fromkeys(unknown)))


def _kept(config: Config, wanted: Wanted) -> Reconstruction:
    """What is seen of a stream; its cases are kept, so that the next one is explained at once."""
    before = state_before(config, stream_of(config, wanted.stream))
    seen = see_stream(config, wanted)
    keep(config, before, seen)
    return seen.found


def explain_number(config: Config, wanted: Wanted, of: Numbered, name: str | None) -> Explained:
    """The items behind a queue, a loop or a waste; without a name what there is."""
    found = see_stream(config, wanted).found
    analysis = read(found)
    try:
        match of:
            case _ if name is None:
                return listing(analysis, of)
            case Numbered.QUEUE:
                return explain_queue(found, analysis, name)
            case Numbered.LOOP:
                return explain_loop(found, analysis, name)
            case Numbered.WASTE:
                return explain_waste(found, analysis, name)
    except KeyError as problem:
        raise UsageError(str(problem.args[0])) from problem


def future_of(config: Config, wanted: Wanted, changes: Sequence[str], *, suggest: bool) -> FutureState:
    """What changes would do: those that are given, or else those of the plan."""
    sight, plan = _foresight(config, wanted, changes)
    return foretold(sight, plan, suggest=suggest)


def future_map(config: Config, wanted: Wanted, changes: Sequence[str]) -> FutureMap:
    """What is needed to draw the current and the future state. Raises NothingYet where there is none to draw."""
    sight, plan = _foresight(config, wanted, changes)
    state = foretold(sight, plan)
    told = [(each, one) for each, one in zip(plan, state.changes, strict=True) if one.effect]
    whole = state.together if len(told) == len(plan) else None
    whole = whole or (sight.together([each for each, _ in told]) if len(told) > 1 else next((o for _, o in told), None))
    if whole is None or whole.effect is None:
        raise NothingYet(no_future(state, whole))
    left_out = tuple(one for one in state.changes if not one.effect)
    return FutureMap(state, whole, whole.effect, tuple(one for _, one in told), left_out)


def _foresight(config: Config, wanted: Wanted, changes: Sequence[str]) -> tuple[Foresight, Sequence[Planned]]:
    """A stream that can be replayed, and the changes to try: those that are given, or else those of the plan."""
    stream = stream_of(config, wanted.stream)
    given = [_planned(stream, text) for text in changes]
    found = see_stream(config, wanted).found
    with opened(config) as store:
        courses = courses_of(store, stream, found.window.end)
    sight = Foresight(found, read(found), lessons(courses, outcomes(found, courses)))
    return sight, given or traced(stream, courses)[0]


def _planned(stream: ConfiguredStream, text: str) -> Planned:
    """A change as a configuration says it, with the waste that it reduces and perhaps a name."""
    written = written_change(text)
    name, waste = written.pop("name", None), written.pop("waste", None)
    try:
        change = read_change(written, waste, stream)
    except ValueError as problem:
        raise UsageError(f"--change {text}: {problem}") from problem
    return Planned(str(name or change.words), change)


def written_change(text: str) -> dict[str, Any]:
    """The table that `--change` says. Raises UsageError."""
    try:
        found: dict[str, Any] = tomllib.loads(f"change = {{ {text.strip().removeprefix('{').removesuffix('}')} }}")
    except (ValueError, RecursionError) as problem:
        raise UsageError(f"--change {text}: {problem}; {EXAMPLE_CHANGE}") from problem
    if len(found) > 1:
        raise UsageError(f"--change {text}: that is more than one change; {EXAMPLE_CHANGE}")
    return dict(found["change"])


def map_picture(config: Config, found: Document, *, dark: bool = False) -> str:
    """The map as SVG."""
    return draw_map(found, config.stream(found.stream.name).stages, DARK if dark else LIGHT)


def future_picture(config: Config, found: FutureMap, *, dark: bool = False) -> str:
    """The current and the future state as SVG."""
    return draw_future(found, config.stream(found.state.stream.name).stages, DARK if dark else LIGHT)


def documented(
    stream: ConfiguredStream,
    found: Reconstruction,
    analysis: Analysis,
    results: Sequence[KeyResultPart],
    context: GateContext,
    courses: Sequence[Course],
) -> tuple[Foresight, Document]:
    """The engine's analysis with goals and plan, and what the future is told from."""
    end, zone = analysis.window.end, stream.calendar.zone
    came = outcomes(found, courses)
    planned, untraced = traced(stream, courses)
    sight = Foresight(found, analysis, lessons(courses, came))
    future = foretold(sight, planned)
    removable = largest_removable(analysis, [stage.name for stage in stream.stages if stage.necessary])
    told = Document(
        **analysis.model_dump(by_alias=True),
        future=future.changes,
        future_together=future.together,
        back_test=future.back_test,
        key_results=tuple(results),
        plan=plan(courses, came, end, zone, untraced),
        gates=gates(stream.gates, stream.key_results, results, removable, end, zone, context),
    )
    return sight, told
