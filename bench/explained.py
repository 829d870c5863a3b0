"""`gemba explain` on a store of many events: the first time after a change, and from then on."""

from collections.abc import Iterator
from functools import partial

from bench.processes import in_turns, python
from bench.results import Figure, Wanted, at_most
from bench.startup import LIBRARIES, gemba, importing

MOST = 1_000_000

CONFIG = """
[calendar]
timezone = "Europe/Berlin"
holidays = "DE-BE"

[connectors.jira.bench]
url = "https://jira.bench.example"
token_env = "JIRA_TOKEN"
projects = ["B"]

[[streams]]
name = "Bench"
sources = ["jira.bench/B"]
end = "Done"
stages = [
    { name = "Open", kind = "wait", states = ["jira:Open"] },
    { name = "Build", kind = "work", states = ["jira:In Progress"] },
    { name = "Review", kind = "approval", states = ["jira:In Review"] },
    { name = "Done", kind = "done", states = ["jira:Done"] },
]
"""

FILL = "import sys; from pathlib import Path; from bench.store import fill; fill(Path(sys.argv[1]), int(sys.argv[2]))"


def figures(wanted: Wanted) -> Iterator[Figure]:
    """Of as many events as are asked for, up to a million."""
    folder, size = wanted.folder / "explained", min(max(wanted.events), MOST)
    folder.mkdir()
    config = folder / "config.toml"
    config.write_text(CONFIG, "utf-8")
    python("-c", FILL, folder / "gemba.db", str(size))
    asked = partial(gemba, "explain", "B-10007", config=str(config))
    anew = asked()
    found = in_turns(wanted.rounds, {LIBRARIES: importing, "again": asked})
    least = found[LIBRARIES].cpu
    name = f"explain: an item of {size:,} events"
    yield Figure(f"{name}, after a change", anew.cpu, "CPU s", LIBRARIES, anew.cpu / least)
    yield Figure(name, found["again"].cpu, "CPU s", LIBRARIES, found["again"].cpu / least, at_most(3))
