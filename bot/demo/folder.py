"""A folder with everything that a demo needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

from bot.demo.company import simulate
from bot.demo.meetings import meetings
from bot.demo.stand_ins import TOKEN, stand_ins
from bot.errors import UsageError

MARK = ".gemba-demo"
PLAN = timedelta(weeks=3)


@contextmanager
def furnished(folder: Path, now: datetime) -> Iterator[Path]:
    """The path of a configuration whose servers run while the block does; an earlier demo is overwritten."""
    _clear(folder)
    (folder / "token").touch()
    (folder / "token").chmod(0o600)
    (folder / "token").write_text(TOKEN, "utf-8")
    (folder / "meetings.ics").write_text(meetings(now), "utf-8")
    template = files("bot.presets").joinpath("software-delivery.toml").read_text("utf-8")
    quarter, due = f"{now.year}-Q{(now.month + 2) // 3}", now.date() + PLAN
    with stand_ins(simulate(now)) as addresses:
        (folder / "config.toml").write_text(template.format(**asdict(addresses), quarter=quarter, due=due), "utf-8")
        yield folder / "config.toml"


def _clear(folder: Path) -> None:
    """Raises UsageError where something else stands."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(f"{folder} cannot be made: {problem.strerror}; name another folder with --folder") from problem
    if any(folder.iterdir()) and not (folder / MARK).exists():
        raise UsageError(f"{folder} is not empty and no earlier demo; name another folder with --folder")
    (folder / MARK).write_text("made by gemba demo, which overwrites what is here\n", "utf-8")
    for old in folder.glob("gemba.db*"):
        old.unlink()
