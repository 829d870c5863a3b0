"""What would change if approvals were capped, told by the replay of the engine and by simpy.

Items go through six stages, one after the other, of which the third is capped; then through a place that takes one at a
time. Both must come to the same ends.
"""

from collections.abc import Iterator
from functools import partial

from bench.processes import PEERS, Failed, in_turns, python
from bench.results import Figure, Wanted, at_least

ITEMS = 50_000


def figures(wanted: Wanted) -> Iterator[Figure]:
    model = wanted.folder / "model.json"
    python("-m", "bench.whatif_work", "make", model, str(ITEMS))
    ways = {
        "ours": partial(python, "-m", "bench.whatif_work", "replay", model),
        "simpy": partial(python, "-m", "bench.peer_simpy", model, interpreter=PEERS),
    }
    found = {name: spent.told for name, spent in in_turns(wanted.rounds, ways).items()}
    if found["ours"]["ends"] != found["simpy"]["ends"]:
        raise Failed(f"the replay and simpy differ: {found['ours']['ends']} and {found['simpy']['ends']}")
    ours, theirs = (ITEMS / found[name]["cpu"] for name in ("ours", "simpy"))
    yield Figure("what-if: simpy", theirs, "items/CPU s")
    yield Figure("what-if: replay", ours, "items/CPU s", "what-if: simpy", ours / theirs, at_least(100))
    hours = python("-m", "bench.whatif_work", "hours", model).told
    yield Figure("what-if: replay by working hours", ITEMS / hours["cpu"], "items/CPU s")
