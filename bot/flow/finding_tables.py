"""What was found, as tables: a row a queue, a loop or a waste, and a row an item behind each of them.

Costs are item-days inside the window. Those of the items of a finding sum to its own; those of the wastes sum with what
is no waste to all days there are, while a queue and a loop are parts of wastes.
"""

import polars as pl

from bot.flow.analyse import stamped_approvals, surroundings
from bot.flow.clock import DAY, instant
from bot.flow.explain.names import loop_name
from bot.flow.findings.analysis import Analysis
from bot.flow.findings.explained import Numbered
from bot.flow.queues.configured import queue_visits
from bot.flow.reconstruct import Reconstruction
from bot.flow.timeline.spans import item_days
from bot.flow.wastes.ledger import booked

FINDINGS = {
    "kind": pl.String,
    "name": pl.String,
    "what": pl.String,
    "cost": pl.Float64,
    "share": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "grade": pl.String,
}
KEY = ["kind", "name", "what"]


def finding_tables(found: Reconstruction, analysis: Analysis) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The findings in the order of the analysis, and the items behind them, the costliest of each first.

    Of findings: finding (its number), kind (queue, loop or waste), name, what (of a queue where it comes from, of a
    loop its kind), items, cost, cost_per_week, share (of all item-days), low and high (80 % interval of the cost; null
    where none is known), grade. Of their items: finding, kind, name, what, case (its number in `items_table`), item,
    cost.
    """
    behind = _behind(found, analysis)
    findings = _findings(analysis).with_row_index("finding", 1)
    counts = behind.group_by(KEY).agg(items=pl.len())
    counted = findings.join(counts, on=KEY, how="left", maintain_order="left", nulls_equal=True)
    names: dict[int, str] = {n: found.log.items[n].name for n in behind["case"].unique()}
    told = behind.join(findings.select("finding", *KEY), on=KEY, how="inner", nulls_equal=True)
    item = pl.col("case").replace_strict(names, default=None, return_dtype=pl.String)
    per_week = (pl.col("cost") / analysis.ledger.weeks).alias("cost_per_week")
    figures = (pl.col("items").fill_null(0), "cost", per_week, "share", "low", "high", "grade")
    return counted.select("finding", *KEY, *figures), told.select("finding", *KEY, "case", item=item, cost="cost").sort(
        "finding", "cost", "case", descending=[False, True, False]
    )


def _findings(analysis: Analysis) -> pl.DataFrame:
    weeks = analysis.ledger.weeks
    rows = [
        *((Numbered.QUEUE, q.stage, q.origin, q.cost, q.share, None, None, q.grade) for q in analysis.queues),
        *((Numbered.LOOP, loop_name(x), x.kind, x.cost, x.share, x.low, x.high, x.grade) for x in analysis.loops),
        *(
            (Numbered.WASTE, w.waste, None, w.cost_per_week * weeks, w.share, w.low * weeks, w.high * weeks, w.grade)
            for w in analysis.wastes
        ),
    ]
    return pl.DataFrame(rows, FINDINGS, orient="row")


def _behind(found: Reconstruction, analysis: Analysis) -> pl.DataFrame:
    """kind, name, what, case, cost."""
    return pl.concat([_in_queues(found, analysis), _in_loops(found), _in_wastes(found, analysis)])


def _in_queues(found: Reconstruction, analysis: Analysis) -> pl.DataFrame:
    waited = (pl.col("waited") - pl.col("before")).sum() / DAY
    sums = queue_visits(surroundings(found)).group_by("station", "case").agg(cost=waited)
    origins = {queue.stage: queue.origin for queue in analysis.queues}
    what = pl.col("station").replace_strict(origins, default=None, return_dtype=pl.String)
    return sums.select(kind=pl.lit(str(Numbered.QUEUE)), name="station", what=what, case="case", cost="cost")


def _in_loops(found: Reconstruction) -> pl.DataFrame:
    """Those that happened or cost something in the window."""
    start, end = instant(found.window.start), instant(found.window.end)
    rows = [
        (number, loop_name(one), str(one.kind), one.case, start <= one.at < end)
        for number, one in enumerate(found.returns)
    ]
    schema = {"owner": pl.Int64, "name": pl.String, "what": pl.String, "case": pl.Int64, "inside": pl.Boolean}
    owned = found.timeline.within(found.window).drop_nulls("owner").group_by("owner").agg(item_days().alias("cost"))
    owned = owned.with_columns(pl.col("owner").cast(pl.Int64))
    told = pl.DataFrame(rows, schema, orient="row").join(owned, on="owner", how="left")
    seen = told.filter(pl.col("inside") | pl.col("cost").is_not_null())
    sums = seen.group_by("name", "what", "case").agg(pl.col("cost").fill_null(0.0).sum())
    return sums.select(pl.lit(str(Numbered.LOOP)).alias("kind"), "name", "what", "case", "cost")


def _in_wastes(found: Reconstruction, analysis: Analysis) -> pl.DataFrame:
    stamped = stamped_approvals(found.stream, analysis.queues)
    every = booked(found.stream, found.timeline, found.log.items, found.cases.requested, stamped, found.window)
    wasted = every.filter(pl.col("account").is_in([part.waste.value for part in analysis.wastes]))
    sums = wasted.group_by("account", "case").agg(item_days().alias("cost"))
    kind, what = pl.lit(str(Numbered.WASTE)).alias("kind"), pl.lit(None, pl.String).alias("what")
    return sums.select(kind, pl.col("account").alias("name"), what, "case", "cost")
