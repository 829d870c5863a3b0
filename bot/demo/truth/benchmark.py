"""Play the streams of the cells in several processes, and add up what the engine reached."""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from typing import Any

from bot.demo.truth.bars import BARS, BESIDE, Bar, Figure, Score, judge, measure
from bot.demo.truth.cells import Cell
from bot.demo.truth.run import Part, Run

MOST_MISSES = 10


@dataclass(frozen=True)
class Played:
    """What one stream adds to every score, or why it failed."""

    cell: Cell
    seed: int
    parts: dict[str, Part]
    error: str | None = None


@dataclass(frozen=True)
class Outcome:
    """All streams that were played, for these bars and what is measured beside them."""

    bars: tuple[Bar, ...]
    beside: tuple[Score, ...]
    played: tuple[Played, ...]

    @property
    def failures(self) -> list[Played]:
        return [stream for stream in self.played if stream.error]

    def figure(self, score: Score) -> Figure:
        return measure(score.how, self._parts(score, score.cells))

    def held(self, bar: Bar) -> bool:
        return judge(bar, self._parts(bar.score, bar.score.cells))

    def table(self) -> dict[str, dict[str, Any]]:
        """Bar -> value, low, high, bar, held."""
        found = {bar.name: self.figure(bar.score) for bar in self.bars}
        return {
            bar.name: {
                "value": found[bar.name].value,
                "low": found[bar.name].low,
                "high": found[bar.name].high,
                "bar": bar.value,
                "held": self.held(bar),
            }
            for bar in self.bars
        }

    def detail(self) -> dict[str, Any]:
        """Seeds, every score in each of its cells, and the streams that miss most."""
        scores = [*(bar.score for bar in self.bars), *self.beside]
        return {
            "streams": {cell.name: [s.seed for s in self.played if s.cell == cell] for cell in self._cells},
            "failures": [{"cell": s.cell.name, "seed": s.seed, "error": s.error} for s in self.failures],
            "scores": {s.name: {"cells": self._by_cell(s), "missed": self._missed(s)} for s in scores},
        }

    @property
    def _cells(self) -> list[Cell]:
        return list(dict.fromkeys(stream.cell for stream in self.played))

    def _parts(self, score: Score, cells: Sequence[Cell]) -> list[Part]:
        return [s.parts[score.name] for s in self.played if s.cell in cells and score.name in s.parts]

    def _by_cell(self, score: Score) -> dict[str, Any]:
        return {cell.name: asdict(measure(score.how, self._parts(score, (cell,)))) for cell in score.cells}

    def _missed(self, score: Score) -> list[dict[str, Any]]:
        """The streams with most to explain."""
        among = [(s, s.parts[score.name]) for s in self.played if s.cell in score.cells and score.name in s.parts]
        worst = sorted(among, key=lambda told: (-len(told[1].missed), -abs(told[1].hits / told[1].of)))
        return [
            {"cell": s.cell.name, "seed": s.seed, **asdict(part), "missed": part.missed[:MOST_MISSES]}
            for s, part in worst[:MOST_MISSES]
            if part.missed
        ]


def play(cell: Cell, seed: int, names: Collection[str]) -> Played:
    """One world of a cell, through the engine and the scores with these names."""
    run = Run(cell.world(seed))
    every = (*(bar.score for bar in BARS), *BESIDE)
    scores = [score for score in every if score.name in names and cell in score.cells]
    parts = {score.name: score.of(run) for score in scores}
    return Played(cell, seed, {name: part for name, part in parts.items() if part is not None and part.of})


def play_all(cells: Sequence[Cell], seeds: Sequence[int], names: Collection[str], processes: int) -> Iterator[Played]:
    """Every stream as it is done; one that fails is told with its error.

    Processes are started anew and not forked, since Polars has threads.
    """
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        asked: dict[Future[Played], tuple[Cell, int]] = {
            pool.submit(play, cell, seed, names): (cell, seed) for seed in seeds for cell in cells
        }
        for done in as_completed(asked):
            cell, seed = asked[done]
            error = done.exception()
            yield Played(cell, seed, {}, _told(error)) if error else done.result()


def _told(error: BaseException) -> str:
    """What went wrong, and on the lines below where in the other process."""
    return f"{type(error).__name__}: {error}\n{error.__cause__ or ''}".strip()
