"""Which steps must wait for which: what the cases show, and what nobody but their owner can say.

Of two steps the one that more often begins first is the first. A case deviates where the other begins more than 15
minutes before the first is finished, or is finished before it where its start is not known. A required order is refuted
where so many deviations are too many for errors of recording: P(Bin(n, eps) >= deviating) <= 1 %, eps 2 %, or what the
orders that item links demand show if that is more. It takes cases that do deviate, so most habits are not refuted, and
stay a question. Cases in which a third step was begun before the two and again between them say nothing of them: they
went round a loop, which decided what came first.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import polars as pl

from bot.flow.clock import MINUTE
from bot.flow.findings.sequences import Tier
from bot.flow.statistics.exact import at_least, more_often
from bot.flow.steps.entries import Steps

TOLERANCE = 15 * MINUTE
ERROR = 0.02
"""Share of orders that are recorded wrongly."""
ENOUGH_LINKED = 30
REFUTED = 0.01
NO_MORE_REWORK = 0.2
FEWEST_CASES = 8
MOST_STEPS = 40
FEWEST_PERFORMERS = 3
"""With fewer names in the whole log they are those of groups."""

COLUMNS = ("first", "then", "n", "cases", "again", "others_again", "same")


@dataclass(frozen=True)
class Judged:
    """A pair of steps. `same`: in this share of the cases in which it is known, one performer did both."""

    first: str
    then: str
    tier: Tier
    n: int
    deviating: tuple[int, ...]
    redone: tuple[int, int]
    """of the deviating cases, and of the others, in how many the second step was done again"""
    same: float | None
    linked: bool


def judge(steps: Steps) -> tuple[Judged, ...]:
    """Every pair of steps that at least 8 cases have finished both of; the 40 most common steps count."""
    counts = _counted(_both_done(steps))
    error = _error(counts, steps.needs)
    return tuple(
        Judged(
            first,
            then,
            _tier(deviating, n, redone, same, error, linked=(first, then) in steps.needs),
            n,
            deviating,
            redone,
            same,
            (first, then) in steps.needs,
        )
        for first, then, n, deviating, redone, same in _rows(counts)
    )


def _rows(counts: pl.DataFrame) -> Iterator[tuple[str, str, int, tuple[int, ...], tuple[int, int], float | None]]:
    for first, then, n, cases, again, others, same in counts.select(COLUMNS).iter_rows():
        yield first, then, n, tuple(cases), (again, others), same


def performers(steps: Steps) -> pl.DataFrame:
    """The steps without `who`, where the names are too few to be those of persons."""
    few = steps.frame["who"].drop_nulls().n_unique() < FEWEST_PERFORMERS
    return steps.frame.with_columns(who=pl.lit(None, pl.String)) if few else steps.frame


def begun() -> pl.Expr:
    """As early as can be proven."""
    return pl.coalesce("start", "finish")


def common(frame: pl.DataFrame) -> list[str]:
    """The names of the steps that count."""
    counts = frame.group_by("step").len().sort("len", "step", descending=[True, False])
    return counts["step"].head(MOST_STEPS).to_list()


def _both_done(steps: Steps) -> pl.DataFrame:
    """A row for each two steps that a case has finished: `a` and `b`, in the order of their names."""
    done = performers(steps).filter(pl.col("finish").is_not_null() & pl.col("step").is_in(common(steps.frame)))
    every = done.select("case", "step", "finish", "again", "who", begun=begun())
    pairs = every.join(every, on="case", suffix="_b").filter(pl.col("step") < pl.col("step_b"))
    return pairs.join(_around_a_loop(pairs, steps.frame), on=["case", "step", "step_b"], how="anti")


def _around_a_loop(pairs: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """case, step, step_b: a third was begun before the two and again between them, so the later is of its own round."""
    loops = frame.select("case", "later", third="step", since=begun()).explode("later").drop_nulls("later")
    first, second = pl.min_horizontal("begun", "begun_b"), pl.max_horizontal("begun", "begun_b")
    apart = (pl.col("third") != pl.col("step")) & (pl.col("third") != pl.col("step_b"))
    between = (pl.col("later") > first) & (pl.col("later") <= second)
    looped = pairs.join(loops, on="case").filter(apart & (pl.col("since") <= first) & between)
    return looped.select("case", "step", "step_b").unique()


def _counted(pairs: pl.DataFrame) -> pl.DataFrame:
    """first, then, n, cases (that deviate), again and others_again, same: a row a pair, in the order of names."""
    earlier, later = (pl.col("begun") < pl.col("begun_b")).sum(), (pl.col("begun") > pl.col("begun_b")).sum()
    turned = pairs.with_columns(turned=(later > earlier).over("step", "step_b"))
    sides = {name: (pl.col(name), pl.col(f"{name}_b")) for name in ("step", "begun", "finish", "again")}
    of = {
        name: (
            pl.when("turned").then(b).otherwise(a),
            pl.when("turned").then(a).otherwise(b),
        )
        for name, (a, b) in sides.items()
    }
    told = turned.select(
        "case",
        first=of["step"][0],
        then=of["step"][1],
        again=of["again"][1],
        deviates=of["begun"][1] < of["finish"][0] - TOLERANCE,
        same=pl.col("who") == pl.col("who_b"),
    )
    counts = told.group_by("first", "then").agg(
        n=pl.len(),
        cases=pl.col("case").filter("deviates").sort(),
        again=(pl.col("again") & pl.col("deviates")).sum(),
        others_again=(pl.col("again") & ~pl.col("deviates")).sum(),
        same=pl.col("same").mean(),
    )
    return counts.filter(pl.col("n") >= FEWEST_CASES).sort("first", "then")


def _error(counts: pl.DataFrame, needs: frozenset[tuple[str, str]]) -> float:
    """How often even an order that is demanded is recorded the other way."""
    linked = [(len(c), n) for a, b, c, n in counts.select("first", "then", "cases", "n").iter_rows() if (a, b) in needs]
    n = sum(n for _, n in linked)
    return max(ERROR, sum(deviating for deviating, _ in linked) / n) if n >= ENOUGH_LINKED else ERROR


def _tier(
    deviating: Collection[int], n: int, redone: tuple[int, int], same: float | None, error: float, *, linked: bool
) -> Tier:
    """Links and rework demand an order; one performer can only do one step after the other."""
    refuted = at_least(len(deviating), n, error) <= REFUTED
    harmless = more_often(redone[0], len(deviating), redone[1], n - len(deviating)) > NO_MORE_REWORK
    if linked or (refuted and not harmless):
        return "hard"
    if same is not None and same > 0.5:
        return "same performer"
    return "parallel" if refuted else "ask"
