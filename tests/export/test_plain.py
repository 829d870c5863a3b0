"""Tables as CSV, Parquet and JSON."""

import csv
import json
from pathlib import Path

import polars as pl
import pytest

from bot.export.kinds import Kind
from tests.export.told import noisy_team, one, written

TABLES = ("items", "spans", "findings", "finding_items")


def test_all_three_say_the_same(tmp_path: Path) -> None:
    """The same rows in the same order, whatever the format."""
    told = noisy_team()
    whole = json.loads(written(told, Kind.JSON, tmp_path).read_text("utf-8"))
    sheets, parquet = written(told, Kind.CSV, tmp_path), written(told, Kind.PARQUET, tmp_path)

    assert (whole["schema"], whole["stream"]) == ("gemba.export/1", told.found.stream.name)
    for name in TABLES:
        table = pl.read_parquet(parquet / f"{name}.parquet")
        assert len(table) == len(whole[name]) == len(pl.read_csv(sheets / f"{name}.csv", infer_schema=False)) > 5
        assert list(whole[name][0]) == table.columns
        amounts = table.select(pl.col(pl.Float64)).to_dicts()
        assert [{key: row[key] for key in amounts[0]} for row in whole[name]] == amounts


def test_times_have_their_zone(tmp_path: Path) -> None:
    """UTC, to the microsecond; what is unknown or still open is empty or null."""
    told = one()
    with (written(told, Kind.CSV, tmp_path) / "items.csv").open(newline="") as file:
        [row] = csv.DictReader(file)

    assert (row["start"], row["end"]) == ("2026-01-05T00:00:00.000000Z", "2026-01-10T00:00:00.000000Z")
    assert (row["parent"], row["labels"]) == ("", "")
    [item] = json.loads(written(told, Kind.JSON, tmp_path).read_text())["items"]
    assert (item["start"], item["parent"], item["labels"]) == (row["start"], None, [])


@pytest.mark.parametrize("title", ['=HYPERLINK("http://evil","x")', "+1", "-2+3", "@SUM(A1)", "\t=1", "＝1+1", " =1"])
def test_a_title_is_never_a_formula(title: str, tmp_path: Path) -> None:
    """Of what a spreadsheet would run the first sign is an apostrophe; elsewhere it stays as it is."""
    told = one(title)
    with (written(told, Kind.CSV, tmp_path) / "items.csv").open(newline="") as file:
        [row] = csv.DictReader(file)

    assert row["title"] == f"'{title}"
    assert json.loads(written(told, Kind.JSON, tmp_path).read_text("utf-8"))["items"][0]["title"] == title


@pytest.mark.parametrize(
    "title", ["Pay = more", 'Say "hi",\nplease', "naïve 漢字 \u202e", "1-2", "<b>&amp;</b>", "\x00\x07"]
)
def test_other_titles_stay_as_they_are(title: str, tmp_path: Path) -> None:
    """With their quotes, commas and line breaks."""
    told = one(title)
    with (written(told, Kind.CSV, tmp_path) / "items.csv").open(newline="", encoding="utf-8") as file:
        [row] = csv.DictReader(file)

    assert row["title"] == title
    assert pl.read_parquet(written(told, Kind.PARQUET, tmp_path) / "items.parquet")["title"].item() == title
