"""What ActionableAgile reads: a row an item, a column a stage with the day on which the item came there.

Its dates may only rise from left to right, and every stage before the present one wants a date. So a move back takes
away the dates of the stages behind it: an item that was sent back is where it went back to, since it was first there.
A stage that was skipped has the date of the next one.
"""

import re

import polars as pl

from bot.export.place import Place
from bot.export.plain import in_one_cell, write_table
from bot.export.told import Told
from bot.flow.model import StageKind, Stream
from bot.flow.timeline.spans import Label, Outcome, item_days

NOT_IN_HEADS = re.compile(r"[^\w \-/()]+")
"""Signs that a name of a column may not have."""


def write_actionable(told: Told, place: Place) -> None:
    with place.file() as file:
        write_table(actionable_table(told), file)


def actionable_table(told: Told) -> pl.DataFrame:
    """Of what was delivered or is under way; what was dropped is not in it, for it would look delivered or stuck.

    Commas in titles become spaces: the loader of ActionableAgile takes them for the end of a cell, quoted or not.
    """
    stages = columns_of(told.found.stream)
    items = told.items.filter(pl.col("outcome").is_in([Outcome.DELIVERED, Outcome.OPEN]))
    blocked = told.found.timeline.spans.filter(pl.col("spent") == Label.BLOCKED).group_by("case").agg(item_days())
    dates = _dates(told, stages)
    table = items.join(dates, on="case", how="left", maintain_order="left").join(
        blocked.select("case", blocked=pl.col("days").round(1)), on="case", how="left", maintain_order="left"
    )
    plain = pl.col("title").str.replace_all(r"[,\s]+", " ")
    return table.select(
        pl.col("item").alias("ID"),
        pl.col("url").alias("Link"),
        plain.alias("Name"),
        *(pl.col(str(n)).alias(name) for n, name in stages.items()),
        pl.col("type").alias("Type"),
        pl.col("parent").alias("Parent"),
        in_one_cell("labels").alias("Labels"),
        pl.col("blocked").fill_null(0.0).alias("Blocked Days"),
    )


def columns_of(stream: Stream) -> dict[int, str]:
    """Position -> name of each stage up to the end, but of those where items are dropped."""
    found: dict[int, str] = {}
    for n, stage in enumerate(stream.stages[: stream.position(stream.end) + 1]):
        if stage.kind is not StageKind.DROPPED:
            plain = NOT_IN_HEADS.sub(" ", stage.name).strip() or f"Stage {n + 1}"
            taken = plain in (*found.values(), "ID", "Link", "Name", "Type", "Parent", "Labels", "Blocked Days")
            found[n] = f"{plain} ({n + 1})" if taken else plain
    return found


def _dates(told: Told, stages: dict[int, str]) -> pl.DataFrame:
    """case, and for each stage the day on which it was entered for good, in the stream's time zone.

    The end is entered when an item is delivered: that it was thought done before is no date.
    """
    end, zone = told.found.stream.position(told.found.stream.end), told.found.stream.calendar.timezone
    spans = told.found.timeline.spans.filter(pl.col("position") < end)
    stays = spans.select("case", pl.col("start").alias("at"), "position")
    over = told.found.timeline.cases.filter(pl.col("outcome") == Outcome.DELIVERED)
    ends = over.select("case", at="end", position=pl.lit(end, stays.schema["position"]))
    known = pl.concat([stays, ends]).drop_nulls("position").filter(pl.col("position").is_in(list(stages)))
    moves = known.with_row_index("row").sort("case", "at", "row").with_columns(order=pl.int_range(pl.len()))
    entered = moves.group_by("case").agg(_entered(n) for n in stages)
    filled = [pl.coalesce(str(later) for later in stages if later >= n).alias(str(n)) for n in stages]
    day = pl.from_epoch(pl.all().exclude("case"), "us").dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.date()
    return entered.select("case", *filled).select("case", day)


def _entered(stage: int) -> pl.Expr:
    """When it came there first since it was last in an earlier one."""
    earlier = pl.col("order").filter(pl.col("position") < stage).max()
    here = (pl.col("position") == stage) & (pl.col("order") > earlier.fill_null(-1))
    return pl.col("at").filter(here).first().alias(str(stage))
