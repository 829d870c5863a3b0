"""`gemba run`, as an admin starts it: it collects, says how it is, and ends when it is asked to."""

import json
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.demo.stand_ins import Addresses
from tests.commands import COMMAND, changed, gemba

HEALTH = '[health]\nlisten = "127.0.0.1:{port}"\n\n[calendar]\n'
PATIENCE_S = 60


@pytest.fixture
def place(company: tuple[Path, Addresses], tmp_path: Path, free_port: int) -> Path:
    return changed(company, tmp_path, "[calendar]\n", HEALTH.format(port=free_port))


@contextmanager
def running(place: Path) -> Iterator[subprocess.Popen[str]]:
    environ = {"PYTHONPATH": str(Path(__file__).parents[1]), "PATH": "/usr/bin:/bin"}
    process = subprocess.Popen([*COMMAND, "run"], cwd=place, env=environ, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def asked(port: int, path: str, wanted: str) -> str:
    """What is answered, once it says what is wanted."""
    until, found = time.monotonic() + PATIENCE_S, ""
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                found = answer.read().decode()
        except (urllib.error.URLError, TimeoutError) as problem:
            found = str(problem)
        if re.search(wanted, found):
            return found
        time.sleep(0.2)
    raise AssertionError(found)


def test_it_collects_and_says_how_it_is_and_ends(place: Path, free_port: int) -> None:
    """Nobody else may run on the same SQLite database meanwhile."""
    with running(place) as process:
        asked(free_port, "/healthz", "ok")
        asked(free_port, "/readyz", "ready")
        told = asked(free_port, "/metrics", r'gemba_job_attempts_total\{job="collect github.acme",outcome="done"\} 1')
        second = gemba("run", folder=place)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=25)

    assert "gemba_run_leads 1.0" in told
    assert (second.status, "another `gemba run` uses this database" in second.err) == (1, True)
    assert process.returncode == 0
    assert "collect jira.acme: " in said
    assert [json.loads(line)["message"] for line in said.splitlines()][-1] == "stopped"


def test_a_port_that_is_taken_is_said_with_its_setting(place: Path, free_port: int) -> None:
    """`run` has no option for it."""
    with socket.create_server(("127.0.0.1", free_port)):
        done = gemba("run", folder=place)

    assert done.status == 1
    assert f"127.0.0.1:{free_port} cannot be listened at" in done.err
    assert "name another one in [health] listen" in done.err
