"""Canaries are planted wherever a person or a vendor can put a secret or a mail address; then nothing may hold one."""

import base64
import json
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPConnection
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from bot.app.clock import clock
from bot.demo.company import Habits, simulate
from bot.demo.meetings import meetings
from bot.demo.stand_ins import stand_ins
from tests.commands import COMMAND, NOW, private
from tests.connectors.test_github_site import _private_key
from tests.planting import MARK, Answer, forwarded, planting
from tests.slack_workspace import Workspace
from tests.smtp import PostOffice, delivering

ROOT = Path(__file__).parents[1]
COMMANDS = """
import json, logging, os, signal, sys, threading, stamina
logging.getLogger("sqlalchemy.engine").setLevel("INFO")
stamina.set_testing(True, attempts=1)
from bot.cli import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["gemba", *words]
    if words[0] == "run":
        threading.Timer(3, os.kill, (os.getpid(), signal.SIGTERM)).start()
    try:
        main()
    except SystemExit as end:
        print("exit", words[0], end.code or 0, flush=True)
"""
SECRETS = {
    "JIRA_TOKEN": f"ATATT3x{MARK}jira",
    "SLACK_APP_TOKEN": f"xapp-1-{MARK}-app",
    "MAIL_PASSWORD": f"p&ss/{MARK}+word",
    "SERVE_TOKEN": f"{MARK}-of-who-may-see-the-pages",
}
PARTS = [MARK.encode()] + [base64.b64encode(bytes(n) + MARK.encode())[n + (n > 0) : -4] for n in range(3)]
"""As it is, and as it stands in a login."""


@dataclass
class Told:
    """All that left the bot: its output, its files, and what it sent."""

    output: str = ""
    ended: dict[str, list[str]] = field(default_factory=dict)
    sent: list[bytes] = field(default_factory=list)
    pages: list[bytes] = field(default_factory=list)


def slack_of(workspace: Workspace) -> Answer:
    def answer(method: str, path: str, body: bytes, kind: str) -> tuple[int, bytes]:
        sent = json.loads(body) if "json" in kind and body else dict(parse_qsl(body.decode("utf-8", "replace")))
        reply = workspace(method, path, sent)
        return reply.status, json.dumps(reply.body).encode()

    return answer


def calendar(*_: object) -> tuple[int, bytes]:
    return 200, meetings(NOW).replace("SUMMARY:", f"ORGANIZER:mailto:boss@{MARK}.test\r\nSUMMARY:{MARK} ").encode()


def furnish(folder: Path, ways: dict[str, str], mode: str, port: int) -> None:
    """A configuration for vendors that behave in some way."""
    places = {name: f"{ways[name]}/{mode}" for name in ("jira", "github")} | {"slack": f"{ways['slack']}/{mode}/api/"}
    text = files("bot.presets").joinpath("software-delivery.toml").read_text("utf-8")
    text = text.format(**places, quarter="2026-Q4", due="2026-12-11")
    secret = f"{ways['calendar']}/{mode}/part-{MARK}/b.ics?key=key-{MARK}"
    for old, new in (
        ("[slack]", '[slack]\napp_token_env = "SLACK_APP_TOKEN"'),
        ('token_file = "token"\nprojects', 'token_env = "JIRA_TOKEN"\nprojects'),
        ('calendars = ["meetings.ics"]', f'calendars = ["$TEAM", "{secret}"]'),
        ('"calendar.acme/meetings.ics"', '"calendar.acme"'),
        ('channel = "#payments"', 'channel = "C0PAY"'),
    ):
        assert old in text, old
        text = text.replace(old, new)
    if mode == "echo":
        app = 'private_key_file = "key.pem"\napp_id = 1\ninstallation_id = 2'
        text = text.replace('token_file = "token"\nrepositories', f"{app}\nrepositories")
    mail = f'\n[mail]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nsender = "gemba@acme.example"\n'
    login = 'user = "gemba"\npassword_env = "MAIL_PASSWORD"\n'
    serve = '[serve]\ntoken_env = "SERVE_TOKEN"\n'
    private(folder / f"{mode}.toml", text + mail + login + serve)


def words_of(mode: str) -> list[list[str]]:
    config = ["--config", f"{mode}.toml"]
    if mode != "good":
        return [["check", *config], ["collect", *config], ["digest", *config]]
    as_of = [*config, "--now", NOW.isoformat()]
    return [
        ["check", *config],
        ["collect", *config],
        ["digest", *as_of],
        ["report", *as_of, "--out", "report.html"],
        ["export", *as_of, "--out", "all.json", "--format", "json"],
        ["run", *config],
    ]


def perform(folder: Path, environ: dict[str, str], words: list[list[str]], told: Told) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, json.dumps(words)],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    told.output += done.stdout + done.stderr
    for name, status in re.findall(r"^exit (\w+) (\d)$", done.stdout, re.M):
        told.ended.setdefault(name, []).append(status)


def look(folder: Path, environ: dict[str, str], told: Told) -> None:
    """At the pages, with the token and with a wrong one."""
    command = [*COMMAND, "serve", "--config", "good.toml", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, env=environ, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        place = ""
        while not place:
            line = process.stderr.readline()
            told.output += line
            place = (re.findall(r"serving http://([\d.:]+)/", line) or [""])[0]
        for token in (SECRETS["SERVE_TOKEN"], f"{MARK}-guessed"):
            for path in ("/", "/streams/Payments", "/streams/Payments/analysis.json", "/metrics", f"/x?token={MARK}"):
                connection = HTTPConnection(place, timeout=60)
                connection.request("GET", path, headers={"Authorization": f"Bearer {token}", "Cookie": f"a={MARK}"})
                told.pages.append(connection.getresponse().read())
                connection.close()
        process.terminate()
        told.output += process.stderr.read()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Told, Path]]:
    """Everything was done once with good vendors, and then with bad ones."""
    folder, workspace, found = tmp_path_factory.mktemp("planted"), Workspace(), Told()
    answers: dict[str, Answer] = {
        "slack": slack_of(workspace),
        "calendar": calendar,
    }
    private(folder / "key.pem", _private_key())
    with ExitStack() as stack:
        team = stack.enter_context(stand_ins(simulate(NOW, habits=Habits(weeks=8, items_a_week=3)), clock))
        answers |= {"jira": forwarded(team.jira), "github": forwarded(team.github)}
        office = stack.enter_context(delivering(PostOffice()))
        servers = {name: stack.enter_context(planting(answer)) for name, answer in answers.items()}
        ways = {name: address for name, (address, _) in servers.items()}
        workspace.address = f"{ways['slack']}/good"
        environ = {
            "PYTHONPATH": str(ROOT),
            "PATH": "/usr/bin:/bin",
            "GEMBA_LOG": "json,debug",
            "TEAM": f"{ways['calendar']}/good/private-{MARK}/basic.ics?key=key-{MARK}",
            **SECRETS,
        }
        ways_of = {"good": ways, "echo": ways, "redirect": ways, "broken": ways}
        ways_of["refused"] = dict.fromkeys(ways, "http://127.0.0.1:9")
        ways_of["plain"] = {name: address.replace("http:", "https:") for name, address in ways.items()}
        for mode, where in ways_of.items():
            furnish(folder, where, mode, office.port)
        private(folder / "token", f"ghp_{MARK}0123456789abcdef\n")
        perform(folder, environ, words_of("good"), found)
        look(folder, environ, found)
        perform(folder, environ, [words for mode in list(ways_of)[1:] for words in words_of(mode)], found)
        found.sent = servers["slack"][1]
        yield found, folder


def canaries(content: bytes) -> list[bytes]:
    """What of it is one, with what stands around it."""
    return [
        content[max(at.start() - 80, 0) : at.end() + 80] for part in PARTS for at in re.finditer(part, content, re.I)
    ][:5]


def unpacked(content: bytes) -> Iterator[bytes]:
    """What a page packs into itself."""
    for found in re.findall(rb"[A-Za-z0-9+/=]{400,}", content):
        try:
            yield zlib.decompress(base64.b64decode(found), -zlib.MAX_WBITS)
        except (ValueError, zlib.error):
            continue


def test_all_of_it_was_done(told: tuple[Told, Path]) -> None:
    """Otherwise it would be no wonder that nothing is found."""
    found, _ = told

    assert [found.ended[name][0] for name in ("collect", "digest", "report", "export", "run")] == ["0"] * 5
    assert set(found.ended["collect"][1:]) == {"1"}
    assert sum(b"Payments" in body for body in found.sent) > 0
    assert found.output.count('"level": "debug"') > 100
    assert {json.loads(line)["logger"] for line in found.output.splitlines() if line.startswith('{"time"')} > {
        "gemba",
        "urllib3.connectionpool",
    }
    assert sum(b"<html" in page for page in found.pages) >= 2


def test_no_canary_is_in_what_is_said(told: tuple[Told, Path]) -> None:
    """Log, answers, errors, exceptions, pages and figures."""
    found, _ = told

    assert canaries(found.output.encode()) == []
    assert [canary for page in found.pages for canary in canaries(page)] == []


def test_no_canary_is_in_what_is_kept(told: tuple[Told, Path]) -> None:
    """The database with its journal, reports and exports, byte by byte; the key and the mail address neither."""
    folder = told[1]
    mine = {"token", "key.pem", *(path.name for path in folder.glob("*.toml"))}
    kept = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in mine]

    assert {path.name for path in kept} >= {"gemba.db", "report.html", "all.json"}
    for path in kept:
        content = path.read_bytes()
        assert [canary for part in (content, *unpacked(content)) for canary in canaries(part)] == [], path.name


def test_no_canary_reached_slack(told: tuple[Told, Path]) -> None:
    """Beside the header in which its own token belongs."""
    assert [canary for body in told[0].sent for canary in canaries(body)] == []


def test_the_private_key_is_told_nowhere(told: tuple[Told, Path]) -> None:
    """No line of it."""
    found, folder = told
    lines = [line for line in (folder / "key.pem").read_text().splitlines() if "-----" not in line]

    assert len(lines) > 20
    assert not [line for line in lines if line in found.output]
