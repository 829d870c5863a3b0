"""The commands, run as a person runs them, in the folder of the simulated company."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app.clock import clock
from bot.demo.company import simulate
from bot.demo.meetings import meetings
from bot.demo.stand_ins import TOKEN, Addresses, stand_ins
from tests.forked import forked

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
COMMAND = [sys.executable, "-c", "from bot.cli import main; main()"]


@dataclass
class Run:
    status: int
    out: str
    err: str


def gemba(*words: str, folder: Path, **environ: str) -> Run:
    known = {"PYTHONPATH": str(Path(__file__).parents[1]), "PATH": "/usr/bin:/bin", "COLUMNS": "100", **environ}
    with TemporaryDirectory() as place:
        out, err = Path(place) / "out", Path(place) / "err"
        status = forked(words, folder, known, out, err, timeout_s=120)
        return Run(status, out.read_text("utf-8"), err.read_text("utf-8"))


def private(path: Path, content: str) -> None:
    """A file that nobody else may read."""
    path.touch(mode=0o600)
    path.write_text(content, "utf-8")


def as_of_now(*words: str) -> tuple[str, ...]:
    return *words, "--now", NOW.isoformat()


def changed(company: tuple[Path, Addresses], target: Path, old: str, new: str) -> Path:
    text = (company[0] / "config.toml").read_text()
    assert old in text
    (target / "config.toml").write_text(text.replace(old, new))
    (target / "meetings.ics").write_text(meetings(NOW))
    private(target / "token", TOKEN)
    return target


@contextmanager
def furnished(folder: Path) -> Iterator[tuple[Path, Addresses]]:
    """The simulated company, collected once and its key results measured; its servers still run."""
    with stand_ins(simulate(NOW), clock) as addresses:
        template = files("bot.presets").joinpath("software-delivery.toml").read_text("utf-8")
        filled = template.format(
            jira=addresses.jira, github=addresses.github, slack=addresses.slack, quarter="2026-Q4", due="2026-12-11"
        )
        (folder / "config.toml").write_text(filled)
        private(folder / "token", TOKEN)
        (folder / "meetings.ics").write_text(meetings(NOW))
        for words in (("collect",), as_of_now("kr", "list")):
            done = gemba(*words, folder=folder)
            assert done.status == 0, done.err
        yield folder, addresses
