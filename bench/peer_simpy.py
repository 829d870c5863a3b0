"""Items through stages and a place that takes one at a time, by simpy: `python -m bench.peer_simpy MODEL`."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import simpy


def life(
    world: Any, place: Any, start: int, stages: list[int], model: dict[str, Any], ends: list[int]
) -> Iterator[Any]:
    """In microseconds."""
    yield world.timeout(start)
    for n, lasts in enumerate(stages):
        yield world.timeout(min(lasts, model["cap"]) if n == model["capped"] else lasts)
    with place.request() as turn:
        yield turn
        yield world.timeout(model["service"])
    ends.append(world.now)


def main() -> None:
    model = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    begun = time.process_time()
    world, ends = simpy.Environment(), list[int]()
    place = simpy.Resource(world, capacity=1)
    for start, stages in zip(model["starts"], model["stages"], strict=True):
        world.process(life(world, place, start, stages, model, ends))
    world.run()
    spent = time.process_time() - begun
    told = [len(ends), sum(ends) // len(ends), max(ends)]
    print(json.dumps({"cpu": spent, "ends": told}))  # noqa: T201  read by whoever asked


if __name__ == "__main__":
    main()
