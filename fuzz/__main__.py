"""Look for inputs that break a parser: each target under libFuzzer for a while, then a table (`make fuzz`)."""

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from fuzz.seeds import recorded, seeds
from fuzz.targets import TARGETS

FOLDER = Path("build/fuzz")
MEMORY = Path("/dev/shm")
LONGEST_S, MOST_MB, LARGEST = 10, 2048, 60_000
"""What one input may take: seconds, memory, bytes."""

TRIED = re.compile(r"^#(\d+)", re.MULTILINE)
COVERED = re.compile(r"\bcov: (\d+)")
CRASH = re.compile(r"^CRASH \| (.*) \| (\S+)$", re.MULTILINE)
ENDED = re.compile(r"SUMMARY: libFuzzer: (.*)")
FEWEST_S = 2.0


@dataclass
class Found:
    """What a target has seen."""

    tried: int = 0
    covered: int = 0
    crashes: list[str] = field(default_factory=list)


def main(words: Sequence[str]) -> int:
    asked = _asked(words)
    table = Table("target", "inputs tried", "edges", "crashes")
    found = {name: search(name, asked.seconds) for name in asked.target or TARGETS}
    for name, one in found.items():
        table.add_row(name, f"{one.tried:,}", f"{one.covered:,}", str(len(one.crashes)))
    table.add_row(
        "all", f"{sum(one.tried for one in found.values()):,}", "", str(sum(len(o.crashes) for o in found.values()))
    )
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    console.print(table)
    for name, one in found.items():
        for crash in one.crashes:
            console.print(f"{name}: {crash}", soft_wrap=True)
    return 1 if any(one.crashes for one in found.values()) else 0


def _asked(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("make fuzz")
    parser.add_argument("--seconds", type=float, default=30.0, help="for each target")
    parser.add_argument("--target", action="append", choices=list(TARGETS), help="only these")
    return parser.parse_args(words)


def search(name: str, seconds: float) -> Found:
    """Until the time is over, again from where it was when an input took too long or too much."""
    corpus, crashes = FOLDER / "corpus" / name, FOLDER / "crashes"
    for folder in (corpus, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate([*seeds(name), *recorded(name)]):
        (corpus / f"seed-{number}").write_bytes(content)
    found, end = Found(), time.monotonic() + seconds
    while (left := end - time.monotonic()) > FEWEST_S:
        told = _run(name, corpus, crashes, int(left))
        found.tried += max((int(number) for number in TRIED.findall(told)), default=0)
        found.covered = max([found.covered, *(int(edges) for edges in COVERED.findall(told))])
        found.crashes += [f"{place} ({kept})" for place, kept in CRASH.findall(told)]
        found.crashes += ENDED.findall(told)
    return found


def _run(name: str, corpus: Path, crashes: Path, seconds: int) -> str:
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={LONGEST_S}",
        f"-rss_limit_mb={MOST_MB}",
        f"-max_len={LARGEST}",
        f"-artifact_prefix={crashes}/{name}-",
        "-print_final_stats=1",
        str(corpus),
    ]
    command = [sys.executable, "-m", "fuzz.one", name, str(crashes), *options]
    with TemporaryDirectory(prefix="gemba-fuzz-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        done = subprocess.run(command, capture_output=True, check=False, env={**os.environ, "TMPDIR": folder})
    told = done.stderr.decode("utf-8", "replace")
    if not TRIED.search(told):
        raise SystemExit(f"{name} did not begin:\n{told}")
    return told


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
