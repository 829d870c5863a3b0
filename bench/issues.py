"""The tracker's part of kept histories as Jira tells them, an issue a line: `python -m bench.issues FOLDER`."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from bench.events import PROJECT
from bench.kept import kept
from bench.stories import STATES
from bot.flow.clock import moment

Json = dict[str, Any]
Told = tuple[str, int, str, str | None, str | None]
"""Of an event: id, at, kind, state, detail."""
SITE = "https://jira.example/rest/api/2"


def issues(folder: Path) -> Iterator[Json]:
    read = kept(folder)
    tracked = read.items.with_row_index("item").filter(pl.col("kind") == "issue").select("item", "key")
    events = read.events.join(tracked, on="item").sort("item", "at", "seq")
    words = [pl.col(name).cast(pl.String) for name in ("kind", "state", "detail")]
    for (key,), told in events.select("key", "id", "at", *words).group_by("key", maintain_order=True):
        yield _issue(str(key), list(told.drop("key").iter_rows()))


def _issue(key: str, told: list[Told]) -> Json:
    status = [state for _, _, kind, state, _ in told if kind == "state"][-1] or STATES[0]
    fields = {
        "summary": "What is to be done",
        "issuetype": {"name": "Story"},
        "status": {"name": status, "self": f"{SITE}/status/{STATES.index(status)}"},
        "resolution": {"name": "Done"} if status == "Done" else None,
        "resolutiondate": None,
        "created": _time(told[0][1]),
    }
    histories = list(_histories(told[1:], STATES[0]))
    return {"id": key, "key": f"{PROJECT}-{key}", "fields": fields, "changelog": {"histories": histories}}


def _histories(told: Iterable[Told], state: str) -> Iterator[Json]:
    for name, at, kind, entered, detail in told:
        match kind:
            case "state":
                change = _change("status", state, entered)
                state = entered or state
            case "blocked":
                change = _change("Flagged", None, "Impediment")
            case "unblocked":
                change = _change("Flagged", "Impediment", None)
            case _:
                change = _change(kind, None, detail)
        yield {"id": name, "created": _time(at), "items": [change]}


def _change(field: str, old: str | None, new: str | None) -> Json:
    return {"field": field, "fromString": old, "toString": new}


def _time(at: int) -> str:
    return f"{moment(at):%Y-%m-%dT%H:%M:%S.%f+0000}"


def main() -> None:
    folder = Path(sys.argv[1])
    with (folder / "issues.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(issue) + "\n" for issue in issues(folder))


if __name__ == "__main__":
    main()
