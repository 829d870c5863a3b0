"""Lens: what takes one department longer than another, or is in time in one and not in the other.

Groups are parted by labels of items, as the stream names them. What one group does otherwise need not be worse: it is
said where the groups are further apart than chance explains, as one question to those who do it. Groups are never
persons: one with fewer than five items is not compared, nor is what fewer than three people did for one group alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from bot.flow.clock import DAY, instant
from bot.flow.findings.measures import Grade
from bot.flow.findings.uneven import GroupFigure, Level, Measure, Uneven, Unevenness
from bot.flow.history.log import Log
from bot.flow.model import StageKind, Stream, Window
from bot.flow.statistics.groups import believed, differ
from bot.flow.statistics.intervals import quantile, quantile_interval, wilson
from bot.flow.steps.entries import Steps
from bot.flow.steps.milestones import claimed_moves
from bot.flow.steps.precedence import common
from bot.flow.timeline.cases import Cases
from bot.flow.timeline.spans import Timeline
from bot.words import count, did_you_mean, duration, listed, share
from connectors.records import Person

FEWEST_ITEMS, FEWEST_PEOPLE = 5, 3
"""Of a group: items at a place, and people who did them where they are known."""

ENOUGH, MANY = 10, 30
"""Items of the smallest group from which a finding has the grades B and A."""

LEAST_RATIO, LEAST_SHARE = 1.25, 0.1
"""How far medians, and shares, must be apart to matter."""

LEVELS: tuple[Level, ...] = ("step", "stage", "whole")
WHOLE = "from trigger to end"


@dataclass(frozen=True)
class Compared:
    """What is compared. `anchors`: case -> the instant by which it should have been ready."""

    steps: Steps
    anchors: Mapping[int, int]
    timeline: Timeline
    log: Log
    cases: Cases
    people: Sequence[Person]


@dataclass(frozen=True)
class _Measured:
    """`rows`: case, value, at (when it began, or was due), who, group (its number); in order of time."""

    place: str
    of: Level
    measure: Measure
    rows: pl.DataFrame


@dataclass(frozen=True)
class _Told:
    """What can be compared, by group number -> rows; and the groups of which too few people did it."""

    found: _Measured
    groups: Mapping[int, pl.DataFrame]
    p_value: float


def uneven(stream: Stream, seen: Compared, window: Window) -> Uneven | None:
    """Of what was finished, or was due, in the window; None where the stream names no groups."""
    if not stream.groups:
        return None
    persons = {name.casefold() for person in seen.people for name in (person.name, person.key)}
    named = [label for label in stream.groups if label.casefold() in persons]
    if named:
        why = f"{listed(named)} is the name of a person; groups are departments, teams or sites, and never persons."
        return Uneven(groups=(), places=(), reason=why)
    parts, torn = _parts(stream, seen)
    measured = [_parted(found, parts) for found in _measured(stream, seen, window)]
    alone = {found.place for found in measured if _by_few(found)}
    told = [one for one in (_told(found) for found in measured) if one]
    large = sorted({number for one in told for number in one.groups})
    verdicts = believed([one.p_value for one in told])
    places = [_place(one, stream.groups, seen, told_apart=verdict) for one, verdict in zip(told, verdicts, strict=True)]
    return Uneven(
        groups=tuple(stream.groups[number] for number in large),
        places=tuple(sorted(places, key=_urgency)),
        reason=" ".join(_reasons(stream, seen, parts, torn, large, alone)) or None,
    )


def _urgency(place: Unevenness) -> tuple[bool, int, float, str, str]:
    """Steps before stages, of which they are parts."""
    return not place.uneven, LEVELS.index(place.of), place.p_value, place.place, place.measure


def _parts(stream: Stream, seen: Compared) -> tuple[dict[int, int], int]:
    """Case -> the number of its group, and how many cases have the labels of several."""
    numbers = {label.casefold(): number for number, label in enumerate(stream.groups)}
    found: dict[int, set[int]] = {}
    told = seen.log.items.frame["labels"].to_list()
    for case, item in seen.cases.members.select("case", "item").iter_rows():
        labels = {label.casefold() for label in told[item]}
        found.setdefault(case, set()).update(numbers[label] for label in labels if label in numbers)
    return {case: min(own) for case, own in found.items() if len(own) == 1}, sum(len(own) > 1 for own in found.values())


def _parted(found: _Measured, parts: Mapping[int, int]) -> _Measured:
    """In an order that the names of items do not change."""
    group = pl.col("case").replace_strict(dict(parts), default=None, return_dtype=pl.Int64)
    rows = found.rows.with_columns(group=group).drop_nulls("group").sort("at", "value", "group", "case")
    return _Measured(found.place, found.of, found.measure, rows)


def _measured(stream: Stream, seen: Compared, window: Window) -> Iterator[_Measured]:
    ended = seen.timeline.delivered(window).select("case", at="start", value=(pl.col("end") - pl.col("start")) / DAY)
    yield _Measured(WHOLE, "whole", "takes", ended.with_columns(who=pl.lit(None, pl.String)))
    yield from _of_steps(stream, seen, window)
    yield from _of_stages(stream, seen, ended)


def _of_steps(stream: Stream, seen: Compared, window: Window) -> Iterator[_Measured]:
    """How long each step took, and whether it was finished by the anchor, or had begun where no log tells more."""
    start, end = instant(window.start), instant(window.end)
    frame = seen.steps.frame
    over = pl.col("start") if seen.steps.told == "beginnings" else pl.col("last")
    due = pl.DataFrame(sorted(seen.anchors.items()), {"case": pl.Int64, "anchor": pl.Int64}, orient="row")
    due = due.filter(pl.col("anchor").is_between(start, end, closed="left"))
    for name in sorted(common(frame)):
        rows = frame.filter(pl.col("step") == name)
        if seen.steps.told in ("activities", "child items"):
            done = rows.filter(pl.col("last").is_between(start, end, closed="left")).drop_nulls("start")
            took = done.select("case", "who", at="start", value=(pl.col("last") - pl.col("start")) / DAY)
            yield _Measured(name, "step", "takes", took)
        if _must(stream, name):
            kept = (over <= pl.col("anchor")).fill_null(value=False).cast(pl.Float64)
            yield _Measured(
                name, "step", "in time", rows.join(due, on="case").select("case", "who", at="anchor", value=kept)
            )


def _must(stream: Stream, step: str) -> bool:
    """Whether a step has to be finished by the anchor."""
    wanted = {name.casefold() for said in stream.must_have for name in (said, said.partition(":")[2])}
    return not stream.must_have or step.casefold() in wanted


def _of_stages(stream: Stream, seen: Compared, ended: pl.DataFrame) -> Iterator[_Measured]:
    """How long delivered items were in each stage before the end; by whom is who took them out of it."""
    spans = seen.timeline.spans.filter(pl.col("position") < stream.position(stream.end))
    inside = spans.join(ended.select("case", "at"), on="case")
    length = ((pl.col("end") - pl.col("start")).sum() / DAY).alias("value")
    summed = inside.group_by("case", "position").agg(length, pl.col("at").first())
    moved = claimed_moves(stream, seen.log).with_columns(who=pl.col("by").shift(-1).over("item"))
    movers = moved.group_by(case="item", position="position").agg(pl.col("who").drop_nulls().last())
    both = summed.join(movers, on=["case", "position"], how="left")
    for number, stage in enumerate(stream.stages):
        if stage.kind is not StageKind.DROPPED and number < stream.position(stream.end):
            rows = both.filter(pl.col("position") == number).select("case", "value", "at", "who")
            yield _Measured(stage.name, "stage", "takes", rows)


def _large(found: _Measured) -> dict[int, pl.DataFrame]:
    """The groups with enough items there, by number."""
    every = {int(str(key[0])): rows for key, rows in found.rows.group_by("group", maintain_order=True)}
    return {number: rows for number, rows in sorted(every.items()) if len(rows) >= FEWEST_ITEMS}


def _of_few(number: int, groups: Mapping[int, pl.DataFrame]) -> bool:
    """Whether so few people did it, and not for others as well, that the figure of the group would be theirs."""
    people = {key: {*rows["who"].drop_nulls()} for key, rows in groups.items()}
    others = {who for key, own in people.items() if key != number for who in own}
    return 0 < len(people[number]) < FEWEST_PEOPLE and not people[number] <= others


def _by_few(found: _Measured) -> bool:
    groups = _large(found)
    return any(_of_few(number, groups) for number in groups)


def _told(found: _Measured) -> _Told | None:
    """None where there are not two groups to compare."""
    large = _large(found)
    groups = {number: rows for number, rows in large.items() if not _of_few(number, large)}
    rows = found.rows.filter(pl.col("group").is_in(list(groups)))
    columns = rows["value"].to_numpy().astype(np.float64), rows["group"].to_numpy(), rows["at"].to_numpy()
    p_value = differ(*columns) if groups else None
    return None if p_value is None else _Told(found, groups, p_value)


def _place(one: _Told, names: Sequence[str], seen: Compared, *, told_apart: bool) -> Unevenness:
    measure, sign = one.found.measure, 1 if one.found.measure == "takes" else -1
    figures = [_figure(names[number], rows, measure) for number, rows in one.groups.items()]
    figures.sort(key=lambda figure: (sign * figure.value, figure.group))
    best, worst = figures[0], figures[-1]
    is_uneven = told_apart and _matters(best, worst, measure)
    behind = _behind(one, best, names) if is_uneven else pl.DataFrame()
    return Unevenness(
        place=one.found.place,
        of=one.found.of,
        measure=measure,
        grade=_grade(min(figure.n for figure in figures)),
        uneven=is_uneven,
        p_value=one.p_value,
        groups=tuple(figures),
        beyond=sum(f.n * abs(f.value - best.value) for f in figures) if is_uneven else None,
        reason=_words(best, worst, measure, is_uneven=is_uneven),
        items=tuple(seen.log.items.names[case] for case in behind["case"]) if is_uneven else (),
    )


def _figure(group: str, rows: pl.DataFrame, measure: Measure) -> GroupFigure:
    values = rows["value"].to_numpy()
    if measure == "takes":
        low, high = quantile_interval(values, 0.5)
        return GroupFigure(group=group, n=len(values), value=quantile(values, 0.5) or 0.0, low=low, high=high)
    hits = int(values.sum())
    least, most = wilson(hits, len(values))
    return GroupFigure(group=group, n=len(values), value=hits / len(values), low=least, high=most)


def _matters(best: GroupFigure, worst: GroupFigure, measure: Measure) -> bool:
    if measure == "takes":
        return worst.value > LEAST_RATIO * best.value
    return best.value - worst.value >= LEAST_SHARE


def _behind(one: _Told, best: GroupFigure, names: Sequence[str]) -> pl.DataFrame:
    """Items of the other groups that took longer than half of the best group, or were late; the worst first."""
    others = pl.concat([rows for number, rows in one.groups.items() if names[number] != best.group])
    if one.found.measure == "takes":
        return others.filter(pl.col("value") > best.value).sort("value", "at", "case", descending=[True, False, False])
    return others.filter(pl.col("value") == 0).sort("at", "case")


def _grade(fewest: int) -> Grade:
    return "A" if fewest >= MANY else "B" if fewest >= ENOUGH else "C"


def _words(best: GroupFigure, worst: GroupFigure, measure: Measure, *, is_uneven: bool) -> str:
    told = duration if measure == "takes" else share
    what = "half within" if measure == "takes" else "in time"
    apart = f"{what} {told(worst.value)} in {worst.group}, {told(best.value)} in {best.group}"
    if is_uneven:
        return f"{apart}: more than chance explains. Ask {best.group} how they do it."
    return f"{apart}: no more than chance explains."


def _reasons(
    stream: Stream, seen: Compared, parts: Mapping[int, int], torn: int, large: Sequence[int], alone: set[str]
) -> Iterator[str]:
    labels = set(seen.log.items.frame["labels"].explode().drop_nulls())
    known = {label.casefold() for label in labels}
    for label in stream.groups:
        if label.casefold() not in known:
            yield f'No item has the label "{label}"{did_you_mean(label, labels)}'.rstrip("?") + "."
    small = [stream.groups[number] for number in sorted(set(parts.values())) if number not in large]
    if small:
        yield f"Not compared: {listed(small)}, with fewer than {FEWEST_ITEMS} items at any place, or alone with them."
    if torn:
        yield f"With labels of several groups, {count(torn, 'item counts', 'items count')} in none."
    if alone:
        yield f"Left out where fewer than {FEWEST_PEOPLE} people did it for one group: {listed(sorted(alone))}."
