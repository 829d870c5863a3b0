"""A message as a page in a folder: always whole, always the newest, and nowhere else."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import OutputError
from bot.notify.message import Message, Picture
from bot.notify.to_folder import ToFolder, file_name
from bot.store import Store

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


KEY = "Payments 2026-10-26 2026-11-23"


def message(text: str = "All is well.", key: str = KEY, picture: bytes | None = None) -> Message:
    shown = Picture(picture, "map") if picture else None
    return Message(key, "", lambda _: [], picture=shown, page=lambda address: f"<p>{text}<img src='{address}'>")


def put(folder: Path, what: Message) -> str:
    """What a store would remember is not asked for."""
    return ToFolder(folder).send(Store("sqlite:////unopened.db"), what, lambda: NOW)


def test_a_week_is_one_page_that_says_the_newest(tmp_path: Path) -> None:
    """The folder is made; what did not change is left as it is."""
    folder = tmp_path / "deep" / "digests"
    told = [put(folder, message(text)) for text in ("one", "one", "two")]

    target = folder / "Payments 2026-10-26 2026-11-23.html"
    assert told == [f"written to {target}", f"stands in {target} already", f"updated in {target}"]
    assert [path.name for path in folder.iterdir()] == [target.name]
    assert "two" in target.read_text("utf-8")


def test_the_picture_is_in_the_page(tmp_path: Path) -> None:
    """So the file can be sent on alone."""
    put(tmp_path, message(picture=b"\x89PNG"))

    (page,) = tmp_path.iterdir()
    assert "src='data:image/png;base64,iVBORw=='" in page.read_text("utf-8")


def test_who_reads_meanwhile_sees_a_whole_page(tmp_path: Path) -> None:
    """The old one or the new one."""
    pages = [message(letter * 300_000) for letter in "ab"]
    put(tmp_path, pages[0])
    (target,), stop, seen = tmp_path.iterdir(), Event(), set()

    def read() -> None:
        while not stop.is_set():
            seen.add(target.read_bytes())

    reader = Thread(target=read)
    reader.start()
    for n in range(1, 40):
        put(tmp_path, pages[n % 2])
    stop.set()
    reader.join()
    assert seen <= {page.page(None).encode() for page in pages}


def test_others_may_read_it_as_any_file(tmp_path: Path) -> None:
    """As the umask of whoever runs it says."""
    before = os.umask(0o027)
    try:
        put(tmp_path, message())
    finally:
        os.umask(before)

    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o640]


NAMES = ["../../etc/cron", "/etc/passwd", "..", ".hidden", "a\x00b", "a\nb", "-rf", "x" * 900, "ü" * 300, "CON:"]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    """It is one visible page, whatever the stream is called."""
    put(tmp_path / "digests", message(key=f"{name} 2026-11-23"))

    assert [path.name for path in tmp_path.iterdir()] == ["digests"]
    (page,) = (tmp_path / "digests").iterdir()
    assert page.name.endswith(".html")
    assert page.name[0] not in ".-"


@given(st.text(min_size=1), st.text(min_size=1))
def test_two_keys_have_two_names(one: str, other: str) -> None:
    """Each a name that every file system takes."""
    names = [file_name(one), file_name(other)]

    assert (names[0] == names[1]) == (one == other)
    assert not [name for name in names if set(name) & set('/\\:*?"<>|\0\n') or len(name.encode()) > 200]


def test_usual_names_stay_readable() -> None:
    """Letters of any language are letters."""
    assert file_name("Größe (EU) + 支払い 2026-11-23") == "Größe (EU) + 支払い 2026-11-23.html"
    assert file_name("Payments/EU 2026-11-23").startswith("Payments_EU 2026-11-23 ")


@pytest.mark.parametrize(("place", "words"), [("file", "exists"), ("file/x", "Not a dir"), ("there", "Is a dir")])
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, place: str, words: str) -> None:
    """With what to do, and nothing is left behind."""
    (tmp_path / "file").write_text("")
    (tmp_path / "there" / file_name(KEY)).mkdir(parents=True)
    with pytest.raises(OutputError, match=f"cannot be written: .*{words}.*; let gemba write there, make room, or name"):
        put(tmp_path / place, message())

    assert len([*tmp_path.rglob("*")]) == 3


def test_check_tells_whether_it_could_be_written(tmp_path: Path) -> None:
    """And leaves nothing there."""
    (tmp_path / "file").write_text("")
    found = [ToFolder(tmp_path / place).check() for place in ("", "new/er", "file", "file/x")]

    assert [check.ok for check in found] == [True, True, False, False]
    assert [check.detail for check in found[:2]] == ["can be written", "will be made"]
    assert "let gemba write" in found[2].detail
    assert f"cannot be made in {tmp_path / 'file'}" in found[3].detail
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


KILLED = """
import os, sys
from pathlib import Path
from tests.notify.test_to_folder import message, put
os.replace = Path.replace = lambda *_: os._exit(9)
put(Path(sys.argv[1]), message("new"))
"""


def test_a_kill_before_the_end_leaves_the_old_page(tmp_path: Path) -> None:
    """And the next run brings the new one."""
    put(tmp_path, message("old"))
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=Path(__file__).parents[2], check=False)

    (target,) = tmp_path.glob("*.html")
    assert (done.returncode, "old" in target.read_text("utf-8")) == (9, True)
    assert put(tmp_path, message("new")).startswith("updated in")
    assert "new" in target.read_text("utf-8")
