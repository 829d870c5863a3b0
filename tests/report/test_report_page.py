"""The report: the figures of the analysis, each with its items, on one page that asks nobody for anything."""

import base64
import hashlib
import json
import re
import zlib
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from bot.flow.findings.measures import Doubt
from bot.govern.gates import GatePart, Recorded
from bot.report.page import render
from bot.report.page.render import report_page
from bot.words import amount
from tests.build import at, clock, issue, records
from tests.report.pages import BACK, MOVES, moved, report, rows, section, some, words

EVIL = '<script>alert(1)</script><img src=x onerror=alert(2)>"\u202e\x00'


def in_days(told: str) -> float:
    return float(told.removesuffix(" d").removeprefix("<"))


def row(markup: str, name: str) -> list[str]:
    return next(cells for cells in rows(markup) if cells and cells[0] == name)


def test_every_total_on_the_page_is_that_of_the_analysis() -> None:
    """The ladder sums to the mean lead time, the ledger to all item-days, stages to what is under way."""
    found = report(some())
    page, document = report_page(found), found.document
    stages, ledger = document.stages, document.ledger
    *parts, whole = [cells[2:5] for cells in rows(section(page, "map")) if cells]

    for place, total in enumerate((sum(p.process_time or 0 for p in stages), sum(p.wait_time or 0 for p in stages))):
        assert in_days(whole[place]) == pytest.approx(total, abs=0.1)
        assert sum(in_days(cells[place]) for cells in parts) == pytest.approx(in_days(whole[place]))
    assert in_days(whole[0]) + in_days(whole[1]) == pytest.approx(document.lead_time.mean, abs=0.1)
    assert whole[2] == str(document.wip) == str(sum(int(cells[2]) for cells in parts))
    assert f"{amount(ledger.total)} item-days" in words(section(page, "wastes"))
    booked = [cells for cells in rows(section(page, "wastes").partition("<details>")[0]) if cells]
    assert row(section(page, "wastes"), "all item-days")[1] == f"{ledger.total / ledger.weeks:.1f}"
    summed = sum(float(cells[1]) for cells in booked[:-1])
    assert summed == pytest.approx(float(booked[-1][1]))
    assert f"{document.items.arrived} items delivered" in words(section(page, "throughput"))
    assert f"{document.wip} items under way" in words(section(page, "aging"))


def test_the_items_behind_a_figure_sum_to_it() -> None:
    """Of every queue, loop and waste."""
    found = report(some())
    page = report_page(found)

    for name in ("wastes", "queues", "loops"):
        folded = re.findall(r"<details>.*?</details>", section(page, name), re.DOTALL)
        assert folded
    for n, queue in enumerate(found.document.queues):
        behind = re.search(rf'<div id="queue-{n}">.*?</details>', page, re.DOTALL)
        assert behind
        costs = [float(cells[-1]) for cells in rows(behind[0]) if cells]
        assert sum(costs) == pytest.approx(queue.cost, abs=0.05 * len(costs) + 0.1)
        assert row(section(page, "queues"), queue.stage)[6] == amount(queue.cost)


def test_every_link_inside_the_page_leads_somewhere() -> None:
    page = report_page(report(some()))
    anchors = set(re.findall(r'id="([^"]+)"', page))
    links = set(re.findall(r'href="#([^"]+)"', page))

    assert len(links) > 20
    assert links <= anchors


def test_the_meeting_is_answered_in_its_order() -> None:
    """What moved, what is stuck, what to decide, what will be late, whether it gets better; then everything else."""
    found = report(some())
    page = report_page(found)
    places = [page.index(f'<section id="{name}"') for name in ("moved", "stuck", "decide", "late", "better", "map")]

    assert places == sorted(places)
    assert {one.item for one in found.stuck} <= set(re.findall(r"PAY-\d+", section(page, "stuck")))
    assert found.stuck
    waiting = sum(queue.waiting for queue in found.document.queues)
    assert f"Review: {waiting} items wait for an approval" in words(section(page, "decide"))
    for move in found.moves:
        assert move.item in section(page, "moved")


def test_what_is_likely_to_take_longer_than_most_is_late() -> None:
    found = report(some())
    most = found.document.lead_time.p85
    assert most is not None
    late = {one.item for one in found.document.forecast.open_items if one.age + (one.p50 or 0.0) > most}

    assert late
    assert {cells[0] for cells in rows(section(report_page(found), "late")) if cells} == late


def test_what_people_wrote_is_escaped() -> None:
    """Titles, states and doubts do nothing and turn nothing around."""
    found = report(records(*([moved(f"PAY-{n}", n, MOVES) for n in range(9)])))
    hostile = found.items.with_columns(title=found.items["title"] + EVIL, url=found.items["url"] + '"><script>')
    document = found.document.model_copy(update={"doubts": (Doubt(kind=EVIL, detail=EVIL, items=(EVIL,)),)})
    page = report_page(replace(found, items=hostile, document=document))

    assert page.count("<script") == 1
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "\u202e" not in section(page, "items")
    assert "http" not in section(page, "items")


def test_only_the_page_s_own_style_and_script_may_do_anything() -> None:
    """The policy names what stands in the page by its hash, and nothing else; no address stands in it."""
    page = report_page(report(some()))
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    allowed = policy[1].replace("&#39;", "'")

    for tag in ("style", "script"):
        content = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert content
        digest = base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in allowed
    assert allowed.startswith("default-src 'none'")
    assert not re.search(r'(src=|@import|url\(|style=")', page.replace("https://jira", ""))


def test_items_that_have_no_room_are_packed_with_their_timelines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost: what is not listed is in the pack, and sums to its days."""
    found = report(some(40))
    monkeypatch.setattr(render, "LISTED", (10,))
    page = report_page(found)
    pack = re.search(r'id="packed">([^<]*)<', page)
    assert pack
    told = json.loads(zlib.decompress(base64.b64decode(pack[1]), -zlib.MAX_WBITS))

    listed = re.findall(r'<tr id="i(\d+)">', page)
    assert len(listed) == 10
    assert {int(n) for n in listed} | {one[0] for one in told["rows"]} == set(found.listed["case"])
    assert f"{len(told['rows'])} more are packed" in page
    days = dict(found.items.select("case", "days").iter_rows())
    for one in told["rows"]:
        assert sum(one[11][2::3]) / 1440 == pytest.approx(days[one[0]], abs=0.01)
        assert len(told["stages"]) > max(one[11][0::3])


def test_a_packed_timeline_begins_with_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nobody knows when the item itself began."""
    places = ["Open", "In Progress", "In Review"]
    items = [issue(f"OLD-{n}", ("Open", clock(8, 9, 0, n)), (places[n % 3], clock(8, 9, 1, n))) for n in range(48)]
    found = report(records(*items))
    monkeypatch.setattr(render, "LISTED", (0,))
    pack = re.search(r'id="packed">([^<]*)<', report_page(found))
    assert pack
    told = json.loads(zlib.decompress(base64.b64decode(pack[1]), -zlib.MAX_WBITS))["rows"]

    assert len(told) == 48
    assert [one[5] for one in told] == [None] * 48
    assert {one[10] for one in told} == {int(at(clock(8, 9, 1)).timestamp() // 60)}


def test_what_does_not_fit_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page stays small, and says how many items it leaves out."""
    monkeypatch.setattr(render, "LISTED", (10,))
    monkeypatch.setattr(render, "MOST_BYTES", 0)

    assert "further items are too many for one page" in report_page(report(some(40)))


def test_a_stream_without_anything_delivered_has_a_page_too() -> None:
    """And one item, or none under way."""
    begun = report_page(report(records(moved("PAY-1", 8, MOVES[:2]))))
    ended = report_page(report(records(moved("PAY-1", 8, MOVES))))

    assert "1 item under way" in words(begun)
    assert "Too few items were delivered to say what is late" in words(begun)
    assert "0 items under way" in words(ended)
    assert "1 item delivered" in words(ended)


def test_the_shares_of_the_ledger_sum_to_the_whole() -> None:
    """As they are printed, each as near as can be."""
    found = report(some())
    *booked, _ = [cells for cells in rows(section(report_page(found), "wastes").partition("<details>")[0]) if cells]
    told = {cells[0]: float(cells[3].removesuffix(" %")) for cells in booked}

    assert sum(told.values()) == pytest.approx(100)
    for part in found.document.wastes:
        assert told[part.waste] == pytest.approx(100 * part.share, abs=0.1)


def test_what_moved_is_what_moved_in_the_last_week() -> None:
    found = report(some())
    assert found.document.window.end - found.since == timedelta(weeks=1)


def test_a_week_ago_is_the_same_hour_where_the_clocks_were_changed_since() -> None:
    """Summer time began on Sunday 29 March 2026; the week before began on Monday all the same."""
    found = report(some(), end=84 - 2 / 24, zone="Europe/Berlin")

    assert "since 23 Mar 2026" in words(section(report_page(found), "moved"))


def test_a_loop_tells_its_returns_apart_from_earlier_ones_that_still_cost() -> None:
    """So the number in the table is the number behind it."""
    log = records(*(moved(f"PAY-{n}", n, BACK) for n in range(12)))
    found = report(log, start=10)
    (loop,) = found.document.loops
    told = words(section(report_page(found), "loops"))

    earlier = sum(one.at < found.document.window.start for one in found.loops[0].returns)
    assert earlier
    assert f"{found.loops[0].name}: {loop.count} returns, and {earlier} of before that still cost" in told
    assert f"{loop.count} returns in these weeks" in told


def test_what_has_not_begun_has_no_end_and_no_days() -> None:
    """It stands behind what was delivered, and nothing of it is told as 0 days or as ended."""
    found = report(records(moved("PAY-1", 8, MOVES), moved("PAY-2", 9, MOVES[:1])), trigger="Build")
    told = [cells for cells in rows(section(report_page(found), "items")) if cells]

    assert [cells[0] for cells in told] == ["PAY-1", "PAY-2"]
    assert told[1][2:8] == ["not started", "–", "–", "–", "–", "0"]


def test_a_gate_waits_for_a_decision_until_one_is_recorded() -> None:
    """Before its day and for three weeks after it."""
    found = report(some())
    names = {"Soon": 20, "Just past": -20, "Long past": -22, "Far": 29, "Decided": 3}
    record = Recorded(number=1, at=found.since, decision="stop", verdict="stop", reason="", hash="", intact=True)
    known = [_gate(name, left, (record,) if name == "Decided" else ()) for name, left in names.items()]
    document = found.document.model_copy(update={"gates": tuple(known), "queues": ()})
    told = words(section(report_page(replace(found, document=document, queues=())), "decide"))

    assert "2 gates are to be decided" in told
    assert "Soon: in 20 days" in told
    assert "Just past: 20 days ago" in told


def _gate(name: str, left: int, recorded: tuple[Recorded, ...]) -> GatePart:
    return GatePart(
        name=name,
        day=date(2026, 3, 31),
        days_left=left,
        continue_at=0.6,
        stop_below=0.2,
        since=None,
        verdict="pivot",
        reason="so it is",
        key_results=(),
        removable=None,
        recorded=recorded,
    )


def test_the_timeline_of_a_packed_item_begins_where_it_is_first_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nobody knows when the item began."""
    found = report(some(40))
    unknown = found.items.with_columns(start=pl.lit(None, found.items["start"].dtype))
    monkeypatch.setattr(render, "LISTED", (0,))
    pack = re.search(r'id="packed">([^<]*)<', report_page(replace(found, items=unknown)))
    assert pack
    told = json.loads(zlib.decompress(base64.b64decode(pack[1]), -zlib.MAX_WBITS))["rows"]

    first = dict(found.spans.group_by("case").agg(pl.col("start").min()).iter_rows())
    assert told
    assert all(one[10] == first[one[0]].timestamp() // 60 for one in told)
    assert {(one[5], one[7]) for one in told} == {(None, None)}
