"""Items and their change requests -> cases, with the evidence of each link.

A case is one item of a tracker with every change request that names it; in a stream without a tracker each change
request is a case of its own. Of the keys a change request names only those with the strongest evidence count: a body
says "see also" too often, and a branch back into main carries everybody's commits.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from bot.flow.findings.lead import LinksPart
from bot.flow.findings.measures import Doubt
from bot.flow.history.log import Log
from bot.flow.model import Stream
from bot.frames import Items
from connectors.records import EventKind, Link

STRENGTH = {"api": 0, "branch": 0, "title": 0, "commit": 1, "body": 2}
"""Evidence of equal strength counts together."""

LINKS = "implements"
"""Kind of the links that join a change request with an item."""

NAMES_NONE, NOT_COLLECTED, MADE_BY_A_BOT = "name no item", "name an item that was not collected", "were made by a bot"
"""Why a change request belongs to no item."""


@dataclass(frozen=True)
class Cases:
    """`members`: case (the number of its root item), item, evidence (None for the root itself)."""

    roots: tuple[int, ...]
    members: pl.DataFrame
    requests: dict[int, str]
    """number of each change request -> the repository it lives in"""
    links: LinksPart | None
    doubts: tuple[Doubt, ...]

    @property
    def requested(self) -> set[int]:
        """The cases that have a change request, or are one."""
        return set(self.members.filter(pl.col("item").is_in(list(self.requests)))["case"])


def build_cases(stream: Stream, log: Log, links: Sequence[Link]) -> Cases:
    requests = _change_requests(log)
    tracked = set(log.moves["item"].unique())
    roots = _roots(stream, log.items, sorted(tracked or requests))
    own = [(n, n, None) for n in roots]
    if not tracked or not requests:
        return Cases(tuple(roots), _frame(own), requests, None, tuple(_nested(log.items, roots)))
    found, unlinked = _join(log.items, requests, tracked, links)
    bots = set(log.events.filter((pl.col("kind") == EventKind.OPENED) & ~pl.col("human"))["item"])
    reasons = {n: MADE_BY_A_BOT if n in bots else reason for n, reason in unlinked.items()}
    counted = set(roots)
    shown = [
        (case, request, evidence) for request, cases in found.items() for case, evidence in cases if case in counted
    ]
    joined = LinksPart(
        change_requests=len(requests),
        linked=len(found),
        items_with_change_request=len({case for case, _, _ in shown}),
        evidence=dict(Counter(cases[0][1] for cases in found.values())),
        unlinked=dict(Counter(reasons.values())),
    )
    doubts = (*_nested(log.items, roots), *_unlinked(log.items, reasons))
    return Cases(tuple(roots), _frame([*own, *shown]), requests, joined, doubts)


def _roots(stream: Stream, items: Items, numbers: list[int]) -> list[int]:
    if not stream.item_types:
        return numbers
    types = items.frame["type"].gather(numbers)
    return pl.Series(numbers, dtype=pl.Int64).filter(types.is_in(stream.item_types)).to_list()


def _change_requests(log: Log) -> dict[int, str]:
    opened = log.events.filter(pl.col("kind") == EventKind.OPENED)["item"].unique().sort()
    places = log.items.frame[opened].select(pl.concat_str("source", "scope", separator=" ")).to_series()
    return dict(zip(opened, places, strict=True))


def _join(
    items: Items,
    requests: dict[int, str],
    tracked: set[int],
    links: Sequence[Link],
) -> tuple[dict[int, list[tuple[int, str]]], dict[int, str]]:
    """Change request -> [(case, evidence)], and why the others have none."""
    order = sorted(tracked)
    numbers = {name: order[n] for name, n in items.chosen(order).called.items()}
    projects = {name.rpartition("-")[0] for name in numbers}
    named: dict[tuple[str, str], list[Link]] = defaultdict(list)
    for link in links:
        if link.kind == LINKS:
            named[link.source, link.item].append(link)
    found: dict[int, list[tuple[int, str]]] = {}
    reasons: dict[int, str] = {}
    for request in requests:
        mentions = named.get(items.places[request], ())
        known = {link.other: link.evidence for link in sorted(mentions, key=_weakest_first) if link.other in numbers}
        best = min((STRENGTH[e] for e in known.values()), default=0)
        if known:
            found[request] = sorted({(numbers[k], e) for k, e in known.items() if STRENGTH[e] == best})
        else:
            ours = any(link.other.rpartition("-")[0] in projects for link in mentions)
            reasons[request] = NOT_COLLECTED if ours else NAMES_NONE
    return found, reasons


def _weakest_first(link: Link) -> tuple[int, str]:
    return -STRENGTH[link.evidence], link.evidence


def _frame(rows: Sequence[tuple[int, int, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(rows, {"case": pl.Int64, "item": pl.Int64, "evidence": pl.String}, orient="row")


def _unlinked(items: Items, reasons: dict[int, str]) -> list[Doubt]:
    if not reasons:
        return []
    why = ", ".join(f"{count} {reason}" for reason, count in Counter(reasons.values()).most_common())
    return [
        Doubt(
            kind="unlinked change request",
            detail=f"{len(reasons)} change requests could not be joined with an item: {why}",
            items=tuple(items.names[n] for n in reasons),
            touches=("queues", "loops", "value_added_ratio"),
        )
    ]


def _nested(items: Items, roots: Sequence[int]) -> list[Doubt]:
    """An item and its parent in one stream count the same time twice."""
    chosen = items.chosen(roots).frame
    parents = chosen["parent"].filter(chosen["parent"].is_in(chosen["name"].implode())).unique().sort().to_list()
    if not parents:
        return []
    return [
        Doubt(
            kind="nested items",
            detail="these contain other items of the stream, so time counts twice; choose item_types",
            items=tuple(parents),
            touches=("lead_time", "wip", "wastes"),
        )
    ]
