"""What somebody may send who means no good, or very many who mean well."""

import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from time import monotonic
from urllib.parse import urlsplit

import pytest

from bot.app.serving import given
from bot.report.studied import Studied
from bot.serve import desk, listening
from bot.serve.given import Look
from tests.served.site import Site, a_desk, running

HEAD = b"Host: localhost\r\nConnection: close\r\n\r\n"


def raw(site: Site, sent: bytes) -> bytes:
    """All that comes back."""
    host, port = urlsplit(site.url).hostname, urlsplit(site.url).port
    with socket.create_connection((str(host), int(port or 0)), timeout=30) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /%zz%ff%00%0d%0aX: y HTTP/1.1\r\n" + HEAD, b"400"),
        (b"GET /%zz%ff%00%0d%0aX:y HTTP/1.1\r\n" + HEAD, b"404"),
        (b"GET /streams/%c0%ae%c0%ae/%2e%2e/x HTTP/1.1\r\n" + HEAD, b"404"),
        (b"GET /../../../etc/passwd HTTP/1.1\r\n" + HEAD, b"404"),
        (b"GET /static/..%2f..%2fconfig.py HTTP/1.1\r\n" + HEAD, b"404"),
        (b"GET /" + b"a" * 50_000 + b" HTTP/1.1\r\n" + HEAD, b"404"),
        (b"GET /streams/Payments?from=" + b"9" * 50_000 + b" HTTP/1.1\r\n" + HEAD, b"400"),
        (b"GET /streams/Payments?now=2026-11-20T10:00%00 HTTP/1.1\r\n" + HEAD, b"400"),
        (b"GET /streams/Payments?now=2026-11-20T10:00%2B99:00 HTTP/1.1\r\n" + HEAD, b"400"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", b"400"),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", b"421"),
        (b"GET / HTTP/1.0\r\n\r\n", b"421"),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", b"400"),
        (b"POST /signin HTTP/1.1\r\nContent-Length: 9000\r\n" + HEAD + b"token=" + b"&" * 8994, b"403"),
    ],
)
def test_nonsense_is_refused(site: Site, sent: bytes, status: bytes) -> None:
    """With its status, and nothing of the program."""
    found = raw(site, sent)

    assert found.split()[1] == status
    assert b"Traceback" not in found
    assert b"\r\nX:" not in found


def test_many_who_ask_share_one_look_and_others_are_answered_meanwhile(tmp_path: Path) -> None:
    """One who looks at another window waits for it; who asks whether it lives does not."""
    config, go, looks = a_desk(tmp_path, "Desk"), Event(), list[Look]()
    usual = given(config)

    def study(look: Look) -> Studied:
        looks.append(look)
        assert go.wait(30)
        return usual.study(look)

    with running(config, replace(usual, study=study)) as site, ThreadPoolExecutor(60) as works:
        asking = [works.submit(site.ask, "/streams/Desk?to=2026-06-01") for _ in range(60)]
        started = monotonic()
        alive = [site.ask(path).status for path in ("/healthz", "/readyz", "/metrics") * 5]
        took = monotonic() - started
        go.set()
        answers = {answer.result().status for answer in asking}

    assert (answers, set(alive)) == ({200}, {200})
    assert sorted(str(look.end) for look in looks) == ["2026-06-01", "None"]
    assert took < 10


def test_who_would_wait_too_long_is_asked_to_come_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a proxy gives up; meanwhile it goes on, and is there the next time."""
    monkeypatch.setattr(desk, "LONGEST_S", 0.2)
    config, go = a_desk(tmp_path, "Desk"), Event()
    usual = given(config)

    def study(look: Look) -> Studied:
        assert go.wait(30)
        return usual.study(look)

    with running(config, replace(usual, study=study)) as site:
        first = site.ask("/streams/Desk?to=2026-06-01")
        go.set()
        monkeypatch.setattr(desk, "LONGEST_S", 30)
        second = site.ask("/streams/Desk?to=2026-06-01")

    assert (first.status, first.headers["refresh"], second.status) == (503, "3", 200)
    assert "the page comes by itself" in first.text


def test_who_takes_long_to_ask_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However it drips; everybody else is answered."""
    monkeypatch.setattr(listening, "PATIENCE_S", 0.5)
    with running(a_desk(tmp_path, "Desk")) as site:
        place = urlsplit(site.url)
        slow = [socket.create_connection((str(place.hostname), int(place.port or 0))) for _ in range(50)]
        for connection in slow:
            connection.sendall(b"GET / HT")
        started = monotonic()
        assert site.ask("/healthz").status == 200
        for connection in slow:
            connection.settimeout(10)
            assert connection.recv(100) == b""
            connection.close()

    assert monotonic() - started < 10


def test_a_fault_of_ours_tells_its_place_and_no_words(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither to who asks nor in the log: the words of an error may hold what somebody wrote."""
    config = a_desk(tmp_path, "Desk")

    def report(_: Studied) -> str:
        raise KeyError("confidential")

    with caplog.at_level(logging.INFO), running(config, replace(given(config), report=report)) as site:
        found = site.ask("/streams/Desk?to=2026-06-01")

    assert (found.status, "This is a fault of gemba" in found.text) == (500, True)
    assert "KeyError in test_attacks.py, line" in caplog.text
    assert "confidential" not in found.text + caplog.text
