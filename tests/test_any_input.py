"""Whatever comes, a parser reads it, or says in its own words what is wrong with it.

The same targets as those of `make fuzz`, which looks for longer; what it found stands here.
"""

import json
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.mutations import mutated_bytes, mutated_json
from fuzz.seeds import GITHUB, JIRA, SEEDS, SLACK, seeds
from fuzz.targets import TARGETS, mutation

Json = dict[str, Any]

DEEP = b'{"a":' * 3000 + b"1" + b"}" * 3000
DIGITS = "9" * 5000
MORE: Json = {"hasNextPage": True, "endCursor": "a"}
RELEASES: Json = {"url": "https://x", "releases": {"nodes": [], "pageInfo": MORE}}

RESULT = (
    '[[streams.key_results]]\nquarter = "{}"\nobjective = "o"\nname = "n"\nby_hand = true\nbaseline = 1\ntarget = 2'
)


def _pulls(**changed: Any) -> Json:
    pulls = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}, **changed}
    return {**GITHUB, "Pulls": {"data": {"repository": {"pullRequests": pulls}}}}


def _stream(line: str) -> str:
    stages = '[{name = "A", kind = "work", states = []}, {name = "D", kind = "done", states = []}]'
    return f'[[streams]]\nname = "P"\nsources = []\nend = "D"\nstages = {stages}\n{line}'


FOUND: list[tuple[str, Any]] = [
    ("jira_cloud", DEEP),
    ("jira_cloud", DIGITS),
    ("jira_cloud", {**JIRA, "field": [{**JIRA["field"][0], "id": [1]}]}),
    ("jira_cloud", {**JIRA, "field": [{**JIRA["field"][0], "id": None, "name": None}]}),
    ("jira_cloud", {**JIRA, "search": {"issues": ["PAY-1"]}}),
    ("jira_cloud", {**JIRA, "search": {"issues": [{"id": "1", "fields": "none"}]}}),
    ("jira_cloud", {**JIRA, "board": {"values": [{"id": 5, "type": "scrum"}], "isLast": False}}),
    ("jira_cloud", {**JIRA, "board/": {"values": [{"id": {}}]}}),
    ("jira_datacenter", DEEP),
    ("github", DEEP),
    ("github", f"[{DIGITS}]"),
    ("github", _pulls(pageInfo=MORE)),
    ("github", _pulls(pageInfo={"hasNextPage": True})),
    ("github", _pulls(nodes=["PR_7"])),
    ("github", {**GITHUB, "Again": {"data": {"nodes": 7}}}),
    ("github", {**GITHUB, "Deliveries": {"data": {}}}),
    ("github", {**GITHUB, "Deliveries": {"data": {"repository": RELEASES}}}),
    ("slack_answers", DEEP),
    ("slack_answers", {**SLACK, "conversations_list": {"channels": [], "response_metadata": {"next_cursor": "x"}}}),
    ("slack_answers", {**SLACK, "conversations_history": {"messages": [], "response_metadata": {"next_cursor": "x"}}}),
    ("csv", b"\x02case\tstate\tat\twho" + b"\tat" * 500_000),
    ("config", f"x = {DIGITS}"),
    ("config", "x = " + "[" * 3000),
    ("config", '[schedule]\ncollect_every = "' + DIGITS + 'w"'),
    ("config", '[schedule]\ncollect_every = "0m"'),
    ("config", '[calendar]\ntimezone = "Europe"'),
    ("config", '[calendar]\nworking_hours = "09:00Z-17:00"'),
    ("config", '[store]\nurl = "sqlite:///a\\u0000b"'),
    ("config", _stream(RESULT.format("0000-Q1"))),
    ("config", _stream(RESULT.format("9999-Q4"))),
    ("config", _stream(f"{RESULT.format('2026-Q4')}\n[[streams.gates]]\nname = 'G'\non = 0001-01-01")),
    ("change", f"cap = {DIGITS}"),
    ("change", f'cap = "Review", at = "{DIGITS}w", waste = "waiting"'),
    ("change", 'cap = "Review", at = -1, waste = "waiting"'),
    ("change", 'cap = "Review", at = "1441441h", waste = "waiting"'),
    ("kept", {"end": "2026-04-13", "stuck": 7}),
    ("address", b"/streams/nowhere?\xff"),
    ("address", b"/signin\n\n" + b"a=1&" * 9),
]  # fmt: skip
"""What broke a parser once: the target, and the input as bytes, text or JSON."""


@pytest.mark.parametrize(("target", "broken"), FOUND)
def test_what_broke_once_holds(target: str, broken: Any) -> None:
    """Found by looking, kept so that it stays mended."""
    text = broken if isinstance(broken, bytes | str) else json.dumps(broken)
    TARGETS[target](text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=150)
@given(number=st.integers(0, 2**32))
def test_whatever_comes_is_read_or_refused(target: str, number: int) -> None:
    """What is usual with a few things dropped, doubled, exchanged, of another type, too deep, too large or no text."""
    random = Random(number)
    TARGETS[target](mutation(target)(random.choice(_usual(target)), random))


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_usual_is_read(target: str) -> None:
    """Every target has seeds, and none of them breaks it."""
    assert _usual(target)
    for content in _usual(target):
        TARGETS[target](content)


def test_every_target_has_its_seeds() -> None:
    assert set(SEEDS) == set(TARGETS)


@given(number=st.integers(0, 2**32), content=st.binary(max_size=50))
def test_a_change_can_be_made_again(number: int, content: bytes) -> None:
    """The same number makes the same input, of whatever there is."""
    for change in (mutated_bytes, mutated_json):
        assert change(content, Random(number)) == change(content, Random(number))


@cache
def _usual(target: str) -> list[bytes]:
    return seeds(target)
