"""Event logs: what is handed over, from the file to the analysis, in little memory, and nothing lost without a word."""

import gzip
import json
import os
import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.collect import Collected, Ways, collect
from bot.store import Store
from connectors.errors import AccessDenied, NotThere, PayloadUnreadable, SourceError, SourceUnavailable
from connectors.eventlog import EventLog
from connectors.eventlog_cases import Reading
from connectors.eventlog_files import LogFile
from connectors.eventlog_settings import EventLogSettings
from connectors.records import ActorKind, Event, Item, ItemKind
from tests.commands import gemba
from tests.connectors.logs import COLUMNS, HEADER, NOW, SMALL, Made, events, log, payloads

# -- what is handed over -----------------------------------------------------------------------------------------------


def test_a_case_is_an_item_that_enters_states(made: Made) -> None:
    """Each event leaves the state before; the first leaves none."""
    connector = made(SMALL)
    item, *story = connector.translate(payloads(connector)["a"])

    assert item == Item("eventlog.x", "log.csv", "a", ItemKind.CASE, "a", "a", "", datetime(2026, 1, 5, 9, tzinfo=UTC))
    assert [(e.id, e.at.day, e.state, e.state_id, e.detail, e.seq) for e in story if isinstance(e, Event)] == [
        ("a:0", 5, "Open", "Open", None, 0),
        ("a:1", 7, "Done", "Done", "Open", 1),
    ]


def test_names_are_handed_over_apart(made: Made) -> None:
    """The payload holds an id; who is a bot is known by name."""
    connector = made(SMALL, actor="who", bots=["ann"])
    people = {p.key: (p.name, p.kind) for page in connector.fetch("log.csv", None) for p in page.people}
    ann, bot = (e[2] for e in events(connector)["a"])

    assert people == {ann: ("Ann", ActorKind.BOT), bot: ("build-bot", ActorKind.BOT)}
    assert "Ann" not in json.dumps(payloads(connector)["a"].body)
    assert events(connector)["b"][0][2] is None
    human = made(SMALL, actor="who", humans=["build-*"])
    assert [e.actor_kind for e in human.translate(payloads(human)["a"]) if isinstance(e, Event)] == [
        ActorKind.HUMAN
    ] * 2


def test_columns_become_labels_of_the_case(made: Made) -> None:
    """Each word once, wherever a row has one; without the setting a payload is as it always was."""
    rows = "a,Open,2026-01-05,Sales\na,Done,2026-01-07, Sales \nb,Open,2026-01-06,\na,Again,2026-01-08,Berlin\n"
    connector = made(HEADER + rows, timezone="UTC", labels="who")
    items = [next(iter(connector.translate(payload))) for payload in payloads(connector).values()]

    assert {item.name: item.labels for item in items if isinstance(item, Item)} == {"a": ("Sales", "Berlin"), "b": ()}
    assert "labels" not in payloads(made(HEADER + rows, timezone="UTC"))["a"].body
    with pytest.raises(AccessDenied, match='there is no column "whom"; did you mean "who"'):
        list(made(HEADER + rows, timezone="UTC", labels=["whom"]).fetch("log.csv", None))


def test_a_trace_or_its_events_tell_labels(tmp_path: Path) -> None:
    """Of a XES, by their keys."""
    text = (
        '<log><trace><string key="concept:name" value="1"/><string key="unit" value="Sales"/>'
        '<event><string key="concept:name" value="Open"/><date key="time:timestamp" value="2026-01-05T09:00:00Z"/>'
        '<string key="site" value="Berlin"/></event></trace></log>'
    )
    (tmp_path / "log.xes").write_text(text)

    found = payloads(log(tmp_path / "log.xes", labels=["unit", "site"]))["1"]

    assert found.body["labels"] == ["Sales", "Berlin"]


def test_events_are_in_the_order_of_time_and_ties_in_that_of_the_file(made: Made) -> None:
    """Rows of a case may lie anywhere."""
    rows = "a,Late,2026-01-09,\nb,X,2026-01-01,\na,One,2026-01-05,\na,Two,2026-01-05,\n"
    connector = made(HEADER + rows, timezone="UTC")

    assert [state for _, state, _ in events(connector)["a"]] == ["One", "Two", "Late"]


def test_a_row_that_repeats_the_one_before_it_is_told_once(made: Made) -> None:
    """One that comes back within a tick of the clock is not the same."""
    day = "2026-01-05"
    connector = made(f"{HEADER}a,X,{day},\na,X,{day},\na,Y,{day},\na,X,{day},\na,X,2026-01-06,\n", timezone="UTC")

    assert [(at[9], state) for at, state, _ in events(connector)["a"] if at] == [
        ("5", "X"),
        ("5", "Y"),
        ("5", "X"),
        ("6", "X"),
    ]
    assert "1 repeated rows are told once" in next(connector.check()).detail


def test_a_state_may_be_several_columns(made: Made) -> None:
    """Those that are empty are left out."""
    connector = made("case,act,life,at\na,Check,start,2026-01-05T09Z\na,Check,,2026-01-06T09Z\n", state=["act", "life"])

    assert [state for _, state, _ in events(connector)["a"]] == ["Check / start", "Check"]
    assert connector.states("log.csv") == ["Check", "Check / start"]


def test_pages_are_small_and_the_cursor_comes_last(made: Made) -> None:
    """A kill in between reads the file again."""
    connector = made(HEADER + "".join(f"c{n},X,2026-01-05T09:00:00Z,\n" for n in range(1201)))
    pages = list(connector.fetch("log.csv", None))

    assert [len(page.payloads) for page in pages] == [500, 500, 201, 0]
    assert [page.cursor is not None for page in pages] == [False, False, False, True]


def test_nonsense_is_refused(made: Made) -> None:
    """Whatever a database may hold."""
    connector = made(SMALL)
    good = payloads(connector)["a"]
    for events_of in ([], None, [["x", "y", None]], [["2026-01-05T09:00:00+00:00", 5, None]], [[1]]):
        with pytest.raises(PayloadUnreadable):
            list(connector.translate(replace(good, body={**good.body, "events": events_of})))


# -- the file ----------------------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_or_not_whole_is_told(made: Made, tmp_path: Path) -> None:
    """And what to do."""
    (tmp_path / "half.csv.gz").write_bytes(gzip.compress(os.urandom(99_999))[:-99])
    (tmp_path / "plain.csv.gz").write_text(SMALL)

    for file, kind, expected in (
        ("none.csv", NotThere, "there is no such file; mend path"),
        ("half.csv.gz", SourceUnavailable, "ends too early"),
        ("plain.csv.gz", AccessDenied, "is not packed by gzip"),
    ):
        with pytest.raises(SourceError, match=expected) as problem:
            list(log(tmp_path / file, encoding="latin-1").fetch(file, None))
        assert type(problem.value) is kind
        assert not next(log(tmp_path / file).check()).ok


def test_a_packed_file_is_the_same(made: Made) -> None:
    """With a name in capitals, too."""
    assert events(made(SMALL, "log.CSV.gz")) == events(made(SMALL))


def test_a_file_that_did_not_change_is_not_read(made: Made, tmp_path: Path) -> None:
    """It is read anew when it changed, or how it is to be read; complete as of its last change."""
    connector = made(SMALL)
    os.utime(tmp_path / "log.csv", (1767600000, 1767600000))
    [last] = list(connector.fetch("log.csv", None))[-1:]

    assert last.complete == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert list(connector.fetch("log.csv", last.cursor)) == [last]
    assert len(list(log(tmp_path / "log.csv", bots=["Ann"]).fetch("log.csv", last.cursor))) == 2
    assert len(list(made(SMALL).fetch("log.csv", last.cursor))) == 2


def test_a_file_that_changes_under_the_reading_is_refused(made: Made, tmp_path: Path) -> None:
    """Half of the old and half of the new is neither."""
    connector = made(SMALL)
    found = Reading(LogFile("eventlog.x", connector._settings), connector._settings)
    rows = found.rows()
    found.rows = lambda: (os.utime(tmp_path / "log.csv", (n, n)) or row for n, row in enumerate(rows))  # type: ignore[func-returns-value, method-assign]

    with pytest.raises(SourceUnavailable, match="was changed while it was read"):
        list(found.cases())


def test_check_says_what_is_there(made: Made) -> None:
    """In one line."""
    [line] = made(SMALL + "x\n").check()

    assert line.ok
    assert line.what == "eventlog.x: log.csv"
    assert line.detail.startswith("2 cases, 3 events from 2026-01-05 to 2026-01-07; CSV in utf-8, delimiter")
    assert 'columns "case", "state", "at", "who"' in line.detail
    assert "1 rows cannot be read: eventlog.x: " in line.detail


def test_too_many_states_are_no_states(made: Made) -> None:
    """At most a thousand are told."""
    rows = "".join(f"a,X{n},2026-01-05T09:00:00Z,\n" for n in range(1500))

    assert len(made(HEADER + rows).states("log.csv")) == 1000


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"path": "log.xlsx"}, '"log.xlsx" is no event log; known are .csv, .tsv and .xes'),
        ({"path": "log.gz"}, "is no event log"),
        ({"path": "log.csv", **COLUMNS, "timezone": "Berlin"}, '"Berlin" is no time zone'),
        ({"path": "log.csv", **COLUMNS, "state": []}, "wants the name of a column"),
        ({"path": "log.csv", **COLUMNS, "state": [""]}, "wants the name of a column"),
        ({"path": "log.csv", **COLUMNS, "encoding": "utf8mb4"}, '"utf8mb4" is no encoding'),
        ({"path": "log.csv", **COLUMNS, "delimiter": "--"}, "delimiter"),
        ({"path": "log.csv", **COLUMNS, "at_format": "%d %d"}, "has a directive twice"),
        ({"path": "log.csv", "state": "state"}, "case and at: name the column of log.csv"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], expected: str) -> None:
    """Before anything is read."""
    with pytest.raises(ValidationError, match=expected.replace("(", r"\(")):
        EventLogSettings.model_validate(settings)


# -- for all logs ------------------------------------------------------------------------------------------------------


ROWS = st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("XYZ"), st.integers(0, 9)), min_size=1, max_size=40)


def cases_of(rows: Iterable[tuple[str, str, int]], partitions: int | None = None) -> dict[str, list[Any]]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "log.csv")
        path.write_text(HEADER + "".join(f"{case},{state},2026-01-05T0{hour}Z,\n" for case, state, hour in rows))
        settings = EventLogSettings.model_validate({"path": path, **COLUMNS})
        return {c.key: c.events for c in Reading(LogFile("eventlog.x", settings), settings).cases(None, partitions)}


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_decides_only_ties(rows: list[tuple[str, str, int]], chance: random.Random) -> None:
    """What happens at one instant is the same, in whatever order."""
    shuffled = chance.sample(rows, len(rows))

    def instants(cases: dict[str, list[Any]]) -> dict[str, set[Any]]:
        return {key: set(story) for key, story in cases.items()}

    assert instants(cases_of(shuffled)) == instants(cases_of(rows))
    assert all(story == sorted(story, key=lambda e: e[0]) for story in cases_of(shuffled).values())


@given(ROWS, st.integers(1, 7))
def test_how_a_log_is_parted_does_not_matter(rows: list[tuple[str, str, int]], partitions: int) -> None:
    """It is only for the memory's sake."""
    assert cases_of(rows, partitions) == cases_of(rows)


# -- in the store ------------------------------------------------------------------------------------------------------


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'gemba.db'}")
    yield opened
    opened.close()


def collected(store: Store, connector: EventLog, hours: int = 0) -> Collected:
    later = NOW + timedelta(hours=hours)
    connector._now = lambda: later
    [done] = collect([connector], store, lambda: later, Ways())
    return done


def test_what_changed_in_the_file_changes_in_the_store(made: Made, lite: Store) -> None:
    """Also to an earlier time."""
    assert (collected(lite, made(SMALL)).saved.changed, collected(lite, made(SMALL), 1).saved.changed) == (2, 0)
    corrected = collected(lite, made(SMALL.replace("07T09", "05T10")), 2)

    assert (corrected.saved.payloads, corrected.saved.changed) == (2, 1)
    assert max(event.at for event in lite.events([("eventlog.x", "log.csv")]) if event.item == "a").day == 5


def test_a_case_that_left_the_file_is_gone(made: Made, lite: Store) -> None:
    """And back when it is in it again. While some rows cannot be read, it may be in them."""
    without = SMALL.replace("b,Open", "c,Open")
    collected(lite, made(SMALL))

    assert collected(lite, made(without + "x\n"), 25).gone == 0
    assert collected(lite, made(without), 50).gone == 1
    assert [i.key for i in lite.items([("eventlog.x", "log.csv")]) if i.gone_at] == ["b"]
    assert collected(lite, made(SMALL), 75).saved.changed == 0
    assert [i.key for i in lite.items([("eventlog.x", "log.csv")]) if i.gone_at] == ["c"]


CONFIG = """
[connectors.eventlog.onboarding]
path = "onboarding.csv"
case = "case_id"
state = "activity"
at = "timestamp"
timezone = "Europe/Berlin"
[[streams]]
name = "Onboarding"
sources = ["eventlog.onboarding/onboarding.csv"]
end = "Open"
[[streams.stages]]
name = "Inbox"
kind = "wait"
states = ["eventlog:Received"]
[[streams.stages]]
name = "Check"
kind = "work"
states = ["eventlog:In check"]
[[streams.stages]]
name = "Open"
kind = "done"
states = ["eventlog:Opened"]
"""


def test_a_log_is_analysed(tmp_path: Path) -> None:
    """From the file to the lead time: two days in the inbox, one and a half in check."""
    (tmp_path / "config.toml").write_text(CONFIG)
    rows = "K1;Opened;2026-03-05 21:00\nK1;Received;2026-03-02 09:00\nK1;In check;2026-03-04 09:00\n"
    (tmp_path / "onboarding.csv").write_text("case_id;activity;timestamp\n" + rows)
    done = gemba("collect", folder=tmp_path)
    assert (done.status, done.err.strip()) == (0, "eventlog.onboarding/onboarding.csv: 1 read, 1 new or changed")
    words = ("--from", "2026-03-01", "--to", "2026-04-01", "--json")
    found = json.loads(gemba("analyse", *words, folder=tmp_path).out)

    assert found["items"]["delivered"] == 1
    assert found["lead_time"]["mean"] == pytest.approx(3.5)
    assert {s["name"]: s["items"] for s in found["stages"] if s["items"]} == {"Inbox": 1, "Check": 1}
    assert "all are there" in gemba("check", folder=tmp_path).out
