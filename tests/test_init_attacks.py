"""Whatever names, files and faults `gemba init` meets: nothing escapes into the configuration, nothing is lost."""

import tomllib
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import terminal
from bot.app.init import keep, name_of
from bot.errors import ConfigError
from bot.flow.model import StageKind
from bot.flow.proposal.stages import ProposedStage
from bot.setup.patch import Addition, patched
from bot.setup.written import comment, toml
from connectors.errors import SourceUnavailable
from connectors.jira_settings import JiraAccess
from connectors.jira_survey import flavour_of, projects
from connectors.private_files import read_private, write_private
from tests.commands import gemba
from tests.serve import Reply, serving

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS)
def test_no_text_escapes_from_a_value_or_a_comment(text: str) -> None:
    """A value is read back as it was, alone or in a list; a comment says nothing to TOML."""
    written = f"{comment(text)}\nname = {toml(text)}\nstates = {toml([text] * 9)}\n"

    assert tomllib.loads(written) == {"name": text, "states": [text] * 9}


TABLES = """[[streams]]
name = "Pay"

[[streams.stages]]
name = "Asked"  # first
states = ["jira:Asked"]

[[streams.stages]]
name = "Done"
states = ["jira:Done"]
"""
INLINE = """[[streams]]
name = "Pay"
stages = [
    {name = "Asked", states = ["jira:Asked"]},  # first
    {name = "Done", states = ["jira:Done"]},
]
"""


@pytest.mark.parametrize("text", [TABLES, INLINE, TABLES.replace("\n", "\r\n"), INLINE.replace("\n", "\r\n")])
def test_a_stage_is_added_in_the_manner_of_the_others(text: str) -> None:
    """As a table or inline, between those it belongs to, with the ends of lines that the file has."""
    held = ProposedStage("Held", StageKind.WAIT, ("jira:Held",), ())
    done = Addition("Pay", "jira:Closed", "Done", None, "")
    after = patched(text, [Addition("Pay", "jira:Held", "Asked", held, ""), done])

    states = [stage["states"] for stage in tomllib.loads(after)["streams"][0]["stages"]]
    assert states == [["jira:Asked"], ["jira:Held"], ["jira:Done", "jira:Closed"]]
    assert "# first" in after
    assert after.count("\r\n") in (0, after.count("\n"))
    assert ("\r\n" in after) == ("\r\n" in text)


def test_what_does_not_load_is_not_written(tmp_path: Path) -> None:
    """The configuration stays as it was."""
    path = tmp_path / "config.toml"
    path.write_text("# mine\n", "utf-8")
    with pytest.raises(ConfigError):
        keep(path, "[[streams]]\nname = 1\n")

    assert path.read_text("utf-8") == "# mine\n"


def test_a_token_is_private_and_replaces_a_link(tmp_path: Path) -> None:
    """What the link led to is nobody's business; a folder that is not there is made."""
    other, path = tmp_path / "other", tmp_path / "new" / "jira.token"
    other.write_text("theirs", "utf-8")
    path.parent.mkdir()
    path.symlink_to(other)
    write_private(path, "ours")

    assert (read_private(path, "jira", "token"), other.read_text("utf-8")) == ("ours", "theirs")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["jira.token"]


def test_no_name_gives_orders_to_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by escapes, nor by turning the text around, nor by half a character; nor does it become a picture."""
    for console in (terminal.out, terminal.err):
        heard = StringIO()
        monkeypatch.setattr(console, "_file", heard)
        console.print("a\x1b[31mb\x9b2J\u202ec\ud800 :tada: d\n", markup=False)
        assert heard.getvalue().strip() == "a [31mb 2J c  :tada: d"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://acme.atlassian.net", "acme"),
        ("https://[::1]:8080", "site"),
        ("https://bücher.example", "b-cher"),
        ("http://127.0.0.1", "site"),
        ("https://jira.a_b.example", "a_b"),
    ],
)
def test_a_site_is_called_as_toml_can_write(url: str, name: str) -> None:
    """Without quotes, in the header of its table."""
    found = name_of(url, "site")

    assert found == name
    assert tomllib.loads(f"[connectors.jira.{found}]") == {"connectors": {"jira": {found: {}}}}


def test_what_answers_and_is_no_jira_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """In words of ours."""
    monkeypatch.setenv("JIRA_TOKEN", "secret")
    with serving(lambda *_: Reply(200, [1])) as (url, _), pytest.raises(SourceUnavailable, match="leads to a Jira"):
        flavour_of("jira.acme", JiraAccess(url=url, token_env="JIRA_TOKEN"))


def test_a_project_that_cannot_be_searched_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """An archived one is listed, and a search for it refused."""
    monkeypatch.setenv("JIRA_TOKEN", "secret")

    def answer(_method: str, path: str, body: dict[str, str]) -> Reply:
        if path.endswith("/project"):
            return Reply(200, [{"key": "OLD", "name": "Old"}, {"key": "PAY", "name": "Pay"}])
        if "OLD" in body["jql"]:
            return Reply(400, {})
        return Reply(200, {"issues": [{"id": "1", "fields": {"updated": "2026-11-02T10:00:00.000+0000"}}], "total": 1})

    with serving(answer) as (url, _):
        access = JiraAccess(url=url, token_env="JIRA_TOKEN", flavour="datacenter")
        assert [place.scope for place in projects("jira.acme", access)] == ["PAY", "OLD"]


ROWS = "".join(f"C{n},{s},2026-0{m}-1{n}T10:00:00Z\n" for n in range(9) for m, s in ((1, "Asked"), (2, "Done")))


def test_a_log_is_found_from_where_the_configuration_lies(tmp_path: Path) -> None:
    """And another look without writing writes nothing."""
    (tmp_path / "new" / "deep").mkdir(parents=True)
    (tmp_path / "log.csv").write_text("case,state,at\n" + ROWS, "utf-8")
    named = ("--yes", "--config", "new/deep/config.toml")
    done = gemba("init", "--from-log", "log.csv", *named, folder=tmp_path)
    config = tmp_path / "new" / "deep" / "config.toml"

    assert done.status == 0, done.err
    assert 'path = "../../log.csv"' in config.read_text("utf-8")
    before = config.read_text("utf-8").replace('"eventlog:Asked"', '"eventlog:Other"')
    config.write_text(before, "utf-8")
    again = gemba("init", "--dry-run", *named, folder=tmp_path)
    assert (again.status, config.read_text("utf-8")) == (0, before)
    assert "+" in again.out


def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    """The log is named from the root then."""
    (tmp_path / "log.csv").write_text("case,state,at\n" + ROWS, "utf-8")
    done = gemba("init", "--from-log", "log.csv", "--yes", "--config", "new/config.toml", folder=tmp_path)

    assert done.status == 0, done.err
    assert f'path = "{tmp_path}/log.csv"' in (tmp_path / "new" / "config.toml").read_text("utf-8")


def test_a_log_of_which_nothing_can_be_read_is_not_called_empty(tmp_path: Path) -> None:
    """The column is the wrong one, perhaps."""
    (tmp_path / "log.csv").write_text("case,state,at\nC1,Asked,soon\nC2,Asked,later\n", "utf-8")
    done = gemba("init", "--from-log", "log.csv", "--yes", folder=tmp_path)

    assert done.status == 1
    assert "could be read" in done.err
