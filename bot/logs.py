"""The log: lines for people on a terminal, one JSON object a line otherwise, and neither with a secret in it.

Whatever is told, by whomever (libraries, warnings, what nobody foresaw), goes through one formatter, which redacts
all of it. Handlers are made here and nowhere else.
"""

import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

from bot.errors import UsageError, place_of
from bot.redaction import redacted, redacted_field

VARIABLE = "GEMBA_LOG"
WORDS = ("text", "json", "debug")

log = logging.getLogger("gemba")
PATIENCE = logging.getLogger("gemba.patience")
"""Of every new attempt to reach a source (`connectors.transport`), which nobody reads who does not look on."""

USUAL = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}
"""What every record has; the rest are fields that somebody gave by `extra`."""
KEYS = ("time", "level", "logger", "message", "exception")


class Redacting(logging.Formatter):
    """What formatters have in common: nothing leaves them as it came."""

    def format(self, record: logging.LogRecord) -> str:
        told = redacted(_message(record))
        failure = redacted(_failure(record))
        return self.line(record, told, failure)

    def line(self, record: logging.LogRecord, told: str, failure: str) -> str:
        raise NotImplementedError


class Text(Redacting):
    """When (of this machine), how grave, and a sentence."""

    def line(self, record: logging.LogRecord, told: str, failure: str) -> str:
        line = f"{self.formatTime(record, '%Y-%m-%d %H:%M:%S')} {record.levelname} {told}"
        return f"{line}\n{failure}" if failure else line


class Json(Redacting):
    """`time` (UTC), `level`, `logger`, `message`, the fields that were given, and `exception` where there was one."""

    def line(self, record: logging.LogRecord, told: str, failure: str) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        found = {"time": at, "level": record.levelname.lower(), "logger": redacted(record.name), "message": told}
        fields = {redacted(name): redacted_field(name, value) for name, value in _fields(record)}
        failed = {"exception": failure} if failure else {}
        return json.dumps(found | fields | failed, ensure_ascii=False, default=str)


class Written(logging.StreamHandler[TextIO]):
    """To a stream. A line that cannot be written is told without its words, where logging would quote them."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - the base class has it so
        problem = sys.exception()
        if problem is None or isinstance(problem, OSError | ValueError):
            return
        print(f"a line of the log was left out: {place_of(problem)}", file=sys.__stderr__)


def start_logging(stream: TextIO, *, environ: Mapping[str, str] = os.environ) -> None:
    """For what runs for long: what it does, warnings of libraries, and with `debug` everything.

    Lines for people on a terminal, JSON otherwise; GEMBA_LOG says it in words of `WORDS`. Raises UsageError.
    """
    words = _words(environ)
    as_json = "json" in words or ("text" not in words and not stream.isatty())
    _install(Written(stream), Json() if as_json else Text(), logging.DEBUG if "debug" in words else logging.INFO)
    PATIENCE.setLevel(logging.NOTSET if "debug" in words else logging.ERROR)


def tell_of_faults(stream: TextIO, *, environ: Mapping[str, str] = os.environ) -> None:
    """For every command: warnings, and whatever ends a thread or the process, redacted too. Raises UsageError."""
    sys.excepthook = _uncaught
    threading.excepthook = lambda found: _uncaught(found.exc_type, found.exc_value, found.exc_traceback)
    sys.unraisablehook = lambda found: _uncaught(found.exc_type, found.exc_value, found.exc_traceback)
    words = _words(environ)
    form = Json() if "json" in words else Text()
    _install(Written(stream), form, logging.DEBUG if "debug" in words else logging.WARNING)


def is_json() -> bool:
    """Whether stderr is a log that programs read, in which every sentence is an object."""
    return any(isinstance(handler.formatter, Json) for handler in logging.getLogger().handlers)


def _install(handler: logging.Handler, form: Redacting, level: int) -> None:
    """In place of all others. Libraries are told from warnings on, unless everything is."""
    handler.setFormatter(form)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(min(logging.WARNING, level) if level == logging.DEBUG else logging.WARNING)
    log.setLevel(level)
    logging.lastResort = handler
    logging.captureWarnings(capture=True)


def _words(environ: Mapping[str, str]) -> set[str]:
    words = {word.strip().lower() for word in environ.get(VARIABLE, "").split(",")} - {""}
    if words - {*WORDS} or {"text", "json"} <= words:
        raise UsageError(
            f'{VARIABLE} is not understood; write text or json, with debug where everything is to be told: "json,debug"'
        )
    return words


def _uncaught(kind: type[BaseException], problem: BaseException | None, trace: TracebackType | None) -> None:
    """The last words of a thread or of the process."""
    if issubclass(kind, KeyboardInterrupt):
        print("stopped", file=sys.stderr)  # noqa: T201
        return
    found = problem or kind()
    log.critical("a fault of gemba: %s", kind.__name__, exc_info=(kind, found, trace))


def _message(record: logging.LogRecord) -> str:
    """Words that do not fit to their arguments are told all the same."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - whatever a library gave
        return f"{record.msg} {record.args}"


def _failure(record: logging.LogRecord) -> str:
    told = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info and record.exc_info[0] else ""
    stack = record.stack_info or ""
    return "\n".join(part.rstrip() for part in (told, stack) if part)


def _fields(record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
    yield from ((name, value) for name, value in vars(record).items() if name not in USUAL and name not in KEYS)
