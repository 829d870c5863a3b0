"""`gemba export`, as a person types it: on the simulated company, and with faults."""

import json
from pathlib import Path

import pytest

from tests.commands import as_of_now, gemba


def test_tables_are_exported_without_names(folder: Path, tmp_path: Path) -> None:
    """What was written and what stays is said on stderr; nothing is on stdout."""
    done = gemba(*as_of_now("export", "--out", str(tmp_path / "a" / "b"), "--anonymise"), folder=folder)

    assert (done.status, done.out) == (0, ""), done.err
    files = sorted(path.name for path in (tmp_path / "a" / "b").iterdir())
    assert files == ["finding_items.csv", "findings.csv", "items.csv", "spans.csv"]
    assert f"written to {tmp_path / 'a' / 'b' / 'items.csv'}" in done.err.replace("\n", "")
    assert "look whether they tell more than you want to show" in " ".join(done.err.split())
    assert "PAY-" not in (tmp_path / "a" / "b" / "items.csv").read_text()


def test_the_document_is_of_the_window(folder: Path, tmp_path: Path) -> None:
    """Findings are those of `analyse`, at the same cost."""
    window = ("--from", "2026-09-01", "--to", "2026-11-01")
    out = tmp_path / "out.json"
    done = gemba(*as_of_now("export", "--format", "json", "--out", str(out), *window), folder=folder)
    told = json.loads(gemba(*as_of_now("analyse", "--json", *window), folder=folder).out)
    found = json.loads(out.read_text("utf-8"))

    assert done.status == 0, done.err
    assert found["start"] == told["window"]["start"].replace("Z", "+00:00")
    queues = {f["name"]: f["cost"] for f in found["findings"] if f["kind"] == "queue"}
    assert queues == pytest.approx({queue["stage"]: queue["cost"] for queue in told["queues"]})
    assert sum(i["outcome"] == "open" for i in found["items"]) == told["wip"]


def test_faults_are_a_sentence(folder: Path, tmp_path: Path) -> None:
    """A path that cannot be written fails; a format that there is not, and no path, are misuse."""
    (tmp_path / "file").touch()
    taken = gemba(*as_of_now("export", "--out", str(tmp_path / "file")), folder=folder)
    unknown = gemba("export", "--out", "x", "--format", "excel", folder=folder)

    assert taken.status == 1
    assert "is a file; this format makes several, so name a folder with --out" in " ".join(taken.err.split())
    assert unknown.status == 2
    assert gemba("export", folder=folder).status == 2
