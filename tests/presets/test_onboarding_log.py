"""The same onboarding as an event log with a column for the department: no tracker, and the same waste is found."""

import csv
from pathlib import Path

import pytest

from bot.app.seen import see_stream
from bot.app.sources import collect_all
from bot.app.wiring import Wanted
from bot.config import load_config
from bot.demo.onboarding import ACCOUNTS, LAPTOP, MANAGER, ORDER, TRAINING, WORKPLACE, simulate_onboarding
from bot.flow.analyse import read
from bot.flow.findings.analysis import Analysis
from tests.presets.seen import NOW

CONFIG = """
[calendar]
timezone = "Europe/Berlin"

[connectors.eventlog.people]
path = "onboarding.csv"
case = "colleague"
state = ["step", "lifecycle"]
at = "at"
actor = "by"
labels = ["department"]

[[streams]]
name = "Onboarding"
sources = ["eventlog.people"]
end = "Productive"
anchor = "First weeks"
groups = ["Engineering", "Sales", "Support", "Finance"]

[[streams.stages]]
name = "Preparation"
kind = "work"
states = [{steps}, "eventlog:Offer signed", "eventlog:Preparation", "eventlog:Ready to start"]

[[streams.stages]]
name = "First weeks"
kind = "work"
states = ["eventlog:First weeks"]

[[streams.stages]]
name = "Productive"
kind = "done"
states = ["eventlog:Productive", "eventlog:Withdrawn"]
"""
STEPS = (ACCOUNTS, ORDER, LAPTOP, WORKPLACE, MANAGER, TRAINING)


def write(path: Path) -> None:
    """Each move of the person, and of each step when it began and was finished."""
    people = simulate_onboarding(NOW)
    departments = {item.key: item.labels[0] for item in people.items if item.labels}
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("colleague", "step", "lifecycle", "at", "by", "department"))
        for item in people.items:
            case, moves = item.parent or item.key, item.moves[1:] if item.parent else item.moves
            for move, ends in zip(moves, ("start", "complete") if item.parent else [""] * 9, strict=False):
                step = item.title if item.parent else move.status
                rows.writerow((case, step, ends, move.at.isoformat(), move.who, departments[case]))


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    folder = tmp_path_factory.mktemp("log")
    write(folder / "onboarding.csv")
    steps = ", ".join(f'"eventlog:{step} / {ends}"' for step in STEPS for ends in ("start", "complete"))
    (folder / "config.toml").write_text(CONFIG.replace("{steps}", steps))
    config = load_config(folder / "config.toml")
    assert not [found.error for found in collect_all(config, lambda *_: None) if found.error]
    return read(see_stream(config, Wanted(now=NOW)).found)


def test_a_log_tells_steps_that_could_run_in_parallel(analysed: Analysis) -> None:
    """By starts and ends that overlap."""
    assert analysed.sequences is not None
    tiers = {(pair.first, pair.then): pair.tier for pair in analysed.sequences.pairs}

    assert tiers[ACCOUNTS, ORDER] == tiers[LAPTOP, WORKPLACE] == "parallel"
    assert tiers[ORDER, LAPTOP] != "parallel"


def test_a_log_tells_what_came_after_the_first_day(analysed: Analysis) -> None:
    """Half of the trainings, though there was time before."""
    assert analysed.lateness is not None
    training = analysed.lateness.steps[0]

    assert training.step == TRAINING
    assert 0.4 <= training.share <= 0.8


def test_a_log_tells_which_department_prepares_otherwise(analysed: Analysis) -> None:
    """By the column."""
    assert analysed.uneven is not None
    found = {(p.place, p.measure, p.groups[-1].group) for p in analysed.uneven.places if p.uneven}

    assert {(MANAGER, "in time", "Sales"), (MANAGER, "takes", "Sales")} <= found
