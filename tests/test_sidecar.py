"""Frames beside a database are what the database holds, or are not used; they come and go without harm."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from stat import S_IMODE
from threading import Thread

import pytest

from bot import sidecar
from bot.frame_store import Flow
from bot.store import Store
from connectors.records import Page
from tests.stored import NOW, SCOPE, payload, person, save, translate

LATER = NOW + timedelta(days=1)
OTHER = ("github.acme", "pay")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few events are as good as many."""
    monkeypatch.setattr(sidecar, "FEWEST", 4)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gemba.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with closing(Store.open(f"sqlite:///{path}")) as opened:
        save(opened, payload("1"), payload("2"), cursor="1")
        yield opened


def folder(path: Path) -> Path:
    return path.with_name("gemba.db.frames")


def in_rows(store: Store) -> Flow:
    with store._database.snapshot() as connection:
        found: Flow = store.frames.read_in(connection, [SCOPE])
        return found


def same(one: Flow, other: Flow) -> bool:
    return one.items.frame.equals(other.items.frame) and one.events.frame.equals(other.events.frame)


def kept(store: Store) -> Flow | None:
    found: Flow | None = store.frames._kept([SCOPE])
    return found


def test_what_is_kept_is_what_was_read(store: Store, path: Path) -> None:
    """Also for another process, that may only read; nobody else may read it."""
    assert kept(store) is None
    read = store.frames.read([SCOPE])
    again = kept(store)

    assert again is not None
    assert same(again, read)
    assert S_IMODE(folder(path).stat().st_mode) == 0o700
    assert {S_IMODE(file.stat().st_mode) for file in folder(path).iterdir() if file.suffix != ".json"} == {0o600}
    with closing(Store.open(f"sqlite:///{path}", read_only=True)) as reader:
        assert kept(reader) is not None


def restored(store: Store, folder: Path) -> None:
    save(store, payload("4"))
    store.care.restore(folder / "copy")


CHANGES: dict[str, Callable[[Store, Path], object]] = {
    "saved": lambda store, _: save(store, payload("1", LATER, "Done")),
    "added": lambda store, _: save(store, payload("3")),
    "replayed": lambda store, _: store.replay(SCOPE[0], lambda p: (r for r in translate(p) if "0" not in str(r))),
    "gone": lambda store, _: store.miss(SCOPE, ["1"], LATER, certain=True),
    "restored": restored,
    "replayed as it was": lambda store, _: store.replay(SCOPE[0], translate),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changed_is_read_anew(store: Store, path: Path, change: Callable[[Store, Path], object]) -> None:
    """And kept anew, alone."""
    store.care.backup(path.parent / "copy")
    store.frames.read([SCOPE])
    change(store, path.parent)

    assert kept(store) is None
    assert same(store.frames.read([SCOPE]), in_rows(store))
    again = kept(store)
    assert again is not None
    assert same(again, in_rows(store))
    assert len([*folder(path).iterdir()]) == 3


def test_what_is_back_is_read_anew(store: Store) -> None:
    """What was gone is seen again, unchanged."""
    store.miss(SCOPE, ["1"], LATER, certain=True)
    store.frames.read([SCOPE])
    save(store, payload("1"))

    assert kept(store) is None
    assert not [item for item in store.items([SCOPE]) if item.gone_at]


def test_what_changes_nothing_leaves_it(store: Store) -> None:
    """The same again, a cursor, a job, names, another source."""
    store.frames.read([SCOPE])
    save(store, payload("1"), payload("2"), cursor="2", people=(person("u1", "Ann Example"),))
    save(store, payload("1", source=OTHER[0]))
    store.census_done(SCOPE, NOW)
    store.runs.claim("job", NOW, NOW)

    assert kept(store) is not None


HARMS = {
    "cut": lambda content: content[:-9],
    "changed": lambda content: content.replace(b"ann", b"eve", 1),
    "in another order": lambda content: content[:8] + content[16:24] + content[8:16] + content[24:],
}


@pytest.mark.parametrize("harm", [*HARMS, "gone", "foreign", "of another shape", "told of nothing"])
def test_what_is_harmed_is_made_anew(store: Store, path: Path, harm: str) -> None:
    """Without a word."""
    store.frames.read([SCOPE])
    (told,) = folder(path).glob("*.json")
    (events,) = folder(path).glob("*.events")
    content, known = events.read_bytes(), json.loads(told.read_bytes())
    if harm == "gone":
        events.unlink()
    elif harm in HARMS:
        events.write_bytes(HARMS[harm](content))
    else:
        words = {"foreign": [1], "of another shape": {**known, "shape": "x"}, "told of nothing": {**known, "files": {}}}
        told.write_text(json.dumps(words[harm]))

    assert kept(store) is None
    assert same(store.frames.read([SCOPE]), in_rows(store))
    assert kept(store) is not None


def test_no_name_is_in_it(store: Store, path: Path) -> None:
    """Only accounts, as the events have them."""
    save(store, payload("3"), people=(person("u1", "Ann Example"),))
    store.frames.read([SCOPE])

    assert folder(path).exists()
    assert not [file for file in folder(path).iterdir() if b"Ann Example" in file.read_bytes()]


def test_it_goes_with_what_is_forgotten(store: Store, path: Path) -> None:
    """After names were let go of, and when a backup is put in its place."""
    store.frames.read([SCOPE])
    store.care.old.unname(LATER, lambda known: known)
    store.care.forget()
    assert not folder(path).exists()

    store.frames.read([SCOPE])
    store.care.backup(path.parent / "copy")
    store.care.restore(path.parent / "copy")
    assert not folder(path).exists()


def test_nothing_fails_where_nothing_can_be_kept(store: Store, path: Path) -> None:
    """A file stands in the way."""
    folder(path).write_text("mine")

    assert len(store.recorded([SCOPE]).events) == 4
    assert folder(path).read_text() == "mine"


def test_what_cannot_go_keeps_nothing_else(store: Store, path: Path) -> None:
    """Folders of somebody else lie among the files, before and after them: they stay, and nothing of ours does."""
    store.frames.read([SCOPE])
    others = [folder(path) / name for name in ("0.json", "8.events", "f.items", "~")]
    for other in others:
        other.mkdir()
    save(store, payload("3"))
    store.frames.read([SCOPE])
    assert len([*folder(path).iterdir()]) == 3 + len(others)

    store.care.forget()
    assert sorted(folder(path).iterdir()) == others


def test_little_is_not_kept(store: Store, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sidecar, "FEWEST", 5)
    store.frames.read([SCOPE])

    assert not folder(path).exists()


def test_many_may_keep_at_once(store: Store, path: Path) -> None:
    """Whoever reads sees what is in the database, or reads it there."""
    store.frames.read([SCOPE])
    stores = [Store(f"sqlite:///{path}") for _ in range(4)]
    found: list[Flow] = []
    threads = [
        Thread(target=lambda each=each: found.append(each.frames.read([SCOPE]))) for each in stores for _ in "12"
    ]
    save(store, payload("3"))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in stores:
        each.close()

    assert len(found) == 8
    assert all(same(each, in_rows(store)) for each in found)


def test_a_page_that_fails_leaves_it(store: Store) -> None:
    """Nothing was written, so nothing moved."""
    store.frames.read([SCOPE])
    with pytest.raises(ZeroDivisionError):
        store.save(SCOPE, Page((payload("3"),)), lambda _: 1 // 0)  # type: ignore[arg-type, return-value]

    assert kept(store) is not None
