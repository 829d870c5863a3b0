"""Where exports go: whole or not at all."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.errors import OutputError
from bot.export.formats import FORMATS, export
from bot.export.kinds import Kind
from bot.export.place import placed
from tests.export.told import one

ROOT = Path(__file__).parents[2]


def test_every_format_is_registered() -> None:
    """By its name."""
    assert list(FORMATS) == list(Kind)


def test_what_fails_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    """And nothing beside it."""
    (tmp_path / "a.csv").write_text("old")

    def half_way() -> None:
        with placed(tmp_path, is_folder=True) as place:
            for name in ("a.csv", "b.csv"):
                with place.file(name) as file:
                    file.write(b"new")
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        half_way()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.csv", "old")]


FULL = """
import resource, signal, sys
from pathlib import Path
from bot.errors import OutputError
from bot.export.formats import export
from bot.export.kinds import Kind
from tests.build import issue
from tests.export.told import of
told = of(*(issue(f"PAY-{n}", ("Open", n / 9), ("Done", n / 9 + 4)) for n in range(700)))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
for kind in Kind:
    try:
        export(told, kind, Path(sys.argv[1]) / kind)
    except OutputError as problem:
        print(problem)
"""


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    """Of every format, in a sentence; nothing stays."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, tmp_path], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )

    said = [f"{tmp_path / kind} cannot be written: File too large" for kind in Kind]
    told = done.stdout.splitlines()
    assert [line.partition(";")[0].partition(" (os error")[0] for line in told] == said
    assert all(line.endswith("; name another place with --out") for line in told)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_an_export_replaces_the_one_before(tmp_path: Path) -> None:
    """And leaves other files of the folder alone."""
    (tmp_path / "notes.txt").write_text("mine")
    files = [export(one(), Kind.CSV, tmp_path) for _ in range(2)][1]

    names = {"items.csv", "spans.csv", "findings.csv", "finding_items.csv"}
    assert {path.name for path in files} == names
    assert {path.name for path in tmp_path.iterdir()} == {*names, "notes.txt"}


@pytest.mark.parametrize("kind", Kind)
def test_a_path_that_cannot_be_written_is_said(kind: Kind, tmp_path: Path) -> None:
    """By its name: a file in place of a folder, a folder in place of a file, a file on the way."""
    (tmp_path / "file").touch()
    wrong = tmp_path / "file" if FORMATS[kind].is_folder else tmp_path

    with pytest.raises(OutputError, match=str(wrong)):
        export(one(), kind, wrong)
    with pytest.raises(OutputError, match="Not a directory"):
        export(one(), kind, tmp_path / "file" / "deeper")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_name_that_no_file_may_have_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="File name too long"):
        export(one(), Kind.JSON, tmp_path / ("n" * 300))


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    assert export(one(), Kind.XES, tmp_path / "a" / "b.xes") == (tmp_path / "a" / "b.xes",)


def test_where_a_link_leads_is_written(tmp_path: Path) -> None:
    """The link stays one; its file is replaced as a whole."""
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there" / "new.json")
    export(one(), Kind.JSON, tmp_path / "link")

    assert (tmp_path / "link").is_symlink()
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["new.json"]


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    """As /dev/stdout is, behind which another program reads."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        read = pool.submit(pipe.read_bytes)
        export(one(), Kind.JSON, pipe)

        assert json.loads(read.result())["stream"] == "Payments"
    assert pipe.is_fifo()
