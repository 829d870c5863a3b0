"""The commands of the store, as a person types them."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app.care import restore
from bot.config import load_config
from bot.errors import UsageError
from bot.store import Store
from tests.commands import gemba
from tests.stored import filled, kept_in, payload, save


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a configuration and a store that holds something."""
    (tmp_path / "config.toml").write_text('[retention]\npayloads = "2y"\n')
    with closing(Store.open(f"sqlite:///{tmp_path / 'gemba.db'}")) as store:
        save(store, payload("1"))
    return tmp_path


def test_what_was_copied_is_put_back(here: Path) -> None:
    """Where something is kept only if it is wanted, and after a copy of it."""
    copied = gemba("db", "backup", "b.db", folder=here)
    with closing(Store.open(f"sqlite:///{here / 'gemba.db'}")) as store:
        save(store, payload("2"))
    refused = gemba("db", "restore", "b.db", folder=here)
    done = gemba("db", "restore", "b.db", "--replace", "--backup", "before.db", folder=here)

    assert (copied.status, copied.err) == (0, "copied to b.db\n")
    assert refused.status == 1
    assert "the database is not empty (2 payload, 2 item, 4 event); say --replace" in refused.err
    assert done.err == "what was there is copied to before.db\nrestored: 1 payload, 1 item, 2 event\n"
    assert len(kept_in(here / "before.db")["item"]) == 2
    assert len(kept_in(here / "gemba.db")["item"]) == 1


def test_a_damaged_database_is_told_and_mended(here: Path) -> None:
    """By `gemba check`, which says what to do; what is damaged is put aside."""
    good = filled(here / "good.db")
    (here / "gemba.db").write_bytes(b"not a database at all" * 999)
    told = gemba("check", "--local", folder=here)
    done = gemba("db", "restore", "good.db", "--replace", folder=here)
    (aside,) = here.glob("gemba-replaced-*.db")

    assert (told.status, told.err) == (1, "")
    assert "is damaged; stop gemba, and put the newest backup in its place: `gemba db restore FILE" in told.out
    assert done.status == 0, done.err
    assert aside.read_bytes().startswith(b"not a database")
    assert kept_in(here / "gemba.db") == kept_in(good)


def test_what_is_misused_is_said(here: Path) -> None:
    """Both ways at once, and a backup that is the database itself."""
    with pytest.raises(UsageError, match=r"gemba\.db is the database itself; name a backup"):
        restore(load_config(here / "config.toml"), here / "gemba.db", here)

    assert gemba("db", "upgrade", "--backup", "x.db", "--no-backup", folder=here).status == 2


def test_tidying_and_checking_by_hand(here: Path) -> None:
    """What was let go of is said, and the room that it took."""
    old = datetime(2020, 1, 1, tzinfo=UTC)
    with closing(Store.open(f"sqlite:///{here / 'gemba.db'}")) as store:
        save(store, *(payload(f"{n}", old, f"{n} " * 99999) for n in range(2, 6)))
    checked, tidied = gemba("check", "--local", folder=here), gemba("db", "tidy", folder=here)

    assert "database: whole, and open at revision" in checked.out
    assert tidied.err.startswith("4 payloads emptied; ")
    assert tidied.err.endswith(" MB given back\n")
