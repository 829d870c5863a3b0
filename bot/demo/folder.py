"""A folder with everything that a demo needs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

from bot.demo.company import simulate
from bot.demo.gates import simulate_gates
from bot.demo.meetings import meetings
from bot.demo.onboarding import simulate_onboarding
from bot.demo.stand_ins import TOKEN, stand_ins
from bot.demo.stories import Company
from bot.demo.strategy import simulate_strategy
from bot.errors import UsageError
from bot.presets import PRESETS

MARK = ".gemba-demo"
PLAN = timedelta(weeks=3)
FIRST = "software-delivery"

COMPANIES: Mapping[str, Callable[[datetime], Company]] = {
    FIRST: simulate,
    "hr-onboarding": simulate_onboarding,
    "strategic-planning": simulate_strategy,
    "stage-gate": simulate_gates,
}
"""A simulated company for each preset."""


@contextmanager
def furnished(folder: Path, now: datetime, preset: str = FIRST, company: Company | None = None) -> Iterator[Path]:
    """The path of a configuration whose servers run while the block does; an earlier demo is overwritten.

    `company`: one with other habits than that of the preset.
    """
    _clear(folder)
    (folder / "token").touch()
    (folder / "token").chmod(0o600)
    (folder / "token").write_text(TOKEN, "utf-8")
    if preset == FIRST:
        (folder / "meetings.ics").write_text(meetings(now), "utf-8")
    quarter, due = f"{now.year}-Q{(now.month + 2) // 3}", now.date() + PLAN
    with stand_ins(company or COMPANIES[preset](now)) as addresses:
        filled = PRESETS[preset].template.format(**asdict(addresses), quarter=quarter, due=due)
        (folder / "config.toml").write_text(filled, "utf-8")
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
    for old in (path for pattern in ("gemba.db*", "report*.html") for path in folder.glob(pattern)):
        old.unlink()
