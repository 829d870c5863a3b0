"""An event log on disk, as CSV or XES, read as a stream: its rows in words, before anybody judges them."""

import codecs
import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from functools import partial
from itertools import islice
from typing import NamedTuple, TextIO
from xml.etree import ElementTree

from charset_normalizer import from_bytes

from connectors.errors import AccessDenied, NotThere, SourceUnavailable
from connectors.eventlog_settings import EventLogSettings

DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 2**20
LONGEST_LINE = 2**24
"""Of a table, in characters; what is longer falls apart, and is no row then."""
LONGEST_TEXT, LARGEST_TRACE = 2**21, 2**25
"""Of a XES, in bytes: one word or text of it, and one trace."""
MOST_COLUMNS, MOST_QUOTED = 10_000, 50
"""So many may stand in a first line, and so many of them in a sentence."""

USUAL_ENCODINGS = ("cp1252", "cp1250", "cp1251", "cp932", "gb18030", "big5", "cp949")
"""What is tried where a file is not in UTF-8, the first that fits."""
ALIKE = 0.1
"""Of readings that differ by so little mess none can be preferred."""


Stream = io.BufferedReader | gzip.GzipFile


class Words(NamedTuple):
    """One event as the file tells it, and where; a word that is not there is empty."""

    place: str
    case: str
    states: Sequence[str]
    at: str
    actor: str
    labels: Sequence[str] = ()


class _Bounded:
    """An XML as a stream, whose parser may hold only so much of it.

    Expat reads a word or text that has not ended anew with each piece (CVE-2023-52425), and a packed file of a megabyte
    can hold one of a gigabyte.
    """

    def __init__(self, stream: Stream, place: str) -> None:
        self._stream, self._place = stream, place
        self.silent = self.held = 0
        """bytes since something was parsed, and since nothing had to be held any more"""

    def read(self, size: int = -1) -> bytes:
        """Raises AccessDenied."""
        found = self._stream.read(size)
        self.silent, self.held = self.silent + len(found), self.held + len(found)
        if self.silent > LONGEST_TEXT or self.held > LARGEST_TRACE:
            raise AccessDenied(
                f"{self._place}: holds a text or a trace that is too large for an event log; check what was exported"
            )
        return found


class LogFile:
    """The file of a log. Each pass over it opens it anew. Raises SourceError."""

    def __init__(self, name: str, settings: EventLogSettings) -> None:
        self.place = f"{name}: {settings.path}"
        self._settings, self._path = settings, settings.path

    @property
    def size(self) -> int:
        """In bytes, as it is on disk."""
        return self.stamp()[0]

    def stamp(self) -> tuple[int, int]:
        """Size and time of the last change in nanoseconds: while they stay, so does the file."""
        with self._troubles():
            found = self._path.stat()
        return found.st_size, found.st_mtime_ns

    def manner(self) -> str:
        """How the file is read, in words."""
        if not self._settings.is_table:
            return "XES"
        with self._table() as (text, encoding):
            header, delimiter = self._header(text)
        apart = "tab" if delimiter == "\t" else f'"{delimiter}"'
        return f"CSV in {encoding}, delimiter {apart}, columns {_quoted(header)}"

    def words(self) -> Iterator[Words]:
        """Every event in the order of the file."""
        return self._words_of_table() if self._settings.is_table else self._words_of_xes()

    def beginning(self, most: int) -> tuple[list[str], list[list[str]]]:
        """The names of the columns of a table, whatever they are, and at most so many rows."""
        with self._table() as (text, encoding):
            sample = text.read(SAMPLE)
            text.seek(0)
            delimiter = self._settings.delimiter or delimiter_of(sample, ())
            header = _columns(sample, delimiter)
            self._refuse(header, ())
            return header, [row for _, row in islice(self._rows(text, delimiter, encoding), most)]

    def _words_of_table(self) -> Iterator[Words]:
        wanted = self._settings
        with self._table() as (text, encoding):
            header, delimiter = self._header(text)
            case, at = header.index(wanted.case), header.index(wanted.at)
            states = [header.index(name) for name in wanted.state]
            who = header.index(wanted.who) if wanted.who else None
            labels = [header.index(name) for name in wanted.labels]
            for line, row in self._rows(text, delimiter, encoding):
                if len(row) != len(header):
                    yield Words(f"line {line}, with {len(row)} fields instead of {len(header)}", "", (), "", "")
                    continue
                actor = "" if who is None else row[who]
                marks = [row[n] for n in labels]
                yield Words(f"line {line}", row[case], [row[n] for n in states], row[at], actor, marks)

    def _rows(self, text: TextIO, delimiter: str, encoding: str) -> Iterator[tuple[int, list[str]]]:
        """Each row but the first with the line it begins in; empty lines are none."""
        rows = csv.reader(iter(partial(text.readline, LONGEST_LINE), ""), delimiter=delimiter)
        line = 1
        try:
            for row in rows:
                if row and line > 1:
                    yield line, row
                line = rows.line_num + 1
        except csv.Error as problem:
            raise AccessDenied(
                f"{self.place}: line {line}: {problem}; check whether a quote is not closed there"
            ) from problem
        except UnicodeDecodeError as problem:
            raise AccessDenied(
                f"{self.place}: what comes after line {line} is not in {encoding}; set encoding"
            ) from problem

    def _header(self, text: TextIO) -> tuple[list[str], str]:
        """Names of the columns, and the delimiter; the text is back at its beginning then."""
        wanted = [name for name in (self._settings.case, *self._settings.state, self._settings.at) if name]
        wanted += [name for name in (self._settings.who, *self._settings.labels) if name]
        sample = text.read(SAMPLE)
        text.seek(0)
        delimiter = self._settings.delimiter or delimiter_of(sample, wanted)
        header = _columns(sample, delimiter)
        self._refuse(header, wanted)
        return header, delimiter

    def _refuse(self, header: list[str], wanted: Iterable[str]) -> None:
        if not any(header):
            raise AccessDenied(f"{self.place}: the first line is empty; it must name the columns")
        if len(header) > MOST_COLUMNS:
            raise AccessDenied(f"{self.place}: the first line has {len(header)} columns; check delimiter")
        twice = sorted(name for name, times in Counter(header).items() if name and times > 1)
        if twice:
            raise AccessDenied(f"{self.place}: two columns are called {_quoted(twice)}; rename one")
        for name in wanted:
            if name not in header:
                near = get_close_matches(name, header)
                hint = f"; did you mean {_quoted(near)}? There are" if near else "; choose from"
                raise AccessDenied(f'{self.place}: there is no column "{name}"{hint} {_quoted(header)}')

    def _words_of_xes(self) -> Iterator[Words]:
        wanted, number = self._settings, 0
        with self._opened() as stream:
            for trace in self._traces(stream):
                number += 1
                whole = _attributes(trace)
                case = whole.get(wanted.case, "")
                events = [_attributes(part) for part in trace if _tag(part) == "event"]
                if not events:
                    yield Words(f"trace {number}, without events", case, (), "", "")
                for n, event in enumerate(events, 1):
                    states = [event.get(name, "") for name in wanted.state]
                    who = event.get(wanted.who or "", "")
                    marks = [event.get(name) or whole.get(name, "") for name in wanted.labels]
                    yield Words(f"event {n} of trace {number}", case, states, event.get(wanted.at, ""), who, marks)

    def _traces(self, stream: Stream) -> Iterator[ElementTree.Element]:
        """One at a time; what was read before is let go."""
        bounded = _Bounded(stream, self.place)
        try:
            parts = ElementTree.iterparse(bounded, ("start", "end"))  # noqa: S314 - see tests/test_security.py
            _, root = next(parts)
            if _tag(root) != "log":
                raise AccessDenied(
                    f"{self.place}: is no XES: it holds a <{_tag(root)}> instead of a <log>; export it as XES"
                )
            for moment, element in parts:
                bounded.silent = 0
                if moment == "end" and _tag(element) == "trace":
                    yield element
                    root.clear()
                    bounded.held = 0
        except ElementTree.ParseError as problem:
            raise AccessDenied(f"{self.place}: is no whole XML: {problem}; export it again") from problem

    @contextmanager
    def _table(self) -> Iterator[tuple[TextIO, str]]:
        encoding = self._settings.encoding or self._encoding()
        with self._opened() as stream, io.TextIOWrapper(stream, encoding, newline="") as text:
            try:
                yield text, encoding
            except UnicodeDecodeError as problem:
                raise AccessDenied(f"{self.place}: is not in {encoding}; set encoding") from problem

    def _encoding(self) -> str:
        with self._opened() as stream:
            found = encoding_of(iter(lambda: stream.read(SAMPLE), b""))
        if found is None:
            raise AccessDenied(
                f"{self.place}: is not in UTF-8, and what else it may be in is unclear; "
                'set encoding, for example encoding = "cp1252"'
            )
        return found

    @contextmanager
    def _opened(self) -> Iterator[Stream]:
        packed = self._path.suffix.lower() == ".gz"
        with self._troubles(), gzip.open(self._path) if packed else self._path.open("rb") as stream:
            yield stream

    @contextmanager
    def _troubles(self) -> Iterator[None]:
        """Whatever a disk says, as what happens next."""
        try:
            yield
        except FileNotFoundError as problem:
            raise NotThere(f"{self.place}: there is no such file; mend path, or put it there") from problem
        except (gzip.BadGzipFile, zlib.error) as problem:
            raise AccessDenied(
                f"{self.place}: is not packed by gzip as its name says, or is damaged; export it again"
            ) from problem
        except EOFError as problem:
            raise SourceUnavailable(f"{self.place}: ends too early; the next run reads it again") from problem
        except OSError as problem:
            raise AccessDenied(
                f"{self.place}: cannot be read ({problem.strerror or problem}); check path, and that gemba may read it"
            ) from problem
        except (csv.Error, LookupError, ValueError) as problem:
            raise AccessDenied(
                f"{self.place}: cannot be read as what it is taken for ({problem}); "
                "check encoding, delimiter and its ending"
            ) from problem


def delimiter_of(sample: str, wanted: Iterable[str]) -> str:
    """What makes the wanted columns out of the first line, else what makes the most columns out of it."""
    headers = {delimiter: _columns(sample, delimiter) for delimiter in DELIMITERS}
    return max(DELIMITERS, key=lambda delimiter: (set(wanted) <= set(headers[delimiter]), len(headers[delimiter])))


def encoding_of(chunks: Iterable[bytes]) -> str | None:
    """UTF-8 where all of it is, UTF-16 where it says so, else what is near the first place that is no UTF-8."""
    decoder, encoding, chunk = codecs.getincrementaldecoder("utf-8")(), "", b""
    try:
        for chunk in chunks:
            if not encoding and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return "utf-16"
            encoding = encoding or ("utf-8-sig" if chunk.startswith(codecs.BOM_UTF8) else "utf-8")
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _guessed(chunk)
    return encoding or "utf-8"


def _guessed(sample: bytes) -> str | None:
    """None where several encodings make sense of it, and not the same."""
    found = from_bytes(sample, cp_isolation=list(USUAL_ENCODINGS))
    best = found.best()
    if best is None or any(match.chaos <= best.chaos + ALIKE and str(match) != str(best) for match in found):
        return None
    return next((name for name in USUAL_ENCODINGS if sample.decode(name, "replace") == str(best)), None)


def _columns(sample: str, delimiter: str) -> list[str]:
    first = next(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), [])
    return [name.strip() for name in first]


def _attributes(element: ElementTree.Element) -> dict[str, str]:
    """Those of the element itself; attributes of attributes are not asked for."""
    return {part.get("key", ""): part.get("value", "") for part in element if _tag(part) not in ("event", "trace")}


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _quoted(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_QUOTED} more" if len(names) > MOST_QUOTED else ""
    return ", ".join(f'"{name}"' for name in names[:MOST_QUOTED]) + more
