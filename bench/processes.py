"""Work done in processes of its own: processor seconds of the whole tree, and the most memory it held."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile
from typing import Any

ROOT = Path(__file__).parent.parent
MAC_OS = sys.platform == "darwin"


class Failed(Exception):
    """A measured command ended with an error; the last of what it said is told."""


@dataclass(frozen=True)
class Spent:
    """What a process and its children took: processor and wall-clock seconds, peak memory in bytes of the largest."""

    cpu: float
    wall: float
    peak: int
    said: str = ""

    @property
    def told(self) -> dict[str, Any]:
        """The document a measured worker printed as the last line of its output."""
        return dict(json.loads(self.said.strip().splitlines()[-1]))


def spend(*command: str | Path, environment: Mapping[str, str] | None = None) -> Spent:
    """Run a command to its end in a fresh process. Raises Failed where it does not end well.

    A child starts with the peak memory of its parent, so whoever calls this should hold little.
    """
    begun = time.perf_counter()
    with TemporaryFile() as said, TemporaryFile() as complained:
        process = subprocess.Popen(  # noqa: S603  what is measured is ours, or a peer whose version is locked
            [str(part) for part in command],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
            stdout=said,
            stderr=complained,
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise Failed(f"{' '.join(map(str, command))}: {_text(complained)[-2000:]}")
        peak = used.ru_maxrss * (1 if MAC_OS else 1024)
        return Spent(used.ru_utime + used.ru_stime, wall, peak, _text(said))


def _text(file: Any) -> str:
    file.seek(0)
    return str(file.read().decode("utf-8", "replace"))


def python(*arguments: str | Path, interpreter: str | Path = sys.executable) -> Spent:
    """A fresh Python, ours or that of the peers, with these arguments."""
    return spend(interpreter, *arguments)


def in_turns(rounds: int, ways: Mapping[str, Callable[[], Spent]]) -> dict[str, Spent]:
    """The median of each way by processor time, taken in turns so that a noisy neighbour disturbs all alike."""
    taken: dict[str, list[Spent]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            taken[name].append(way())
    return {name: middle(spent) for name, spent in taken.items()}


def middle(spent: Iterable[Spent]) -> Spent:
    found = sorted(spent, key=lambda s: s.cpu)
    return Spent(
        median(s.cpu for s in found),
        median(s.wall for s in found),
        max(s.peak for s in found),
        found[len(found) // 2].said,
    )
