"""The weekly message: what it says, and that no title can do harm in it."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from rich.console import Console

from bot.digest.blocks import blocks
from bot.digest.compose import Digest, compose
from bot.digest.text import text
from bot.flow.analyse import analyse
from bot.flow.history.log import Records
from bot.govern.document import Document
from bot.govern.key_results import KeyResult, Reading, key_results
from connectors.records import EventKind, Item, Person
from tests.build import JIRA, STREAM, at, change, issue, records, window
from tests.flow.test_sprints import planned, sprint

EVIL = "<!channel> &lt;script&gt; *bold* <https://evil.example|x> @here " + "x" * 900


def digest(found: Records, *results: KeyResult, end: float = 28, values: Sequence[float] = ()) -> Digest:
    """Of each key result as many weekly values as are given, the last at the end."""
    analysis = analyse(STREAM, found, window(end=end))
    readings = [Reading(at=at(end - 7 * n), value=value) for n, value in enumerate(reversed(values))]
    parts = key_results(results, {result.name: readings for result in results}, at(end))
    return compose(Document(**analysis.model_dump(by_alias=True), key_results=parts, plan=()))


def sections(found: Digest) -> dict[str, list[str]]:
    return {
        s.title: [f"{line.label}{line.strong}{line.text}".replace("\u00a0", " ") for line in s.lines]
        for s in found.sections
    }


WAITING = records(
    *(issue(f"PAY-{n}", ("Open", 0), ("In Review", 2), ("Done", 4)) for n in range(8)),
    issue("PAY-9", ("Open", 0), ("In Review", 8)),
    change("PAY-9", EventKind.ASSIGNED, 8, "u1"),
    [Person(JIRA, "u1", "Product lead")],
)


def test_it_says_what_was_delivered_where_time_went_and_what_is_stuck() -> None:
    """With who can free it, and how long others wait."""
    found = digest(WAITING)

    assert found.headline.startswith(
        "8 items delivered, half within 4.0\u00a0d and 85\u00a0% within 4.0\u00a0d; 1 under way."
    )
    assert sections(found)["Where the time went"] == [
        "Waiting: 9.0 item-days a week, 60 % of all time. Most of it: Review 100 %.",
        "Lying in the backlog: 6.0 item-days a week, 40 % of all time. Most of it: Backlog 100 %.",
    ]
    assert sections(found)["Stuck, and who can free it"] == [
        "PAY-9 Title of PAY-9: in Review for 20 d, 85 % wait less than 2.0 d; Product lead can free it."
    ]


def test_it_says_what_the_last_sprint_left_over() -> None:
    """Of those that ended in these weeks."""
    sprints = [r for n, day in enumerate((3, 10, 24)) for r in sprint(n, day, day + 6 if n < 2 else None)]
    taken = [planned(f"PAY-{n}", 1, 9) for n in (1, 2)]
    items = issue("PAY-1", ("Open", 0), ("Done", 12)), issue("PAY-2", ("Open", 0), ("In Progress", 9))

    assert sections(digest(records(sprints, *taken, *items)))["Sprints and signals"] == [
        "S1: 1 of 2 items that were committed are done, 0 came in between; 1 is left over."
    ]


def test_news_come_before_what_has_been_stuck_for_long() -> None:
    """The oldest are counted, with how old they are."""
    old = [issue(f"PAY-{n}", ("In Review", n)) for n in range(3)]
    new = [issue(f"PAY-{n}", ("In Review", 150 + n)) for n in range(10, 14)]
    lines = sections(digest(records(*old, *new), end=180))["Stuck, and who can free it"]

    assert [line[:6].strip() for line in lines[:5]] == ["PAY-10", "PAY-11", "PAY-12", "PAY-13", "PAY-0"]
    assert lines[5:] == ["2 more items are stuck, for up to 179 d."]


def test_what_waits_no_longer_than_usual_is_not_stuck() -> None:
    """Nor is the backlog."""
    assert "Stuck, and who can free it" not in sections(digest(WAITING, end=9))


WAY = "from 6.0 d to 2.0 d; 36 % of 2026-Q1 is gone; "
FEW = "(2 of the 4 weekly values that it takes)"


def a_result(baseline: float = 6, target: float = 2, quarter: str = "2026-Q1") -> KeyResult:
    return KeyResult(objective="o", name="K", metric="lead_time.p85", baseline=baseline, target=target, quarter=quarter)


def test_a_key_result_says_how_far_it_has_come() -> None:
    """In its own unit, with its odds and what they come to."""
    found = digest(WAITING, a_result(), values=[6.5, 5.9, 5.2, 4.6, 4])

    assert sections(found)["Key results, over these weeks"] == [
        "K: now 4.0 d, 50 % of the way from 6.0 d to 2.0 d; 36 % of 2026-Q1 is gone; odds 88 %: continue."
    ]


@pytest.mark.parametrize(
    ("result", "values", "expected"),
    [
        (
            a_result(target=4.5),
            [4, 4, 4, 4, 4],
            "K: at its target. Now 4.0 d, the target is 4.5 d; odds 71 %: continue.",
        ),
        (a_result(quarter="2026-Q2"), [4], "K: 2026-Q2 has not begun."),
        (a_result(), [7, 7], f"K: now 7.0 d, no step nearer {WAY}too early to tell {FEW}."),
        (a_result(), [], "K: lead_time.p85 has no value in these weeks."),
    ],
)
def test_a_key_result_says_when_it_is_reached_and_how_its_time_stands(
    result: KeyResult, values: list[float], expected: str
) -> None:
    """Also where things move away from the target, or where there is too little to tell."""
    assert sections(digest(WAITING, result, values=values))["Key results, over these weeks"] == [expected]


def test_nothing_delivered_is_said_plainly() -> None:
    """Without quantiles of nothing."""
    assert digest(records(issue("PAY-1", ("Open", 0)))).headline == "Nothing was delivered; 1 item under way."


def evil() -> Digest:
    item, *rest = issue("PAY-1", ("In Review", 0))
    assert isinstance(item, Item)
    named = Item(JIRA, item.scope, item.key, "issue", EVIL[:60], EVIL, "https://jira/1", item.created_at)
    return digest(records([named], rest, *(issue(f"PAY-{n}", ("In Review", 0), ("Done", 1)) for n in range(2, 9))))


def test_a_title_can_neither_ping_nor_link() -> None:
    """Everything that people wrote stands in rich text, where it is only text."""
    message = blocks(evil(), None, "alt")

    assert json.dumps(message).count("<!channel>") > 0
    assert not [node for node in walk(message) if node.get("type") == "mrkdwn"]
    links = [node["url"] for node in walk(message) if node.get("type") == "link"]
    assert links == ["https://jira/1"]


def walk(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for part in node for found in walk(part)]
    return [node, *(found for part in node.values() for found in walk(part))] if isinstance(node, dict) else []


def test_it_stays_within_the_limits_of_slack() -> None:
    """50 blocks, 150 characters in a header, 9,000 in all."""
    message = blocks(evil(), "F1", "alt")

    assert len(message) <= 50
    assert len(message[0]["text"]["text"]) <= 150
    assert sum(len(node.get("text", "")) for node in walk(message) if isinstance(node.get("text"), str)) < 9000


def test_the_picture_stands_where_there_is_one() -> None:
    """And is left out where there is none."""
    assert [b["type"] for b in blocks(digest(WAITING), "F1", "alt")].count("image") == 1
    assert [b["type"] for b in blocks(digest(WAITING), None, "alt")].count("image") == 0


@pytest.mark.parametrize("width", [60, 120])
def test_it_reads_on_a_terminal(width: int) -> None:
    """The same words."""
    console = Console(width=width, record=True, file=None, force_terminal=False, quiet=False)
    with console.capture() as captured:
        console.print(text(digest(WAITING)))

    assert "Product lead can free it" in " ".join(captured.get().split())


def stories(after: float) -> Records:
    """An item a day for a year; the last quarter waits so many days for its review."""
    days = [(n, n + 1.0, n + 1 + (after if n >= 270 else 4.0) * (0.5 + n % 5 / 4)) for n in range(364)]
    return records(
        *(
            issue(f"PAY-{n}", *[m for m in (("Open", n), ("In Review", asked), ("Done", done)) if m[1] < 364])
            for n, asked, done in days
        )
    )


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (1.5, "Lead time, last 13 weeks: half within 2.5 d, before 5.0 d: better, by more than chance explains."),
        (4.0, "Lead time, last 13 weeks: half within 5.0 d, before 5.0 d: no different, as far as can be told."),
    ],
)
def test_it_says_whether_things_got_better_only_where_that_is_more_than_chance(after: float, expected: str) -> None:
    """And what it was before."""
    analysis = analyse(STREAM, stories(after), window(273, 364))
    found = sections(compose(Document(**analysis.model_dump(by_alias=True), key_results=(), plan=())))

    assert found["Better or worse than before"][0] == expected
    assert found["Better or worse than before"][1].endswith("no different, as far as can be told.")


def test_too_little_to_compare_is_passed_over() -> None:
    """In a young stream nothing is said of before."""
    assert "Better or worse than before" not in sections(digest(WAITING))
