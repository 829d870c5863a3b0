"""What a digest said, for the next one to come back to: what is no news any more, and what was expected. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError

from bot.digest.lines import Line, Link, Part, Strong, joined, line
from bot.flow.model import Frozen
from bot.govern.document import Document
from bot.words import count

MOST_KEPT = 26
"""Expectations that are remembered."""


class Seen(Frozen):
    """Something that was so, and in the digest up to which day it was so last."""

    what: str
    at: date


class Expectation(Frozen):
    """At least so many items delivered in the week after the digest, which comes true in 85 of 100 weeks."""

    at_least: int
    week: date


class Told(Frozen):
    """What the digest of the weeks up to `end` (the day after its last) said, and whether that was news."""

    end: date
    quiet: bool = False
    news: Mapping[str, Seen] = {}
    stuck: tuple[str, ...] = ()
    expected: Expectation | None = None
    came_true: tuple[bool, ...] = ()


def read_told(body: Mapping[str, Any] | None) -> Told | None:
    """What was kept of a digest; None where nothing was, or another version kept it in a shape that is not known."""
    try:
        return None if body is None else Told.model_validate(body)
    except ValidationError:
        return None


def outcome(told: Told, document: Document) -> bool | None:
    """Whether its expectation came true; None while that cannot be told."""
    delivered = _delivered(told, document)
    return None if told.expected is None or delivered is None else delivered >= told.expected.at_least


def record(told: Told | None, document: Document) -> tuple[bool, ...]:
    """Which expectations came true so far, the newest last."""
    if told is None:
        return ()
    came = outcome(told, document)
    return (*told.came_true, *(() if came is None else (came,)))[-MOST_KEPT:]


def looking_back(told: Told, document: Document, still: Sequence[str], addresses: Mapping[str, str]) -> Iterator[Line]:
    """What was expected and named the last time, and what came of it. `still`: the items that are stuck now."""
    yield from _expectation(told, document)
    yield from _freed(told, document, still, addresses)


def _expectation(told: Told, document: Document) -> Iterator[Line]:
    delivered, came = _delivered(told, document), record(told, document)
    if told.expected is None or delivered is None:
        return
    yes = "as expected" if delivered >= told.expected.at_least else "fewer than expected"
    so_far = f"; such an expectation came true in {sum(came)} of {count(len(came), 'week')}" if len(came) > 1 else ""
    sentence = f" {delivered}, {yes}: at least {told.expected.at_least}, which is to hold in 85 of 100 weeks{so_far}."
    yield line(Strong("Delivered last week:"), sentence)


def _delivered(told: Told, document: Document) -> int | None:
    if told.expected is None:
        return None
    week = next((week for week in document.throughput if week.week == told.expected.week), None)
    return week.items if week and week.complete else None


def _freed(told: Told, document: Document, still: Sequence[str], addresses: Mapping[str, str]) -> Iterator[Line]:
    """Of the items that were named as stuck: which are over, which move again, and which wait on."""
    if not told.stuck:
        return
    going = {item.item for item in document.age.items}
    over = [name for name in told.stuck if name not in going]
    waits = [name for name in told.stuck if name in still]
    moves = [name for name in told.stuck if name in going and name not in still]
    groups = (("are over", "is over", over), ("move again", "moves again", moves), ("still wait", "still waits", waits))
    told_of = [_group(many, one, names, addresses) for many, one, names in groups if names]
    yield line(Strong("Named as stuck the last time:"), " ", *joined(told_of), ".")


def _group(many: str, one: str, names: Sequence[str], urls: Mapping[str, str]) -> list[Part]:
    links: list[list[Part]] = [[Link(name, urls.get(name, ""))] for name in names]
    return [*joined(links), f" {one if len(names) == 1 else many}"]
