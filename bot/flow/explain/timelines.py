"""Why each span of an item is what it is, in words."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from bot.flow.clock import days, moment
from bot.flow.findings.explained import Numbered
from bot.flow.findings.explanation import ExplainedLink, ExplainedSpan, Explanation
from bot.flow.history.log import GONE
from bot.flow.model import Court
from bot.flow.reconstruct import Reconstruction
from bot.flow.timeline.spans import Label, Spent, item_days, redone
from bot.words import did_you_mean
from connectors.records import EventKind, Item

COURT_WORDS = {
    Court.DRAFT: "is a draft",
    Court.AWAITING_REVIEW: "waits for a review",
    Court.CHANGES_REQUESTED: "was sent back to its author",
    Court.CHECKS_FAILED: "failed its checks",
    Court.AWAITING_CHECKS: "is approved and waits for its checks",
    Court.AWAITING_MERGE: "is approved and waits to be merged",
    Court.IN_MERGE_QUEUE: "is in the merge queue",
    Court.MERGED: "is merged",
    Court.RELEASED: "is released",
    Court.DEPLOYED: "is deployed",
    Court.CLOSED: "was closed without being merged",
}
IDLE_WORDS = {
    Spent.MULTITASK: "no trace of work on it; who works on it was on another item",
    Spent.ABSENT: "no trace of work on it, nor on another item by who works on it",
    Spent.UNOWNED: "no trace of work on it, and nobody is known who works on it",
}
CLAIMED = "work by its state alone: traces of work are not usual there"
TRACES = {
    EventKind.COMMITTED: "commit",
    EventKind.REVIEWED: "review",
    EventKind.EDITED: "edit",
    EventKind.LOGGED_WORK: "work log",
}


def explain(found: Reconstruction, name: str) -> Explanation:
    """The case of an item or of one of its change requests. Raises KeyError with a sentence where there is none."""
    case = _case(found, name)
    item, members = found.log.items[case], found.cases.members.filter(pl.col("case") == case)
    ended = found.timeline.cases.filter(pl.col("case") == case)
    mine = found.timeline.spans.filter(pl.col("case") == case)
    spans = [_span(found, row, members["item"].to_list()) for row in mine.iter_rows(named=True)]
    totals: dict[str, float] = defaultdict(float)
    for span in spans:
        totals[span.label] += span.days
    return Explanation(
        item=item.name,
        title=item.title,
        url=item.url,
        timezone=found.stream.calendar.timezone,
        outcome=ended["outcome"].item() if len(ended) else "no history",
        links=tuple(
            ExplainedLink(item=found.log.items[n].name, evidence=evidence)
            for n, evidence in members.drop_nulls("evidence").select("item", "evidence").iter_rows()
        ),
        spans=tuple(spans),
        totals=dict(totals),
        lead_time=sum(span.days for span in spans),
        returns=sum(back.case == case for back in found.returns),
        again=mine.filter(redone()).select(item_days()).item(),
        holders=_holders(found, case),
        doubts=tuple(d.detail for d in (*found.log.doubts, *found.cases.doubts) if item.name in d.items),
    )


def _holders(found: Reconstruction, case: int) -> tuple[str, ...]:
    """Of an open item, who can free it from where it is now."""
    last = found.timeline.current().filter(pl.col("case") == case).select("item", "court")
    return found.holders.of(case, *last.row(0)) if len(last) else ()


def _case(found: Reconstruction, name: str) -> int:
    cases: dict[int, int] = {n: case for case, n in found.cases.members.select("case", "item").iter_rows()}
    if any(doubt.kind == GONE and name.upper() in doubt.items for doubt in found.log.doubts):
        raise KeyError(f"{name} was deleted at the source, or hidden from us; --now shows it as of an earlier day")
    number = _number(found.log.items, name)
    if number not in cases:
        raise KeyError(f"{name} belongs to no item of this stream; name one in its branch or title, as PAY-12")
    return cases[number]


def _number(items: Sequence[Item], name: str) -> int:
    """By name, former name or address, or by the number of a change request where it is the only one."""
    names = {known.casefold(): n for n, item in enumerate(items) for known in (item.url, *item.aliases, item.name)}
    number = names.get(name.rstrip("/").casefold())
    ending = [n for n, item in enumerate(items) if name.startswith("#") and item.name.endswith(name)]
    if number is None and len(ending) == 1:
        number = ending[0]
    if number is None:
        near = did_you_mean(name.upper(), [item.name for item in items]) or did_you_mean(name.casefold(), Numbered)
        raise KeyError(f"there is no item {name} in this stream{near or '; check its name, or run `gemba collect`'}")
    return number


def _span(found: Reconstruction, row: Mapping[str, Any], members: list[int]) -> ExplainedSpan:
    position = row["position"]
    return ExplainedSpan(
        start=moment(row["start"]),
        end=moment(row["end"]),
        stage=None if position is None else found.stream.stages[position].name,
        state=row["state"],
        label=row["spent"],
        visit=row["visit"],
        days=days(row["end"] - row["start"]),
        working_days=row["worked"] / found.clock.day,
        evidence=tuple(_evidence(found, row, members)),
    )


def _evidence(found: Reconstruction, row: Mapping[str, Any], members: list[int]) -> list[str]:
    other = row["item"] != row["case"]
    subject = f"{found.log.items[row['item']].name} " if other else ""
    words = [
        f"{subject}{COURT_WORDS[Court(row['court'])]}"
        if row["court"]
        else f'{subject}is in "{row["state"].partition(":")[2]}"'
    ]
    if row["spent"] == Label.BLOCKED:
        parked = row["court"] is None and row["state"] in found.order.parking
        words.append("set aside: items go back from there to where they were" if parked else "it is blocked")
    if row["spent"] in IDLE_WORDS:
        words.append(IDLE_WORDS[row["spent"]])
    if row["spent"] == Label.WORK and not row["evidenced"]:
        words.append(CLAIMED)
    if row["label"] == Label.UNMAPPED:
        words.append("no stage claims this state")
    if row["redone"]:
        words.append(f"after a return: {row['redone']}")
    if _is_assumed(found, row):
        words.append("assumed: a change of state is missing here")
    return [*words, *_traces(found, row, members)]


def _is_assumed(found: Reconstruction, row: Mapping[str, Any]) -> bool:
    assumed = found.log.moves.filter(
        pl.col("assumed") & (pl.col("item") == row["item"]) & (pl.col("at") == row["start"])
    )
    return len(assumed) > 0


def _by_the_author(found: Reconstruction, members: list[int]) -> pl.Expr:
    """Reviews of one's own change request are remarks."""
    opened = found.log.events.filter((pl.col("kind") == EventKind.OPENED) & pl.col("item").is_in(members))
    authors: dict[int, str] = dict(opened.select("item", "actor").drop_nulls().iter_rows())
    author = pl.col("item").replace_strict(authors, default=None, return_dtype=pl.String)
    return ((pl.col("kind") == EventKind.REVIEWED) & (pl.col("actor") == author)).fill_null(value=False)


def _traces(found: Reconstruction, row: Mapping[str, Any], members: list[int]) -> list[str]:
    """What activity the span holds."""
    inside = found.log.events.filter(
        pl.col("item").is_in(members)
        & pl.col("kind").is_in(list(TRACES))
        & pl.col("attended")
        & ~_by_the_author(found, members)
        & (pl.col("at") > row["start"])
        & (pl.col("at") <= row["end"])
    )
    counts = Counter(inside["kind"].to_list())
    return [f"{counts[kind]} {word}{'s' if counts[kind] > 1 else ''}" for kind, word in TRACES.items() if counts[kind]]
