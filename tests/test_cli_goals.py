"""The commands of key results, gates and the plan, as a person types them: on the simulated company."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from bot.app.clock import clock
from bot.demo.stand_ins import Addresses
from tests.commands import as_of_now, changed, gemba

GOALS = """
[[streams.key_results]]
objective = "Be trusted"
name = "Customers who come back"
by_hand = true
baseline = 30
target = 45
quarter = "2026-Q4"
kind = "stretch"

[[streams.key_results]]
objective = "Be trusted"
name = "Bugs"
jql = "project = PAY AND type = Bug"
baseline = 90
target = 10
quarter = "{quarter}"

[[streams.plan]]"""


@pytest.fixture(scope="module")
def governed(company: tuple[Path, Addresses], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The company with key results of all three kinds, and a gate."""
    now = clock()
    goals = GOALS.replace("{quarter}", f"{now.year}-Q{(now.month + 2) // 3}")
    place = changed(company, tmp_path_factory.mktemp("governed"), "[[streams.plan]]", goals)
    shutil.copy(company[0] / "gemba.db", place)
    return place


def test_key_results_are_entered_counted_and_listed(governed: Path) -> None:
    """Figures by week, a count, and values by hand."""
    for day, value in (("2026-10-05", "31"), ("2026-10-12", "33"), ("2026-10-19", "35"), ("2026-11-12", "40.5")):
        assert gemba("kr", "set", "customers who come back", value, "--at", day, folder=governed).status == 0
    counted = gemba("collect", folder=governed)
    found = json.loads(gemba(*as_of_now("kr", "list", "--json"), folder=governed).out)
    shown = gemba(*as_of_now("kr", "list"), folder=governed).out

    assert 'jira.acme/count for "Bugs": 1 read, 1 new or changed' in counted.err
    assert [(part["measured"], part["sufficient"]) for part in found[:3]] == [
        ("analysis", True),
        ("analysis", True),
        ("hand", True),
    ]
    assert [week["value"] for week in found[2]["weeks"]] == [31, 33, 35, 40.5]
    assert found[2]["verdict"] == "continue"
    assert "Customers who come back: continue; the odds are" in " ".join(shown.split())


def test_a_gate_is_reviewed_recorded_and_its_history_verified(governed: Path) -> None:
    """The pack is there before the meeting; what was decided is frozen with it."""
    import jsonschema

    pack = json.loads(gemba(*as_of_now("gate", "review", "--json"), folder=governed).out)
    shown = gemba(*as_of_now("gate", "review", "quarter"), folder=governed).out
    words = ("gate", "record", "--decision", "pivot", "--reason", "the board stays", "--json")
    kept = json.loads(gemba(*as_of_now(*words), folder=governed).out)
    history = json.loads(gemba("gate", "history", "--json", folder=governed).out)

    for document, name in ((pack, "gate"), (history, "gate.history")):
        jsonschema.validate(document, json.loads(gemba("schema", name, folder=governed).out))
    assert "Largest waste to remove: " in shown
    assert (kept["number"], kept["previous"], len(kept["hash"])) == (1, "", 64)
    assert history["records"][0]["pack"] == pack
    assert history["intact"]
    assert gemba(*as_of_now("analyse", "--json"), folder=governed).out.count(kept["hash"]) == 1


def test_a_record_that_was_changed_is_told(governed: Path, tmp_path: Path) -> None:
    """With exit status 1, and nothing is added to it."""
    place = Path(shutil.copytree(governed, tmp_path / "forged"))
    words = as_of_now("gate", "record", "--decision", "stop", "--reason", "r")
    assert gemba(*words, folder=place).status == 0
    with sqlite3.connect(place / "gemba.db") as connection:
        connection.execute("UPDATE gate_record SET decision = 'continue' WHERE decision = 'stop'")
    connection.close()
    told, again = gemba("gate", "history", folder=place), gemba(*words, folder=place)

    assert told.status == 1
    assert "NOT" in told.out
    assert "were changed after they were made" in told.err
    assert (again.status, "is not as it was" in again.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("kr", "set", "Nobody", "3"), 'there is no key result "Nobody"'),
        (("kr", "set", "Bugs", "3"), '"Bugs" is measured by the JQL'),
        (("kr", "set", "Customers who come back", "many"), "Invalid value for 'VALUE'"),
        (("gate", "review", "Quartal"), 'there is no gate "Quartal"; did you mean "Quarter"?'),
        (("gate", "record", "--decision", "go", "--reason", "r"), '"go" is no decision'),
        (("gate", "record", "--decision", "stop", "--reason", " "), "a decision needs its reason"),
        (("gate", "history", "x"), 'there is no gate "x"'),
        (("schema", "metric"), 'no document is called "metric"'),
    ],
)
def test_goals_that_are_not_there_are_told(governed: Path, words: tuple[str, ...], expected: str) -> None:
    """In a sentence, exit 2."""
    done = gemba(*words, folder=governed)

    assert (done.status, done.out) == (2, "")
    assert expected in " ".join(done.err.replace("│", " ").split())


GOOD = ("--waste", "waiting", "--owner", "Release engineer", "--due", "2099-01-01")


def test_a_change_is_planned_started_done_and_listed(company: tuple[Path, Addresses], tmp_path: Path) -> None:
    """What was predicted is kept with it; a past day is seen as it was then."""
    place = changed(company, tmp_path, "Payments", "Payments")
    shutil.copy(company[0] / "gemba.db", place)
    change = (*GOOD, "--change", 'deploy = "Ready to deploy", on = "daily"')
    said = [
        gemba("plan", *words, folder=place)
        for words in (
            ("add", "Deploy daily", *change, "--milestone", "Pipeline=2098-12-01"),
            ("start", "deploy daily", "--at", "2026-11-10"),
            ("done", "Deploy daily", "--milestone", "pipeline", "--at", "2026-11-12"),
            ("done", "Deploy daily", "--at", "2026-11-15"),
        )
    ]
    parts = json.loads(gemba(*as_of_now("plan", "list", "--json"), folder=place).out)
    earlier = json.loads(gemba("plan", "list", "--json", "--now", "2026-11-13", folder=place).out)

    assert [done.status for done in said] == [0, 0, 0, 0], said
    assert "predicted typically" in said[1].err
    mine = next(part for part in parts if part["name"] == "Deploy daily")
    assert (mine["status"], mine["verdict"]) == ("done", "too early")
    assert mine["milestones"][0]["reached_at"].startswith("2026-11-11")
    assert mine["prediction"]["future"]["effect"]["mean"]["high"] < 0
    assert next(part for part in earlier if part["name"] == "Deploy daily")["status"] == "started"
    assert "Done on 15 Nov 2026, too early to tell:" in gemba(*as_of_now("plan", "list"), folder=place).out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("add", "X", "--waste", "boredom", "--owner", "o", "--due", "2099-01-01"), "waste: input should be"),
        (("add", "X", "--waste", "waiting", "--owner", " ", "--due", "2099-01-01"), "and who owns it"),
        (("add", "X", "--waste", "waiting", "--owner", "o", "--due", "2020-01-01"), "2020-01-01 is past"),
        (("add", "X", "--waste", "waiting", "--owner", "o"), "Missing option '--due'"),
        (("add", "X", *GOOD, "--change", 'cap = "Review", at = "24h", waste = "motion"'), "--waste waiting; a change"),
        (("add", "X", *GOOD, "--change", "cap = Review"), "--change cap = Review: Invalid value"),
        (("add", "X", *GOOD, "--issue", "xmpp.a/PAY"), '"xmpp.a" is no Jira; there are jira.acme'),
        (("add", "X", *GOOD, "--milestone", "A"), "--milestone A: write a name and a date, as in 'The board agrees="),
        (("add", "X", *GOOD, "--milestone", "=2098-01-01"), "--milestone =2098-01-01: write a name and a date, as in"),
        (
            ("add", "X", *GOOD, "--change", 'cap = "Review", at = "24h" }\nmore = { x = 1'),
            "that is more than one change",
        ),
        (("add", "X", *GOOD, "--change", f"cap = {'[' * 3000}{']' * 3000}"), "recursion"),
        (("start", "Nothing"), 'nothing on the plan is called "Nothing"'),
        (("done", "Approve designs within a day, without the Thursday board"), "was not started"),
        (("drop", "Approve designs within a day, without the Thursday board", "--reason", " "), "has a reason"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(folder: Path, words: tuple[str, ...], expected: str) -> None:
    """In a sentence, exit 2; nothing is kept."""
    done = gemba("plan", *words, folder=folder)

    assert (done.status, done.out) == (2, "")
    assert expected in " ".join(done.err.replace("│", " ").split())


def test_what_a_gate_decides_on_is_a_page_and_is_posted_once(governed: Path, tmp_path: Path) -> None:
    """Before the meeting; for its day one message, however often it is asked for."""
    page = tmp_path / "gate.html"
    written = gemba(*as_of_now("gate", "review", "--html", str(page)), folder=governed)
    posted = [gemba(*as_of_now("gate", "review", "--post"), folder=governed).err for _ in range(2)]

    assert written.status == 0, written.err
    assert page.read_text().startswith("<!doctype html>")
    assert [words.strip() for words in posted] == ["posted to #payments", "stands in #payments already"]
