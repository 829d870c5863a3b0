"""A waste: the rule that booked it, and every item in it."""

from collections.abc import Sequence

import polars as pl

from bot.flow.analyse import stamped_approvals
from bot.flow.explain.names import waste_of
from bot.flow.findings.analysis import Analysis
from bot.flow.findings.explained import WasteExplanation, WasteItem, WastePlace
from bot.flow.findings.wastes import Account
from bot.flow.model import Waste
from bot.flow.reconstruct import Reconstruction
from bot.flow.timeline.spans import item_days
from bot.flow.wastes.ledger import booked
from connectors.records import Item

RULES = {
    Waste.OVERPRODUCTION: "the whole life of an item that was dropped after it was worked on or had a change request",
    Waste.DEFECTS: "what was done again: rework, review rounds, reopenings, reverts and escaped defects",
    Waste.MOTION: "what was put aside for something else, and claimed work while who works on it was on another item",
    Waste.OVER_PROCESSING: "waiting and reviews at an approval that does not change outcomes and that no duty asks for",
    Waste.TRANSPORT: "waiting in a buffer between two who work on it",
    Waste.INVENTORY: "the backlog, states that no stage claims, and time claimed as work while nobody worked",
    Waste.WAITING: "all waits that no other waste explains: approvals, queues, checks, merges, deployments and blocks",
}
"""What the rules of the ledger come to in a sentence each; an instant that several fit is in the first of them."""


def explain_waste(found: Reconstruction, analysis: Analysis, name: str) -> WasteExplanation:
    """Raises KeyError with a sentence where no waste is called so. One without items cost nothing."""
    waste, ledger = waste_of(name), analysis.ledger
    stamped = stamped_approvals(found.stream, analysis.queues)
    every = booked(found.stream, found.timeline, found.log.items, found.cases.requested, stamped, found.window)
    spans = every.filter(account=waste.value)
    part = next((part for part in analysis.wastes if part.waste == waste), None)
    items = _items(found, spans)
    cost = sum(item.cost for item in items)
    return WasteExplanation(
        stream=found.stream.name,
        window=found.window,
        waste=waste,
        rule=RULES[waste],
        cost=cost,
        share=cost / ledger.total if ledger.total else None,
        cost_per_week=cost / ledger.weeks,
        low=part.low if part else None,
        high=part.high if part else None,
        grade=part.grade if part else None,
        account=ledger.accounts.get(waste.value, Account(low=0.0, mid=0.0, high=0.0)),
        places=_places(spans),
        items=items,
    )


def _places(spans: pl.DataFrame) -> tuple[WastePlace, ...]:
    by_place = spans.group_by("place").agg(item_days(), pl.col("case").n_unique())
    return tuple(
        WastePlace(place=place, cost=cost, items=items)
        for place, cost, items in by_place.sort(["days", "place"], descending=[True, False]).iter_rows()
    )


def _items(found: Reconstruction, spans: pl.DataFrame) -> tuple[WasteItem, ...]:
    lost = spans.group_by("case", "place").agg(item_days())
    by_case: dict[int, list[WastePlace]] = {}
    for case, place, cost in lost.sort(["days", "place"], descending=[True, False]).iter_rows():
        by_case.setdefault(case, []).append(WastePlace(place=place, cost=cost, items=1))
    told = (_item(found.log.items[case], places) for case, places in by_case.items())
    return tuple(sorted(told, key=lambda item: (-item.cost, item.item)))


def _item(item: Item, places: Sequence[WastePlace]) -> WasteItem:
    cost = sum(place.cost for place in places)
    return WasteItem(item=item.name, title=item.title, url=item.url, cost=cost, places=tuple(places))
