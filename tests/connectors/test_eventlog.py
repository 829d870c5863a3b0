"""Event logs: every shape a CSV or XES comes in, in little memory, and nothing lost without a word."""

import gzip
import json
import os
import random
from collections.abc import Callable, Iterable, Iterator
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
from connectors.eventlog_files import EventLogSettings, LogFile, delimiter_of, encoding_of
from connectors.records import ActorKind, Event, Item, ItemKind, Payload
from tests.commands import gemba

NOW = datetime(2026, 11, 1, tzinfo=UTC)
COLUMNS = {"case": "case", "state": "state", "at": "at"}
HEADER = "case,state,at,who\n"
SMALL = (
    HEADER + "a,Open,2026-01-05T09:00:00Z,Ann\na,Done,2026-01-07T09:00:00Z,build-bot\nb,Open,2026-01-06T09:00:00Z,\n"
)

Made = Callable[..., EventLog]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A log with that content in a file of that name."""

    def make(content: str | bytes, file: str = "log.csv", **settings: Any) -> EventLog:
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / file).write_bytes(gzip.compress(data) if file.endswith(".gz") else data)
        return log(tmp_path / file, **settings)

    return make


def log(path: Path, **settings: Any) -> EventLog:
    columns = {} if ".xes" in path.name else COLUMNS
    return EventLog("eventlog.x", EventLogSettings.model_validate({"path": path, **columns, **settings}), lambda: NOW)


def payloads(connector: EventLog) -> dict[str, Payload]:
    return {p.key: p for page in connector.fetch(connector.scopes[0], None) for p in page.payloads}


def events(connector: EventLog) -> dict[str, list[list[str | None]]]:
    return {key: payload.body["events"] for key, payload in payloads(connector).items()}


def told(connector: EventLog) -> list[str]:
    return [u.sentence for page in connector.fetch(connector.scopes[0], None) for u in page.unreadable]


def refusal(connector: EventLog) -> str:
    with pytest.raises(AccessDenied) as problem:
        list(connector.fetch(connector.scopes[0], None))
    return str(problem.value)


def only_time(connector: EventLog) -> str:
    [[[at, _, _]]] = events(connector).values()
    assert isinstance(at, str)
    return at


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


# -- the shapes of a CSV -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_what_makes_the_columns(made: Made, delimiter: str) -> None:
    """However often the others occur."""
    rows = [["case", "state", "at", "a,b;c|d,e,f,g,h"], ["1", "X", "2026-01-05T09:00:00Z", "n"]]
    connector = made("".join(delimiter.join(f'"{word}"' for word in row) + "\n" for row in rows))

    assert list(events(connector)) == ["1"]
    assert delimiter_of("a;b;c,d", ["nothing of it"]) == ";"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "cp1251"])
def test_the_encoding_is_found(made: Made, encoding: str) -> None:
    """By its mark, else by what makes sense."""
    states = ["Антрага", "Проверка"] if encoding == "cp1251" else ["Antrag prüfen", "Rückfrage an Käufer"]
    rows = "".join(f"{n},{state},2026-01-05T09:00:00Z,\n" for n in range(20) for state in states)
    connector = made((HEADER + rows).encode(encoding))

    assert connector.states("log.csv") == sorted(states)
    assert encoding in next(connector.check()).detail


def test_an_unclear_encoding_is_asked_for(made: Made) -> None:
    """Western and central European letters lie in the same places."""
    content = (HEADER + "1,Vérifié à l'étape,2026-01-05T09:00:00Z,\n" * 9).encode("latin-1")

    assert 'set encoding, for example encoding = "cp1252"' in refusal(made(content))
    assert made(content, encoding="latin-1").states("log.csv") == ["Vérifié à l'étape"]
    assert "is not in ascii; set encoding" in refusal(made(content, encoding="ascii"))
    assert encoding_of([b"a" * 9, "é".encode()[:1], "é".encode()[1:]]) == "utf-8"


def test_a_quoted_field_may_hold_lines(made: Made) -> None:
    """And lines are counted as an editor does."""
    connector = made('case,state,at,note\na,X,2026-01-05T09:00:00Z,"two\nlines"\n\na,,2026-01-05T10:00:00Z,n\n')

    assert [state for _, state, _ in events(connector)["a"]] == ["X"]
    assert [t.partition("log.csv: ")[2] for t in told(connector)] == ["line 5: the state is missing"]


def test_rows_that_cannot_be_read_are_told_and_the_others_are_read(made: Made) -> None:
    """A case that lost some says so."""
    bad = "a,X\n,X,2026-01-05T09:00:00Z,\na,,2026-01-05T09:00:00Z,\na,X,,\na,X,soon,\nb\x00,X,2026-01-05T09:00:00Z,\n"
    connector = made(SMALL + bad)
    sentences = [t.partition("log.csv: ")[2] for t in told(connector)]

    assert [s.split(": ")[0] for s in sentences] == [
        "line 5, with 2 fields instead of 4",
        *(f"line {n}" for n in range(6, 11)),
    ]
    assert "the case is missing" in sentences[1]
    assert 'the time "soon" is not understood' in sentences[4]
    assert "holds what is no text" in sentences[5]
    a, b = (next(connector.translate(payloads(connector)[key])) for key in "ab")
    assert isinstance(a, Item)
    assert isinstance(b, Item)
    assert (a.doubts, b.doubts) == (("some rows of the log could not be read",), ())


def test_a_time_that_no_calendar_has_is_unreadable(made: Made) -> None:
    """The first and the last day there are may be the day before or after in UTC."""
    connector = made(f"{SMALL}a,X,0001-01-01T00:00+05:00,\na,X,9999-12-31T23:00-05:00,\na,X,1970-01-01T00:00Z,\n")

    assert [t.partition("log.csv: ")[2] for t in told(connector)] == [
        "line 5: date value out of range",
        "line 6: date value out of range",
    ]
    assert "4 events from 1970-01-01" in next(connector.check()).detail


def test_many_unreadable_rows_are_counted(made: Made) -> None:
    """Twenty are told."""
    sentences = told(made(SMALL + "x\n" * 25))

    assert len(sentences) == 21
    assert sentences[-1].endswith("log.csv: and 5 more")


def test_a_column_that_is_missing_is_named(made: Made) -> None:
    """With what is near, and what there is."""
    assert refusal(made("case,status,at\n", state="state")).endswith(
        'there is no column "state"; did you mean "status"? There are "case", "status", "at"'
    )
    assert 'two columns are called "at"' in refusal(made("case,state,at,at\n"))
    assert "the first line is empty" in refusal(made(""))
    assert 'there is no column "case". There are "x;y"' in refusal(made("x;y\n", delimiter=","))


def test_a_quote_that_is_not_closed_is_an_error(made: Made) -> None:
    """It would swallow the rest of the file."""
    assert "line 5: field larger than field limit (131072); is a quote not closed" in refusal(
        made(SMALL + 'a,"X' + "x\n" * 99_999)
    )


# -- times -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-05T09:00:00Z", "2026-01-05T09:00:00+00:00"),
        ("2026-01-05 09:00:00+01:00", "2026-01-05T08:00:00+00:00"),
        ("2026-01-05 09:00:00 +01:00", "2026-01-05T08:00:00+00:00"),
        ("2026-01-05 09:00:00.5 -0100", "2026-01-05T10:00:00.500000+00:00"),
        ("2026-01-05T09:00:00.123456789+01:00", "2026-01-05T08:00:00.123456+00:00"),
        ("2026-01-05 09:00:00 UTC", "2026-01-05T09:00:00+00:00"),
        ("2026-01-05T09Z", "2026-01-05T09:00:00+00:00"),
        ("1767600000", "2026-01-05T08:00:00+00:00"),
        ("1767600000.25", "2026-01-05T08:00:00.250000+00:00"),
        ("1767600000123", "2026-01-05T08:00:00.123000+00:00"),
        ("2026-07-05 09:00", "2026-07-05T07:00:00+00:00"),
        ("2026-01-05", "2026-01-04T23:00:00+00:00"),
        ("20260105", "2026-01-04T23:00:00+00:00"),
        ("2026-10-25 02:30", "2026-10-25T00:30:00+00:00"),
        ("2026-03-29 02:30", "2026-03-29T01:30:00+00:00"),
    ],
)
def test_times_are_understood(made: Made, text: str, expected: str) -> None:
    """Without an offset as configured: of an hour that comes twice the first, a skipped one by the old clock."""
    assert only_time(made(f"{HEADER}a,X,{text},\n", timezone="Europe/Berlin")) == expected


def test_other_times_have_a_format(made: Made) -> None:
    """None is guessed: March or April, who knows."""
    content = f"{HEADER}a,X,03/04/2026 10:00,\n"

    assert 'line 2: the time "03/04/2026 10:00" is not understood' in refusal(made(content))
    assert 'set at_format, for example "%d.%m.%Y %H:%M"' in refusal(made(content))
    settings = {"at_format": "%d/%m/%Y %H:%M", "timezone": "UTC"}
    assert only_time(made(content, **settings)) == "2026-04-03T10:00:00+00:00"
    assert 'is not like at_format = "%d/%m/%Y %H:%M"' in refusal(made(HEADER + "a,X,2026-01-05,\n", **settings))


def test_a_time_without_offset_wants_a_zone(made: Made) -> None:
    """The row is named; `check` says how many there are."""
    naive = SMALL.replace("Z", "")

    assert refusal(made(naive)).endswith(
        'line 2: the time "2026-01-05T09:00:00" has no offset; say where it is meant, '
        'for example timezone = "Europe/Berlin"'
    )
    assert "3 times have no offset and are taken as UTC" in next(made(naive, timezone="UTC").check()).detail


# -- XES ---------------------------------------------------------------------------------------------------------------


def trace(case: str, *happened: tuple[str, str], inside: str = "") -> str:
    told_of = "".join(
        f'<event><string key="concept:name" value="{state}">{inside}</string>'
        f'<date key="time:timestamp" value="{at}"/><string key="org:resource" value="Ann"/></event>'
        for state, at in happened
    )
    return f'<trace><string key="concept:name" value="{case}"/>{told_of}</trace>'


def xes(*traces: str, namespace: str = "") -> str:
    scope = '<global scope="trace"><string key="concept:name" value="none"/></global>'
    return f'<?xml version="1.0"?><log xes.version="1.0"{namespace}>{scope}{"".join(traces)}</log>'


@pytest.mark.parametrize("namespace", ["", ' xmlns="http://www.xes-standard.org/"'])
@pytest.mark.parametrize("file", ["log.xes", "log.xes.gz"])
def test_a_xes_needs_no_settings(made: Made, namespace: str, file: str) -> None:
    """It has usual keys; attributes of attributes are no attributes."""
    inside = '<string key="concept:name" value="inner"/>'
    connector = made(xes(trace("a", ("X", "2026-01-05T09:00:00Z"), inside=inside), namespace=namespace), file)

    [[at, state, who]] = events(connector)["a"]
    assert (at, state) == ("2026-01-05T09:00:00+00:00", "X")
    assert [(p.key, p.name) for page in connector.fetch(file, None) for p in page.people] == [(who, "Ann")]


def test_traces_of_one_name_are_one_case(made: Made) -> None:
    """A log that was joined from several has them."""
    first, second = trace("a", ("Y", "2026-01-06T09:00:00Z")), trace("a", ("X", "2026-01-05T09:00:00Z"))
    connector = made(xes(first, trace("b"), trace("c", ("", "2026-01-05T09:00:00Z")), second), "log.xes")

    assert {key: [e[1] for e in story] for key, story in events(connector).items()} == {"a": ["X", "Y"]}
    assert [t.partition("log.xes: ")[2] for t in told(connector)] == [
        "trace 2, without events: the state is missing",
        "event 1 of trace 3: the state is missing",
    ]


def test_a_xes_that_is_none_is_told(made: Made) -> None:
    """Cut short, of another kind, or with other keys."""
    whole = xes(trace("a", ("X", "2026-01-05T09:00:00Z")))

    assert "is no whole XML" in refusal(made(whole[:-9], "log.xes"))
    assert "is no XES: it holds a <html>" in refusal(made("<html/>", "log.xes"))
    assert "event 1 of trace 1: the state is missing; nothing else could be read" in refusal(
        made(whole, "log.xes", state="activity")
    )


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
