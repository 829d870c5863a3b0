"""A loop: every return behind its figures."""

from collections.abc import Mapping

import polars as pl

from bot.flow.clock import instant, moment
from bot.flow.explain.names import loop_name, same, unknown
from bot.flow.findings.analysis import Analysis
from bot.flow.findings.explained import ExplainedLoop, ExplainedReturn, LoopExplanation, Numbered
from bot.flow.findings.loops import Loop
from bot.flow.loops.walk import Return
from bot.flow.reconstruct import Reconstruction
from bot.flow.timeline.spans import item_days


def explain_loop(found: Reconstruction, analysis: Analysis, name: str) -> LoopExplanation:
    """Of both places, by where it comes from, or by its kind. Raises KeyError with a sentence where there is none."""
    own, inside = _owned(found.timeline.spans), _owned(found.timeline.within(found.window))
    return LoopExplanation(
        stream=found.stream.name,
        window=found.window,
        name=name,
        loops=tuple(
            ExplainedLoop(name=loop_name(loop), figures=loop, returns=_returns(found, loop, own, inside))
            for loop in _named(analysis, name)
        ),
    )


def _named(analysis: Analysis, name: str) -> list[Loop]:
    """The whole name fits before the origin does, and that before the kind."""
    for names in (_whole, _origin, _kind):
        if fitting := [loop for loop in analysis.loops if any(same(known, name) for known in names(loop))]:
            return fitting
    every = [known for loop in analysis.loops for known in (loop_name(loop), loop.origin, loop.kind.value)]
    raise unknown(Numbered.LOOP, name, every)


def _whole(loop: Loop) -> tuple[str, ...]:
    return (loop_name(loop),)


def _origin(loop: Loop) -> tuple[str, ...]:
    return (loop.origin,)


def _kind(loop: Loop) -> tuple[str, ...]:
    return loop.kind.value, f"{loop.kind.value}s"


def _owned(spans: pl.DataFrame) -> dict[int, float]:
    """Days by number of return."""
    sums = spans.drop_nulls("owner").group_by("owner").agg(item_days())
    return dict(sums.iter_rows())


def _returns(
    found: Reconstruction, loop: Loop, own: Mapping[int, float], inside: Mapping[int, float]
) -> tuple[ExplainedReturn, ...]:
    """Those that happened or cost something in the window."""
    start, end = instant(found.window.start), instant(found.window.end)
    told = [
        _return(found, one, own.get(number, 0.0), inside.get(number, 0.0))
        for number, one in enumerate(found.returns)
        if (one.origin, one.back_to, one.kind) == (loop.origin, loop.back_to, loop.kind)
        and (number in inside or start <= one.at < end)
    ]
    return tuple(sorted(told, key=lambda one: (-one.cost, one.item, one.at)))


def _return(found: Reconstruction, one: Return, own: float, inside: float) -> ExplainedReturn:
    item = found.log.items[one.case]
    return ExplainedReturn(
        item=item.name,
        title=item.title,
        url=item.url,
        at=moment(one.at),
        until=None if one.until is None else moment(one.until),
        days=own,
        cost=inside,
        nested=one.nested,
    )
