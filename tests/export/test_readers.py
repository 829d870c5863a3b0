"""What other people's tools read out of exports: pm4py and r4pm (XES, OCEL), and DuckDB (Parquet, CSV).

They live in an environment of their own, since pm4py is AGPL: `make readers`.
"""

import json
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from bot.export.kinds import Kind
from bot.export.told import Told
from tests.build import issue, records
from tests.export.told import noisy_team, told_of, written

ROOT = Path(__file__).parents[2]
READERS = ROOT / "build" / "readers" / "bin" / "python"
pytestmark = pytest.mark.skipif(not READERS.exists(), reason="no independent readers here: run `make readers`")


def read_back(what: str, path: Path) -> Any:
    script = ROOT / "tests" / "readers" / "read_back.py"
    done = subprocess.run(
        [READERS, script, what, path], cwd=path.parent, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(path.with_suffix(".told").read_text("utf-8"))


def named(path: Path, ending: str) -> Path:
    return path.rename(path.with_suffix(ending))


@pytest.fixture
def told() -> Told:
    return noisy_team()


def test_cases_and_their_events_are_read(told: Told, tmp_path: Path) -> None:
    """The same cases, the same activities in the same order, the same first and last time."""
    found = read_back("xes", named(written(told, Kind.XES, tmp_path), ".xes"))
    items, expected = told.found.log.items, dict[str, list[list[str]]]()
    for case, activity, lifecycle in told.events.select("case", "activity", "lifecycle").iter_rows():
        expected.setdefault(items[case].name, []).append([activity, lifecycle])

    assert found["traces"] == expected
    assert found["strictly"] == len(expected) > 100
    times = told.events.select(pl.from_epoch("at", "us").dt.to_string("%Y-%m-%dT%H:%M:%S").alias("at"))["at"]
    assert (found["first"][:19], found["last"][:19]) == (times.min(), times.max())
    assert set(found["stages"]) - {""} <= {stage.name for stage in told.found.stream.stages}
    assert not [column for column in found["columns"] if column.startswith("org:")]


def test_objects_and_their_events_are_read(told: Told, tmp_path: Path) -> None:
    """As many of each kind as were written, with all relations; and mines from them."""
    path = named(written(told, Kind.OCEL, tmp_path), ".json")
    whole = json.loads(path.read_text("utf-8"))
    found = read_back("ocel", path)

    assert found["events"] == Counter(event["type"] for event in whole["events"])
    assert found["objects"] == Counter(each["type"] for each in whole["objects"])
    assert found["strictly"] == {"event_type_counts": found["events"], "object_type_counts": found["objects"]}
    for part, name in (("events", "relations"), ("objects", "o2o")):
        written_there = Counter(r["qualifier"] for each in whole[part] for r in each["relationships"])
        assert found[name] == written_there
    assert found["mined"] == ["change request", "issue"]


def test_duckdb_reads_the_tables(told: Told, tmp_path: Path) -> None:
    """From Parquet and from CSV: the same rows, sums and texts."""
    parquet = read_back("tables", written(told, Kind.PARQUET, tmp_path))
    sheets = read_back("tables", written(told, Kind.CSV, tmp_path))

    for name, table in told.tables():
        columns = [column for column, kind in table.schema.items() if kind == pl.Float64]
        sums = table.select(pl.col(columns).sum()).row(0)
        for read in (parquet[name], sheets[name]):
            assert read["rows"] == len(table)
            assert list(read["columns"]) == table.columns
            known = [amount for amount in read["sums"] if amount is not None]
            assert known == pytest.approx([s for c, s in zip(columns, sums, strict=True) if table[c].count()])
    assert parquet["items"]["columns"]["start"] == "TIMESTAMP WITH TIME ZONE"
    assert parquet["items"]["columns"]["labels"] == "VARCHAR[]"


def test_hostile_titles_are_read_by_all_of_them(tmp_path: Path) -> None:
    """Control characters are replaced in XML, elsewhere a title is as it was."""
    titles = ['<a href="x">&amp;', "a\x00b\x1bc", "=1+1", "漢字 🎉\u202e", 'Say "hi",\nplease']
    found = records(*(issue(f"PAY-{n}", ("Open", n), ("Done", n + 5)) for n in range(len(titles))))
    items = [replace(item, title=title) for item, title in zip(found.items, titles, strict=True)]
    told = told_of(found.told_of(items))

    assert len(read_back("xes", named(written(told, Kind.XES, tmp_path), ".xes"))["traces"]) == len(titles)
    assert read_back("ocel", named(written(told, Kind.OCEL, tmp_path), ".json"))["titles"] == sorted(titles)
    words = read_back("tables", written(told, Kind.PARQUET, tmp_path))["items"]["words"]
    assert [title for _, title in words] == titles
