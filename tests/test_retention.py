"""What is old is let go of, and nothing else: figures stay, nothing is read or posted again, and the files forget."""

import json
import re
import shutil
from collections.abc import Collection
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.app.analysis import analyse_stream
from bot.app.care import retain
from bot.app.digests import post_digest
from bot.app.wiring import Wanted, opened
from bot.config import Config, load_config
from bot.errors import ConfigError, UsageError
from bot.privacy import pseudonym
from bot.retention import Old
from bot.store import Saved, Store
from connectors.records import ActorKind, Page, Payload, Person
from tests.commands import NOW as COMPANY_NOW
from tests.commands import gemba
from tests.stored import NOW, SCOPE, SOURCE, payload, person, save, translate

YEAR = timedelta(days=365)
LONG_AGO = NOW - 3 * YEAR
SOURCES = ("jira.acme", "github.acme")


def old(store: Store) -> Old:
    return store.care.old


def names(store: Store) -> list[str]:
    return [each.name for each in store.people([SOURCE])]


def as_it_is(found: Person) -> Person:
    return found


def test_old_payloads_are_emptied_and_their_records_stay(store: Store) -> None:
    """They are not read again for it: they are known by their digests, and their marks are as they were."""
    save(store, payload("old", LONG_AGO), payload("new"))
    items, events, marks = store.items([SCOPE]), store.events([SCOPE]), store.marks(SCOPE)

    assert (old(store).empty(NOW - YEAR), old(store).empty(NOW - YEAR)) == (1, 0)
    assert save(store, payload("old", LONG_AGO), payload("new")) == Saved(payloads=2, changed=0)
    assert (store.items([SCOPE]), store.events([SCOPE]), store.marks(SCOPE)) == (items, events, marks)


def test_replay_says_how_many_it_could_not_read_anew(store: Store) -> None:
    """And leaves their records as they are."""
    save(store, payload("old", LONG_AGO), payload("new"))
    old(store).empty(NOW - YEAR)
    events = store.events([SCOPE])

    assert store.replay(SOURCE, translate) == Saved(payloads=1, changed=1, emptied=1)
    assert store.events([SCOPE]) == events


def test_an_emptied_payload_that_changes_is_kept_again(store: Store) -> None:
    """With its body."""
    save(store, payload("old", LONG_AGO))
    old(store).empty(NOW - YEAR)
    save(store, payload("old", NOW, "Done"))

    assert store.replay(SOURCE, translate) == Saved(payloads=1, changed=1)
    assert [event.state for event in store.events([SCOPE])] == ["Done", None]


def test_names_of_those_who_did_nothing_are_replaced(store: Store) -> None:
    """Not of who did anything since, nor of who was asked, nor of bots."""
    people = (person("u1", "Ann"), person("u2", "Bob"), person("u3", "Cyd"), person("b", "ci", ActorKind.BOT))
    save(store, payload("1", LONG_AGO), people=people)
    save(store, payload("2"))

    assert (old(store).unname(NOW - YEAR, as_it_is), old(store).unname(NOW - YEAR, as_it_is)) == (1, 0)
    assert names(store) == ["ci", "Ann", "Bob", pseudonym(SOURCE, "u3")]
    assert old(store).unname(NOW + YEAR, lambda found: replace(found, kind=ActorKind.BOT)) == 0


def test_who_comes_back_has_a_name_again(store: Store) -> None:
    """Even who is only mentioned; but a name that is known is not replaced by hearsay."""
    save(store, payload("1", LONG_AGO), people=(person("u3", "Cyd"), person("u4", "Dan")))
    old(store).unname(NOW - YEAR, as_it_is)
    heard = (replace(person("u3", "Cyd"), hearsay=True), replace(person("u4", "Dan"), hearsay=True))
    save(store, payload("2"), people=heard[:1])
    store.save(SCOPE, Page((payload("3"),), people=(person("u4", "Dan"),)), translate)
    save(store, payload("4"), people=(replace(person("u4", "Old name"), hearsay=True),))

    assert names(store) == ["Cyd", "Dan"]


def test_nothing_of_it_is_left_in_the_files(tmp_path: Path) -> None:
    """Neither of bodies nor of names, nor in the log beside the database."""
    config = Config.model_validate({"retention": {"payloads": "1y", "names": "1y"}})
    with closing(Store.open(f"sqlite:///{tmp_path / 'gemba.db'}")) as store:
        save(store, *map(told_at_length, range(9)), people=(person("u3", "Canary Name"),))
        with store._database.write() as connection:
            connection.exec_driver_sql("UPDATE event SET state = 'Open'")
        before = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        said = retain(store, config, NOW)
        after = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert said == "9 payloads emptied, 1 name replaced"
    assert (b"canary of a body" in before, b"Canary Name" in before) == (True, True)
    assert b"anary" not in after


def told_at_length(number: int) -> Payload:
    """More than a page of the database holds."""
    return payload(f"{number}", LONG_AGO, "canary of a body " * 999)


def test_who_still_reads_holds_the_old(tmp_path: Path) -> None:
    """It is said, and the next time rids the files of it."""
    config = Config.model_validate({"retention": {"payloads": "1y"}})
    with closing(Store.open(f"sqlite:///{tmp_path / 'gemba.db'}")) as store:
        save(store, payload("1", LONG_AGO))
        with store._database.read() as reader:
            reader.exec_driver_sql("SELECT count(*) FROM payload").all()
            said = retain(store, config, NOW)

        assert said == "1 payload emptied; the database is in use just now, so it leaves the files with the next time"
        assert retain(store, config, NOW) == "nothing was old enough to let go"


def jobs(store: Store, at: datetime) -> None:
    """A job done, a request heard, a digest with a thread, a pack and a planned issue sent, a message on its way."""
    after = at.date()
    keys = (f"Pay {after - timedelta(days=28)} {after}", f"Pay {after - timedelta(days=28)} {after} · doubts")
    claim = store.runs.claim("digest", at, at)
    assert claim is not None
    store.runs.finish(claim, at, "posted")
    store.said.hear(f"{at}", at)
    for key in (*keys, f"Pay gate Decision {after}", f"plan Pay/from {after} {after}"):
        store.outbox.claim("#pay", key, at)
        store.outbox.sent("#pay", key, "1.0")
    store.outbox.claim("#pay", f"Pay {after} {after}", at)


def test_what_is_long_done_is_forgotten(store: Store) -> None:
    """But for what anybody could come back to: the issue of a change, a pack, and what is still on its way."""
    jobs(store, LONG_AGO)
    jobs(store, NOW)

    assert old(store).forget_jobs(NOW - YEAR) == 4
    assert store.care.counts()["outbox"] == 8
    assert old(store).forget_jobs(NOW - YEAR) == 0
    assert store.runs.is_done("digest", NOW)
    assert not store.runs.is_done("digest", LONG_AGO)
    assert store.outbox.knows(f"plan Pay/from {LONG_AGO.date()} {LONG_AGO.date()}")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ('runs = "2d"', 'retention.runs: wants "30d" at least, so that nothing is posted twice'),
        ('payloads = "1h"', "retention.payloads: wants a day at least"),
        ('names = "long"', 'retention.names: "long" is no duration'),
        ('payload = "1y"', 'retention.payload: unknown key; did you mean "payloads"?'),
    ],
)
def test_a_retention_that_cannot_be(tmp_path: Path, written: str, words: str) -> None:
    """Is said."""
    (tmp_path / "config.toml").write_text(f"[retention]\n{written}\n")
    with pytest.raises(ConfigError, match=words.replace("?", r"\?")):
        load_config(tmp_path / "config.toml")


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    """The simulated company, in a folder of its own."""
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    text = (tmp_path / "config.toml").read_text()
    (tmp_path / "config.toml").write_text(text + '\n[retention]\npayloads = "1d"\nnames = "1d"\nruns = "30d"\n')
    return tmp_path


def test_the_analysis_is_the_same_before_and_after(copied: Path) -> None:
    """All that is told but the names of who did nothing since; and those payloads are not read anew."""
    config, wanted = load_config(copied / "config.toml"), Wanted(now=COMPANY_NOW)
    before = analyse_stream(config, wanted).model_dump_json()
    with opened(config) as store:
        people = store.people(SOURCES)
        said = retain(store, config, COMPANY_NOW + timedelta(days=30))
        names = {each.name for each in (*people, *store.people(SOURCES))}

    assert re.match(r"\d{3} payloads emptied, \d+ names replaced", said)
    assert nameless(analyse_stream(config, wanted).model_dump_json(), names) == nameless(before, names)
    assert "stay as they were read: what they said was let go of" in gemba("replay", folder=copied).err


def nameless(document: str, names: Collection[str]) -> Any:
    """Without the names, and in no order that comes from them."""
    for name in names:
        document = document.replace(f'"{name}"', '"somebody"')
    return unordered(json.loads(document))


def unordered(found: Any) -> Any:
    """Lists of names stand in the order of the names."""
    if isinstance(found, dict):
        return {name: unordered(each) for name, each in found.items()}
    if isinstance(found, list):
        return sorted(found) if all(isinstance(each, str) for each in found) else [unordered(each) for each in found]
    return found


def test_a_digest_of_which_nothing_is_known_any_more_is_not_posted_again(copied: Path) -> None:
    """It was told once; where it stands is forgotten."""
    config, then = load_config(copied / "config.toml"), Wanted(now=datetime(2026, 8, 10, 12, tzinfo=UTC))
    assert post_digest(config, then).startswith("posted to ")
    with opened(config) as store:
        retain(store, config, datetime(2100, 1, 1, tzinfo=UTC))

    with pytest.raises(UsageError, match=r"was told before \[retention\] runs"):
        post_digest(config, then)
