"""Records in a folder of Parquet files come back as they were."""

from pathlib import Path

import pytest

from bot.app.shipped import ship, shipped
from bot.errors import OutputError
from bot.flow.history.log import Records
from connectors.records import ActorKind, Event, Item, Link, Person
from tests.build import JIRA, at
from tests.many import stories

PEOPLE = [Person(JIRA, "a", "Ann", configured=True), Person(JIRA, "b", "Bot „ß“", ActorKind.BOT)]
LINKS = [Link(JIRA, "pay-1", "PAY-2", "blocks", "api")]
PLACES = {"jira.acme/PAY": at(60), "jira.acme/OPS": None}


def test_what_was_shipped_comes_back(tmp_path: Path) -> None:
    """Items, events, links, people, and until when each place was read."""
    every = [record for story in stories("PAY", 20) for record in story]
    items, events = [r for r in every if isinstance(r, Item)], [r for r in every if isinstance(r, Event)]

    ship(Records.of(items, events, LINKS, PEOPLE, PLACES), tmp_path / "00000")
    back = shipped(tmp_path / "00000")

    assert (list(back.items), list(back.events)) == (items, events)
    assert (list(back.links), list(back.people), dict(back.read_until)) == (LINKS, PEOPLE, PLACES)


def test_nothing_is_shipped_too(tmp_path: Path) -> None:
    """A stream without events keeps the types of its columns."""
    item = next(record for record in next(stories("PAY", 1)) if isinstance(record, Item))
    ship(Records.of([item], []), tmp_path)

    assert (list(shipped(tmp_path).items), len(shipped(tmp_path).events)) == ([item], 0)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="name a folder there with --records"):
        shipped(tmp_path / "nowhere")
