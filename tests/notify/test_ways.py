"""The ways out, from the command to where people read it."""

from pathlib import Path

import pytest

from bot.demo.stand_ins import Addresses
from tests.commands import as_of_now, changed, gemba
from tests.smtp import PostOffice, delivering

CHANNEL = 'channel = "#payments"'
MAIL = '\n[mail]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nsender = "gemba@acme.example"\n'


@pytest.fixture
def place(company: tuple[Path, Addresses], tmp_path: Path) -> Path:
    """The company's digest goes by mail; what was collected is there."""
    found = changed(company, tmp_path, CHANNEL, 'mail = ["team@acme.example"]')
    (found / "gemba.db").write_bytes((company[0] / "gemba.db").read_bytes())
    return found


def test_a_digest_and_a_pack_are_mailed_once(place: Path) -> None:
    """The digest with the map, the pack without a picture."""
    with delivering(PostOffice()) as office:
        with (place / "config.toml").open("a") as file:
            file.write(MAIL.format(port=office.port))
        asked = ("digest", "digest", "gate review --post")
        told = [gemba(*as_of_now(*words.split()), folder=place).err.strip() for words in asked]
        checked = gemba("check", folder=place)

    assert told == ["mailed to 1 address", "was mailed already", "mailed to 1 address"]
    assert f"ok   mail: 127.0.0.1:{office.port}: answers in clear, without a login" in checked.out
    pages = [taken.letter.get_body(("html",)) for taken in office.taken]
    assert [page is not None and "cid:" in page.get_content().split("<body>")[1] for page in pages] == [True, False]


def test_a_digest_is_put_into_a_folder(place: Path) -> None:
    """Beside the configuration; the same command again changes nothing."""
    config = (place / "config.toml").read_text().replace('mail = ["team@acme.example"]', 'folder = "digests"')
    (place / "config.toml").write_text(config)
    asked = [gemba(*as_of_now("digest"), folder=place).err.strip() for _ in range(2)]
    checked = gemba("check", folder=place)

    (page,) = (place / "digests").iterdir()
    assert [said.split()[0] for said in asked] == ["written", "stands"]
    assert page.read_text("utf-8").count('src="data:image/png;base64,') == 1
    assert "folder digests: can be written" in checked.out
