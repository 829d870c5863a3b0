"""What a gate decides on, as a page, as a message and on a terminal."""

import json
import re
from typing import Any

import pytest
from rich.console import Console

from bot.app.analysis import documented
from bot.app.goals import post_pack
from bot.app.wiring import Wanted
from bot.config import Config, ConfiguredStream
from bot.digest.blocks import blocks
from bot.digest.pack import compose_pack
from bot.errors import UsageError
from bot.flow.analyse import read
from bot.flow.reconstruct import reconstruct
from bot.govern.document import pack_of
from bot.govern.gates import GateContext, Pack, Recorded
from bot.govern.key_results import KeyResult, Reading, key_results
from bot.govern.plan import PlanItem, courses
from bot.report.gate_page import gate_page
from bot.report.gate_text import pack_text
from bot.run_settings import StoreConfig
from tests.build import STREAM, at, issue, records, window

EVIL = "<!channel> <script>alert(1)</script> *x* <http://evil|y>"
RESULT = {"objective": "o", "baseline": 14.0, "target": 4.0, "quarter": "2026-Q1", "metric": "lead_time.p50"}
FOUND = records(*(issue(f"PAY-{n}", ("Open", n), ("In Review", n + 2), ("Done", n + 8)) for n in range(40)))


def pack(
    name: str = "Quarter", day: float = 60, recorded: tuple[Recorded, ...] = (), weeks: int | None = None, **plan: Any
) -> Pack:
    """Of a stream whose gate, key result and change have this name."""
    change = {"name": name, "waste": "waiting", "owner": name, "due": "2026-03-20"}
    goals = {"key_results": [{**RESULT, "name": name}], "gates": [{"name": name, "every": "quarter"}]}
    stream = ConfiguredStream.model_validate({**STREAM.model_dump(), **goals, "plan": [change]})
    seen = reconstruct(stream, FOUND, window(end=day))
    readings = [Reading(at=at(7 * n), value=14.0 - n) for n in range(1, 1 + (int(day / 7) if weeks is None else weeks))]
    results = [KeyResult.model_validate({**RESULT, "name": name})]
    parts = key_results(results, {name: readings}, at(day))
    context = GateContext(recorded={(name, "2026-03-31"): recorded})
    _, found = documented(stream, seen, read(seen), parts, context, courses([PlanItem.model_validate(change)], ()))
    return pack_of(found, found.gates[0])


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.split("<body>")[1]).replace("\u00a0", " ").split())


def test_the_page_says_what_the_gate_decides_on() -> None:
    """Verdict, odds, figures, the plan and the largest waste, as the JSON has them."""
    found = pack()
    told = words(gate_page(found))

    assert f"{found.gate.verdict.capitalize()} is what the thresholds say" in told
    assert f"{found.key_results[0].probability:.0%}".replace("%", " %") in told
    assert f"{found.items.arrived} items delivered in" in told
    assert found.gate.removable is not None
    assert f"Largest waste to remove: {found.gate.removable.waste} in" in told
    assert "planned, due in 14 days; Quarter, against waiting, due 2026-03-20." in told
    assert "Mar 2026 (in 25 days), as known on 6 Mar 2026" in told


def shown(found: Pack) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(pack_text(found))
    return " ".join(captured.get().replace("\u00a0", " ").split())


def test_wherever_it_is_told_as_many_were_delivered() -> None:
    """Those of which nobody knows when they began among them, as in the digest and in the throughput."""
    found = pack()
    imported = found.model_copy(update={"items": found.items.model_copy(update={"arrived": 123, "delivered": 45})})
    message = json.dumps(blocks(compose_pack(imported)))

    for told in (words(gate_page(imported)), message, shown(imported)):
        assert "123 items delivered in" in told


def test_nothing_that_people_write_is_more_than_text() -> None:
    """Neither on the page, nor in the message."""
    found = pack(EVIL)
    page, message = gate_page(found), json.dumps(blocks(compose_pack(found)))

    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert '"mrkdwn"' not in message
    assert '"link"' not in message


def test_the_page_asks_nobody_for_anything() -> None:
    """No address, no script; the policy forbids what is not there."""
    page = gate_page(pack())

    assert "default-src 'none'" in page
    assert not re.search(r"<script|https?://|@import|url\(", page)


def test_where_nobody_would_read_it_nothing_is_analysed() -> None:
    """The stream has no digest, so no channel; it is said before the store is opened."""
    config = Config(store=StoreConfig(url="nonsense"), streams=(ConfiguredStream.model_validate(STREAM.model_dump()),))

    with pytest.raises(UsageError, match=r'"Payments"; add a \[\[digests\]\] table, or use --html'):
        post_pack(config, Wanted(), None)


@pytest.mark.parametrize(("day", "when"), [(60, "In 25 days"), (85, "Today"), (92, "7 days ago")])
def test_the_message_says_how_far_away_the_gate_is(day: float, when: str) -> None:
    """Seen as of a day; the quarter ends on March 31."""
    assert compose_pack(pack(day=day)).subtitle.startswith(when)


def test_what_was_decided_is_told_and_a_record_that_was_changed_is_marked() -> None:
    """Wherever it is told."""
    kept = Recorded(number=1, at=at(59), decision="pivot", verdict="pivot", reason="no", hash="h", intact=False)
    found = pack(recorded=(kept,))

    for told in (words(gate_page(found)), json.dumps(blocks(compose_pack(found))), shown(found)):
        assert "pivot, because no. THIS RECORD IS NOT AS IT WAS" in told


def test_a_key_result_without_a_value_has_no_curve() -> None:
    """The page says why there is no verdict."""
    told = gate_page(pack(weeks=0))

    assert "<polyline" not in told
    assert "0 of the 4 weekly values that it takes" in words(told)
