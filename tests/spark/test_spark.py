"""Streams on Apache Spark: the same documents as on this machine. Spark lives in a folder of its own: `make spark`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.app.analysis import analyse_stream
from bot.app.wiring import Wanted
from bot.config import load_config
from tests.build import at
from tests.databases import new_database
from tests.many import NOW, three_streams

ROOT = Path(__file__).parents[2]
SPARK = ROOT / "build" / "spark"
HERE = ("--engine", "spark", "--master", "local[1]", "--json")
pytestmark = [
    pytest.mark.skipif(not (SPARK / "ready").exists(), reason="no Apache Spark here: run `make spark`"),
    pytest.mark.skipif(shutil.which("java") is None, reason="Apache Spark needs Java, and there is none here"),
]


def on_spark(folder: Path, *options: tuple[str, ...], **environ: str) -> list[dict[str, Any]]:
    """What `gemba analyse --all` with each of the options answers, with Spark, whose Java is started once."""
    commands, answers = folder / "commands.json", folder / "answers.json"
    commands.write_text(json.dumps([["analyse", "--all", "--now", NOW, *words] for words in options]), "utf-8")
    known = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{SPARK}", "SPARK_LOCAL_IP": "127.0.0.1", **environ}
    script = ROOT / "tests" / "spark" / "gemba.py"
    done = subprocess.run(
        [sys.executable, script, answers, commands],
        cwd=folder, env=known, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(answers.read_text("utf-8"))
    return found


def documents(out: str) -> dict[str, Any]:
    return {found["stream"]["name"]: found for found in map(json.loads, out.splitlines())}


def alone(folder: Path) -> dict[str, Any]:
    """Each stream by itself, by the engine in this process."""
    config = load_config(folder / "config.toml")
    found = [analyse_stream(config, Wanted(name, now=at(60))) for name in ("PAY stream", "OPS stream")]
    return {one.stream.name: one.to_json() for one in found}


def test_the_documents_are_the_same_as_here(tmp_path: Path, postgres: str) -> None:
    """From PostgreSQL, with the findings as Parquet; or with the records as Parquet."""
    import polars as pl

    three_streams(tmp_path, new_database(postgres, "spark"))
    written, through, again = on_spark(
        tmp_path, (*HERE, "--out", "findings"), (*HERE, "--records", "records"), (*HERE, "--out", "findings")
    )
    expected = alone(tmp_path)
    kept = pl.read_parquet(tmp_path / "findings" / "*.parquet").drop_nulls("document")

    assert (written["status"], through["status"], again["status"]) == (1, 1, 1)
    assert documents(written["out"]) == expected
    assert {name: json.loads(text) for name, text in zip(kept["stream"], kept["document"], strict=True)} == expected
    assert documents(through["out"]) == expected
    nothing = 'NEW stream: nothing was collected yet for "NEW stream"; run `gemba collect`\n'
    assert written["err"].endswith(f"{nothing}written to findings\n")
    assert through["err"].endswith(nothing)
    assert "name a folder" in again["err"]


def test_without_java_it_says_so(tmp_path: Path) -> None:
    """Before anything is started."""
    (done,) = on_spark(three_streams(tmp_path), HERE, JAVA_HOME="/nowhere")

    assert (done["status"], done["out"]) == (1, "")
    assert done["err"] == (
        "--engine spark needs Java 17 or newer, and there is none in JAVA_HOME=/nowhere; install it, or set JAVA_HOME\n"
    )
