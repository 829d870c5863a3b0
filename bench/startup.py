"""How long each command takes to begin: a fresh process each, on the small store of the demo.

Beside an empty Python, and beside the import of what no question can do without: Polars and sqlite3.
"""

from collections.abc import Callable, Iterator
from functools import partial

from bench.processes import Spent, in_turns, python
from bench.results import Bar, Figure, Wanted, at_most

EMPTY, LIBRARIES = "start-up: python -c pass", "start-up: import polars, sqlite3"
STARTED = "import sys; sys.argv[0] = 'gemba'; from bot.cli import main; main()"

COMMANDS = (
    ("--help",), ("--version",), ("schema",), ("db", "tidy"), ("remarks", "list"), ("gate", "history"),
    ("check", "--local"), ("replay",), ("plan", "list"), ("kr", "list"), ("map",), ("future",),
    ("digest", "--dry-run"), ("analyse",), ("explain", "PAY-100"),
)  # fmt: skip
"""As they are typed, those first that need least; what is explained was analysed just before."""

BARS = {"--help": at_most(10)}


def figures(wanted: Wanted) -> Iterator[Figure]:
    demo = wanted.folder / "demo"
    gemba("demo", "--folder", str(demo))
    config = str(demo / "config.toml")
    ways: dict[str, Callable[[], Spent]] = {EMPTY: partial(python, "-c", "pass"), LIBRARIES: importing}
    asked = {" ".join(words): words for words in COMMANDS}
    for name, words in asked.items():
        ways[name] = partial(gemba, *words, config=config if takes_configuration(words) else None)
    found = in_turns(wanted.rounds, ways)
    least = found[EMPTY].cpu
    yield Figure(EMPTY, least, "CPU s")
    yield _figure(LIBRARIES, found[LIBRARIES], least, None)
    yield from (_figure(f"start-up: gemba {name}", found[name], least, BARS.get(name)) for name in asked)


def importing() -> Spent:
    """The libraries that no question can do without."""
    return python("-c", "import polars, sqlite3")


def gemba(*words: str, config: str | None = None) -> Spent:
    """A command, as a person starts it."""
    return python("-c", STARTED, *words, *(("--config", config) if config else ()))


def takes_configuration(words: tuple[str, ...]) -> bool:
    return words[0] not in ("--help", "--version", "schema")


def _figure(name: str, spent: Spent, least: float, bar: Bar | None) -> Figure:
    return Figure(name, spent.cpu, "CPU s", EMPTY, spent.cpu / least, bar)
