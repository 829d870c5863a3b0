"""The configuration, held against what the sources say."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.check.calendars import check_anchor, check_calendar
from bot.check.schedule import check_outbox, check_reading, check_troubles
from bot.check.secrets import check_secrets
from bot.check.sections import SECTIONS
from bot.check.states import check_states
from bot.config import Config, ConfiguredStream, load_config
from bot.demo.stand_ins import Addresses
from bot.flow.coverage import Coverage
from bot.flow.model import Calendar, Stage, StageKind
from bot.trouble_store import Trouble
from connectors.eventlog_settings import EventLogSettings
from connectors.jira import Jira
from connectors.jira_settings import JiraSettings
from connectors.records import Check
from tests.commands import changed, gemba, private
from tests.serve import Reply, serving

JIRA = JiraSettings(url="https://jira.acme.example", token_env="JIRA_TOKEN", projects=("PAY", "OPS", "NEW"))
STREAM = ConfiguredStream(
    name="Payments",
    sources=("jira.a/PAY", "jira.b/OPS"),
    end="Done",
    stages=(
        Stage(name="Build", kind=StageKind.WORK, states=("jira:In Progress", "jira:Doing", "jira:Once")),
        Stage(name="Done", kind=StageKind.DONE, states=("jira:Done",)),
    ),
)


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_TOKEN", "secret")


def asked(a: Sequence[str] | None, b: Sequence[str], seen: Sequence[str] = ("Once",)) -> list[Check]:
    """What is said where one site has these statuses (None: it fails), and another one those."""

    def answer(statuses: Sequence[str] | None) -> Any:
        named = [{"id": str(n), "name": name} for n, name in enumerate(statuses or ())]
        return lambda *_: Reply(404) if statuses is None else Reply(200, [{"statuses": named}])

    with serving(answer(a)) as (first, _), serving(answer(b)) as (second, _):
        sites = [
            Jira(name, JiraSettings(url=url, token_env="JIRA_TOKEN", projects=(scope,)), lambda: datetime.now(UTC))  # noqa: TID251
            for name, url, scope in (("jira.a", first, "PAY"), ("jira.b", second, "OPS"))
        ]
        return list(check_states([STREAM], sites, {"Payments": seen}))


def test_a_state_of_one_site_need_not_be_one_of_the_other() -> None:
    """Nor need one that was there once be there still. One that no item was ever in costs nothing."""
    (found,) = asked(["In Progress", "Done"], ["Doing", "Done", "Waiting"])

    assert (found.status, found.section) == ("ok", "mapping")
    assert found.detail == 'all are there; no stage claims "Waiting", but no item was ever in them'


@pytest.mark.parametrize("seen", [("Once", "Waiting"), ()])
def test_what_no_stage_claims_is_a_hint(seen: Sequence[str]) -> None:
    """Once an item was in it, and before anything was read."""
    (found,) = asked(["In Progress", "Done", "Once"], ["Doing", "Done", "Waiting"], seen)

    assert (found.ok, found.status) == (True, "hint")
    assert 'no stage claims "Waiting"; run gemba init again to see them proposed, or add them to stages' in found.detail


def test_what_is_nowhere_is_named() -> None:
    """With what was probably meant."""
    (found,) = asked(["In progress", "Done"], ["Doing"], seen=())

    assert not found.ok
    assert found.detail == (
        'there is no "In Progress"; did you mean "In progress"?, no "Once"; there are "Doing", "Done", "In progress"'
        "; correct stages"
    )


def test_a_site_that_fails_is_told_and_nothing_more() -> None:
    """The other lines are not lost."""
    (found,) = asked(None, ["Doing"])

    assert not found.ok
    assert "project PAY was not found (404)" in found.detail


# -- what is known here ------------------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def calendar(**given: Any) -> ConfiguredStream:
    return STREAM.model_copy(update={"calendar": Calendar(**given)})


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"holidays": "DE-BY"}, "ok", "9 holidays on working days in 2026, 8 holidays on working days in 2027"),
        ({}, "hint", "holidays count as working days: name them"),
        ({"holidays": (date(2026, 12, 24),)}, "hint", "1 holiday on working days in 2026"),
        ({"holidays": (date(2026, 12, 24),)}, "hint", "; add those of 2027 to holidays"),
    ],
)
def test_holidays_are_known_of_this_year_and_the_next(given: dict[str, Any], status: str, said: str) -> None:
    """A list ends some day."""
    found = check_calendar(calendar(**given), NOW.date())

    assert (found.status, found.section) == (status, "calendars")
    assert said in found.detail


def test_secrets_are_told_by_their_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set, missing, or open to others; never what they are."""
    monkeypatch.setenv("JIRA_TOKEN", "canary-of-jira")
    monkeypatch.delenv("NOT_THERE", raising=False)
    private(tmp_path / "token", "canary-of-github")
    (tmp_path / "open").write_text("canary-of-slack")
    (tmp_path / "open").chmod(0o644)
    private(
        tmp_path / "config.toml",
        """
        [connectors.jira.a]
        url = "https://jira.acme.example"
        token_env = "JIRA_TOKEN"
        projects = ["PAY"]
        [connectors.github.a]
        token_file = "token"
        repositories = ["acme/pay"]
        [connectors.calendar.a]
        calendars = ["$NOT_THERE", "mine.ics"]
        [slack]
        token_file = "open"
        """,
    )
    found = list(check_secrets(load_config(tmp_path / "config.toml")))

    assert [(check.what, check.ok) for check in found] == [
        ("jira.a: token", True),
        ("github.a: token", True),
        ("calendar.a: address of $NOT_THERE", False),
        ("slack: token", False),
    ]
    assert found[2].detail.endswith("is missing: set the environment variable NOT_THERE")
    assert found[3].detail == f"other users of this machine can read the token: chmod 600 {tmp_path / 'open'}"
    assert "canary" not in str(found)


def test_a_scope_that_is_behind_fails(tmp_path: Path) -> None:
    """One that was never read is not broken, and a file is as old as it is."""
    (tmp_path / "log.csv").write_text("")
    source = EventLogSettings.model_validate({"path": tmp_path / "log.csv", "case": "c", "state": "s", "at": "t"})
    config = Config(connectors={"eventlog": {"a": source}, "jira": {"a": JIRA}})
    days = {("jira.a", "PAY"): 0.1, ("jira.a", "OPS"): 3, ("jira.a", "NEW"): None, ("eventlog.a", "log.csv"): 30}
    read = {scope: None if ago is None else NOW - timedelta(days=ago) for scope, ago in days.items()}
    found = list(check_reading(config, read, NOW))

    assert [check.status for check in found] == ["ok", "failed", "hint", "hint"]
    assert "run `gemba collect`" in found[1].detail
    assert "export it anew" in found[3].detail


def test_a_message_that_waits_for_a_day_fails() -> None:
    """One that was begun a minute ago does not."""
    (found,) = check_outbox([NOW - timedelta(days=2), NOW], NOW)

    assert not found.ok
    assert found.detail.startswith("1 message not sent, the oldest since 2026-11-18 12:00 UTC; mend what failed")
    assert not list(check_outbox([NOW], NOW))


def test_what_runs_into_trouble_is_a_hint() -> None:
    """It may be mended already; who runs on sees it with the next try."""
    (found,) = check_troubles([Trouble("jira.acme/PAY", NOW, "jira.acme: the token was refused (401)", denied=True)])

    assert (found.what, found.status) == ("jira.acme/PAY", "hint")
    assert found.detail == "jira.acme: the token was refused (401) (met by `gemba run` since 2026-11-20 12:00 UTC)"


@pytest.mark.parametrize(
    ("came", "status", "said"), [(3, "ok", "3 items came to "), (0, "hint", "so nothing can be late; check its name")]
)
def test_an_anchor_that_nothing_comes_to_is_a_hint(came: int, status: str, said: str) -> None:
    """A stream without one has no line."""
    found = Coverage(items=9, begun=9, unclaimed=(), untold=0, never=(), links=None, anchored=came)
    (line,) = check_anchor(STREAM.model_copy(update={"anchor": "Build"}), found)

    assert line.status == status
    assert said in line.detail
    assert not list(check_anchor(STREAM, found))


def test_a_configuration_that_cannot_be_is_a_line_for_programs(tmp_path: Path) -> None:
    """With the exit status of misuse; people read it on stderr."""
    (tmp_path / "config.toml").write_text("[stoer]\n[sale]\n")
    asked, read = gemba("check", "--json", folder=tmp_path), gemba("check", folder=tmp_path)
    lines = json.loads(asked.out)

    assert [(line["section"], line["status"]) for line in lines] == [("configuration", "failed")] * 2
    assert [line["detail"] for line in lines] == read.err.splitlines()
    assert (asked.status, read.status, read.out) == (2, 2, "")


def test_check_tells_in_sections(folder: Path) -> None:
    """Each line with its section and its status; a hint is no failure."""
    done = gemba("check", "--local", "--json", folder=folder)
    lines = json.loads(done.out)

    assert done.status == 0, done.err
    assert {line["section"] for line in lines} <= {*SECTIONS}
    assert {"configuration", "secrets", "versions", "database", "schedule", "mapping", "links", "calendars"} <= {
        line["section"] for line in lines
    }
    assert all({*line} == {"section", "what", "status", "ok", "detail"} for line in lines)
    assert {line["what"] for line in lines if line["status"] == "hint"} == {'time of "Payments"'}


def test_check_local_asks_nobody(company: tuple[Path, Addresses], tmp_path: Path) -> None:
    """So nothing that is elsewhere can fail."""
    with serving(lambda *_: Reply(200, {"ok": False, "error": "invalid_auth"})) as (url, asked):
        place = changed(company, tmp_path, company[1].slack, f"{url}/")
        (place / "gemba.db").write_bytes((company[0] / "gemba.db").read_bytes())
        assert (gemba("check", "--local", folder=place).status, asked) == (0, [])
        other = gemba("check", folder=place)

    assert (other.status, asked) == (1, ["POST /auth.test"])
    assert "FAIL slack: token: the token was refused; check token" in other.out


def test_a_database_that_is_away_is_one_line_of_many(tmp_path: Path) -> None:
    """Everything else is told all the same."""
    private(tmp_path / "config.toml", '[store]\nurl = "postgresql+psycopg://gemba@127.0.0.1:1/x"\n')
    done = gemba("check", folder=tmp_path)

    assert done.status == 1
    assert "FAIL database: the database postgresql+psycopg://gemba@127.0.0.1:1/x cannot be reached; see" in done.out
    assert "ok   python: 3." in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--test-message", "mara"), '"mara" is no id of a member; copy it from the profile in Slack, as U0123ABCD'),
        (("--test-message", "U0MARA", "--local"), "configure [slack] and one, and leave out --local"),
    ],
)
def test_a_test_message_that_cannot_be_shown_is_misuse(folder: Path, words: tuple[str, ...], said: str) -> None:
    """Before anything is asked."""
    done = gemba("check", *words, folder=folder)

    assert (done.status, done.out) == (2, "")
    assert said in done.err


def test_which_version_this_is() -> None:
    """For whoever reports a fault."""
    assert re.fullmatch(r"gemba \d+\.\d+\.\d+\n", gemba("--version", folder=Path.cwd()).out)
