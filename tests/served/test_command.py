"""`gemba serve`, as a person starts and stops it."""

import json
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from bot.app.serving import serve_forever
from bot.config import load_config
from bot.errors import AddressError, UsageError
from tests.commands import COMMAND, gemba
from tests.served.site import a_desk

ENVIRON = {"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin"}


@contextmanager
def started(folder: Path, *words: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """The process, and the host and port that it says."""
    command = [*COMMAND, "serve", "--port", "0", *words]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True, env=ENVIRON) as process:
        assert process.stderr is not None
        said = re.search(r"http://(\S+:\d+)/", process.stderr.readline())
        assert said is not None
        yield process, said[1]
        process.kill()


def asked(place: str, path: str) -> int:
    connection = HTTPConnection(place, timeout=30)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_its_address_and_ends_when_asked(tmp_path: Path, number: signal.Signals) -> None:
    """With status 0, also while a stream is being looked at."""
    a_desk(tmp_path, "Desk")
    with started(tmp_path) as (process, place):
        assert asked(place, "/healthz") == 200
        process.send_signal(number)
        _, rest = process.communicate(timeout=20)

    assert process.returncode == 0
    assert json.loads(rest.splitlines()[-1])["message"] == "stopped"
    assert "Traceback" not in rest


def test_its_log_tells_no_query(tmp_path: Path) -> None:
    """An address may hold what is nobody's business."""
    a_desk(tmp_path, "Desk")
    with started(tmp_path) as (process, place):
        assert asked(place, "/nowhere%0Afaked?token=secret") == 404
        process.terminate()
        _, rest = process.communicate(timeout=20)

    assert "GET /nowhere faked 404" in rest
    assert "secret" not in rest


def test_a_port_in_use_is_a_sentence(tmp_path: Path) -> None:
    """And status 1."""
    a_desk(tmp_path, "Desk")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = gemba("serve", "--port", str(taken.getsockname()[1]), folder=tmp_path)

    assert done.status == 1
    assert "Address already in use; choose another --port, or 0 for any that is free" in done.err


def test_nobody_from_elsewhere_is_served_unguarded(tmp_path: Path) -> None:
    """It says what to write, and status 2."""
    a_desk(tmp_path, "Desk")
    done = gemba("serve", "--port", "0", "--host", "0.0.0.0", folder=tmp_path)

    assert (done.status, "nothing says who may see the pages" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("host", "fault", "sentence"),
    [
        ("::", UsageError, "nothing says who may see the pages"),
        ("no.such.host.invalid", AddressError, "is no address"),
        ("203.0.113.7", AddressError, "cannot be listened at"),
    ],
)
def test_where_it_does_not_listen(host: str, fault: type[Exception], sentence: str) -> None:
    """It says what to do."""
    config = load_config(Path(__file__).parents[2] / "config.example.toml")
    with pytest.raises(fault, match=sentence):
        serve_forever(config, host, 0, print)
