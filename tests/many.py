"""Several streams in one store: two that were collected, and one of which nothing is there."""

import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

from bot.engines.answered import Answered
from bot.store import Store
from connectors.records import Item, Page, Payload, Record
from tests.build import JIRA, at, issue
from tests.commands import private

NOW = at(60).isoformat()

HEAD = """
[store]
url = "{url}"
[connectors.jira.acme]
url = "https://jira.example"
projects = ["PAY", "OPS", "NEW"]
token_file = "token"
"""

STREAM = """
[[streams]]
name = "{project} stream"
sources = ["jira.acme/{project}"]
end = "Done"
stages = [
  {{ name = "Backlog", kind = "wait", states = ["jira:Open"] }},
  {{ name = "Build", kind = "work", states = ["jira:In Progress"] }},
  {{ name = "Review", kind = "approval", states = ["jira:In Review"] }},
  {{ name = "Done", kind = "done", states = ["jira:Done"] }},
]
"""


def stories(project: str, number: int) -> Iterator[list[Record]]:
    """Of which every third went back from review."""
    for n in range(number):
        begun = n * 50 / number
        back = [("In Progress", begun + 4), ("In Review", begun + 5)] if n % 3 == 0 else []
        told = issue(f"{project}-{n}", ("Open", begun), ("In Progress", begun + 1), ("In Review", begun + 3), *back,
                     ("Done", begun + 6 + n % 5))  # fmt: skip
        yield [record if not isinstance(record, Item) else _of(project, record) for record in told]


def _of(project: str, item: Item) -> Item:
    return Item(JIRA, project, item.key, item.kind, item.name, item.title, item.url, item.created_at, item.type)


def keep(store: Store, project: str, told: Iterable[list[Record]]) -> None:
    """As if they were collected."""
    kept = {records[0].key: records for records in told if isinstance(records[0], Item)}
    payloads = [Payload(JIRA, project, "issue", key, at(60), {"key": key}) for key in kept]
    store.save((JIRA, project), Page(tuple(payloads), "cursor", complete=at(60)), lambda payload: kept[payload.key])


def three_streams(folder: Path, url: str = "sqlite:///gemba.db") -> Path:
    """A folder with a configuration and what was collected for it: nothing for the last stream."""
    projects = ("PAY", "OPS", "NEW")
    text = HEAD.format(url=url) + "".join(STREAM.format(project=project) for project in projects)
    private(folder / "config.toml", text)
    private(folder / "token", "secret")
    with closing(Store.open(url.replace(":///", f":///{folder}/") if url.startswith("sqlite") else url)) as store:
        for number, project in enumerate(projects[:2], 1):
            keep(store, project, stories(project, 20 * number))
    return folder


FOR_EVER = 1_000_000


def repeated(task: int) -> Answered:
    """What a process does with a number; with one below zero it is ended, as by a machine without memory."""
    if task == FOR_EVER:
        Event().wait()
    if task < 0:
        os._exit(9)
    return Answered(str(task), "{}", None)
