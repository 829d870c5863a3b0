"""A stream without names: nothing tells whose it is, and every figure is the same."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from bot.config import ConfiguredStream
from bot.demo.truth.world import Movers
from bot.flow.analyse import analyse
from bot.flow.anonymous.names import Names
from bot.flow.anonymous.records import anonymised
from bot.flow.findings.analysis import Analysis
from bot.flow.history.log import Records
from bot.flow.model import NotWaste, Stream
from connectors.records import ActorKind, Item, Link, Person
from connectors.records import EventKind as K
from tests.build import GITHUB, JIRA, STREAM, at, change, issue, pull, records, window
from tests.demo.truth import GATED, noisy
from tests.flow.test_analyse import logs

CANARY = "Canary"
PROCESS = {"state", "kind", "type", "evidence"}
"""What stays: names of states, types of items, and words of our own."""


def numbers(document: Any, path: str = "") -> Iterator[tuple[str, object]]:
    """Where each number stands, whatever the order of a list and the names of keys."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from numbers(value, f"{path}.{key}")
    elif isinstance(document, list):
        yield f"{path}.len", len(document)
        for value in document:
            yield from numbers(value, path)
    elif not isinstance(document, str):
        yield path, document


def figures(analysis: Analysis) -> Counter[tuple[str, object]]:
    return Counter(numbers(analysis.model_dump(mode="json")))


@settings(max_examples=20)
@given(logs())
def test_every_figure_is_the_same_without_names(found: Records) -> None:
    """Of whatever happened, and also where the order of the names was all that told two items apart."""
    stream, told = anonymised(STREAM, found)

    assert figures(analyse(stream, told, window(3, 20))) == figures(analyse(STREAM, found, window(3, 20)))


@pytest.mark.parametrize("movers", [Movers.OWN, Movers.MIXED])
def test_figures_of_a_noisy_team_are_the_same(movers: Movers) -> None:
    """With imports, renames, several projects, bots, wrong clocks and links that lead nowhere."""
    world = noisy(1, movers, GATED)
    stream, told = anonymised(world.told, world.records)

    with_names, without = (analyse(s, r, world.window) for s, r in ((world.told, world.records), (stream, told)))
    assert figures(without) == figures(with_names)
    assert [(d.kind, len(d.items)) for d in without.doubts] == [(d.kind, len(d.items)) for d in with_names.doubts]


def marked(one: Any) -> Any:
    """The same with a canary in every text that a source may choose, whatever fields there are."""
    texts = {f.name: getattr(one, f.name) for f in fields(one) if f.name not in PROCESS}
    told = {
        name: f"{CANARY}-{value}" if isinstance(value, str) else tuple(f"{CANARY}-{text}" for text in value)
        for name, value in texts.items()
        if type(value) in (str, tuple) and name != "source"
    }
    return replace(one, **told)


def planted() -> Records:
    """Everything a record can hold, with a canary in it."""
    extras = Item(JIRA, "PAY", "9", "sprint", "Sprint 9", "Sprint 9", "https://s/9", at(0), about="Win Canary Ltd")
    story = records(
        issue(
            "PAY-1", ("Open", 0), ("In Progress", 2), ("In Review", 4), ("Done", 9), resolution="Fixed", parent="PAY-2"
        ),
        issue("PAY-2", ("Open", 0), ("In Progress", 1)),
        pull(7, (K.OPENED, 2), (K.REQUESTED, 3, "ann", "bob"), (K.MERGED, 5, "ann", "abc1234def"), names=["PAY-1"]),
        change("PAY-1", K.PLANNED, 1, "9"),
        change("PAY-1", K.BLOCKED, 3, "PAY-2"),
        change("PAY-1", K.EDITED, 3, "budget"),
        change("PAY-2", K.ASSIGNED, 3, "mara"),
        [extras, Person(JIRA, "mara", "Mara Winter"), Person(GITHUB, "bob", "Bob Baker", ActorKind.HUMAN)],
        [Link(JIRA, "pay-1", "PAY-2", kind, "api") for kind in ("relates", "causes", "blocks", "reverts", "contains")],
    )
    full = [replace(item, labels=("urgent",), aliases=("OLD-1",), doubts=("cut: x",)) for item in story.items]
    source = f"jira.{CANARY}"
    told = [replace(marked(one), source=source) for one in (*full, *story.events, *story.links, *story.people)]
    found = records([one for one in told if not isinstance(one, Person)], [p for p in told if isinstance(p, Person)])
    return replace(found, read_until={f"{source}/{CANARY}-PAY": at(3)})


def of_the_same(sources: tuple[str, ...]) -> Stream:
    said = NotWaste(reason=f"{CANARY} said so", item=f"{CANARY}-PAY-1")
    stages = tuple(
        stage.model_copy(update={"necessary": f"law of {CANARY}"}) if stage.name == "Review" else stage
        for stage in STREAM.stages
    )
    update = {"name": CANARY, "sources": sources, "not_waste": (said,), "stages": stages}
    return STREAM.model_copy(update={**update, "not_delivered": (f"{CANARY}-Duplicate",)})


def test_no_name_is_left_in_any_field() -> None:
    """Each text field of each kind of record held a canary, but for the process; none of them does any more."""
    found = planted()
    stream, told = anonymised(of_the_same((f"jira.{CANARY}/{CANARY}-PAY",)), found)
    analysis = analyse(stream, told, window(0, 60))

    for before, after in zip((found.items, found.events), (told.items, told.events), strict=True):
        assert CANARY in repr(before)
        assert CANARY.lower() not in repr(after).lower()
    for one in (told.links, told.people, told.read_until, stream, analysis):
        assert CANARY.lower() not in repr(one).lower()
    assert not re.search(r"mara|winter|baker|urgent|budget|https", repr((told, analysis)), re.I)


def test_items_are_numbered_as_they_began_and_keep_their_numbers() -> None:
    """Whatever they were called, and whatever begins later."""
    names = ("B-77", "A-9", "Z-1")
    story = [issue(name, ("Open", day), ("Done", day + 5)) for day, name in enumerate(names)]
    before = Names(STREAM, records(*story))
    after = Names(STREAM, records(*story, issue("A-1", ("Open", 9))))

    assert [before.item(name) for name in names] == ["ITEM-1", "ITEM-2", "ITEM-3"]
    assert [after.item(name) for name in (*names, "A-1", "a-1")] == ["ITEM-1", "ITEM-2", "ITEM-3", "ITEM-4", "item-4"]


def test_at_one_instant_the_order_of_names_is_not_the_order_of_numbers() -> None:
    """A log of cases that all begin at midnight would give their alphabet away."""
    cases = [issue(f"A-{n:02}", ("Open", 0), ("Done", 5)) for n in range(20)]
    names = Names(STREAM, records(*cases))

    numbered = [int(names.item(f"A-{n:02}").removeprefix("ITEM-")) for n in range(20)]
    assert sorted(numbered) == list(range(1, 21))
    assert numbered != sorted(numbered)


def test_what_serves_a_key_result_serves_it_without_names() -> None:
    """By its title, a label, an epic or a link; patterns are resolved before titles go."""
    result = {"objective": "o", "metric": "lead_time.p50", "baseline": 9, "target": 2, "quarter": "2026-Q1"}
    by = [{"pattern": "refund"}, {"labels": ["Urgent"]}, {"epics": ["PAY-1"]}, {"links": ["PAY-3"]}]
    wanted = [{**result, "name": f"Key {n}", "serves": serves} for n, serves in enumerate(by)]
    stream = ConfiguredStream.model_validate({**STREAM.model_dump(), "key_results": wanted})
    story = records(*(issue(f"PAY-{n}", ("Open", n), ("Done", n + 5), parent="PAY-1") for n in range(6)))
    items = [replace(i, title="A REFUND", labels=("urgent",)) if i.name == "PAY-4" else i for i in story.items]
    found = replace(story.told_of(items), links=[Link(JIRA, "pay-5", "PAY-3", "relates", "api")])
    names = Names(stream, found)
    shown, told = anonymised(stream, found, names)
    results = [r.model_copy(update={"serves": names.serves(r.name, r.serves)}) for r in stream.key_results if r.serves]
    nameless = shown.model_copy(update={"key_results": tuple(results)})

    before, after = analyse(stream, found, window()).serving, analyse(nameless, told, window()).serving
    assert before is not None
    assert after is not None
    assert [s.finished.part for s in after.key_results] == [s.finished.part for s in before.key_results] == [1, 1, 6, 1]


def test_persons_are_replaced_inside_words_of_the_process() -> None:
    """Whole names, accounts and parts of names, but not what is a word of the process."""
    people = [Person(JIRA, "mwinter", "Mara Winter"), Person(JIRA, "t1", "Test User"), Person(JIRA, "b", "Ci Bot")]
    names = Names(STREAM, replace(records(issue("PAY-1", ("Open", 0))), people=people))

    assert names.text("Waiting for mara") == "Waiting for Somebody 1"
    assert names.text("jira:Mara Winter decides") == "jira:Person 3 decides"
    assert names.text('queues["Review by mwinter"].wait.p50') == 'queues["Review by Somebody 2"].wait.p50'
    assert names.text("Test, then Marathon review") == "Test, then Marathon review"


def test_words_that_differ_in_capitals_only_differ_still() -> None:
    """As labels do; and a commit is found by its beginning."""
    names = Names(STREAM, Records.of([], [], [], []))
    given = [names.called("Label ", text) for text in ("Web", "web", "Api", "Web", "WEB")]

    assert len(set(given)) == 4
    assert [label.casefold() for label in given[:2]] == ["label 1", "label 1"]
    assert names.commit("abc1234def").startswith(names.commit("abc1234"))
    assert names.commit("abc1234def") != names.commit("abc1234aaa")


def test_times_stay() -> None:
    """To the microsecond: without them there would be no figures."""
    found = records(issue("PAY-1", ("Open", 0), ("Done", 5.123)))
    _, told = anonymised(STREAM, found)

    assert [event.at - timedelta(0) for event in told.events] == [event.at for event in found.events]
    assert json.dumps([str(item.created_at) for item in told.items]) == json.dumps(
        [str(item.created_at) for item in found.items]
    )
