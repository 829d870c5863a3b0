"""`gemba demo --preset`, and the companies that it shows."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app.checking import Questions, check_all
from bot.app.clock import clock
from bot.config import load_config
from bot.demo.days import CLOSES, OPENS, ZONE
from bot.demo.folder import COMPANIES, furnished
from bot.presets import PRESETS
from tests.commands import gemba
from tests.presets.seen import NOW

EVERY = pytest.mark.parametrize("preset", COMPANIES)


def test_there_is_a_company_for_each_preset() -> None:
    """In the same order."""
    assert [*COMPANIES] == [*PRESETS]


@EVERY
def test_a_company_is_the_same_for_the_same_monday(preset: str) -> None:
    """Whatever the hour; and nothing is told of the future."""
    found, again, later = (COMPANIES[preset](at) for at in (NOW, NOW, NOW + timedelta(hours=5)))
    times = [move.at for item in found.items for move in item.moves]
    times += [fact.at for item in found.items for fact in item.facts]

    assert found == again
    assert [(item.key, item.title) for item in later.items][: len(found.items)] == [
        (item.key, item.title) for item in found.items
    ]
    assert max(times) <= NOW


@EVERY
def test_people_of_a_company_work_in_working_hours(preset: str) -> None:
    """On weekdays; appointments are in the afternoon at the latest."""
    moved = [move.at.astimezone(ZONE) for item in COMPANIES[preset](NOW).items for move in item.moves]

    assert all(at.weekday() < 5 for at in moved)
    assert all(at.time() >= OPENS and at.hour <= CLOSES.hour for at in moved)


@EVERY
def test_a_tracker_numbers_its_issues_as_they_come(preset: str) -> None:
    """In each project; else they would be taken for imported ones."""
    company = COMPANIES[preset](NOW)
    for project in company.tracker.projects:
        items = sorted((i for i in company.items if i.project == project), key=lambda item: item.number)
        assert [item.created for item in items] == sorted(item.created for item in items)
        assert len({item.number for item in items}) == len(items) > 20


@EVERY
def test_the_configuration_of_a_demo_fits_its_company(preset: str, tmp_path: Path) -> None:
    """`gemba check` finds states, clock, channel and database as they should be."""
    with furnished(tmp_path / "demo", clock(), preset) as path:
        found = check_all(load_config(path), Questions())

    assert [check.detail for check in found if not check.ok] == []
    assert any("states of" in check.what for check in found)


def test_a_demo_of_a_preset_shows_what_its_stream_is_known_for(tmp_path: Path) -> None:
    """Every stream drawn, a digest posted, and at the end what was found; what it says to try next works."""
    done = gemba("demo", "--preset", "strategic-planning", "--folder", "here", folder=tmp_path)

    assert done.status == 0, done.err
    said = " ".join(done.out.split())
    assert "is known for weeks between decided and worked on" in said
    assert "From decided to the first work on it" in said
    assert "The digest, posted" in said
    assert "analyse --json --stream Strategy --config here/config.toml" in said
    for name in ("map.png", "map-dark.svg", "report.html", "map-teams.png", "report-teams.html"):
        assert (tmp_path / "here" / name).stat().st_size > 1000
    for command in re.findall(r"(explain \S+|gate review --stream \S+) --config here/config.toml", said):
        tried = gemba(*command.split(), "--config", "here/config.toml", folder=tmp_path)
        assert tried.status == 0, tried.err


def test_a_preset_that_there_is_not(tmp_path: Path) -> None:
    """Is refused with those that there are, before anything is written."""
    done = gemba("demo", "--preset", "stage-gates", "--folder", "here", folder=tmp_path)

    assert done.status == 2
    assert 'there is no preset "stage-gates"; did you mean "stage-gate"?' in done.err
    assert "hr-onboarding" in done.err
    assert not (tmp_path / "here").exists()


def test_the_help_of_the_demo_names_every_preset(tmp_path: Path) -> None:
    """Nobody has to guess."""
    said = " ".join(gemba("demo", "--help", folder=tmp_path).out.replace("│", " ").split())

    assert [name for name in PRESETS if name not in said] == []
