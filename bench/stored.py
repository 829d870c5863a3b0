"""The store's part of a run: what `bench.store` measures, in a fresh process, with its bars."""

import json
from collections.abc import Iterator, Mapping

from bench.processes import python
from bench.results import Bar, Figure, Wanted, at_least, at_most

LEAST, MOST = 200_000, 1_000_000
"""Of fewer events nothing is kept beside the store."""

BARS: Mapping[str, Bar] = {
    "upsert, rows new": at_least(0.7),
    "upsert, rows again": at_least(0.7),
    "frames from the store": at_most(1.6),
    "frames from the sidecar": at_most(0.2),
}

WORK = """
import json, sys
from pathlib import Path
from bench.store import figures
print(json.dumps(list(figures(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))))
"""


def figures(wanted: Wanted) -> Iterator[Figure]:
    """Of as many events as are asked for, up to a million."""
    folder = wanted.folder / "store"
    folder.mkdir()
    size = min(max(*wanted.events, LEAST), MOST)
    said = python("-c", WORK, folder, str(size), str(wanted.rounds)).said
    for name, value, unit, ratio_to, ratio in json.loads(said.strip().splitlines()[-1]):
        yield Figure(_full(name), value, unit, ratio_to and _full(ratio_to), ratio, BARS.get(name))


def _full(name: str) -> str:
    return f"store: {name}"
