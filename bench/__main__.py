"""All parts in one run: a table on the terminal, and build/bench.json."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from bench import company, engine, explained, limits, machine, startup, stored, streams, told, whatif
from bench.processes import ROOT, Failed
from bench.results import Figure, Wanted

WIDE = 140
"""Columns where nobody says how many there are."""

Part = Callable[[Wanted], Iterator[Figure]]

PARTS: Mapping[str, Part] = {
    "limits": limits.figures,
    "store": stored.figures,
    "engine": engine.figures,
    "what-if": whatif.figures,
    "sync": company.figures,
    "start-up": startup.figures,
    "explain": explained.figures,
    "streams": streams.figures,
}


def asked(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=sorted(PARTS), help="measure this part (may be repeated)")
    parser.add_argument("--events", action="append", type=_count, help="this many events (may be repeated): 1e6")
    parser.add_argument(
        "--scale", nargs="?", type=_count, const=Wanted.issues, help="only a company of so many issues, end to end"
    )
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each measurement, taken in turns")
    parser.add_argument("--to", type=Path, default=ROOT / "build" / "bench.json", help="where the document goes")
    return parser.parse_args(words)


def _count(word: str) -> int:
    return int(float(word))


def chosen(wants: argparse.Namespace) -> Iterable[tuple[str, Part]]:
    if wants.scale:
        return [("a company at scale", company.at_scale)]
    return [(name, PARTS[name]) for name in wants.only or PARTS]


def main() -> None:
    """Measure what is asked. A bar that is not met is told and is no failure: the exit status is 0."""
    wants = asked()
    console = Console() if sys.stdout.isatty() else Console(width=WIDE)
    figures: list[Figure] = []
    failed: dict[str, str] = {}
    (ROOT / "build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir=ROOT / "build", prefix="bench-") as folder:
        wanted = Wanted(Path(folder), tuple(wants.events or Wanted.events), wants.rounds, wants.scale or Wanted.issues)
        for part, measured in chosen(wants):
            console.print(f"measuring {part}", highlight=False)
            try:
                figures.extend(measured(wanted))
            except Failed as error:
                failed[part] = str(error)
    here = machine.described()
    told.say(console, here, figures, failed)
    told.write(wants.to, told.document(here, figures, failed))
    console.print(f"Written to {wants.to}")


if __name__ == "__main__":
    main()
