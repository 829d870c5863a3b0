"""Findings and the items behind them as tables."""

import polars as pl
import pytest
from hypothesis import given, settings

from bot.demo.truth.world import Movers
from bot.flow.analyse import read
from bot.flow.explain.loop import explain_loop
from bot.flow.explain.queue import explain_queue
from bot.flow.explain.waste import explain_waste
from bot.flow.finding_tables import finding_tables
from bot.flow.history.log import Records
from bot.flow.reconstruct import Reconstruction, reconstruct
from tests.build import STREAM, window
from tests.demo.truth import GATED, noisy
from tests.flow.test_analyse import logs


def sums(found: Reconstruction) -> None:
    """Of the items of each finding."""
    analysis = read(found)
    findings, items = finding_tables(found, analysis)
    added = items.group_by("finding").agg(pl.col("cost").sum(), pl.len())
    both = findings.join(added, on="finding", how="left").sort("finding")

    assert both["cost_right"].fill_null(0.0).to_list() == pytest.approx(both["cost"].to_list())
    assert both["len"].fill_null(0).to_list() == findings["items"].to_list()
    assert len(findings) == len(analysis.queues) + len(analysis.loops) + len(analysis.wastes)
    assert len(items) == findings["items"].sum()


@settings(max_examples=20)
@given(logs())
def test_the_costs_of_items_sum_to_that_of_their_finding(found: Records) -> None:
    """Whatever happened; every finding has its items, and no item is of no finding."""
    sums(reconstruct(STREAM, found, window(3, 20)))


def test_tables_say_what_explaining_a_finding_says() -> None:
    """The same items at the same costs, of a noisy team."""
    world = noisy(1, Movers.MIXED, GATED)
    found = reconstruct(world.told, world.records, world.window)
    analysis = read(found)
    sums(found)

    findings, items = finding_tables(found, analysis)
    queue, loop, waste = analysis.queues[0], analysis.loops[0], analysis.wastes[0]
    told = explain_loop(found, analysis, f"{loop.origin} back to {loop.back_to}").loops[0]
    waits, wastes = explain_queue(found, analysis, queue.stage), explain_waste(found, analysis, waste.waste)
    assert items.filter(name=queue.stage)["cost"].sum() == pytest.approx(sum(v.cost for v in waits.visits))
    assert set(items.filter(name=queue.stage)["item"]) == {visit.item for visit in waits.visits}
    assert items.filter(name=told.name, what=loop.kind)["cost"].sum() == pytest.approx(loop.cost)
    rows = items.filter(kind="waste", name=waste.waste).select("item", "cost").rows()
    assert dict(rows) == pytest.approx({item.item: item.cost for item in wastes.items})
    assert findings.filter(kind="waste")["cost_per_week"].to_list() == pytest.approx(
        [part.cost_per_week for part in analysis.wastes]
    )
