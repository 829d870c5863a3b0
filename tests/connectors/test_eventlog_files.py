"""Event logs: every shape a CSV or XES comes in, and how times are written."""

import gzip
import tracemalloc
from pathlib import Path

import pytest

from connectors.errors import AccessDenied
from connectors.eventlog import EventLog
from connectors.eventlog_files import delimiter_of, encoding_of
from connectors.records import Item
from tests.connectors.logs import HEADER, SMALL, Made, events, log, payloads


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
    assert [t.partition("log.csv: ")[2] for t in told(connector)] == ["line 5: the state is missing; add it"]


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
    assert 'there is no column "case"; choose from "x;y"' in refusal(made("x;y\n", delimiter=","))


def test_a_quote_that_is_not_closed_is_an_error(made: Made) -> None:
    """It would swallow the rest of the file."""
    assert "line 5: field larger than field limit (131072); check whether a quote is not closed" in refusal(
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
        "trace 2, without events: the state is missing; add it",
        "event 1 of trace 3: the state is missing; add it",
    ]


def test_a_xes_that_is_none_is_told(made: Made) -> None:
    """Cut short, of another kind, or with other keys."""
    whole = xes(trace("a", ("X", "2026-01-05T09:00:00Z")))

    assert "is no whole XML" in refusal(made(whole[:-9], "log.xes"))
    assert "is no XES: it holds a <html>" in refusal(made("<html/>", "log.xes"))
    assert "event 1 of trace 1: the state is missing; add it; nothing else could be read" in refusal(
        made(whole, "log.xes", state="activity")
    )


@pytest.mark.parametrize("begun", ['<log><trace><string value="', "<log><trace><string/><event/><a>"])
def test_a_small_file_cannot_fill_the_memory(tmp_path: Path, begun: str) -> None:
    """Sixty megabytes of one word, packed into sixty kilobytes; the parser would read them over and over again."""
    with gzip.open(tmp_path / "bomb.xes.gz", "wb", 1) as file:
        file.write(begun.encode())
        for _ in range(60):
            file.write(b"a" * 2**20)

    with pytest.raises(AccessDenied, match="too large for an event log"):
        list(log(tmp_path / "bomb.xes.gz").fetch("bomb.xes.gz", None))


def test_a_trace_is_only_so_large(tmp_path: Path) -> None:
    """All of a trace is held until it ends."""
    event = b'<event><string key="concept:name" value="' + b"a" * 2**19 + b'"/></event>'
    (tmp_path / "endless.xes").write_bytes(b"<log><trace>" + event * 65)

    with pytest.raises(AccessDenied, match="too large for an event log"):
        list(log(tmp_path / "endless.xes").fetch("endless.xes", None))


def test_a_line_is_only_so_long(tmp_path: Path) -> None:
    """However much of it is packed into how little."""
    with gzip.open(tmp_path / "line.csv.gz", "wb", 1) as file:
        file.write(HEADER.encode() + b"a" * 2**27)
    tracemalloc.start()
    with pytest.raises(AccessDenied, match="field larger than field limit"):
        list(log(tmp_path / "line.csv.gz").fetch("line.csv.gz", None))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 2**26
