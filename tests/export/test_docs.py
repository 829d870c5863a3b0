"""docs/exports.md says what is really written."""

import csv
import re
from pathlib import Path

from bot.export.kinds import Kind
from tests.export.told import noisy_team, written

DOCS = (Path(__file__).parents[2] / "docs" / "exports.md").read_text("utf-8")


def section(start: str, end: str) -> str:
    return DOCS[DOCS.index(start) : DOCS.index(end)]


def test_every_format_and_column_stands_in_the_docs(tmp_path: Path) -> None:
    """Each table with its columns in their order."""
    told = noisy_team()
    parts = {"items": ("**items**", "**spans**"), "spans": ("**spans**", "**findings**")}
    parts |= {"findings": ("**findings**", "**finding_items**"), "finding_items": ("**finding_items**", "**In CSV**")}

    assert set(re.findall(r"^\| `(\w+)` \| a f", DOCS, re.M)) == set(Kind)
    for name, table in told.tables():
        named = re.findall(r"`(\w+)`", section(*parts[name]))
        assert [column for column in named if column in table.columns and column != "case"] != []
        assert set(table.columns) <= set(named), name


def test_columns_for_actionable_agile_stand_in_the_docs(tmp_path: Path) -> None:
    """Around those of the stages."""
    told = noisy_team()
    with written(told, Kind.ACTIONABLE, tmp_path).open(newline="") as file:
        head = next(csv.reader(file))
    stages = {stage.name for stage in told.found.stream.stages}

    assert [f"`{name}`" in DOCS for name in head if name not in stages] == [True] * 7
