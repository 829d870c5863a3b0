"""Every stream at once: the same documents as one by one, and one that fails does not hold up the others."""

import json
from importlib.util import find_spec
from io import StringIO
from multiprocessing import active_children
from pathlib import Path

import pytest
from rich.console import Console

from bot.app.analysis import analyse_stream
from bot.app.wiring import Wanted
from bot.config import load_config
from bot.engines.processes import on_processes
from bot.errors import EngineError
from bot.report.streams_text import row, streams_text
from tests.build import at
from tests.commands import Run, gemba
from tests.many import FOR_EVER, NOW, repeated, three_streams
from tests.typed import Desk


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return three_streams(tmp_path_factory.mktemp("many"))


@pytest.fixture(scope="module")
def done(folder: Path) -> Run:
    """On two processes."""
    return gemba("analyse", "--all", "--json", "--jobs", "2", "--now", NOW, folder=folder)


def test_each_document_is_the_one_of_its_stream(folder: Path, done: Run) -> None:
    """A line each, in the order of the configuration."""
    config = load_config(folder / "config.toml")
    alone = [analyse_stream(config, Wanted(name, now=at(60))) for name in ("PAY stream", "OPS stream")]

    assert [json.loads(line) for line in done.out.splitlines()] == [one.to_json() for one in alone]
    assert [one.items.delivered for one in alone] == [20, 40]


def test_a_stream_that_fails_is_told_and_the_others_go_on(done: Run) -> None:
    """With its sentence; the exit status says so."""
    assert done.status == 1
    assert done.err == 'NEW stream: nothing was collected yet for "NEW stream"; run `gemba collect`\n'
    assert len(done.out.splitlines()) == 2


def test_on_a_terminal_each_stream_is_a_row(done: Run) -> None:
    """With its figures, and the queue that waits most; on a narrow one, too."""
    shown = Console(file=StringIO(), width=80)
    shown.print(streams_text([row(line) for line in done.out.splitlines()], 80))
    rows = shown.file.getvalue().splitlines()[-2:]  # type: ignore[attr-defined]

    assert [line.split()[:4] for line in rows] == [["PAY", "stream", "20", "0"], ["OPS", "stream", "40", "0"]]
    assert all("at most" in line and "Review, " in line for line in rows)


def test_answers_come_in_order_until_a_process_is_ended() -> None:
    """However far the others are ahead; what came before is not lost."""
    answers = on_processes(repeated, [*range(20), -1], 1)

    assert [next(answers).stream for _ in range(12)] == [str(number) for number in range(12)]
    with pytest.raises(EngineError, match="want of memory; choose fewer with --jobs"):
        list(answers)


def test_nobody_waits_for_what_is_wanted_no_more() -> None:
    """A stream that would last for ever is given up with its process as soon as no answer is asked for."""
    answers = on_processes(repeated, [0, FOR_EVER, FOR_EVER], 2)

    assert next(answers).stream == "0"
    answers.close()  # type: ignore[attr-defined]
    assert not [process for process in active_children() if process.is_alive()]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--all", "--stream", "PAY stream"], "--all is every stream, and --stream is one; leave out either"),
        (["--jobs", "2"], "--jobs and --engine are for every stream; add --all"),
        (["--all", "--out", "findings"], "--out is for Spark; add --all --engine spark"),
        (["--all", "--engine", "spark", "--jobs", "2"], "with --engine spark leave it out"),
        (["--all", "--from", "2026-03-01", "--to", "2026-02-01"], "the window is empty"),
    ],
)
def test_what_does_not_go_together_is_misused(desk: Desk, words: list[str], said: str) -> None:
    """Before anything is computed."""
    done = desk.gemba("analyse", *words, "--now", NOW)

    assert (done.status, done.out) == (2, "")
    assert said in done.err


def test_executors_elsewhere_cannot_read_a_file_of_this_machine(desk: Desk) -> None:
    """It is said before Spark is asked for, with both ways out."""
    done = desk.gemba("analyse", "--all", "--engine", "spark", "--master", "spark://nowhere:7077", "--now", NOW)

    assert (done.status, done.out) == (1, "")
    assert "spark://nowhere:7077: executors on other machines cannot read a SQLite store" in done.err
    assert "move it to PostgreSQL" in done.err
    assert "--records" in done.err


@pytest.mark.skipif(find_spec("pyspark") is not None, reason="PySpark is here")
def test_without_pyspark_it_says_what_to_install(desk: Desk) -> None:
    done = desk.gemba("analyse", "--all", "--engine", "spark", "--now", NOW)

    assert (done.status, done.out) == (1, "")
    assert done.err == "--engine spark needs PySpark, which is not here; run pip install gemba[spark]\n"


@pytest.fixture
def desk(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(folder, monkeypatch, capsys)
