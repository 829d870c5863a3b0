"""What has to be done in each case: the steps, when each began, when it was finished, and whether it was done again.

Two kinds of data tell of steps. The activities of a case are states of an event log: a step begins when its state is
entered first and is finished when it is left; where a log tells an activity's start and its end apart (`Laptop /
start`, `Laptop / complete`) they may overlap; where only completions are logged, no step has a start. That a log of one
state at a time leaves a state says for sure only that the next step began, unless the stream says `steps = "states"`.

The child items of an item are named by what recurs, title or type: a child begins with its first state that a `work`
stage claims and is finished when it comes to stay in the end stage. A child that was never in work has no start: that
it was created early says nothing. Dropped children are not done.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from bot.flow.history.log import Log
from bot.flow.model import StageKind, Stream
from bot.flow.steps.lineage import named_parents
from bot.flow.steps.milestones import claimed_moves, states_of
from bot.flow.timeline.cases import Cases
from bot.frames import Items
from connectors.records import EventKind, ItemKind

Told = Literal["activities", "beginnings", "completions", "child items"]

RECURS = 3
"""A title that so many children have is the name of a step."""

MOSTLY = 0.8

START, COMPLETE = " / start", " / complete"
"""How the states of a log end that tells starts and ends apart."""

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "case": pl.Int64,
    "step": pl.String,
    "item": pl.Int64,
    "start": pl.Int64,
    "finish": pl.Int64,
    "last": pl.Int64,
    "again": pl.Boolean,
    "later": pl.List(pl.Int64),
    "who": pl.String,
}


@dataclass(frozen=True)
class Steps:
    """`frame`: case, step, item, start, finish, last, again, later, who; a row a step of a case.

    `item` tells of the step. `finish` is the end of its first occurrence, `last` that of the last one, null while it is
    not finished; `start` is null where nobody tells; `again`: it was done again, and `later` when those times began;
    `who` did it serves only to see whether two steps have one performer. `needs`: pairs of steps of which an item link
    says that the second needs the first. `told` is None where there are no steps.
    """

    told: Told | None
    frame: pl.DataFrame
    needs: frozenset[tuple[str, str]] = frozenset()


def read_steps(stream: Stream, log: Log, cases: Cases) -> Steps:
    """The steps of the stream's cases, as far as they are known."""
    children = _children(log.items, cases) if stream.steps in (None, "children") else {}
    names = _names(log, children)
    if names:
        frame = _of_children(stream, log, children, names)
        return Steps("child items", frame, _needs(log, frame))
    roots = pl.Series(cases.roots, dtype=pl.Int64)
    logged = roots.filter(log.items.frame["kind"].gather(roots) == ItemKind.CASE).to_list()
    if stream.steps == "children" or not logged:
        return Steps(None, pl.DataFrame(schema=SCHEMA))
    moves = _without_anchor(stream, log, logged)
    if moves["state"].str.ends_with(START).any() and moves["state"].str.ends_with(COMPLETE).any():
        return Steps("activities", _apart(stream, moves))
    told: Told = "completions" if stream.steps == "completions" else "beginnings"
    states = _of_states(stream, moves, completed=told == "completions")
    return Steps("activities" if stream.steps == "states" else told, states)


def _without_anchor(stream: Stream, log: Log, logged: list[int]) -> pl.DataFrame:
    """The moves of the cases; that the day came by which things should be ready ends no step."""
    moves = claimed_moves(stream, log).filter(pl.col("item").is_in(logged))
    anchor = states_of(stream, log, stream.anchor) if stream.anchor else []
    kept = moves.filter(~pl.col("state").is_in(anchor))
    repeated = (pl.col("state") == pl.col("state").shift(1).over("item")).fill_null(value=False)
    return kept.filter(~repeated)


def _of_states(stream: Stream, moves: pl.DataFrame, *, completed: bool) -> pl.DataFrame:
    left = pl.col("at").shift(-1).over("item")
    begun, over = (pl.lit(None, pl.Int64), pl.col("at")) if completed else (pl.col("at"), left)
    visits = moves.with_columns(start=begun, finish=over).filter(_is_step(stream))
    return _first_of(visits.with_columns(case="item", step=_name()))


def _apart(stream: Stream, moves: pl.DataFrame) -> pl.DataFrame:
    """Each start with the next end of the same activity."""
    told = moves.with_columns(name=_name())
    starts = told.filter(pl.col("state").cast(pl.String).str.ends_with(START) & _is_step(stream))
    ends = told.filter(pl.col("state").cast(pl.String).str.ends_with(COMPLETE))
    starts = starts.with_columns(case="item", step=pl.col("name").str.strip_suffix(START), start="at")
    ends = ends.select("item", "at", step=pl.col("name").str.strip_suffix(COMPLETE), finish="at")
    paired = starts.sort("at").join_asof(
        ends.sort("at"), on="at", by=["item", "step"], strategy="forward", check_sortedness=False
    )
    return _first_of(paired)


def _first_of(visits: pl.DataFrame) -> pl.DataFrame:
    """case, step, item, start, finish, by -> a row a step of a case: its first occurrence, and when the last ended."""
    ordered = visits.sort("case", "step", pl.coalesce("start", "finish"), "finish", "item", nulls_last=True)
    found = ordered.group_by("case", "step", maintain_order=True).agg(
        pl.col("item", "start", "finish").first(),
        last=pl.when(pl.col("finish").is_not_null().all()).then(pl.col("finish").max()),
        again=pl.len() > 1,
        later=pl.coalesce("start", "finish").slice(1).drop_nulls(),
        who=pl.col("by").first(),
    )
    return found.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())


def _is_step(stream: Stream) -> pl.Expr:
    """Somebody works on it or decides, before the end."""
    busy = pl.col("kind").is_in([StageKind.WORK.value, StageKind.APPROVAL.value])
    return (busy & (pl.col("position") < stream.position(stream.end))).fill_null(value=False)


def _name() -> pl.Expr:
    """Of the state, without its source."""
    return pl.col("state").cast(pl.String).str.replace(r"^[^:]*:", "")


def _children(items: Items, cases: Cases) -> dict[int, int]:
    """Child -> the case it is a part of."""
    parents = dict(named_parents(items))
    if not parents:
        return {}
    roots = items.frame.with_row_index("item").filter(pl.col("item").is_in(list(cases.roots)))
    told = roots.select("item", "aliases", "name").iter_rows()
    names = {name.upper(): n for n, aliases, own in told for name in (*aliases, own)}
    found = {n: names.get(parent) for n, parent in parents.items()}
    return {n: case for n, case in found.items() if case is not None and case != n}


def _of_children(stream: Stream, log: Log, children: Mapping[int, int], names: Mapping[int, str]) -> pl.DataFrame:
    named = pl.DataFrame(
        [(n, case, names[n]) for n, case in children.items()],
        {"item": pl.Int64, "case": pl.Int64, "step": pl.String},
        orient="row",
    )
    moves = claimed_moves(stream, log).join(named, on="item", maintain_order="left")
    dropped = (pl.col("kind") == StageKind.DROPPED).fill_null(value=False)
    over = (pl.col("position") >= stream.position(stream.end)).fill_null(value=False) & ~dropped
    told = moves.with_columns(over=over, dropped=dropped).with_columns(
        stays=pl.col("over").reverse().cum_min().reverse().over("item"),
        ended=pl.col("over") & ~pl.col("over").shift(1, fill_value=False).over("item"),
    )
    works = pl.col("kind") == StageKind.WORK
    whole = told.group_by("item", "case", "step", maintain_order=True).agg(
        start=pl.col("at").filter(works).min(),
        finish=pl.col("at").filter("ended").min(),
        last=pl.col("at").filter("stays").min(),
        reopened=pl.col("ended").sum() > 1,
        dropped=pl.col("dropped").last(),
        by=pl.coalesce(pl.col("by").filter(works).first(), pl.col("by").filter("ended").first()),
    )
    kept = whole.filter(~pl.col("dropped") & ~pl.col("item").is_in(log.refused(stream)))
    return _one_of_each(_assigned(log, kept))


def _one_of_each(children: pl.DataFrame) -> pl.DataFrame:
    """Two children of one name are one step that was done again."""
    ordered = children.sort("case", "step", pl.coalesce("start", "finish"), "item", nulls_last=True)
    found = ordered.group_by("case", "step", maintain_order=True).agg(
        pl.col("item", "start", "finish").first(),
        last=pl.when(pl.col("last").is_not_null().all()).then(pl.col("last").max()),
        again=pl.col("reopened").any() | (pl.len() > 1),
        later=pl.coalesce("start", "finish").slice(1).drop_nulls(),
        who=pl.col("by").first(),
    )
    return found.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())


def _assigned(log: Log, children: pl.DataFrame) -> pl.DataFrame:
    """Who a child was assigned to did it, or else who moved it."""
    assigned = log.events.filter((pl.col("kind") == EventKind.ASSIGNED) & pl.col("detail").is_not_null())
    last = assigned.group_by("item", maintain_order=True).agg(assignee=pl.col("detail").last())
    return children.join(last, on="item", how="left", maintain_order="left").with_columns(
        by=pl.coalesce("assignee", "by")
    )


def _names(log: Log, children: Mapping[int, int]) -> Mapping[int, str]:
    """By title where titles recur from case to case, by type where a case mostly has one of each; else there are none.

    Stories of an epic have neither, and are no steps.
    """
    titles = {n: " ".join(log.items[n].title.split()) for n in children}
    counts = Counter(title.casefold() for title in titles.values())
    if 2 * sum(counts[title.casefold()] >= RECURS for title in titles.values()) >= max(len(titles), 1):
        spelt = {title.casefold(): title for title in sorted(titles.values(), reverse=True)}
        return {n: spelt[title.casefold()] for n, title in titles.items()}
    types = {n: log.items[n].type or "" for n in children}
    each = Counter((children[n], types[n]) for n in children)
    single = sum(count == 1 for count in each.values())
    return types if all(types.values()) and single >= MOSTLY * len(each) else {}


def _needs(log: Log, frame: pl.DataFrame) -> frozenset[tuple[str, str]]:
    """Steps that block each other in some case, by the links of their items."""
    steps = {item: (case, step) for case, step, item in frame.select("case", "step", "item").iter_rows()}
    numbers = {name.upper(): n for n in steps for name in (*log.items[n].aliases, log.items.names[n])}
    blocked = log.events.filter((pl.col("kind") == EventKind.BLOCKED) & pl.col("detail").is_not_null())
    found = set()
    for item, detail in blocked.select("item", "detail").iter_rows():
        before = numbers.get(detail.upper())
        if before is not None and item in steps and steps[before][0] == steps[item][0]:
            found.add((steps[before][1], steps[item][1]))
    return frozenset(found)
