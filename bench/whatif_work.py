"""The replay of the engine on a model: `python -m bench.whatif_work make|replay|hours MODEL`."""

import json
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bench.events import END, HOUR, START, STREAM, micros
from bot.flow.clock import Instants, WorkClock
from bot.flow.future.replay import Replay, Rule
from bot.flow.future.segments import Segments
from bot.flow.statistics.queueing import one_by_one

STAGES, CAPPED, CAP = 6, 2, 24 * HOUR
LATER = timedelta(days=700)


def make(place: Path, items: int) -> None:
    """Items that start over two years, and how long each stays in each stage; the last place is busy nine tenths."""
    random = np.random.default_rng(1)
    span = micros(END) - micros(START)
    starts = np.sort(random.integers(0, span, items))
    stages = np.rint(random.lognormal(np.log(20), 1.0, (items, STAGES)) * HOUR).astype(np.int64) + 1
    model = {"capped": CAPPED, "cap": CAP, "service": int(0.9 * span / items)}
    place.write_text(json.dumps({**model, "starts": starts.tolist(), "stages": stages.tolist()}), "utf-8")


def replay(model: dict[str, Any], *, by_hours: bool) -> dict[str, Any]:
    """Processor seconds of one replay with the cap and the queue behind it, rehearsed once, and what comes out."""
    cut = _segments(model, by_hours=by_hours)
    clock = WorkClock(STREAM.calendar, micros(START), micros(END + LATER))
    again = Replay(cut, clock)
    again.ends([_capped(cut, model)])
    begun = time.process_time()
    came = again.ends([_capped(cut, model)])
    service = int(model["service"])
    ends = came + np.rint(one_by_one(came, 1 / service)).astype(np.int64) + service
    spent = time.process_time() - begun
    since = ends - micros(START)
    return {"cpu": spent, "ends": [len(since), int(since.sum()) // len(since), int(since.max())]}


def _capped(cut: Segments, model: dict[str, Any]) -> Rule:
    def left(_: Instants, begins: Instants, ends: Instants) -> Instants:
        found: Instants = np.minimum(ends, begins + int(model["cap"]))
        return found

    return Rule(cut.position == model["capped"], left)


def _segments(model: dict[str, Any], *, by_hours: bool) -> Segments:
    starts = np.array(model["starts"]) + micros(START)
    lasts = np.array(model["stages"])
    items, stages = lasts.shape
    left = (starts[:, None] + np.cumsum(lasts, axis=1)).ravel()
    none = np.full(items * stages, -1)
    return Segments(
        cases=np.arange(items),
        starts=starts,
        ends=left[stages - 1 :: stages],
        first=np.arange(items) * stages,
        many=np.full(items, stages),
        row=np.repeat(np.arange(items), stages),
        began=left - lasts.ravel(),
        left=left,
        position=np.tile(np.arange(stages), items),
        visit=none,
        machine=np.full(items * stages, not by_hours),
        busy=none * 0,
        idle=none * 0,
        places=pl.DataFrame(),
        visits=pl.DataFrame(),
        decisions=(),
        undone=np.empty((0, 2), np.int64),
    )


def main() -> None:
    way, place = sys.argv[1], Path(sys.argv[2])
    if way == "make":
        make(place, int(sys.argv[3]))
        return
    model = json.loads(place.read_text("utf-8"))
    print(json.dumps(replay(model, by_hours=way == "hours")))  # noqa: T201  read by whoever asked


if __name__ == "__main__":
    main()
