"""Block Kit: the limits of Slack, and that nobody's words can do harm."""

import json
from typing import Any

import pytest

from bot.digest.blocks import BUDGET, Shown, answer_blocks, blocks, fallback, full, reply_blocks
from bot.digest.digest import Choice, Digest, Reply
from bot.digest.fitting import fitted
from bot.digest.lines import Line, Link, Member, Section, Strong, line, title_of
from bot.words import shortened, tame
from connectors.records import Item
from tests.build import JIRA, issue, records
from tests.digest.said import WAITING, digest

EVIL = "<!channel> &lt;script&gt; *bold* <https://evil.example|x> @here " + "x" * 900


def evil() -> Digest:
    item, *rest = issue("PAY-1", ("In Review", 0))
    assert isinstance(item, Item)
    named = Item(JIRA, item.scope, item.key, "issue", EVIL[:60], EVIL, "https://jira/1", item.created_at)
    return digest(records([named], rest, *(issue(f"PAY-{n}", ("In Review", 0), ("Done", 1)) for n in range(2, 9))))


def walk(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for part in node for found in walk(part)]
    return [node, *(found for part in node.values() for found in walk(part))] if isinstance(node, dict) else []


def length(message: list[dict[str, Any]]) -> int:
    return sum(len(node.get("text", "")) for node in walk(message) if isinstance(node.get("text"), str))


def test_a_title_can_neither_ping_nor_link() -> None:
    """Everything that people wrote stands in rich text, where it is only text; the fallback is escaped."""
    message = blocks(evil())

    assert json.dumps(message).count("<!channel>") > 0
    assert not [node for node in walk(message) if node.get("type") in ("mrkdwn", "user", "broadcast")]
    assert {node["url"] for node in walk(message) if node.get("type") == "link"} == {"https://jira/1"}
    assert "<" not in fallback(evil().text)
    assert "&lt;!channel&gt;" in fallback(evil().text)


@pytest.mark.parametrize("number", [1, 200])
def test_it_stays_within_the_limits_of_slack(number: int) -> None:
    """50 blocks, 150 characters in a header, 9,000 in all; what does not fit is counted."""
    lines = tuple(line(Strong(f"{n}:"), " word" * 60) for n in range(number))
    found = Digest(
        "t" * 200, "s" * 9000, ("h",), (Section("a", lines), Section("b", lines)), "f", (Reply("r", "R", ()),)
    )

    for message in (blocks(found, Shown("F1", "alt " * 900)), reply_blocks(Reply("r", "R", found.sections))):
        assert len(message) <= 50
        assert len(message[0]["text"]["text"]) <= 150
        assert length(message) <= BUDGET
    assert ("and 1" in json.dumps(message)) is (number == 200)


def test_what_does_not_fit_is_left_out_by_whole_lines_and_counted() -> None:
    """The longest section first; each keeps a line as long as that fits."""
    long = tuple(line(f"{n} " + "word " * 19) for n in range(10))
    first, second = fitted([Section("a", long), Section("b", (line("short"),))], 400)

    assert [one.plain for one in second.lines] == ["short"]
    assert first.lines[-1].plain == f"and {10 - len(first.lines) + 1} more."
    assert all(one.plain in {kept.plain for kept in long} for one in first.lines[:-1])


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two…"),
        ("onetwothreefour", 8, "onetwot…"),
        ("👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 12, "👩‍👩‍👧👩‍👩‍👧…"),
    ],
)
def test_a_text_is_cut_between_words_and_never_within_a_character(text: str, length: int, expected: str) -> None:
    """A family is one character of five."""
    assert shortened(text, length) == expected


def test_what_turns_the_line_around_is_kept_apart() -> None:
    """Right-to-left text is isolated, overrides are dropped, and lines stay lines."""
    assert tame("a\nb\u202eevil") == "a bevil"
    assert tame("תשלום PAY") == "\u2068תשלום PAY\u2069"
    assert title_of("תשלום " * 60).endswith("…\u2069")
    assert len(title_of("word " * 51)) <= 80


def test_a_member_is_a_mention_and_a_name_without_address_no_link() -> None:
    """The only mention there is."""
    found = answer_blocks("t", [Line((Link("PAY-1", ""), Member("U1"), ""))], "Payments", [])

    assert [node["type"] for node in walk(found) if "type" in node][-3:] == ["rich_text_section", "text", "user"]


def test_the_picture_stands_where_there_is_one() -> None:
    """And is left out where there is none."""
    assert [b["type"] for b in blocks(digest(WAITING), Shown("F1", "alt"))].count("image") == 1
    assert [b["type"] for b in blocks(digest(WAITING))].count("image") == 0


def test_buttons_stand_only_where_somebody_answers_them() -> None:
    """Each with its stream and what it is about."""
    (actions,) = (b for b in blocks(digest(WAITING), Shown(asks=True)) if b["type"] == "actions")
    take, *others = actions["elements"]

    assert "actions" not in [b["type"] for b in blocks(digest(WAITING))]
    assert (take["text"]["text"], json.loads(take["value"])) == ("I take PAY-9", ["Payments", "item PAY-9"])
    assert [button["text"]["text"] for button in others] == ["Snooze…", "This is not waste…", "Why?"]
    assert len({button["action_id"] for button in actions["elements"]}) == 4


def test_a_button_holds_as_many_subjects_as_it_can() -> None:
    """2,000 characters; the value stays readable."""
    choices = tuple(Choice(f"item {n} " + "ü" * 100, "l") for n in range(20))
    message = blocks(Digest("t", "s", ("h",), (), "f", choices=choices, stream="S"), Shown(asks=True))
    values = [node["value"] for node in walk(message) if "value" in node]

    assert all(len(value) <= 2000 and json.loads(value)[0] == "S" for value in values)


def test_a_quiet_week_is_a_line() -> None:
    """What it leaves out can be said in its thread."""
    quiet = Digest("Payments: week", "s", ("Nothing.",), (Section("a", (line("x"),)),), "f", quiet=True)

    assert [block["type"] for block in blocks(quiet, Shown("F1", "alt", asks=True))] == ["rich_text"]
    assert "x" in json.dumps(full(quiet, Shown()))
