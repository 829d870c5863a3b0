"""Connector -> store: what is asked for, what is kept after a failure, and what a census finds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.collect import Collected, collect
from bot.store import Store
from connectors.errors import AccessDenied, SourceUnavailable
from connectors.records import Check, Event, EventKind, Item, Page, Payload, Record, Unreadable

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass
class Toy:
    """A source of two items; `broken` fails after the first page."""

    name: str = "toy.one"
    scopes: Sequence[str] = ("A",)
    broken: bool = False
    state: str = "Open"
    asked: list[str] = field(default_factory=list)

    def fetch(self, scope: str, cursor: str | None) -> Iterator[Page]:
        self.asked.append(f"fetch {scope} {cursor}")
        if cursor is None:
            yield Page((self._payload(scope, "1"),), "first")
        if self.broken:
            raise SourceUnavailable("toy.one: down")
        yield Page((self._payload(scope, "2"),) if cursor != "done" else (), "done")

    def census(self, scope: str) -> Mapping[str, str]:
        self.asked.append("census")
        return {"1": self.state, "2": self.state}

    def reread(self, scope: str, keys: Sequence[str]) -> Iterator[Page]:
        self.asked.append(f"reread {' '.join(keys)}")
        yield Page(tuple(self._payload(scope, key) for key in keys))

    def translate(self, payload: Payload) -> Iterator[Record]:
        yield Item(payload.source, payload.scope, payload.key, "issue", f"T-{payload.key}", "", "", NOW)
        yield Event(payload.source, payload.key, payload.key, NOW, EventKind.STATE, str(payload.body["state"]))

    def states(self, scope: str) -> Sequence[str]:
        return ()

    def check(self) -> Iterator[Check]:
        yield Check("toy", ok=True, detail="")

    def _payload(self, scope: str, key: str) -> Payload:
        return Payload(self.name, scope, "issue", f"{key}", NOW, {"state": self.state}, self.state)


def run(toy: Toy, store: Store, hours: float = 0) -> Collected:
    (found,) = collect([toy], store, lambda: NOW + timedelta(hours=hours), lambda *_: None)
    return found


def test_a_failure_keeps_what_was_read(store: Store) -> None:
    """And the next run goes on from there."""
    toy = Toy(broken=True)

    failed = run(toy, store)
    assert (failed.error, failed.saved.changed, store.cursor(("toy.one", "A"))[0]) == ("toy.one: down", 1, "first")
    toy.broken = False
    assert run(toy, store).error is None
    assert toy.asked[:2] == ["fetch A None", "fetch A first"]
    assert len(store.items([("toy.one", "A")])) == 2


def test_one_source_that_fails_does_not_keep_the_others_out(store: Store) -> None:
    """Each scope has its own outcome."""
    found = collect([Toy(broken=True), Toy(name="toy.two")], store, lambda: NOW, lambda *_: None)

    assert [(c.source, c.error) for c in found] == [("toy.one", "toy.one: down"), ("toy.two", None)]


def test_progress_is_told(store: Store) -> None:
    """As pages come."""
    told: list[tuple[str, int]] = []
    collect([Toy()], store, lambda: NOW, lambda scope, more: told.append((scope, more)))

    assert told == [("toy.one/A", 1), ("toy.one/A", 1)]


def test_a_census_finds_what_moved_no_time_stamp(store: Store) -> None:
    """Once a day, and not right after everything was read."""
    toy = Toy()
    run(toy, store)
    toy.state = "Done"
    run(toy, store, hours=19)
    assert "census" not in toy.asked
    run(toy, store, hours=21)

    assert toy.asked[-2:] == ["census", "reread 1 2"]
    assert {e.state for e in store.events([("toy.one", "A")])} == {"Done"}


def test_a_census_that_finds_nothing_reads_nothing(store: Store) -> None:
    """But counts as done."""
    toy = Toy()
    run(toy, store)
    run(toy, store, hours=21)
    run(toy, store, hours=22)

    assert toy.asked.count("census") == 1
    assert toy.asked[-2] == "reread "


def test_what_could_not_be_read_is_asked_for_in_every_run(store: Store) -> None:
    """Until it can."""
    toy = Toy()
    run(toy, store)
    store.save(("toy.one", "A"), Page((), unreadable=(Unreadable("issue", "2", "cannot read 2"),)), toy.translate)
    run(toy, store, hours=1)
    run(toy, store, hours=2)

    assert [word for word in toy.asked if word.startswith("reread")] == ["reread 2"]


def test_denied_access_freezes_what_is_known(store: Store) -> None:
    """A repository that vanished does not take its history along."""
    toy = Toy()
    run(toy, store)

    def denied(scope: str, cursor: str | None) -> Iterator[Page]:
        raise AccessDenied("toy.one: gone")
        yield

    toy.fetch = denied  # type: ignore[method-assign]
    assert run(toy, store).error == "toy.one: gone"
    assert len(store.items([("toy.one", "A")])) == 2
