"""A server in a thread, as `gemba serve` starts it, and how to ask it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Thread
from urllib.parse import quote, urlsplit

from bot.app.serving import access_of, given
from bot.app.sources import collect_all
from bot.config import Config, load_config
from bot.report.studied import Studied
from bot.serve.application import application
from bot.serve.desk import Desk
from bot.serve.given import Given, Look
from bot.serve.listening import address_of, listen, server

EVIL = '"><img src=x onerror="alert(1)"><script>alert(2)</script>'
SLASHED = "../A/B <b>"

STREAM = """
[[streams]]
name = '{name}'
sources = ["eventlog.desk"]
end = "Answered"
stages = [
    {{ name = "{evil}", kind = "wait", states = ["eventlog:Asked"] }},
    {{ name = "Checked", kind = "approval", states = ["eventlog:Checked"] }},
    {{ name = "Answered", kind = "done", states = ["eventlog:Done"] }},
]
"""


@dataclass
class Answer:
    """What came back."""

    status: int
    text: str
    headers: dict[str, str]


@dataclass
class Site:
    """A running server."""

    url: str
    desk: Desk

    def ask(self, path: str, method: str = "GET", body: str | None = None, **headers: str) -> Answer:
        """Headers with `_` for `-`."""
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, sent)
        found: HTTPResponse = connection.getresponse()
        text = found.read().decode()
        connection.close()
        return Answer(found.status, text, {name.lower(): value for name, value in found.getheaders()})


@contextmanager
def running(config: Config, changed: Given | None = None) -> Iterator[Site]:
    """On a free port of this machine; `changed`: other functions than those of the command."""
    listening = listen("127.0.0.1", 0)
    desk = Desk(changed or given(config))
    ending = server(application(desk.given, access_of(config, listening, "127.0.0.1"), desk))
    thread = Thread(target=lambda: asyncio.run(ending.serve([listening])))
    thread.start()
    try:
        yield Site(address_of(listening, "127.0.0.1").rstrip("/"), desk)
    finally:
        ending.should_exit = True
        thread.join()


def a_desk(folder: Path, *names: str, more: str = "") -> Config:
    """Sixty hostile cases that were asked, checked and answered, in a stream of each name; collected."""
    case = EVIL.replace('"', '""')
    rows = [
        f'"{n} {case}",{state},2026-{3 + n // 20:02d}-{1 + (n + after) % 27:02d}T{n % 24:02d}:00:00Z,Ann\n'
        for after, state in ((0, "Asked"), (1, "Checked"), (4, "Done"))
        for n in range(60)
    ]
    (folder / "log.csv").write_text("case,state,at,who\n" + "".join(rows))
    log = '[connectors.eventlog.desk]\npath = "log.csv"\ncase = "case"\nstate = "state"\nat = "at"\nactor = "who"\n'
    evil = EVIL.replace('"', '\\"')
    streams = "".join(STREAM.format(name=name, evil=evil) for name in names)
    (folder / "config.toml").write_text(more + log + streams)
    config = load_config(folder / "config.toml")
    assert collect_all(config, lambda *_: None)[0].saved.changed == 60
    return config


def aimless(folder: Path) -> Config:
    """The simulated company without key results, of which each week takes a while."""
    config = load_config(folder / "config.toml")
    goals: dict[str, object] = {"key_results": (), "gates": ()}
    return config.model_copy(update={"streams": tuple(stream.model_copy(update=goals) for stream in config.streams)})


def counting(config: Config, calls: list[str]) -> Given:
    """What the command has, and a line for each time that a stream is studied."""
    usual = given(config)

    def study(look: Look) -> Studied:
        calls.append(look.stream)
        return usual.study(look)

    return replace(usual, study=study)


def escaped(name: str) -> str:
    return quote(name, safe="")
