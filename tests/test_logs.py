"""The log has a form for people and one for programs, and no secret in either, whoever writes it."""

import io
import json
import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.collect import Collected, Outcomes
from bot.errors import UsageError
from bot.logs import PATIENCE, is_json, start_logging, tell_of_faults
from bot.store import Saved, Store
from connectors import secrets
from connectors.secrets import remember
from tests.commands import gemba, private

SECRET = "no-shape-of-its-own"


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is the process's own is put back."""
    monkeypatch.setattr(secrets, "_forms", ())
    root, ours = logging.getLogger(), logging.getLogger("gemba")
    before = root.handlers[:], root.level, ours.level, logging.lastResort
    filters = logging.getLogger("uvicorn.error").filters
    of_servers = filters[:]
    filters.clear()
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
    remember(SECRET)
    yield
    root.handlers[:], last = before[0], before[3]
    root.setLevel(before[1])
    ours.setLevel(before[2])
    logging.lastResort = last
    PATIENCE.setLevel(logging.NOTSET)
    filters[:] = of_servers
    logging.captureWarnings(capture=False)
    sys.excepthook, sys.unraisablehook, threading.excepthook = hooks


def started(**environ: str) -> io.StringIO:
    stream = io.StringIO()
    start_logging(stream, environ=environ)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_an_object_with_its_fields() -> None:
    """Time in UTC, level, logger and message, and what was given by `extra`."""
    stream = started()
    due = datetime.fromisoformat("2026-11-23T09:00:00+00:00")
    logging.getLogger("gemba").info("%s: %s", "collect", "done", extra={"job": "collect", "due": due, "items": 3})

    (line,) = lines(stream)
    assert datetime.fromisoformat(line.pop("time")).utcoffset().total_seconds() == 0  # type: ignore[union-attr]
    assert line == {
        "level": "info",
        "logger": "gemba",
        "message": "collect: done",
        "job": "collect",
        "due": "2026-11-23 09:00:00+00:00",
        "items": 3,
    }


def test_people_read_a_time_a_level_and_a_sentence() -> None:
    """On a terminal, or where it is asked for; of libraries only warnings."""
    stream = started(GEMBA_LOG="text")
    logging.getLogger("gemba").info("stopped")
    logging.getLogger("urllib3").info("noise")
    logging.getLogger("urllib3").warning("a warning")

    first, second = stream.getvalue().splitlines()
    assert first[20:] == "INFO stopped"
    assert second[20:] == "WARNING a warning"
    assert not is_json()


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("name", ["gemba", "urllib3", "github", "sqlalchemy.engine", "uvicorn.error", "py.warnings"])
def test_no_part_of_a_record_keeps_a_secret(form: str, name: str) -> None:
    """Words, arguments, fields, stack, exception and its causes; of every logger."""
    stream = started(GEMBA_LOG=f"{form},debug")
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as cause:
            raise ValueError(f"https://{SECRET}@host and ann@acme.com") from cause
    except ValueError:
        logging.getLogger(name).exception(
            f"{SECRET} %s", SECRET, stack_info=True, extra={"job": SECRET, SECRET: 1, "of": {"who": "ann@acme.com"}}
        )

    assert "ValueError" in stream.getvalue()
    assert "[redacted]" in stream.getvalue()
    assert SECRET not in stream.getvalue()
    assert "ann@acme.com" not in stream.getvalue()


def test_a_line_that_cannot_be_made_is_told_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    """Python's own logging would quote them on stderr."""

    class Broken:
        def __str__(self) -> str:
            raise RuntimeError(SECRET)

    stream = started()
    logging.getLogger("gemba").info("%d", SECRET)
    logging.getLogger("gemba").info("%s", "fine", extra={"of": Broken()})

    assert "%d ('[redacted]',)" in lines(stream)[0]["message"]
    assert SECRET not in stream.getvalue() + "".join(capsys.readouterr())


def test_warnings_of_libraries_are_lines_too() -> None:
    """Not sentences of their own on stderr."""
    stream = started()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.showwarning(f"{SECRET} is deprecated", UserWarning, "x.py", 1)

    assert "[redacted] is deprecated" in lines(stream)[0]["message"]


def test_a_word_that_it_does_not_know_is_refused() -> None:
    """Before anything is done."""
    for word in ("loud", "text,json"):
        with pytest.raises(UsageError, match="write text or json, with debug"):
            tell_of_faults(io.StringIO(), environ={"GEMBA_LOG": word})


FAULT = """
import sys, threading
from bot.logs import tell_of_faults
from connectors.secrets import remember
tell_of_faults(sys.stderr)
remember("{secret}")
def fails(): raise ValueError("{secret}")
thread = threading.Thread(target=fails); thread.start(); thread.join()
class Last:
    def __del__(self): fails()
Last()
fails()
"""


def test_what_ends_a_thread_or_the_process_is_redacted() -> None:
    """With its traceback, and exit status 1."""
    root = Path(__file__).parents[1]
    script = [sys.executable, "-c", FAULT.format(secret=SECRET)]
    done = subprocess.run(script, cwd=root, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 1
    assert done.stderr.count("ValueError: [redacted]") == 3
    assert "in fails" in done.stderr
    assert SECRET not in done.stderr


def test_what_is_noted_of_a_collection_is_redacted(store: Store) -> None:
    """It is stored, and answered as JSON: what a vendor sent may stand in what is unreadable of it."""
    saved = Saved(unreadable=(f"cannot read issue PAY-1: ValueError '{SECRET} ann@acme.com'",))
    found = Collected("jira.acme", "PAY", saved, error=f"KeyError: {SECRET}; this is a fault of gemba")

    now = datetime(2026, 1, 5, tzinfo=UTC)
    for told in (Outcomes(store).told([found], now), json.dumps(found.to_json())):
        assert "[redacted] [address]" in told
        assert SECRET not in told
    assert "KeyError: [redacted]" in store.troubles.all()[0].sentence


def test_sentences_are_lines_where_programs_read_the_log(tmp_path: Path) -> None:
    """So that every line is an object; otherwise they are sentences."""
    private(tmp_path / "config.toml", '[store]\nurl = "postgresql+psycopg://gemba:s3cret-word@127.0.0.1:1/x"\n')
    spoken = gemba("replay", folder=tmp_path)
    written = gemba("replay", folder=tmp_path, GEMBA_LOG="json")

    assert (spoken.status, written.status) == (1, 1)
    assert spoken.err.startswith("the database postgresql+psycopg://gemba:***@127.0.0.1:1/x cannot be reached")
    assert json.loads(written.err)["level"] == "error"
    assert json.loads(written.err)["message"].split() == spoken.err.split()
