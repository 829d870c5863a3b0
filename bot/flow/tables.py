"""What was reconstructed of every item, as tables: a row an item, and a row a span. Days are of 24 hours."""

from collections import Counter

import polars as pl

from bot.flow.clock import DAY, WorkClock, instant
from bot.flow.reconstruct import Reconstruction
from bot.flow.timeline.spans import adds_value, first_work, is_active, item_days, redone

TIME = pl.Datetime("us", "UTC")


def items_table(found: Reconstruction) -> pl.DataFrame:
    """Every item of the stream that has a history, in the order of its names.

    case (its number in `spans_table`), item, title, url, type, source, parent, labels, outcome (an `Outcome`), start
    (null: unknown), end (null: not yet), stage and state (the last one), days (of its timeline: the lead time of
    what was delivered, the age of what is open), working_days, cycle_days (since somebody first worked on it), active
    (days that somebody worked or reviewed), adding (days that added value), returns, again (days that were spent on
    doing it again), change_requests.
    """
    timeline, names = found.timeline, found.log.items
    returns = Counter(back.case for back in found.returns)
    requests = Counter(found.cases.members.filter(pl.col("evidence").is_not_null())["case"])
    ended = pl.col("end") < instant(found.window.end)
    table = (
        timeline.cases.join(_sums(found), on="case", how="left", maintain_order="left")
        .join(first_work(timeline.spans).rename({"start": "begun"}), on="case", how="left", maintain_order="left")
        .join(_last(found), on="case", how="left", maintain_order="left")
    )
    numbers = table["case"].to_list()
    items = [names[n] for n in numbers]
    return table.select(
        "case",
        pl.Series("item", [item.name for item in items], pl.String),
        pl.Series("title", [item.title for item in items], pl.String),
        pl.Series("url", [item.url for item in items], pl.String),
        pl.Series("type", [item.type for item in items], pl.String),
        pl.Series("source", [item.source for item in items], pl.String),
        pl.Series("parent", [item.parent for item in items], pl.String),
        pl.Series("labels", [list(item.labels) for item in items], pl.List(pl.String)),
        "outcome",
        pl.when(~pl.col("late")).then("start").cast(TIME).alias("start"),
        pl.when(ended).then("end").cast(TIME).alias("end"),
        "stage",
        "state",
        "days",
        "working_days",
        cycle_days=(pl.col("end") - pl.col("begun")) / DAY,
        active="active",
        adding="adding",
        returns=pl.Series([returns[n] for n in numbers], dtype=pl.Int64),
        again="again",
        change_requests=pl.Series([requests[n] for n in numbers], dtype=pl.Int64),
    ).sort("item", "case")


def spans_table(found: Reconstruction) -> pl.DataFrame:
    """Every span of every item, contiguous from its start to its end, in the order of time.

    case, item, start, end, stage (null: no stage claims its state), state, label (what it was spent on, as `gemba
    explain` says it), visit (the how manieth of its stage), days, working_days, evidenced (a trace tells of work),
    again (done again after a return).
    """
    spans = found.timeline.spans
    names: dict[int, str] = {n: found.log.items[n].name for n in spans["case"].unique()}
    return spans.select(
        "case",
        item=pl.col("case").replace_strict(names, default=None, return_dtype=pl.String),
        start=pl.col("start").cast(TIME),
        end=pl.col("end").cast(TIME),
        stage=_stage(found),
        state="state",
        label="spent",
        visit="visit",
        days=(pl.col("end") - pl.col("start")) / DAY,
        working_days=_working(found.clock),
        evidenced="evidenced",
        again=redone(),
    ).sort("case", "start", "end", maintain_order=True)


def _sums(found: Reconstruction) -> pl.DataFrame:
    spans = found.timeline.spans
    elapsed = (pl.col("end") - pl.col("start")) / DAY
    return spans.group_by("case").agg(
        item_days(),
        working_days=_working(found.clock).sum(),
        active=elapsed.filter(is_active()).sum(),
        adding=elapsed.filter(adds_value(found.stream.stages)).sum(),
        again=elapsed.filter(redone()).sum(),
    )


def _last(found: Reconstruction) -> pl.DataFrame:
    spans = found.timeline.spans.with_columns(stage=_stage(found))
    return spans.group_by("case").agg(pl.col("stage").last(), pl.col("state").last())


def _stage(found: Reconstruction) -> pl.Expr:
    names = {n: stage.name for n, stage in enumerate(found.stream.stages)}
    return pl.col("position").replace_strict(names, default=None, return_dtype=pl.String)


def _working(clock: WorkClock) -> pl.Expr:
    return pl.col("worked") / clock.day
