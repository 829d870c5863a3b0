"""Real sprints, counted again from the recording by hand."""

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from bot.flow.analyse import read
from bot.flow.model import Window
from bot.store import Store
from tests.real.conftest import collected, jira
from tests.real.test_recordings import DURACLOUD
from tests.real.test_streams import ISSUES, reconstruction

Serve = Callable[..., Any]
BEGAN = datetime(2014, 5, 15, 22, 22, 55, 250_000, tzinfo=UTC)
ENDED = datetime(2014, 6, 12, 22, 39, 8, 289_000, tzinfo=UTC)
SPRING = Window(start=datetime(2014, 4, 1, tzinfo=UTC), end=datetime(2014, 7, 1, tzinfo=UTC))


def planned(sprint: str) -> Iterator[tuple[str, datetime]]:
    """Which issues were taken into a sprint, and when: as their histories say, or else when they were born."""
    with gzip.open(DURACLOUD, "rt", encoding="utf-8") as lines:
        for issue in map(json.loads, lines):
            changes = [
                (datetime.fromisoformat(history["created"]), item)
                for history in issue["changelog"]["histories"]
                for item in history["items"]
                if item["field"] == "Sprint"
            ]
            taken = [at for at, item in changes if sprint in (item["to"] or "").split(", ")]
            if taken:
                yield issue["key"], min(taken)
            elif not changes and f"id={sprint}]" in str(issue["fields"].get("customfield_10290")):
                yield issue["key"], datetime.fromisoformat(issue["fields"]["created"])


def test_duracloud_3_0_1(serve: Serve, lite: Store) -> None:
    """Nobody wrote down a goal; what was taken in before it began was committed, and nothing was left over."""
    collected(lite, jira(serve("--jira", str(DURACLOUD)), "DURACLOUD"))
    found = read(reconstruction(lite, ISSUES, ("jira.real", "DURACLOUD"), window=SPRING)).sprints
    assert found is not None
    sprint = next(s for s in found.sprints if s.name == "DuraCloud 3.0.1")
    times = [at for _, at in planned("31")]

    assert (sprint.started, sprint.ended, sprint.goal) == (BEGAN, ENDED, None)
    assert sprint.committed == sum(at <= BEGAN for at in times) == 5
    assert sprint.added == sum(BEGAN < at < ENDED for at in times) == 1
    assert (sprint.done, sprint.remaining) == (6, ())
    assert [d.detail[:13] for d in found.doubts if d.kind == "sprint never closed"] == ["DuraCloud 2.4"]
