"""The help desk of docs/add-a-connector.md: its connector as the document has it, and what stands in for the desk."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.demo.stand_ins import serving
from connectors.registry import Kind
from tests.documents import blocks, document, module

PAGE = "docs/add-a-connector.md"
DESK = module("desk", blocks(document(PAGE), "python")[0])
KIND = Kind(DESK.DeskSettings, DESK.Desk, names_states=True)
STATES = ("Asked", "In progress", "Answered")
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
SIZE = 15


def request(number: int) -> dict[str, Any]:
    """Asked on one day, taken up on the next, answered a week after it was asked."""
    asked = MONDAY + timedelta(hours=number)
    times = (asked, asked + timedelta(days=1), asked + timedelta(days=7))
    moves = [
        {"at": at.isoformat(), "to": state, "by": f"u{number % 3}"} for at, state in zip(times, STATES, strict=True)
    ]
    changed = times[-1].isoformat()
    return {"id": f"R{number}", "queue": "IT", "subject": f"Request {number}", "changed": changed, "moves": moves}


REQUESTS = [request(number) for number in range(40)]
PEOPLE = {"u0": "Ann", "u1": "Bob", "u2": "Cyd"}


def answer(path: str, asked: dict[str, Any]) -> dict[str, Any] | None:
    """As the document says that the desk answers."""
    match path:
        case "/states":
            return {"states": list(STATES)}
        case "/ids":
            return {"ids": [one["id"] for one in REQUESTS]}
        case "/requests" if "ids" in asked:
            wanted = asked["ids"].split(",")
            return {"requests": [one for one in REQUESTS if one["id"] in wanted], "people": PEOPLE, "next": None}
        case "/requests":
            since, start = asked.get("since", ""), (int(asked["page"]) - 1) * SIZE
            found = [one for one in REQUESTS if one["changed"] >= since]
            more = start // SIZE + 2 if start + SIZE < len(found) else None
            return {"requests": found[start : start + SIZE], "people": PEOPLE, "next": more}
    return None


@contextmanager
def desk() -> Iterator[str]:
    """Its address while the block runs."""
    with serving([answer], lambda: datetime(2026, 4, 1, tzinfo=UTC)) as (address,):
        yield address
