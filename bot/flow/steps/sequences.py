"""Lens: steps that are done one after the other, whether they must be, and what running them in parallel would gain."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from bot.flow.clock import DAY, Instants
from bot.flow.findings.measures import Grade
from bot.flow.findings.sequences import Gain, Pair, SequenceItem, Sequences, Tier
from bot.flow.model import Window
from bot.flow.statistics.exact import drawn_quantile
from bot.flow.statistics.intervals import quantile, wilson
from bot.flow.steps.critical_path import Path, paths, shortened
from bot.flow.steps.entries import Steps
from bot.flow.steps.precedence import FEWEST_CASES, TOLERANCE, Judged, begun, common, performers
from bot.flow.timeline.spans import Timeline
from bot.frames import Items
from bot.words import count, share

TIERS: tuple[Tier, ...] = ("parallel", "ask", "same performer", "hard")
MANY, ENOUGH = 60, 30

NO_STEPS = "no item has child items that recur from case to case, and no source is an event log"
UNTIMED = {
    "completions": "the log tells only when steps were completed, so how long they take is not known",
    "beginnings": "the log tells one state at a time, so when a step was finished is not known; "
    'if a state is left when its step is finished, set steps = "states"',
}


def sequences(steps: Steps, judged: Sequence[Judged], timeline: Timeline, items: Items, window: Window) -> Sequences:
    """The pairs as far as they were known at the end of the window; the gain of the cases delivered in it."""
    done = steps.frame.filter(pl.col("finish").is_not_null())
    cases = int((done.group_by("case").len()["len"] > 1).sum())
    path = _path(steps, timeline, window)
    solid, asked = (_gained(path, judged, steps, tiers) for tiers in (("parallel",), ("parallel", "ask")))
    reason = _reason(steps, judged, path)
    return Sequences(
        steps=steps.told,
        cases=cases,
        pairs=tuple(_pairs(steps, judged, items)),
        gain=None if reason else _gain(path.length, solid),
        gain_if_confirmed=None if reason else _gain(path.length, asked),
        reason=reason,
        items=() if reason else tuple(_items(path, solid, asked, items)),
    )


def _reason(steps: Steps, judged: Sequence[Judged], path: Path) -> str | None:
    if steps.told is None:
        return NO_STEPS
    if not judged:
        return f"no two steps were both finished by {FEWEST_CASES} cases"
    if steps.told in UNTIMED:
        return UNTIMED[steps.told]
    if len(path.cases) < FEWEST_CASES:
        few = f"only {count(len(path.cases), 'case')} with two steps or more of known times"
        return f"{few} delivered in the window; it takes {FEWEST_CASES}"
    return None


def _path(steps: Steps, timeline: Timeline, window: Window) -> Path:
    """The cases delivered in the window of which the start and the end of every step are known."""
    ended = timeline.delivered(window).select("case")
    told = performers(steps).filter(pl.col("finish").is_not_null() & pl.col("step").is_in(common(steps.frame)))
    whole = (pl.len() > 1) & (pl.col("start").is_not_null() & (pl.col("start") <= pl.col("finish"))).all()
    return paths(told.join(ended, on="case").filter(whole.over("case")), common(steps.frame))


def _gained(path: Path, judged: Sequence[Judged], steps: Steps, tiers: Sequence[Tier]) -> Instants:
    numbers = {name: n for n, name in enumerate(common(steps.frame))}
    released = {(numbers[pair.first], numbers[pair.then]) for pair in judged if pair.tier in tiers}
    gained: Instants = path.length - shortened(path, released)
    return gained


def _gain(length: Instants, gained: Instants) -> Gain:
    days = gained / DAY
    (low, high), (low_85, high_85) = drawn_quantile(days, 0.50), drawn_quantile(days, 0.85)
    return Gain(
        n=len(days),
        p50=quantile(days, 0.50) or 0.0,
        p50_low=low,
        p50_high=high,
        p85=quantile(days, 0.85) or 0.0,
        p85_low=low_85,
        p85_high=high_85,
        share=float(gained.sum() / max(length.sum(), 1)),
    )


def _items(path: Path, solid: Instants, asked: Instants, items: Items) -> list[SequenceItem]:
    found = [
        SequenceItem(item=items.names[case], days=length / DAY, gain=gain / DAY, gain_if_confirmed=more / DAY)
        for case, length, gain, more in zip(path.cases, path.length, solid, asked, strict=True)
        if more
    ]
    return sorted(found, key=lambda item: (-item.gain, -item.gain_if_confirmed, item.item))


def _pairs(steps: Steps, judged: Sequence[Judged], items: Items) -> list[Pair]:
    """What follows from two other pairs is not told."""
    waits = _one_after_the_other(steps)
    kept = {(pair.first, pair.then) for pair in judged if pair.tier != "parallel"}
    found = [
        _pair(pair, waits.get((pair.first, pair.then), []), items)
        for pair in judged
        if pair.tier == "parallel" or pair.linked or not _follows(pair, kept)
    ]
    return sorted(found, key=lambda pair: (TIERS.index(pair.tier), -(pair.saves or 0), pair.first, pair.then))


def _follows(pair: Judged, kept: set[tuple[str, str]]) -> bool:
    between = {then for first, then in kept if first == pair.first}
    return any((step, pair.then) in kept for step in between)


def _one_after_the_other(steps: Steps) -> Mapping[tuple[str, str], list[tuple[float, int]]]:
    """(first, then) -> days of the shorter of the two (0: not known) and case, of the cases that kept the order."""
    done = steps.frame.filter(pl.col("finish").is_not_null() & pl.col("step").is_in(common(steps.frame)))
    took = (pl.col("finish") - pl.col("start")).fill_null(0) / DAY
    timed = done.select("case", "step", "finish", begun=begun(), took=pl.lit(0.0) if steps.told in UNTIMED else took)
    pairs = timed.join(timed, on="case", suffix="_then").filter(
        (pl.col("step") != pl.col("step_then")) & (pl.col("begun_then") >= pl.col("finish") - TOLERANCE)
    )
    shorter = pairs.select("step", "step_then", "case", saves=pl.min_horizontal("took", "took_then"))
    found: dict[tuple[str, str], list[tuple[float, int]]] = {}
    for first, then, case, saves in shorter.iter_rows():
        found.setdefault((first, then), []).append((saves, case))
    return found


def _pair(pair: Judged, waits: Sequence[tuple[float, int]], items: Items) -> Pair:
    low, high = wilson(len(pair.deviating), pair.n)
    costly = sorted((-saves, items.names[case]) for saves, case in waits)
    broken = pair.tier == "parallel" or (pair.tier == "hard" and not pair.linked)
    told = sorted(items.names[case] for case in pair.deviating) if broken else [name for _, name in costly]
    return Pair(
        first=pair.first,
        then=pair.then,
        tier=pair.tier,
        grade=_grade(pair),
        n=pair.n,
        deviating=len(pair.deviating),
        low=low,
        high=high,
        saves=quantile([saves for saves, _ in waits], 0.5) or None,
        reason=" ".join(_words(pair)),
        items=tuple(told),
    )


def _grade(pair: Judged) -> Grade:
    """A question is no answer, however many cases ask it."""
    if pair.linked:
        return "A"
    if pair.tier == "ask" or pair.n < ENOUGH:
        return "C"
    return "A" if pair.n >= MANY else "B"


def _words(pair: Judged) -> Iterator[str]:
    deviating, (again, others) = len(pair.deviating), pair.redone
    if pair.linked:
        yield f'A link says that "{pair.then}" needs "{pair.first}".'
    elif pair.tier == "hard":
        rest = pair.n - deviating
        yield f'Where it was not kept, "{pair.then}" was done again in {again} of {deviating} cases,'
        yield f"else in {others} of {rest}."
    elif pair.tier == "same performer":
        yield f"One performer did both in {share(pair.same)} of the cases, so they can only change places."
    elif pair.tier == "parallel":
        yield f'{deviating} of {pair.n} cases did it otherwise, and "{pair.then}" was not done again more often.'
    else:
        often = f"only {deviating}" if deviating else "none"
        yield f'Of {pair.n} cases {often} did it otherwise: must "{pair.then}" wait for "{pair.first}"? Ask its owner.'
    if pair.same is None and pair.tier in ("parallel", "ask"):
        yield "Whether one performer does both is not known."
