"""The commands, as a person types them: on the simulated company, and with faults."""

import json
import shutil
import signal
import sqlite3
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from bot.cli.reading import say_collected
from bot.collect import Collected
from bot.demo.stand_ins import Addresses
from bot.revisions import HEAD
from bot.store import Saved
from tests.commands import COMMAND, as_of_now, changed, gemba, private
from tests.serve import Reply, serving

TRIED = '{ deploy = "Ready to deploy", on = "daily", waste = "waiting", name = "often" }'


def test_collecting_again_changes_nothing(folder: Path) -> None:
    """A line a scope, on stderr; the meetings of two weeks are read again."""
    done = gemba("collect", "--json", folder=folder)

    assert [c["changed"] for c in json.loads(done.out)] == [0, 0, 0]
    *tracked, calendar = done.err.splitlines()
    assert tracked == [
        "jira.acme/PAY: 0 read, 0 new or changed",
        "github.acme/acme/payments: 0 read, 0 new or changed",
    ]
    assert calendar.startswith("calendar.acme/meetings.ics: ")
    assert calendar.endswith(" read, 0 new or changed")


def test_analyse_prints_the_document_of_the_schema(folder: Path) -> None:
    """With every part of the contract."""
    import jsonschema

    found = json.loads(gemba(*as_of_now("analyse", "--json"), folder=folder).out)
    schema = json.loads(gemba("schema", folder=folder).out)

    jsonschema.validate(found, schema)
    assert found["schema"] == "gemba.analysis/1"
    assert {
        "stream",
        "window",
        "clock",
        "items",
        "lead_time",
        "cycle_time",
        "throughput",
        "wip",
        "value_added_ratio",
        "stages",
        "queues",
        "loops",
        "wastes",
        "trend",
        "future",
        "plan",
        "key_results",
        "gates",
        "sprints",
        "signals",
        "doubts",
    } <= set(found)


def test_the_planted_waste_is_found(folder: Path) -> None:
    """Approval without a time-box, rework from testing, review rounds, a state on nobody's map."""
    found = json.loads(gemba(*as_of_now("analyse", "--json", "--from", "2026-06-01"), folder=folder).out)
    queues = {q["stage"]: q for q in found["queues"]}

    assert queues["Design approval"]["time_box"]["share"] > 0.5
    assert queues["Design approval"]["wait"]["p85"] > 5
    assert {("Testing", "Development", "rework"), ("awaiting review", "changes requested", "review round")} <= {
        (x["origin"], x["back_to"], x["kind"]) for x in found["loops"]
    }
    assert found["links"]["linked"] / found["links"]["change_requests"] > 0.8
    assert "unmapped state" in {d["kind"] for d in found["doubts"]}


def test_a_past_week_can_be_looked_at(folder: Path) -> None:
    """What came after is not known then."""
    past = json.loads(gemba("analyse", "--json", "--now", "2026-08-10T00:00:00Z", folder=folder).out)

    assert past["window"]["end"] == "2026-08-10T00:00:00Z"
    assert (
        past["items"]["delivered"]
        < json.loads(gemba(*as_of_now("analyse", "--json", "--from", "2026-05-01"), folder=folder).out)["items"][
            "delivered"
        ]
    )


def test_the_map_is_drawn_and_printed(folder: Path, tmp_path: Path) -> None:
    """As a picture into files, as text to the terminal."""
    drawn = gemba(
        *as_of_now("map", "--svg", str(tmp_path / "m.svg"), "--png", str(tmp_path / "m.png"), "--dark"), folder=folder
    )

    assert drawn.out == ""
    assert (tmp_path / "m.svg").read_text().startswith("<svg")
    assert (tmp_path / "m.png").read_bytes().startswith(b"\x89PNG")
    assert "Design approval" in gemba(*as_of_now("map"), folder=folder).out


def test_explain_is_contiguous(folder: Path) -> None:
    """From trigger to end."""
    told = json.loads(gemba(*as_of_now("explain", "PAY-60", "--json"), folder=folder).out)

    assert told["item"] == "PAY-60"
    assert all(a["end"] == b["start"] for a, b in zip(told["spans"], told["spans"][1:], strict=False))
    assert sum(told["totals"].values()) == pytest.approx(told["lead_time"])
    assert "in all:" in gemba(*as_of_now("explain", "PAY-60"), folder=folder).out


@pytest.mark.parametrize(
    ("of", "name", "schema", "sentence"),
    [
        ("queue", ("Design", "approval"), "gemba.explanation.queue/1", "It cost "),
        ("loop", ("Testing back to Development",), "gemba.explanation.loop/1", "One that was made good took "),
        ("waste", ("waiting",), "gemba.explanation.waste/1", "Rule: "),
        ("waste", (), "gemba.explanation.list/1", "gemba explain waste NAME"),
    ],
)
def test_explain_tells_the_items_behind_a_number(
    folder: Path, of: str, name: tuple[str, ...], schema: str, sentence: str
) -> None:
    """In words, and as a document of its own."""
    import jsonschema

    told = json.loads(gemba(*as_of_now("explain", of, *name, "--json"), folder=folder).out)
    known = json.loads(gemba("schema", schema.removeprefix("gemba.").removesuffix("/1"), folder=folder).out)

    assert told["schema"] == schema
    jsonschema.validate(told, known)
    assert sentence in gemba(*as_of_now("explain", of, *name), folder=folder).out


def test_the_future_is_told_with_its_back_test(folder: Path) -> None:
    """The plan, a change that is tried, and what would help most, each against one waste; also in the analysis."""
    import jsonschema

    words = as_of_now("future", "--from", "2026-07-01", "--suggest", "--json")
    found = json.loads(gemba(*words, folder=folder).out)
    tried = json.loads(gemba(*words, "--change", TRIED, folder=folder).out)
    schema = json.loads(gemba("schema", "future", folder=folder).out)
    analysed = json.loads(gemba(*as_of_now("analyse", "--from", "2026-07-01", "--json"), folder=folder).out)

    jsonschema.validate(found, schema)
    assert found["back_test"]["reproduced"] == 0
    assert found["back_test"]["passed"]
    assert [change["waste"] for change in found["changes"]] == ["waiting"]
    assert found["changes"][0]["effect"]["mean"]["high"] < 0
    gains = [idea["effect"]["mean"]["change"] for idea in found["suggestions"]]
    assert gains == sorted(gains)
    assert "Ready to deploy" in found["suggestions"][0]["what"] + found["suggestions"][1]["what"]
    assert [change["name"] for change in tried["changes"]] == ["often"]
    assert analysed["future"] == found["changes"]
    assert analysed["back_test"] == found["back_test"]


def test_the_future_is_drawn_beside_the_current_state(folder: Path, tmp_path: Path) -> None:
    """Of the plan, or of a change that is tried; on the terminal with the same figures."""
    words = as_of_now("map", "--future", "--from", "2026-07-01")
    gemba(*words, "--svg", str(tmp_path / "f.svg"), "--png", str(tmp_path / "f.png"), "--dark", folder=folder)
    told = gemba(*words, "--change", TRIED, folder=folder).out.replace("\u00a0", " ")

    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    assert "Current and future value stream of Payments" in (tmp_path / "f.svg").read_text("utf-8")
    assert "in eight of ten cases by" in told
    assert "Design approval" in told


def test_the_future_is_told_in_words(folder: Path) -> None:
    """What it would do and whether that can be told, in the analysis as well."""
    told = gemba(*as_of_now("future", "--from", "2026-07-01"), folder=folder, COLUMNS="200")

    assert "Design approval answers within 1.0" in told.out.replace("\u00a0", " ")
    assert "Back-test held" in told.out
    assert "What the plan would do" in gemba(*as_of_now("analyse", "--from", "2026-07-01"), folder=folder).out


def test_the_digest_is_shown_posted_and_not_posted_twice(folder: Path) -> None:
    """A week has one message."""
    assert "Where the time goes" in gemba(*as_of_now("digest", "--dry-run"), folder=folder).out
    assert json.loads(gemba(*as_of_now("digest", "--json"), folder=folder).out)["blocks"][0]["type"] == "header"
    assert "posted to #payments" in gemba(*as_of_now("digest"), folder=folder).err
    assert "stands in #payments already" in gemba(*as_of_now("digest"), folder=folder).err


def test_check_asks_everybody(folder: Path) -> None:
    """And the database."""
    done = gemba("check", folder=folder)

    assert done.status == 0, done.out
    for what in ("jira.acme: project PAY", "github.acme: token", "calendar.acme: calendar", "slack: channel #payments"):
        assert f"  ok   {what}" in done.out
    assert 'hint jira: states of "Payments": all are there; no stage claims "On hold"' in done.out
    assert "FAIL" not in done.out


def test_replay_backup_and_upgrade(folder: Path, tmp_path: Path) -> None:
    """Without the network."""
    before = gemba(*as_of_now("analyse", "--json"), folder=folder).out

    assert "jira.acme: " in gemba("replay", folder=folder).err
    assert gemba("db", "backup", str(tmp_path / "copy.db"), folder=folder).status == 0
    assert f"to {HEAD}" in gemba("db", "upgrade", folder=folder).err
    assert gemba(*as_of_now("analyse", "--json"), folder=folder).out == before


def test_pipes_and_no_color_are_respected(folder: Path) -> None:
    """No escape sequence in a file."""
    for environ in ({}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}):
        assert "\x1b[3" not in gemba(*as_of_now("map"), folder=folder, **environ).out


@pytest.mark.parametrize(
    ("words", "status", "expected"),
    [
        (("analyse", "--stream", "Nobody"), 2, 'there is no stream "Nobody"; the configuration has Payments'),
        (("analyse", "--from", "2026-11-01", "--to", "2026-10-01"), 2, "the window is empty"),
        (("analyse", "--from", "yesterday"), 2, "Invalid value for '--from'"),
        (("analyse", "--now", "0001-01-01"), 2, "Invalid value for '--now'"),
        (("demo", "--folder", "config.toml"), 2, "config.toml cannot be made"),
        (("explain", "PAY-9999"), 2, "there is no item PAY-9999"),
        (("explain", "wast"), 2, 'did you mean "waste"?'),
        (("explain", "PAY-60", "61"), 2, '"61" is too much after PAY-60'),
        (("explain", "waste", "wating"), 2, 'did you mean "waiting"?'),
        (("map", "--svg", "/no/such/folder/x.svg"), 1, "cannot be written"),
        (("map", "--change", 'cap = "Review", at = "24h", waste = "waiting"'), 2, "add --future"),
        (as_of_now("map", "--future", "--to", "2026-06-20"), 1, "the future state cannot be told: "),
        (
            ("future", "--change", 'cap = "Review", at = "24h"'),
            2,
            "names no waste; it reduces waiting",
        ),
        (("future", "--change", 'cap = "Review", at = "24h", waste = "motion"'), 2, "reduces waiting, not motion"),
        (("future", "--change", "cap Review"), 2, "--change cap Review: Expected '='"),
        (("nonsense",), 2, "No such command 'nonsense'"),
        (("analyse", "--config", "nowhere.toml"), 2, "there is no nowhere.toml: run gemba init to have it written"),
    ],
)
def test_misuse_is_told_in_a_sentence(folder: Path, words: tuple[str, ...], status: int, expected: str) -> None:
    """On stderr, and nothing on stdout."""
    done = gemba(*words, folder=folder)

    assert (done.status, done.out) == (status, "")
    assert expected in " ".join(done.err.replace("│", " ").split())
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("old", "new", "checked", "collected"),
    [
        ('["PAY"]', '["PAX"]', "project PAX: project PAX was not found (404)", "project PAX was refused (400)"),
        ('url = "{jira}"', 'url = "http://127.0.0.1:9"', "token: no answer from", "no answer from http://127.0.0.1:9"),
        (
            'token_file = "token"\nprojects',
            'token_env = "NO_TOKEN"\nprojects',
            "token: the token is missing: set the environment variable NO_TOKEN",
            "the token is missing: set the environment variable NO_TOKEN",
        ),
    ],
)
def test_a_source_that_fails_is_told_and_the_other_is_collected(
    company: tuple[Path, Addresses], tmp_path: Path, old: str, new: str, checked: str, collected: str
) -> None:
    """Exit 1; the store holds what could be read."""
    place = changed(company, tmp_path, old.replace("{jira}", company[1].jira), new)
    if "PAX" in new:
        changed((place, company[1]), place, "jira.acme/PAY", "jira.acme/PAX")
    asked, done = gemba("check", folder=place), gemba("collect", "--json", folder=place)

    assert (asked.status, done.status) == (1, 1)
    assert f"FAIL jira.acme: {checked}" in asked.out
    assert f"jira.acme: {collected}" in done.err
    assert [c["changed"] > 0 for c in json.loads(done.out)] == [False, True, True]
    assert "0 read" not in done.err
    assert "Traceback" not in done.err


def test_what_is_gone_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Where anything is."""
    saved = Saved(payloads=3, changed=1)
    say_collected([Collected("jira.acme", "PAY", saved, gone=2), Collected("jira.acme", "OPS", saved)])

    assert capsys.readouterr().err.splitlines() == [
        "jira.acme/PAY: 3 read, 1 new or changed, 2 gone",
        "jira.acme/OPS: 3 read, 1 new or changed",
    ]


def test_nothing_collected_yet(company: tuple[Path, Addresses], tmp_path: Path) -> None:
    """Says what to do first."""
    place = changed(company, tmp_path, "Payments", "Payments")
    done = gemba("analyse", folder=place)

    assert (done.status, done.err.strip()) == (1, 'nothing was collected yet for "Payments"; run `gemba collect`')


def test_a_state_that_the_source_does_not_know_is_named(company: tuple[Path, Addresses], tmp_path: Path) -> None:
    """Else its stage would stay empty, and nobody knew why."""
    place = changed(company, tmp_path, '"jira:Testing"', '"jira:Tseting"')
    done = gemba("check", folder=place)

    assert done.status == 1
    assert 'there is no "Tseting"; did you mean "Testing"?' in done.out


def test_a_digest_waits_for_the_data(company: tuple[Path, Addresses], tmp_path: Path) -> None:
    """Half a walk would be told as a week in which nothing was delivered."""
    place = changed(company, tmp_path, "Payments", "Payments")
    shutil.copy(company[0] / "gemba.db", place)
    with sqlite3.connect(place / "gemba.db") as connection:
        connection.execute("UPDATE cursor SET complete_at = NULL WHERE scope = 'PAY'")
    connection.close()
    done = gemba("digest", folder=place)

    assert done.status == 1
    assert "jira.acme/PAY was not read until" in done.err
    assert "jira.acme/PAY was not read to the end yet" in gemba("analyse", folder=place).out.replace("\n", " ")


def test_a_demo_overwrites_nothing_but_a_demo(tmp_path: Path) -> None:
    """Somebody's configuration and database may stand there."""
    (tmp_path / "gemba.db").write_text("mine")
    done = gemba("demo", "--folder", str(tmp_path), folder=tmp_path)

    assert done.status == 2
    assert "is not empty and no earlier demo" in done.err
    assert (tmp_path / "gemba.db").read_text() == "mine"


def test_every_command_has_help_with_an_example(folder: Path) -> None:
    """Also those of the database."""
    import typer.main

    from bot.cli.application import application

    group: Any = typer.main.get_command(application())
    for name, command in group.commands.items():
        for words, one in (
            [((name,), command)]
            if not hasattr(command, "commands")
            else [((name, n), c) for n, c in command.commands.items()]
        ):
            assert f"Example: gemba {' '.join(words)}" in (one.help or ""), words


def test_ctrl_c_ends_at_once(tmp_path: Path) -> None:
    """Though an answer is still on its way; what was read is kept."""
    asked, never = threading.Event(), threading.Event()

    def slow(method: str, path: str, body: Any) -> Reply:
        asked.set()
        never.wait(30)
        return Reply()

    with serving(slow) as (url, _):
        jira = f'[connectors.jira.acme]\nurl = "{url}"\ntoken_file = "token"\nprojects = ["PAY"]\n'
        (tmp_path / "config.toml").write_text(jira)
        private(tmp_path / "token", "x")
        environ = {"PYTHONPATH": str(Path(__file__).parents[1]), "PATH": "/usr/bin:/bin"}
        running = subprocess.Popen([*COMMAND, "collect"], cwd=tmp_path, env=environ, stderr=subprocess.PIPE, text=True)
        assert asked.wait(30)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=15)
        never.set()
    assert running.returncode == 130
    assert "what was read is kept" in said


def test_what_was_deleted_is_said_when_one_looks(company: tuple[Path, Addresses], tmp_path: Path) -> None:
    """Twice, since a search may overlook something once."""
    place = changed(company, tmp_path, "Payments", "Payments")
    assert gemba("collect", folder=place).status == 0
    with sqlite3.connect(place / "gemba.db") as store:
        row = store.execute("SELECT * FROM payload WHERE kind = 'issue' LIMIT 1").fetchone()
        names = [column[1] for column in store.execute("PRAGMA table_info(payload)")]
        extra = dict(zip(names, row, strict=True)) | {"key": "4711"}
        store.execute(f"INSERT INTO payload VALUES ({', '.join('?' * len(names))})", [extra[n] for n in names])
        store.execute(
            "INSERT INTO item SELECT source, '4711', scope, kind, type, 'PAY-4711', title, url, created_at, "
            "parent, labels, aliases, doubts, about, gone_at FROM item WHERE key = ?",
            [row[names.index("key")]],
        )

    assert "gone" not in gemba("collect", "--thorough", folder=place).err
    assert ", 1 gone" in gemba("collect", "--thorough", folder=place).err
    told = gemba("explain", "PAY-4711", "--now", "2030-01-01", folder=place)
    assert "PAY-4711 was deleted at the source" in told.err


def test_metrics_are_listed(folder: Path) -> None:
    """With the way that is better, where the name says it."""
    listed = json.loads(gemba("schema", "metrics", folder=folder).out)

    assert {"metric": "lead_time.p85", "better": "less"} in listed
    assert {"metric": 'queues["NAME"].wait.p85', "better": "less"} in listed


def test_what_past_digests_would_have_said_is_shown(folder: Path) -> None:
    """Each as known on its Monday, and how often each alert would have fired; nothing is posted."""
    found = json.loads(gemba(*as_of_now("digest", "--preview", "2", "--json"), folder=folder).out)
    shown = gemba(*as_of_now("digest", "--preview", "2"), folder=folder).out

    assert [one["week"] for one in found["digests"]] == ["2026-11-09", "2026-11-16"]
    assert found["digests"][0]["text"] != found["digests"][1]["text"]
    assert found["digests"][0]["quiet"] is False
    assert "A figure got better or worse: never" in shown
