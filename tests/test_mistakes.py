"""What a newcomer gets wrong, typed as it is typed: each is told in words that lead on, and with its exit status."""

import shutil
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock

from tests.serve import Reply, serving
from tests.smtp import certified
from tests.typed import Desk

JIRA = """
[connectors.jira.acme]
url = "https://acme.example"
token_env = "JIRA_TOKEN"
projects = ["PAY"]
"""
STREAM = """
[[streams]]
name = "Payments"
sources = ["jira.acme/PAY"]
end = "Done"
stages = [
    { name = "Build", kind = "work", states = ["jira:In Progress"] },
    { name = "Done", kind = "done", states = ["jira:Done"] },
]
"""
GOOD = JIRA + STREAM
LOG = """
[connectors.eventlog.hr]
path = "hr.csv"
case = "case"
state = "activity"
at = "at"
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """An empty folder, and a token."""
    monkeypatch.setenv("JIRA_TOKEN", "not-told-to-anybody")
    monkeypatch.delenv("GEMBA_CONFIG", raising=False)
    return Desk(tmp_path, monkeypatch, capsys)


@pytest.fixture
def office(folder: Path, desk: Desk) -> Desk:
    """Where the simulated company was collected."""
    for name in ("config.toml", "gemba.db", "meetings.ics", "token"):
        shutil.copy(folder / name, desk.folder / name)
    return desk


def in_one_line(text: str) -> str:
    """Without the frame that the command line draws around what it refuses."""
    return " ".join(text.replace("│", " ").split())


CONFIGURATIONS = [
    ("", "[store]\nurll = 1", 'store.urll: unknown key; did you mean "url"?'),
    ("", "[stoer]\nurl = 1", 'stoer: unknown key; did you mean "store"?'),
    ("", "[store\n", "is not valid TOML: "),
    ("", "[store]\nurl = 5", "store.url: input should be a valid string"),
    ('projects = ["PAY"]', 'projects = "PAY"', 'connectors.jira.acme.projects: wants a list; write ["..."]'),
    ('projects = ["PAY"]', 'project = ["PAY"]', 'projects is missing; is it what you wrote as "project"?'),
    ('"PAY"', '"PAY-12"', "is no key of a project; write what stands before the number, as PAY in PAY-12"),
    ("connectors.jira", "connectors.gira", 'there is no such kind of source; did you mean "jira"?'),
    ('"JIRA_TOKEN"', '"ATATT3xFfGF0"', "wants the name of an environment variable, for example JIRA_TOKEN"),
    ('token_env = "JIRA_TOKEN"', "", "needs either token_env (the name of a variable) or token_file (a path)"),
    ("https://acme", "acme", '"acme.example" is no address; write https:// and the name of a host first'),
    ("https://acme", "https://me:secret@acme", "holds a name or a password before the @; write them where the token"),
    ("jira.acme/PAY", "jira.acme/PAX", 'which no connector collects; did you mean "jira.acme/PAY"?'),
    ("jira:Done", "Done", 'the state "Done" needs its source, for example "jira:Done"'),
    ("jira:Done", "gira:Done", 'the state "gira:Done" is of no known source; did you mean "jira"?'),
    ("jira:Done", "github:merge", '"github:merge" is no state of github; did you mean "merged"?'),
    ('end = "Done"', 'end = "Doen"', 'end = "Doen" is no stage of this stream; did you mean "Done"?'),
    ('"jira:Done"', '"jira:In Progress"', 'the state "jira:In Progress" stands there twice; remove or rename one'),
    ('kind = "work"', 'kind = "wrok"', "input should be 'wait', 'work', 'approval', 'done' or 'dropped'"),
    ("[[streams]]", '[calendar]\ntimezone = "Berlin"\n[[streams]]', 'write for example "Europe/Berlin"'),
    ("[[streams]]", '[calendar]\nholidays = "XX"\n[[streams]]', 'write for example "DE-BY", or dates'),
    ("[[streams]]", '[calendar]\nworking_hours = "9-5"\n[[streams]]', 'write for example "09:00-17:00"'),
    ("[[streams]]", "[schedule]\ncollect_every = 60\n[[streams]]", '"60" is no duration; write for example "30m"'),
    ("[[streams]]", '[[digests]]\nstream = "Payments"\nchannel = "#x"\n[[streams]]', "add it, with token_env or token"),
    ("[[streams]]", '[[digests]]\nstream = "Pay"\nchannel = "#x"\n[[streams]]', 'there is no stream "Pay"; the config'),
]


@pytest.mark.parametrize(("old", "new", "said"), CONFIGURATIONS)
def test_a_configuration_that_cannot_be_is_misuse(desk: Desk, old: str, new: str, said: str) -> None:
    """Told by the place where it is, with what would be right; without the token."""
    assert old in GOOD
    desk.configure(GOOD.replace(old, new) if old else f"{GOOD}\n{new}")
    done = desk.gemba("analyse")

    assert (done.status, done.out) == (2, "")
    assert said in in_one_line(done.err)
    assert "config.toml: " in done.err or "is not valid TOML" in done.err
    assert "Traceback" not in done.err


def test_a_configuration_that_is_not_there_or_is_no_text(desk: Desk) -> None:
    """Both say what to name instead."""
    missing = desk.gemba("check")
    (desk.folder / "config.toml").write_bytes(b"# caf\xe9\n")
    unreadable = desk.gemba("check")

    assert missing.err == (
        "there is no config.toml: run gemba init to have it written, or name another file with --config\n"
    )
    assert "config.toml cannot be read (it is no text in UTF-8); name a file" in unreadable.err
    assert (missing.status, unreadable.status) == (2, 2)


COMMANDS = [
    (("analyze",), 2, "No such command 'analyze'. Did you mean 'analyse'?"),
    (("analyse", "--jsno"), 2, "No such option: --jsno (Possible options: --jobs, --json, --now)"),
    (("analyse", "--stream", "Payment"), 2, 'there is no stream "Payment"; the configuration has Payments'),
    (("analyse", "--from", "2026-11-01", "--to", "2026-10-01"), 2, "choose --from before --to, and both before now"),
    (("analyse", "--from", "01.10.2026"), 2, "is no day; write for example 2026-01-31 or 2026-01-31T09:00"),
    (("explain", "PAY-9999"), 2, "there is no item PAY-9999 in this stream"),
    (("explain", "queue", "Desing approval"), 2, 'did you mean "Design approval"?'),
    (("explain", "waste", "wating"), 2, 'there is no waste "wating"; did you mean "waiting"?'),
    (("export", "--out", "token"), 1, "token is a file; this format makes several, so name a folder with --out"),
    (("db", "backup", "nowhere/copy.db"), 1, "no such file or directory; name another place, or make room"),
    (("gate", "record", "Nothing", "--decision", "continue", "--reason", "x"), 2, 'there is no gate "Nothing"'),
    (("plan", "done", "Nothing"), 2, 'nothing on the plan is called "Nothing"'),
    (("future", "--change", "cap = 1"), 2, "names no waste; it reduces waiting"),
    (("serve", "--host", "0.0.0.0"), 2, "can be reached from elsewhere, and nothing says who may see the pages"),
    (("db", "restore", "nowhere.db"), 1, "there is no file nowhere.db; name a backup that is there"),
    (("db", "backup", "token"), 1, "token exists already; name a new file"),
    (("check", "--test-message", "@mara"), 2, "is no id of a member; copy it from the profile in Slack"),
]


@pytest.mark.parametrize(("words", "status", "said"), COMMANDS, ids=[" ".join(words) for words, _, _ in COMMANDS])
def test_a_command_that_cannot_be_is_told(office: Desk, words: tuple[str, ...], status: int, said: str) -> None:
    """On stderr, in a sentence that leads on."""
    done = office.gemba(*words)

    assert (done.status, done.out) == (status, "")
    assert said.casefold() in in_one_line(done.err).casefold()
    assert "Traceback" not in done.err


ANSWERS = [
    (Reply(401), "jira.acme: the token was refused (401); check JIRA_TOKEN"),
    (Reply(403), "is forbidden (403); grant the token in JIRA_TOKEN the permission or scope"),
    (Reply(404), "was not found (404); check the name and the address"),
    (Reply(410), "was not found (410); check the name and the address"),
    (Reply(429, headers={"Retry-After": "900"}), "too many requests (429); it asks to wait 900 s"),
    (Reply(503), "failed at the source (503); try again later"),
    (Reply(200, b"<html>Sign in</html>"), "did not answer in JSON; check that url leads to a Jira"),
]


@pytest.mark.parametrize(("reply", "said"), ANSWERS, ids=[str(reply.status) for reply, _ in ANSWERS])
def test_a_source_that_refuses_is_told(desk: Desk, reply: Reply, said: str) -> None:
    """By `gemba check` and by `gemba collect`, which goes on with the others and ends with 1."""
    with serving(lambda *_: reply) as (url, _):
        desk.configure(GOOD.replace("https://acme.example", url))
        checked, collected = desk.gemba("check"), desk.gemba("collect")

    assert (checked.status, collected.status) == (1, 1)
    assert said in in_one_line(checked.out) or said in collected.err
    assert any(line.startswith("jira.acme: ") for line in collected.err.splitlines())
    assert "not-told-to-anybody" not in checked.out + collected.err
    assert "Traceback" not in checked.err + collected.err


def test_a_server_that_is_not_believed_or_not_there(desk: Desk, tmp_path: Path) -> None:
    """A certificate of somebody else, and a port where nobody listens."""
    with serving(lambda *_: Reply(200), certified(tmp_path)[0]) as (url, _):
        desk.configure(GOOD.replace("https://acme.example", url))
        unknown = desk.gemba("collect")
    desk.configure(GOOD.replace("https://acme.example", "http://127.0.0.1:9"))
    nobody = desk.gemba("collect")

    assert "is not trusted (self-signed certificate); check the address, and name the authority" in unknown.err
    assert "no answer from http://127.0.0.1:9" in nobody.err
    assert "(connection refused); check the address and the network" in nobody.err


TABLES = [
    ("", "there is no such file; mend path, or put it there"),
    ("case;step;at\n", 'there is no column "activity"; choose from "case", "step", "at"'),
    ("\n", "the first line is empty; it must name the columns"),
    ("case,activity,at\na,Open,31.01.2026\n", "is not understood; times are ISO 8601"),
    ("case,activity,at\na,,2026-01-31\n", "line 2: the state is missing; add it"),
    ('case,activity,at\na,"Open,2026-01-31\n' + "x\n" * 99_999, "check whether a quote is not closed there"),
]


@pytest.mark.parametrize(("content", "said"), TABLES)
def test_a_table_that_cannot_be_read_is_told(desk: Desk, content: str, said: str) -> None:
    """With its line, and what to set."""
    desk.configure(LOG)
    if content:
        (desk.folder / "hr.csv").write_text(content)
    done = desk.gemba("collect")

    assert done.status == 1
    assert said in done.err


WORDS = [
    ("conversations.history", "not_in_channel", "the bot is not in #pay; invite it there"),
    ("conversations.list", "missing_scope", "lacks channels:read; it needs chat:write"),
    ("auth.test", "invalid_auth", "slack: token: the token was refused; check JIRA_TOKEN"),
    ("auth.test", "account_inactive", "install the app anew, and put its token in JIRA_TOKEN"),
    ("auth.test", "something_new", "it refused with something_new; look that word up at docs.slack.dev"),
]


@pytest.mark.parametrize(("method", "word", "said"), WORDS)
def test_what_slack_refuses_is_told(desk: Desk, method: str, word: str, said: str) -> None:
    """Before the first digest is due."""

    def answer(_: str, path: str, __: object) -> Reply:
        if path.endswith(method):
            return Reply(200, {"ok": False, "error": word, "needed": "channels:read"})
        return Reply(200, {"ok": True, "channels": [{"id": "C0PAY", "name": "pay"}], "messages": []})

    with serving(answer) as (url, _):
        slack = f'[slack]\napi_url = "{url}/api/"\ntoken_env = "JIRA_TOKEN"\nadmin_channel = "#pay"\n'
        desk.configure(slack)
        done = desk.gemba("check")

    assert done.status == 1
    assert said in in_one_line(done.out)


@pytest.fixture
def port() -> Iterator[int]:
    """One that is taken."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield int(taken.getsockname()[1])


def test_what_somebody_else_holds_is_told(office: Desk, port: int) -> None:
    """The database by another `gemba run`, and the address by another server."""
    with FileLock(office.folder / "gemba.db.lock", timeout=0):
        ran = office.gemba("run")
    served = office.gemba("serve", "--port", str(port))

    assert "another `gemba run` uses this database; stop it first, or use PostgreSQL, which several may" in ran.err
    assert "cannot be listened at: Address already in use; choose another --port" in served.err
    assert (ran.status, served.status) == (1, 1)


def test_a_database_that_is_not_as_it_should_be_is_told(office: Desk) -> None:
    """Of a newer gemba, no database at all, and a folder that is not there."""
    path = office.folder / "gemba.db"
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    newer = office.gemba("analyse")
    path.write_bytes(b"not a database at all" * 999)
    damaged = office.gemba("analyse")
    office.configure('[store]\nurl = "sqlite:///nowhere/gemba.db"\n')
    nowhere = office.gemba("collect"), office.gemba("check", "--local")

    assert "the database is at revision 9999, of a newer gemba: install that version" in newer.err
    assert "is damaged; stop gemba, and put the newest backup in its place" in damaged.err
    assert "FAIL database: there is no folder " in nowhere[1].out
    assert [run.status for run in (newer, damaged, *nowhere)] == [1, 1, 2, 1]


def test_an_empty_source_is_told_apart_from_one_that_was_not_read(desk: Desk) -> None:
    """Collecting once more would not help."""
    desk.configure(f"{LOG}{STREAM.replace('jira.acme/PAY', 'eventlog.hr').replace('jira:', 'eventlog:')}")
    (desk.folder / "hr.csv").write_text("case,activity,at\n")
    collected, looked = desk.gemba("collect"), desk.gemba("analyse")

    assert collected.err == "eventlog.hr/hr.csv: 0 read, 0 new or changed\n"
    assert looked.err.startswith('all sources of "Payments" were read, and nothing is there; check which they are')
    assert (collected.status, looked.status) == (0, 1)


def test_a_database_that_is_held_is_waited_for_and_told(office: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """For half a minute; here for less."""
    monkeypatch.setattr("bot.database.BUSY_MS", 50)
    with closing(sqlite3.connect(office.folder / "gemba.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        done = office.gemba("replay")

    assert done.status == 1
    assert "was held by another process for too long; wait until that has ended, then run it again" in done.err


def test_nothing_to_look_at_yet(desk: Desk) -> None:
    """What to do first."""
    desk.configure(GOOD)
    looked, empty = desk.gemba("analyse"), desk.gemba("check", "--local")
    desk.configure("")
    unknown = desk.gemba("collect")

    assert looked.err == 'nothing was collected yet for "Payments"; run `gemba collect`\n'
    assert 'hint time of "Payments": nothing was collected yet for "Payments"; run `gemba collect`' in empty.out
    assert "no source is configured; add [connectors.jira.<name>] or" in unknown.err
    assert (looked.status, empty.status, unknown.status) == (1, 0, 2)
