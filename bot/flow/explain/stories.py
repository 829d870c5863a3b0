"""Cases with all that their explanations are made of: a row each, which can be kept and told of later.

Whatever is known of a case hangs on the whole stream: states are named and labelled, habits are learnt and people are
found elsewhere by what happened to all items. But it hangs on what happened alone, and not on when it is told: as long
as nothing happens, only the last span of an open case grows.
"""

from collections.abc import Collection, Iterable

import polars as pl

from bot.flow.explain.reasons import TRACES
from bot.flow.reconstruct import Reconstruction
from bot.flow.timeline.holders import Account
from bot.flow.timeline.spans import Label, Outcome
from connectors.records import EventKind

SPAN = (
    *("start", "end", "stage", "state", "court", "label", "spent", "visit", "worked", "redone", "evidenced"),
    *("subject", "parked", "assumed"),
)
LISTS = ("links", "spans", "traces", "doubts")


def stories(found: Reconstruction, only: Collection[int] | None = None) -> pl.DataFrame:
    """A row for each case (`only`: of these), in the order of their numbers.

    case, name, title, url, outcome (null: it has no history), open, returns; and lists: links (item, evidence),
    spans, traces (at, kind: of attended work, without remarks on one's own change request), doubts.
    """
    members = found.cases.members
    if only is not None:
        members = members.filter(pl.col("case").is_in(list(only)))
    items = found.log.items.frame.select("name", "title", "url").with_row_index("case")
    cases = members.select("case").unique().sort("case").join(items.cast({"case": pl.Int64}), on="case")
    outcomes = found.timeline.cases.select("case", "outcome")
    told = cases.join(outcomes, on="case", how="left").join(_returns(found), on="case", how="left")
    for part in (_links(found, members), _spans(found, cases), _traces(found, members), _doubts(found, cases)):
        told = told.join(part, on="case", how="left")
    empty = [pl.col(name).fill_null([]) for name in LISTS]
    return told.with_columns(
        *empty, pl.col("returns").fill_null(0), open=(pl.col("outcome") == Outcome.OPEN).fill_null(value=False)
    ).sort("case")


def holders(found: Reconstruction, cases: Iterable[int]) -> dict[int, tuple[Account, ...]]:
    """(source, account) of each who can free an open case from where it is now."""
    wanted = pl.col("case").is_in(list(cases))
    last = found.timeline.current().filter(wanted).select("case", "item", "court")
    return {case: found.holders.accounts(case, item, court) for case, item, court in last.iter_rows()}


def _returns(found: Reconstruction) -> pl.DataFrame:
    cases = pl.DataFrame({"case": [back.case for back in found.returns]}, {"case": pl.Int64})
    return cases.group_by("case").agg(returns=pl.len())


def _links(found: Reconstruction, members: pl.DataFrame) -> pl.DataFrame:
    names = found.log.items.frame["name"]
    linked = members.drop_nulls("evidence")
    named = linked.with_columns(item=names.gather(linked["item"]))
    return named.group_by("case", maintain_order=True).agg(links=pl.struct("item", "evidence"))


def _spans(found: Reconstruction, cases: pl.DataFrame) -> pl.DataFrame:
    spans = found.timeline.spans.join(cases.select("case"), on="case", how="semi", maintain_order="left")
    stages = {n: stage.name for n, stage in enumerate(found.stream.stages)}
    assumed = found.log.moves.filter("assumed").select("item", start="at", assumed=pl.lit(value=True)).unique()
    told = spans.join(assumed, on=["item", "start"], how="left", maintain_order="left").with_columns(
        stage=pl.col("position").replace_strict(stages, default=None, return_dtype=pl.String),
        subject=pl.when(pl.col("item") != pl.col("case")).then(found.log.items.frame["name"].gather(spans["item"])),
        parked=pl.col("court").is_null()
        & pl.col("state").is_in(list(found.order.parking))
        & (pl.col("spent") == Label.BLOCKED),
        assumed=pl.col("assumed").fill_null(value=False),
    )
    return told.group_by("case", maintain_order=True).agg(spans=pl.struct(SPAN))


def _traces(found: Reconstruction, members: pl.DataFrame) -> pl.DataFrame:
    theirs = found.log.events.join(members.select("item").unique(), on="item", how="semi", maintain_order="left")
    opened = theirs.filter(pl.col("kind") == EventKind.OPENED).select("item", author="actor").drop_nulls()
    authors = opened.unique("item", keep="last", maintain_order=True)
    work = theirs.filter(pl.col("kind").is_in(list(TRACES)) & pl.col("attended"))
    told = work.join(authors, on="item", how="left")
    remark = ((pl.col("kind") == EventKind.REVIEWED) & (pl.col("actor") == pl.col("author"))).fill_null(value=False)
    placed = told.filter(~remark).select("item", "at", "kind").join(members.select("case", "item"), on="item")
    return placed.group_by("case").agg(traces=pl.struct("at", "kind"))


def _doubts(found: Reconstruction, cases: pl.DataFrame) -> pl.DataFrame:
    """By the name of the item."""
    rows = [(n, d.detail, list(d.items)) for n, d in enumerate((*found.log.doubts, *found.cases.doubts)) if d.items]
    doubts = pl.DataFrame(rows, {"n": pl.Int64, "doubts": pl.String, "name": pl.List(pl.String)}, orient="row")
    named = doubts.explode("name").unique(["n", "name"]).sort("n")
    told = cases.select("case", "name").join(named, on="name").sort("n", maintain_order=True)
    return told.group_by("case", maintain_order=True).agg("doubts")
