"""Lens: steps that were finished after the day by which a case should have been ready, and what of that was avoidable.

What a step waits for are the steps that usually come before it and were finished when it began, but for those that
proved to need no order; the earliest feasible start is when the last of them was finished, or the case began. Where
orders are only habit, more is avoidable than what is told.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from bot.flow.clock import DAY, instant
from bot.flow.findings.lateness import Group, LateItem, Lateness, LateStep, Ready
from bot.flow.findings.measures import Grade
from bot.flow.model import Stream, Window
from bot.flow.statistics.exact import drawn_quantile
from bot.flow.statistics.intervals import quantile, quantile_interval, spread, wilson
from bot.flow.steps.entries import Steps
from bot.flow.steps.precedence import Judged
from bot.flow.timeline.spans import Timeline
from bot.frames import Items
from bot.words import count, did_you_mean, duration

FEWEST_CASES, FEWEST_IN_GROUP, ENOUGH = 8, 3, 30
"""Cases from which a step, and a group, is told, and for grade A."""


def lateness(
    stream: Stream,
    steps: Steps,
    judged: Sequence[Judged],
    anchors: Mapping[int, int],
    timeline: Timeline,
    items: Items,
    window: Window,
) -> Lateness | None:
    """Of the cases whose anchor (case -> instant) came inside the window; None where the stream has no anchor."""
    if stream.anchor is None:
        return None
    wanted, unknown = _wanted(stream, steps)
    due = _due(anchors, timeline, window)
    rows = _rows(steps, judged, due, wanted, instant(window.end))
    parts = [_step(name, rows.filter(pl.col("step") == name), len(due), items) for name in wanted]
    ready = _ready(due, rows, wanted)
    enough = len(due) >= FEWEST_CASES and bool(wanted)
    return Lateness(
        anchor=stream.anchor,
        ready=_ready_part(ready),
        not_ready=tuple(sorted(items.names[case] for case, is_ready in ready.items() if not is_ready)),
        steps=tuple(sorted((p for p in parts if p and enough), key=lambda p: (-(p.avoidable_total or 0), p.step))),
        groups=tuple(_groups(ready, rows, items)) if enough else (),
        reason=" ".join(_reasons(steps, len(due), unknown, anchors)) or None,
    )


def _reasons(steps: Steps, due: int, unknown: Sequence[str], anchors: Mapping[int, int]) -> Iterator[str]:
    if steps.told is None:
        yield "Nothing tells of steps: no item has child items that recur, and no source is an event log."
    elif not anchors:
        yield "No case ever came to the anchor; those to come are not known to a log."
    elif due < FEWEST_CASES:
        yield f"Only {count(due, 'case')} came to the anchor in the window; figures of steps take {FEWEST_CASES}."
    if steps.told == "beginnings":
        yield "The log tells one state at a time: late is what had not even begun by then, and there may be more."
        yield 'If a state is left when its step is finished, set steps = "states".'
    if steps.told == "completions":
        yield "Only completions are logged, so what was avoidable is not known."
    known = sorted(steps.frame["step"].unique())
    for name in unknown:
        yield f'No case has a step "{name}"{did_you_mean(name, known)}'.rstrip("?") + "."


def _wanted(stream: Stream, steps: Steps) -> tuple[list[str], list[str]]:
    """The steps that must be finished by the anchor, as the data call them, and those that it does not know."""
    known = {name.casefold(): name for name in sorted(steps.frame["step"].unique())}
    if not stream.must_have:
        return list(known.values()), []
    spoken = {name: name.partition(":")[2] or name for name in stream.must_have}
    found = {name: known.get(name.casefold()) or known.get(bare.casefold()) for name, bare in spoken.items()}
    return sorted({step for step in found.values() if step}), [name for name, step in found.items() if step is None]


def _due(anchors: Mapping[int, int], timeline: Timeline, window: Window) -> pl.DataFrame:
    """case, began, anchor: those that should have been ready inside the window, and had begun before."""
    told = pl.DataFrame(sorted(anchors.items()), {"case": pl.Int64, "anchor": pl.Int64}, orient="row")
    begun = timeline.cases.select("case", began="start").drop_nulls("began")
    inside = pl.col("anchor").is_between(instant(window.start), instant(window.end), closed="left")
    return told.filter(inside).join(begun, on="case", maintain_order="left").filter(pl.col("began") <= pl.col("anchor"))


def _rows(steps: Steps, judged: Sequence[Judged], due: pl.DataFrame, wanted: Sequence[str], end: int) -> pl.DataFrame:
    """case, step, anchor, finished, late, avoidable, avoidable_if_free, unavoidable, earliest, took, begun; in days.

    A row a step that there is. `earliest` and `begun` count from the anchor. Null is what no start tells.
    """
    mine = _certain(steps).join(due, on="case", maintain_order="left")
    kept = [(pair.first, pair.then) for pair in judged if pair.tier != "parallel"]
    hard = [(pair.first, pair.then) for pair in judged if pair.tier == "hard"]
    placed = (
        mine.filter(pl.col("step").is_in(wanted))
        .join(_enabled(mine, kept, "enabled"), on=["case", "step"], how="left")
        .join(_enabled(mine, hard, "demanded"), on=["case", "step"], how="left")
    )
    earliest, if_free = (pl.max_horizontal(name, "began") for name in ("enabled", "demanded"))
    over = pl.col("last").fill_null(end)
    told = placed.with_columns(
        finished=pl.col("last").is_not_null(),
        late=(over - pl.col("anchor")).clip(lower_bound=0) / DAY,
        earliest=pl.when(pl.col("start").is_not_null()).then((earliest - pl.col("anchor")) / DAY),
        took=(pl.col("last") - pl.col("start")) / DAY,
        begun=(pl.col("start") - pl.col("anchor")) / DAY,
        if_free=(if_free - pl.col("anchor")) / DAY,
    )
    rest, least = (
        pl.when(pl.col("took").is_not_null()).then((pl.col(name) + pl.col("took")).clip(0, pl.col("late")))
        for name in ("earliest", "if_free")
    )
    return told.with_columns(
        unavoidable=rest, avoidable=pl.col("late") - rest, avoidable_if_free=pl.col("late") - least
    ).sort("anchor", "step", "start", "last", "case")


def _certain(steps: Steps) -> pl.DataFrame:
    """What a log tells only the beginning of was not finished before it; how long it took is not known."""
    if steps.told != "beginnings":
        return steps.frame
    return steps.frame.with_columns(last=pl.col("start"), start=pl.lit(None, pl.Int64))


def _enabled(mine: pl.DataFrame, needs: Sequence[tuple[str, str]], name: str) -> pl.DataFrame:
    """case, step, and as `name`: when the last step was finished that it waited for."""
    orders = pl.DataFrame(needs, {"before": pl.String, "step": pl.String}, orient="row")
    before = mine.select("case", before="step", over="finish").drop_nulls("over")
    waited = mine.join(orders, on="step").join(before, on=["case", "before"])
    held = waited.filter(pl.col("over") <= pl.col("start"))
    return held.group_by("case", "step").agg(pl.col("over").max().alias(name))


def _step(name: str, rows: pl.DataFrame, cases: int, items: Items) -> LateStep | None:
    """None of a step that too few cases have come to."""
    told = rows.filter(pl.col("finished") | (pl.col("late") > 0))
    if len(told) < FEWEST_CASES:
        return None
    late = told.filter(pl.col("late") > 0)
    done = late.filter("finished")
    avoidable = done["avoidable"].drop_nulls().to_numpy()
    took = told["took"].drop_nulls().to_numpy()
    low, high = wilson(len(late), len(told))
    avoidable_low, avoidable_high = drawn_quantile(avoidable, 0.5)
    return LateStep(
        step=name,
        grade=_grade(len(told), len(avoidable) == len(done)),
        n=len(told),
        late=len(late),
        share=len(late) / len(told),
        low=low,
        high=high,
        missing=cases - len(rows),
        lateness=spread(done["late"].to_numpy() * DAY),
        avoidable=quantile(avoidable, 0.5),
        avoidable_low=avoidable_low,
        avoidable_high=avoidable_high,
        avoidable_if_free=quantile(done["avoidable_if_free"].drop_nulls().to_numpy(), 0.5),
        unavoidable=quantile(done["unavoidable"].drop_nulls().to_numpy(), 0.5),
        avoidable_total=float(avoidable.sum()) if len(avoidable) == len(done) else None,
        scheduled_late=_scheduled_late(told, took),
        earliest=quantile(told["earliest"].drop_nulls().to_numpy(), 0.5),
        recommended=_recommended(took),
        reason=_words(late, done, told),
        items=tuple(_late_items(late, items)),
    )


def _grade(n: int, known: bool) -> Grade:
    return "C" if not known or n < FEWEST_CASES * 2 else "A" if n >= ENOUGH else "B"


def _scheduled_late(told: pl.DataFrame, took: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float | None:
    """Of those whose start is known: began after the anchor, though from the earliest start 85 % are done by it."""
    usual, timed = quantile(took, 0.85), told.drop_nulls("begun")
    if usual is None or not len(timed):
        return None
    return float(timed.select(((pl.col("begun") >= 0) & (pl.col("earliest") + usual <= 0)).mean()).item())


def _recommended(took: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float | None:
    """Minus the upper end of the interval of the 85th percentile: the usual duration with a buffer for not knowing."""
    if len(took) < FEWEST_CASES:
        return None
    high = quantile_interval(took, 0.85)[1]
    return None if high is None else -high


def _words(late: pl.DataFrame, done: pl.DataFrame, told: pl.DataFrame) -> str:
    if not len(late):
        return "Finished in time in every case."
    afterwards = int((late["begun"].fill_null(-1) >= 0).sum())
    said = f"Late in {len(late)} of {len(told)} cases"
    said += f", begun after the anchor in {afterwards} of them" if afterwards else ""
    known = done["avoidable"].drop_nulls()
    if len(known) < len(done) or not len(done):
        return f"{said}; what of it was avoidable is not known."
    usual = quantile(known.to_numpy(), 0.5)
    rest = quantile(done["unavoidable"].to_numpy(), 0.5)
    return f"{said}; half of those finished could have been {duration(usual)} earlier, and {duration(rest)} not."


def _late_items(late: pl.DataFrame, items: Items) -> list[LateItem]:
    found = [
        LateItem(item=items.names[case], late=days, avoidable=avoidable if finished else None, finished=finished)
        for case, days, avoidable, finished in late.select("case", "late", "avoidable", "finished").iter_rows()
    ]
    return sorted(found, key=lambda item: (-item.late, item.item))


def _ready(due: pl.DataFrame, rows: pl.DataFrame, wanted: Sequence[str]) -> dict[int, bool]:
    """Case -> every step that it must have was finished by the anchor; one that nothing tells of was not."""
    in_time = rows.filter(pl.col("finished") & (pl.col("late") == 0))
    counts = dict(in_time.group_by("case").len().iter_rows())
    return {case: counts.get(case, 0) == len(wanted) for case in due["case"]} if wanted else {}


def _ready_part(ready: Mapping[int, bool]) -> Ready:
    n, hits = len(ready), sum(ready.values())
    low, high = wilson(hits, n)
    return Ready(n=n, ready=hits, share=hits / n if n else None, low=low, high=high)


def _groups(ready: Mapping[int, bool], rows: pl.DataFrame, items: Items) -> list[Group]:
    """By label, or else by type, where there are two groups of three cases or more."""
    worst = dict(rows.group_by("case").agg(pl.col("avoidable").max()).iter_rows())
    kinds: tuple[tuple[str, Mapping[int, Sequence[str]]], ...] = (
        ("label", {case: items[case].labels for case in ready}),
        ("type", {case: (items[case].type or "",) for case in ready}),
    )
    for by, named in kinds:
        cases = {name: [c for c in ready if name in named[c]] for names in named.values() for name in names}
        large = {name: found for name, found in cases.items() if len(found) >= FEWEST_IN_GROUP and name}
        if len(large) > 1:
            groups = [_group(name, by, found, ready, worst) for name, found in sorted(large.items())]
            return sorted(groups, key=lambda group: (-group.late, group.ready, group.name))
    return []


def _group(
    name: str, by: str, cases: Sequence[int], ready: Mapping[int, bool], worst: Mapping[int, float | None]
) -> Group:
    return Group.model_validate(
        {
            "name": name,
            "by": by,
            "n": len(cases),
            "ready": sum(ready[case] for case in cases) / len(cases),
            "late": sum(worst.get(case) or 0.0 for case in cases) / len(cases),
        }
    )
