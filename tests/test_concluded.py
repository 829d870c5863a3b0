"""What is told of what was kept is what would be found anew."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copy

import pytest
from hypothesis import assume, given, settings

from bot.app.concluded import explain_kept, made_by
from bot.app.concluding import is_settled, keep, state_before
from bot.app.seen import see_stream
from bot.app.wiring import Wanted
from bot.config import load_config
from bot.demo.stand_ins import Addresses
from bot.flow.clock import instant
from bot.flow.explain.reasons import Story, explained
from bot.flow.explain.stories import holders, stories
from bot.flow.explain.timelines import explain
from bot.flow.history.log import Records
from bot.flow.reconstruct import Reconstruction, reconstruct
from connectors.records import EventKind as K
from tests.build import STREAM, change, issue, records, window
from tests.commands import NOW, gemba
from tests.flow.test_analyse import logs

KEPT = NOW + timedelta(days=1)


def conclude(config_file: Path, now: datetime = KEPT) -> Reconstruction:
    """As commands do."""
    config = load_config(config_file)
    before = state_before(config, config.streams[0])
    seen = see_stream(config, Wanted(now=now))
    keep(config, before, seen)
    return seen.found


@pytest.fixture(scope="module")
def concluded(company: tuple[Path, Addresses], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a copy of the simulated company."""
    folder = tmp_path_factory.mktemp("concluded")
    with closing(sqlite3.connect(company[0] / "gemba.db")) as was, closing(sqlite3.connect(folder / "gemba.db")) as new:
        was.backup(new)
    for name in ("config.toml", "meetings.ics", "token"):
        copy(company[0] / name, folder)
    return folder / "config.toml"


@pytest.mark.parametrize("later", [timedelta(microseconds=1), timedelta(days=8, hours=7)])
def test_what_was_kept_tells_what_is_found_anew(concluded: Path, later: timedelta) -> None:
    """Of items and pull requests, open and closed, whenever it is told; and of what is unknown nothing."""
    conclude(concluded)
    now = KEPT + later
    found = see_stream(load_config(concluded), Wanted(now=now)).found

    outcomes = set()
    for item in [*found.log.items][::9]:
        kept = explain_kept(concluded, None, item.name, now)
        try:
            anew = explain(found, item.name)
        except KeyError:
            anew = None
        assert kept == anew
        outcomes.add((kept and kept.outcome, "#" in item.name))
    assert outcomes >= {("open", False), ("delivered", False), ("open", True), ("delivered", True)}


@settings(max_examples=20)
@given(logs())
def test_time_alone_changes_nothing_but_the_last_span_of_what_is_open(found: Records) -> None:
    """Of any history: what was reconstructed once and is told later is what is reconstructed later."""
    early, late = (reconstruct(STREAM, found, window(0, end)) for end in (60, 75.3))
    assume(is_settled(early))

    for told in stories(early).iter_rows(named=True):
        names = early.holders.named(holders(early, [told["case"]]).get(told["case"], ()))
        now, worked = instant(late.window.end), late.clock.between
        story = Story(told, names, STREAM.calendar.timezone, early.clock.day, now, worked)
        assert explained(story) == explain(late, told["name"])


def test_work_that_went_on_outside_of_working_hours_is_found_anew() -> None:
    """How usual traces are in a state hangs on which visits ended; until Monday this one looks as if it had."""
    item = issue("PAY-1", ("In Progress", 0.4))
    blocked = [change("PAY-1", K.BLOCKED, 2.5, "flag"), change("PAY-1", K.UNBLOCKED, 5.5, "flag")]

    settled = [is_settled(reconstruct(STREAM, records(item, *blocked), window(0, end))) for end in (5, 6.5, 7.5)]
    assert settled == [True, False, True]


def _another_configuration(config: Path) -> None:
    config.write_text(config.read_text("utf-8") + "\n# said otherwise\n", "utf-8")


def _another_record(config: Path) -> None:
    _write(config, "UPDATE watermark SET mark = 'another' WHERE source = 'github.acme'")


def _another_name(config: Path) -> None:
    _write(config, "UPDATE person SET name = 'Somebody else'")


def _damage(config: Path) -> None:
    (path,) = Path(f"{config.parent / 'gemba.db'}.frames").glob("*.cases")
    path.write_bytes(path.read_bytes()[:-1000] + bytes(1000))


def _write(config: Path, words: str) -> None:
    with closing(sqlite3.connect(config.parent / "gemba.db")) as connection, connection:
        connection.execute(words)


CHANGES = (_another_configuration, _another_record, _another_name, _damage)


@pytest.mark.parametrize("change", CHANGES)
def test_after_any_change_it_is_found_anew(concluded: Path, change: Callable[[Path], None]) -> None:
    """Of the configuration, of what is kept, of a name, of the file itself; and then kept anew."""
    names = [item.name for item in conclude(concluded).log.items if "#" not in item.name]
    assert explain_kept(concluded, "payments", names[-1], KEPT + timedelta(hours=1))

    change(concluded)
    assert explain_kept(concluded, None, names[-1], KEPT + timedelta(hours=1)) is None
    conclude(concluded)
    assert explain_kept(concluded, None, names[-1], KEPT + timedelta(hours=1))


def test_of_an_address_its_beginning_is_told(concluded: Path) -> None:
    """Should one be kept as the name of a person: here as there."""
    _write(concluded, "UPDATE person SET name = key || '@acme.example'")
    found = conclude(concluded)

    going = [explain(found, found.log.items[case].name) for case in found.timeline.open()["case"]]
    held = next(told for told in going if told.holders)
    kept = explain_kept(concluded, None, held.item, KEPT + timedelta(microseconds=1))
    assert kept
    assert kept.holders == held.holders
    assert not any("@" in name for name in kept.holders)


def test_another_gemba_concludes_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever of it is another one, and whenever it was written."""
    monkeypatch.setattr("connectors.__path__", [str(tmp_path)])
    (tmp_path / "names.py").write_text("BOTS = 1", "utf-8")
    before = made_by("a")

    (tmp_path / "names.py").write_text("BOTS = 2", "utf-8")
    assert made_by("a") != before
    (tmp_path / "names.py").write_text("BOTS = 1", "utf-8")
    assert made_by("a") == before


def test_what_had_not_happened_yet_is_not_kept(concluded: Path) -> None:
    """Nor is anything told of it as of a time before."""
    past = NOW - timedelta(weeks=3)
    for path in Path(f"{concluded.parent / 'gemba.db'}.frames").glob("*.cases"):
        path.unlink()
    name = conclude(concluded, past).log.items[0].name
    assert explain_kept(concluded, None, name, KEPT) is None

    conclude(concluded)
    assert explain_kept(concluded, None, name, KEPT)
    assert explain_kept(concluded, None, name, past) is None


def test_a_command_says_the_same_twice(concluded: Path) -> None:
    """The second time of what the first one kept."""
    first, again = (gemba("explain", "PAY-100", folder=concluded.parent) for _ in range(2))
    assert (first.status, first.out) == (0, again.out)
