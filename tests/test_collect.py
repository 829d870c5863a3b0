"""Connector -> store: what is asked for, what is kept after a failure, and what a census finds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Barrier

import pytest

from bot.collect import Collected, Outcomes, Ways, collect
from bot.errors import StoreError
from bot.privacy import pseudonymous
from bot.store import Saved, Store
from connectors.errors import AccessDenied, SourceUnavailable
from connectors.records import (
    Census,
    Check,
    Event,
    EventKind,
    Item,
    ItemKind,
    Page,
    Payload,
    Person,
    Record,
    Unreadable,
)

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass
class Toy:
    """A source of two items; `broken` fails after the first page."""

    name: str = "toy.one"
    scopes: Sequence[str] = ("A",)
    broken: bool = False
    state: str = "Open"
    asked: list[str] = field(default_factory=list)
    deleted: tuple[str, ...] = ()
    moved: Mapping[str, str] = field(default_factory=dict)
    census_every: timedelta = timedelta(hours=20)

    def fetch(self, scope: str, cursor: str | None) -> Iterator[Page]:
        self.asked.append(f"fetch {scope} {cursor}")
        if cursor is None:
            yield Page((self._payload(scope, "1"),), "first")
        if self.broken:
            raise SourceUnavailable("toy.one: down")
        yield Page((self._payload(scope, "2"),) if cursor != "done" else (), "done")

    def census(self, scope: str) -> Census:
        self.asked.append("census")
        return Census({key: self.state for key in ("1", "2") if key not in self.deleted}, whole=(ItemKind.ISSUE,))

    def whereabouts(self, scope: str, keys: Sequence[str]) -> Mapping[str, str]:
        return {key: self.moved[key] for key in keys if key in self.moved}

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
    (found,) = collect([toy], store, lambda: NOW + timedelta(hours=hours), Ways())
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
    found = collect([Toy(broken=True), Toy(name="toy.two")], store, lambda: NOW, Ways())

    assert [(c.source, c.error) for c in found] == [("toy.one", "toy.one: down"), ("toy.two", None)]


def test_progress_is_told(store: Store) -> None:
    """As pages come."""
    told: list[tuple[str, int]] = []
    collect([Toy()], store, lambda: NOW, Ways(lambda scope, more: told.append((scope, more))))

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

    assert toy.asked[-3:] == ["fetch A done", "census", "fetch A done"]


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


def gone(store: Store) -> list[str]:
    return [item.key for item in store.items([("toy.one", "A")]) if item.gone_at]


def test_what_two_censuses_miss_is_gone(store: Store) -> None:
    """A search may overlook something once; gone since the first of them. It may come back."""
    toy = Toy()
    run(toy, store)
    toy.deleted = ("2",)
    assert (run(toy, store, hours=21).gone, gone(store)) == (0, [])
    assert (run(toy, store, hours=42).gone, gone(store)) == (1, ["2"])
    assert (run(toy, store, hours=63).gone, gone(store)) == (0, ["2"])
    assert store.items([("toy.one", "A")])[1].gone_at == NOW + timedelta(hours=21)
    toy.deleted = ()
    run(toy, store, hours=84)
    assert gone(store) == []


def test_what_was_overlooked_once_was_not_gone(store: Store) -> None:
    """The second time counts only right after the first."""
    toy = Toy()
    run(toy, store)
    for day, deleted in enumerate((("2",), (), ("2",)), 1):
        toy.deleted = deleted
        run(toy, store, hours=21 * day)

    assert gone(store) == []


def test_what_was_moved_is_read_where_it_is_now(store: Store) -> None:
    """And is no more where it was; it was not deleted."""
    toy = Toy()
    run(toy, store)
    toy.deleted, toy.moved = ("2",), {"2": "B"}
    run(toy, store, hours=21)

    assert toy.asked[-1] == "reread 2"
    assert [item.key for item in store.items([("toy.one", "A")])] == ["1"]
    assert [item.key for item in store.items([("toy.one", "B")])] == ["2"]


def test_many_that_vanish_at_once_were_hidden(store: Store) -> None:
    """They stay as they were, with a sentence; unless somebody says that they were deleted."""
    toy = Toy()
    run(toy, store)
    keys = [f"{n}" for n in range(10, 70)]
    store.save(("toy.one", "A"), next(toy.reread("A", keys)), toy.translate)
    hidden = run(toy, store, hours=21)
    run(toy, store, hours=42)

    assert "60 items cannot be seen any more and stay as they were" in hidden.saved.unreadable[0]
    assert gone(store) == []
    for _ in ("missed", "gone"):
        collect([toy], store, lambda: NOW, Ways(thorough=True))
    assert len(gone(store)) == 60


def test_scopes_are_read_side_by_side(store: Store) -> None:
    """Two that wait for each other both arrive; one after the other, the first would wait in vain."""
    together = Barrier(3)

    class Waiting(Toy):
        def fetch(self, scope: str, cursor: str | None) -> Iterator[Page]:
            together.wait(timeout=20)
            yield from super().fetch(scope, cursor)

    found = collect([Waiting(scopes=("A", "B")), Waiting(name="toy.two")], store, lambda: NOW, Ways())

    assert [(c.source, c.scope, c.error) for c in found] == [
        ("toy.one", "A", None),
        ("toy.one", "B", None),
        ("toy.two", "A", None),
    ]


def test_a_store_that_fails_stops_all_of_it(store: Store) -> None:
    """Not as an outcome of one scope: nothing can be kept any more."""

    class Endless(Toy):
        def fetch(self, scope: str, cursor: str | None) -> Iterator[Page]:
            for n in count():
                yield Page((self._payload(scope, f"{scope}{n}"),))

    class Nonsense(Toy):
        def fetch(self, scope: str, cursor: str | None) -> Iterator[Page]:
            raise StoreError("the disk is full")
            yield

    ways = Ways()
    with pytest.raises(StoreError, match="the disk is full"):
        collect([Nonsense(), Endless(name="toy.two")], store, lambda: NOW, ways)
    assert not ways.stopped.is_set(), "that would end the whole process"


def test_names_of_persons_are_replaced_at_the_door(store: Store) -> None:
    """Those that were kept before, too; one person has one pseudonym."""

    class Peopled(Toy):
        def fetch(self, scope: str, cursor: str | None) -> Iterator[Page]:
            yield Page((), "done", people=(Person(self.name, "u1", "Ann"), Person(self.name, "u2", "Bob")))

    run(Peopled(), store)
    assert [p.name for p in store.people(["toy.one"])] == ["Ann", "Bob"]
    store.save(("toy.one", "A"), Page((), people=(Person("toy.one", "u3", "Cyd"),)), Toy().translate)
    collect([Peopled()], store, lambda: NOW, Ways(called=pseudonymous))
    names = [p.name for p in store.people(["toy.one"])]

    assert all(name.startswith("person ") for name in names)
    assert len(set(names)) == 3


def test_a_fault_in_one_source_does_not_stop_the_others(store: Store) -> None:
    """Whatever it is; it is the outcome of its scope."""

    class Faulty(Toy):
        def fetch(self, scope: str, cursor: str | None) -> Iterator[Page]:
            raise RuntimeError("what a vendor can do")
            yield

    found = collect([Faulty(), Toy(name="toy.two")], store, lambda: NOW, Ways())

    assert [c.error for c in found] == ["toy.one/A: RuntimeError: what a vendor can do; this is a fault of gemba", None]


def test_what_is_stopped_ends_with_its_page(store: Store) -> None:
    """And what was read is kept."""
    ways = Ways()

    class Endless(Toy):
        def fetch(self, scope: str, cursor: str | None) -> Iterator[Page]:
            for n in count():
                if n == 3:
                    ways.stopped.set()
                yield Page((self._payload(scope, f"{n}"),))

    (found,) = collect([Endless()], store, lambda: NOW, ways)
    assert found.saved.changed == 3


def test_what_was_deleted_long_ago_is_not_taken_for_hidden(store: Store) -> None:
    """Else nothing would ever be gone again after the first fifty."""
    toy = Toy()
    run(toy, store)
    keys = [f"{n}" for n in range(10, 50)]
    store.save(("toy.one", "A"), next(toy.reread("A", keys)), toy.translate)
    for day in (1, 2):
        run(toy, store, hours=21 * day)
    assert len(gone(store)) == 40
    more = [f"{n}" for n in range(50, 80)]
    store.save(("toy.one", "A"), next(toy.reread("A", more)), toy.translate)
    for day in (3, 4):
        run(toy, store, hours=21 * day)
    assert len(gone(store)) == 70


def test_what_comes_back_as_it_was_is_back_at_once(store: Store) -> None:
    """Not only with the next census."""
    toy = Toy()
    run(toy, store)
    toy.deleted = ("2",)
    for day in (1, 2):
        run(toy, store, hours=21 * day)
    assert gone(store) == ["2"]
    store.save(("toy.one", "A"), next(toy.reread("A", ["2"])), toy.translate)

    assert gone(store) == []


def test_what_is_newly_unreadable_is_said_once(store: Store) -> None:
    """A log that repeats itself is not read."""
    outcomes = Outcomes(store)
    found = [Collected("toy.one", "A", Saved(unreadable=("60 items cannot be seen any more",)))]

    assert outcomes.told(found, NOW).endswith("; 1 unreadable; 60 items cannot be seen any more")
    assert outcomes.told(found, NOW).endswith("; 1 unreadable")


def test_a_source_that_fails_is_told_once_and_so_is_its_recovery(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """By whichever process meets it, also after a restart."""
    caplog.set_level("INFO", "gemba")
    works = [Collected("toy.one", "A", Saved())]
    fails = [Collected("toy.one", "A", Saved(), error="toy.one: the token was refused", denied=True)]
    told = [Outcomes(store).told(found, NOW) for found in (works, fails, fails, works, works)]

    assert told == ["0 changed", "0 changed; 1 failing", "0 changed; 1 failing", "0 changed", "0 changed"]
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("ERROR", "toy.one: the token was refused"),
        ("INFO", "toy.one/A works again"),
    ]


def test_what_a_collection_tells_nothing_of_fails_no_more(store: Store) -> None:
    """Issues of a plan are told only where they fail, and a project may have been taken out; others tell of theirs."""
    works = [Collected("toy.one", "A", Saved())]
    fails = [Collected(source, "issues of the plan", Saved(), error="down") for source in ("toy.one", "toy.other")]
    Outcomes(store).told([*works, *fails], NOW)

    assert Outcomes(store).told(works, NOW) == "0 changed"
    assert [trouble.subject for trouble in store.troubles.open()] == ["toy.other/issues of the plan"]


def test_silent_changes_are_looked_for_once_a_night(store: Store) -> None:
    """However often it runs; a source that asks for it is counted in every run."""
    toy, every = Toy(), Toy("toy.two", census_every=timedelta(0))
    for hours, night in ((0, -20), (3, -20), (5, 4), (27, 4), (28, 28), (29, 28)):
        now, newest = NOW + timedelta(hours=hours), NOW + timedelta(hours=night)
        for one in (toy, every):
            collect([one], store, lambda: now, Ways(census_before=newest))  # noqa: B023 - used at once

    assert toy.asked.count("census") == 2
    assert every.asked.count("census") == 5
