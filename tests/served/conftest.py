"""One server for the tests that only read: of the simulated company, and of a stream with hostile names."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.demo.stand_ins import Addresses
from tests.served.site import EVIL, SLASHED, Site, a_desk, aimless, running


@pytest.fixture(scope="session")
def site(company: tuple[Path, Addresses]) -> Iterator[Site]:
    with running(aimless(company[0])) as found:
        yield found


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two streams, of which one looks like a path and the other like a script."""
    config = a_desk(tmp_path_factory.mktemp("hostile"), SLASHED, EVIL)
    with running(config) as found:
        yield found
