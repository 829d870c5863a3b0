"""Whatever a log looks like and whatever people wrote: every message is within Slack's rules and means no harm."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.digest.blocks import BUDGET, Shown, answer_blocks, blocks, fallback, full, reply_blocks
from bot.digest.compose import Context, compose, memory
from bot.digest.digest import Digest
from bot.digest.page import digest_page
from bot.flow.analyse import analyse
from bot.govern.remarks import Remark, RemarkKind, Remarks
from bot.words import WEB
from connectors.records import Item, Person, Record
from tests.build import JIRA, STREAM, at, records, window
from tests.digest.said import document
from tests.digest.test_blocks import walk
from tests.flow.test_metamorphic import LOGS, Log, every
from tests.recordings import SHARED

DIGESTS = int(os.environ.get("GEMBA_DIGESTS", "20"))
HOSTILE = (
    "<!channel> *x* <http://evil.example|y> @here &amp; `code` _it_ ~no~",
    "</p><script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "دفع ثمن الفاتورة " * 15,
    "👩‍👩‍👧‍👦🏳️‍🌈" * 40,
    "x" * 255,
    "a\u202eb\u2066c\nd\x00e",
    "[text](https://evil.example) **bold** # h",
    "",
)
TITLES = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=255))
URLS = st.sampled_from(["https://jira/1", "javascript:alert(1)", "", "https://jira/" + "x" * 4000, "http://a b"])


def told_by(log: Sequence[Record], titles: Sequence[str], urls: Sequence[str]) -> list[Record]:
    """The same with other titles and addresses."""
    items = iter(range(len(log)))
    changed: list[Record] = [
        replace(r, title=titles[n % len(titles)], url=urls[n % len(urls)])
        if isinstance(r, Item) and (n := next(items)) >= 0
        else r
        for r in log
    ]
    return changed


def messages(digest: Digest) -> list[list[dict[str, Any]]]:
    shown = Shown("F1", digest.text, asks=True)
    lines = [line for section in digest.everything for line in section.lines]
    answer = answer_blocks(digest.title, lines, digest.stream, digest.choices)
    return [blocks(digest, shown), full(digest, shown), answer, *map(reply_blocks, digest.replies)]


@settings(max_examples=DIGESTS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LOGS, st.lists(TITLES, min_size=1, max_size=4), st.lists(URLS, min_size=1, max_size=3), st.integers(14, 45))
def test_every_message_is_within_slacks_rules(log: Log, titles: list[str], urls: list[str], end: int) -> None:
    """Blocks, thread, fallback and page; of a first digest and of one that comes back to it."""
    if not (SHARED / "contracts").is_dir():
        pytest.skip(f"the contracts are not here: {SHARED}")
    if str(SHARED) not in sys.path:
        sys.path.insert(0, str(SHARED))
    from contracts import blockkit_contract as judge

    people = [Person(JIRA, who, HOSTILE[0]) for who in ("dev", "ann", "bob")]
    found = records(told_by(every(log), titles, urls), people)
    first, second = (document(analyse(STREAM, found, window(max(day - 28, 0), day))) for day in (end - 7, end))
    claim = Remark(stream="Payments", at=at(end), by="U1", kind=RemarkKind.CLAIM, subject="item PAY-0")
    back = Context(told=memory(first, Context()), remarks=Remarks([claim]), addresses={"PAY-1": "https://jira/1"})
    for digest in (compose(first), compose(second, back)):
        text = fallback(digest.text)
        assert not {"<", ">"} & {*text}
        for message in messages(digest):
            assert judge.check(message, text) == []
            assert judge.lint_text(message) == []
            assert judge.block_text_length(message) <= BUDGET
            assert not [node for node in walk(message) if node.get("type") in ("mrkdwn", "broadcast", "usergroup")]
            assert all(WEB.fullmatch(node["url"]) for node in walk(message) if node.get("type") == "link")
            assert {node["user_id"] for node in walk(message) if node.get("type") == "user"} <= {"U1"}
        page = digest_page(digest)
        assert "<script" not in page
        assert 'href="javascript' not in page
    assert memory(second, back).end == at(end).date() >= at(end - 7).date() + timedelta(days=7)
