"""The rows of a log, wherever they lie in the file -> its cases, one after another, in little memory."""

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from zlib import crc32
from zoneinfo import ZoneInfo

from connectors.errors import AccessDenied, SourceUnavailable
from connectors.eventlog_files import LogFile, Words
from connectors.eventlog_settings import EventLogSettings
from connectors.pages import UNSTORABLE
from connectors.records import ItemKind, Unreadable

PARTITION, PACKED = 32 * 2**20, 10
"""Bytes of the file that are held in memory at once; how many times a packed file grows."""
MOST_PARTITIONS = 512
"""More files are not to be opened at once."""
MOST_TOLD = 20
LONGEST = 500
"""What is longer is neither an id nor a name, and too long for an index of PostgreSQL."""

EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
SINCE_EPOCH = re.compile(r"\d{9,10}(\.\d+)?|\d{13}(\.\d+)?")
OFFSET = re.compile(r"\s*(UTC|GMT|Z)$|\s+([+-]\d\d(:?\d\d)?)$")


class Row(NamedTuple):
    """One event; `at` in microseconds since 1970, None where only its case could be read."""

    case: str
    at: int | None
    state: str
    actor: str
    labels: Sequence[str] = ()


@dataclass
class Case:
    """`events`: at, state, actor (empty: nobody is named) in order; `unreadable`: how many could not be read.

    `labels`: each once, in the order of the file.
    """

    key: str
    events: list[tuple[int, str, str]] = field(default_factory=list)
    unreadable: int = 0
    labels: dict[str, None] = field(default_factory=dict)


class Reading:
    """One pass over a log: its rows or its cases, and afterwards what was found on the way. Raises SourceError."""

    def __init__(self, file: LogFile, settings: EventLogSettings) -> None:
        self._file, self._settings = file, settings
        self._zone = ZoneInfo(settings.timezone) if settings.timezone else None
        self._told: list[str] = []
        self.read = self.unread = self.naive = self.repeated = 0

    def rows(self) -> Iterator[Row]:
        """In the order of the file, those too of which only the case can be read."""
        for words in self._file.words():
            case = words.case.strip()
            try:
                state, at = self._state(words), self._instant(words)
                row = Row(_word(case, "case"), at, state, _actor(words), _labels(words))
            except (ValueError, OverflowError) as problem:
                self._tell(f"{self._file.place}: {words.place}: {problem}")
                if case and _is_word(case):
                    yield Row(case, None, "", "")
            else:
                self.read += 1
                yield row
        if self.unread and not self.read:
            raise AccessDenied(
                f"{self._told[0]}; nothing else could be read either: check case, state, at and at_format"
            )

    def cases(self, only: Collection[str] | None = None, partitions: int | None = None) -> Iterator[Case]:
        """Every case, or `only` those; nothing is handed over before the file was read to its end."""
        before = self._file.stamp()
        with TemporaryDirectory(prefix="gemba-") as folder:
            paths = [Path(folder, str(number)) for number in range(partitions or self._partitions())]
            _partition((row for row in self.rows() if only is None or row.case in only), paths)
            if self._file.stamp() != before:
                raise SourceUnavailable(f"{self._file.place}: was changed while it was read; the next run reads it")
            for path in paths:
                for case in _grouped(path):
                    yield self._in_order(case)
                path.unlink()

    def unreadable(self) -> tuple[Unreadable, ...]:
        """The first sentences, and how many more there would be."""
        more = [f"{self._file.place}: and {self.unread - MOST_TOLD} more"] if self.unread > MOST_TOLD else []
        return tuple(Unreadable(ItemKind.CASE, None, sentence) for sentence in (*self._told, *more))

    def _partitions(self) -> int:
        size = self._file.size * (PACKED if self._settings.path.suffix.lower() == ".gz" else 1)
        return min(size // PARTITION + 1, MOST_PARTITIONS)

    def _in_order(self, case: Case) -> Case:
        """By time, those of one instant as they lie in the file; what repeats the one before it is told once.

        Only then is it sure that nothing is lost: a case may go to another state and back within a coarse clock's tick.
        """
        case.events.sort(key=lambda event: event[0])
        kept = [event for n, event in enumerate(case.events) if not n or event != case.events[n - 1]]
        self.repeated += len(case.events) - len(kept)
        return Case(case.key, kept, case.unreadable, case.labels)

    def _tell(self, sentence: str) -> None:
        self.unread += 1
        if len(self._told) < MOST_TOLD:
            self._told.append(sentence)

    def _state(self, words: Words) -> str:
        return _word(" / ".join(part.strip() for part in words.states if part.strip()), "state")

    def _instant(self, words: Words) -> int:
        text = _word(words.at.strip(), "time")
        found = _time(text, self._settings.at_format)
        if found is None:
            raise ValueError(
                f'the time "{text:.40}" is not understood; times are ISO 8601 or seconds or milliseconds since 1970, '
                'for others set at_format, for example "%d.%m.%Y %H:%M"'
                if self._settings.at_format is None
                else f'the time "{text:.40}" is not like at_format = "{self._settings.at_format}"; correct one of them'
            )
        if found.tzinfo is None:
            self.naive += 1
            found = found.replace(tzinfo=self._zone_of(text, words.place))
        return (found.astimezone(UTC) - EPOCH) // MICROSECOND

    def _zone_of(self, text: str, place: str) -> ZoneInfo:
        if self._zone is None:
            raise AccessDenied(
                f'{self._file.place}: {place}: the time "{text:.40}" has no offset; '
                'say where it is meant, for example timezone = "Europe/Berlin"'
            )
        return self._zone


def _time(text: str, at_format: str | None) -> datetime | None:
    """None where it is not understood."""
    try:
        if at_format:
            return datetime.strptime(text, at_format)  # noqa: DTZ007 - the offset is looked at by who asks
        if SINCE_EPOCH.fullmatch(text):
            seconds = float(text) / (1000 if len(text.partition(".")[0]) == 13 else 1)
            return EPOCH + timedelta(microseconds=round(seconds * 1_000_000))
        return datetime.fromisoformat(OFFSET.sub(lambda found: found[2] or "Z", text))
    except ValueError:
        return None


def _actor(words: Words) -> str:
    return UNSTORABLE.sub("\ufffd", words.actor.strip()[:LONGEST])


def _labels(words: Words) -> list[str]:
    return [_word(label.strip(), "label") for label in words.labels if label.strip()]


def _word(text: str, what: str) -> str:
    if not text:
        raise ValueError(f"the {what} is missing; add it")
    if not _is_word(text):
        raise ValueError(f"the {what} is too long, or holds what is no text; check the column")
    return text


def _is_word(text: str) -> bool:
    return len(text) <= LONGEST and not UNSTORABLE.search(text)


def _partition(rows: Iterable[Row], paths: list[Path]) -> None:
    """Each row into a file, those of one case into the same, in their order."""
    try:
        with ExitStack() as files:
            opened = [files.enter_context(path.open("w", encoding="utf-8", newline="")) for path in paths]
            writers = [csv.writer(file) for file in opened]
            for row in rows:
                writers[crc32(row.case.encode()) % len(writers)].writerow((*row[:4], *row.labels))
    except OSError as problem:
        raise SourceUnavailable(
            f"the parts of a log cannot be put into {paths[0].parent}: {problem.strerror}; "
            "set the environment variable TMPDIR to a folder with more room"
        ) from problem


def _grouped(path: Path) -> Iterable[Case]:
    """The cases of one file, the first to begin there first."""
    found: dict[str, Case] = {}
    once: dict[str, str] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for key, at, state, actor, *labels in csv.reader(file):
            case = found.get(key) or found.setdefault(key, Case(key))
            case.labels.update(dict.fromkeys(labels))
            if at:
                case.events.append((int(at), once.setdefault(state, state), once.setdefault(actor, actor)))
            else:
                case.unreadable += 1
    return found.values()
