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
    parser.add_argument("--rounds", type=_count, default=3, help="rounds of each measurement, taken in turns")
    parser.add_argument("--to", type=_place, default=ROOT / "build" / "bench.json", help="where the document goes")
    return parser.parse_args(words)


def _count(word: str) -> int:
    """At least one, as 1000 or 1e3."""
    try:
        found = int(float(word))
    except (ValueError, OverflowError):
        found = 0
    if found < 1:
        raise argparse.ArgumentTypeError(f'"{word}" is no number of at least 1; write for example 100000 or 1e5')
    return found


def _place(word: str) -> Path:
    """Known before hours of measuring: a file can lie there."""
    found = Path(word)
    try:
        found.parent.mkdir(parents=True, exist_ok=True)
        found.open("a").close()
    except OSError as problem:
        raise argparse.ArgumentTypeError(f"{word} cannot be written: {problem.strerror}; name another") from problem
    return found


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
