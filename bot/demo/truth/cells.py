"""The kinds of simulated streams that are scored."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from statistics import median

from bot.demo.truth.effects import true_effects
from bot.demo.truth.onboarding import onboarding
from bot.demo.truth.results import WEEKS, series
from bot.demo.truth.scores.stations import stays_of
from bot.demo.truth.world import Change, Movers, Plan, Station, Truth, World
from bot.demo.truth.worlds import long_run_waits, world
from bot.flow.history.log import Records
from bot.flow.model import Stage, StageKind, Stream, Window

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
NO_STREAM = Stream(
    name="none",
    sources=(),
    end="Done",
    stages=tuple(
        Stage(name=name, kind=kind, states=(f"jira:{name}",))
        for name, kind in (("Open", StageKind.WAIT), ("Done", StageKind.DONE))
    ),
)


@dataclass(frozen=True)
class Cell:
    """Who moves the cards, whether the tools tell it with errors, what there must be, and how long it is watched.

    `long_run`: the truth must know how long visits take in the long run, or of a queue that has none, how long those of
    the window took in the end.
    """

    name: str
    movers: Movers
    noisy: bool
    plan: Plan | None = None
    weeks: int = 40
    long_run: bool = False

    def world(self, seed: int) -> World:
        """A stream of this kind."""
        known = world(seed, self.movers, noisy=self.noisy, weeks=self.weeks, plan=self.plan)
        if not self.long_run:
            return known
        waits = _in_the_end(known, self) if self.plan and self.plan.overloaded else long_run_waits(known)
        return replace(known, truth=replace(known.truth, waits=waits))


@dataclass(frozen=True)
class HireCell(Cell):
    """An onboarding of new people; `children`: every step is an issue of its own."""

    children: bool = False

    def world(self, seed: int) -> World:
        """A stream of this kind."""
        hires = onboarding(seed, children=self.children)
        truth = Truth({}, {}, 0.0, (), (), required=hires.truth.hard)
        stream, window = hires.stream, hires.window
        return World(self.movers, self.noisy, seed, stream, stream, hires.records, window, truth)


@dataclass(frozen=True)
class ResultCell(Cell):
    """Nothing but key results. `looks_back`: weeks that values are means over; `late`: all effect comes late."""

    looks_back: int = 0
    late: bool = False

    def world(self, seed: int) -> World:
        """Key results of this kind, and a stream that nothing is asked about."""
        results = series(seed, looks_back=self.looks_back, late=self.late)
        truth = Truth({}, {}, 0.0, (), (), results=results)
        window = Window(start=BEGINNING, end=BEGINNING + timedelta(weeks=WEEKS))
        return World(self.movers, self.noisy, seed, NO_STREAM, NO_STREAM, Records.of([], [], [], []), window, truth)


@dataclass(frozen=True)
class FutureCell(Cell):
    """A team of which is known what each change that it could make would really do."""

    def world(self, seed: int) -> World:
        """A stream of this kind."""
        known = super().world(seed)
        return replace(known, truth=replace(known.truth, effects=true_effects(seed, self.plan or Plan())))


def _in_the_end(known: World, cell: Cell) -> dict[str, float]:
    """Median days of the visits of the window's approvals, watched for three times as long."""
    longer = world(known.seed, cell.movers, noisy=cell.noisy, weeks=3 * cell.weeks, plan=cell.plan)
    approvals = [state for state, what in known.truth.stations.items() if what is Station.APPROVAL]
    stays = stays_of(longer, until=known.window.end)
    return {state: median(stays[state]) for state in approvals if stays[state]}


SHORT = {Movers.OWN: "own", Movers.DEVELOPER: "developer", Movers.MIXED: "mixed", Movers.SCRIBE: "scribe"}
CELLS = tuple(
    Cell(f"{SHORT[movers]}-{'noisy' if noisy else 'clean'}", movers, noisy)
    for noisy in (False, True)
    for movers in Movers
)
HONEST = Cell("stamp-5%", Movers.OWN, noisy=False, plan=Plan(approval=True, stamps=0.05))
STAMPED = Cell("stamp-1%", Movers.OWN, noisy=False, plan=Plan(approval=True, stamps=0.01))
OVERLOADED = Cell("overloaded", Movers.OWN, noisy=False, plan=Plan(approval=True, overloaded=True), long_run=True)
LONG = Cell("long run", Movers.OWN, noisy=False, plan=Plan(approval=True), long_run=True)
STEADY = Cell("steady", Movers.OWN, noisy=False, weeks=84)
CHANGED = Cell("changed", Movers.OWN, noisy=False, plan=Plan(approval=True, change=Change(week=40, factor=3)), weeks=84)
HIRES = (
    HireCell("hires-cases", Movers.OWN, noisy=False),
    HireCell("hires-issues", Movers.OWN, noisy=False, children=True),
)
FORESEEN = FutureCell(
    "foreseen",
    Movers.OWN,
    noisy=False,
    plan=Plan(approval=True, gate=True, deploy=True, loops=True, stamps=0.01, overloaded=False),
)
RESULTS = ResultCell("key results", Movers.OWN, noisy=False)
RESULTS_OF_FIGURES = ResultCell("key results, four weeks", Movers.OWN, noisy=False, looks_back=4)
LATE_RESULTS = ResultCell("key results, late", Movers.OWN, noisy=False, late=True)
EVERY = (
    *(*CELLS, HONEST, STAMPED, OVERLOADED, LONG, STEADY, CHANGED, *HIRES, FORESEEN),
    *(RESULTS, RESULTS_OF_FIGURES, LATE_RESULTS),
)

JUDGED = tuple(cell for cell in CELLS if cell.movers is not Movers.SCRIBE)
"""At least three of five moves are made by whoever did something, so that states can be told apart."""

JUDGED_NOISY = tuple(cell for cell in JUDGED if cell.noisy)
PUNCTUAL = tuple(cell for cell in CELLS if cell.movers in (Movers.OWN, Movers.DEVELOPER))
"""Cards are moved when it happens, so that times can be told; a scrum master enters it the next morning."""

CLEAN, NOISY = (tuple(cell for cell in PUNCTUAL if cell.noisy is noisy) for noisy in (False, True))
OWN = tuple(cell for cell in CELLS if cell.movers is Movers.OWN)
ANY_CLEAN, ANY_NOISY = (tuple(cell for cell in CELLS if cell.noisy is noisy) for noisy in (False, True))
LATE = tuple(cell for cell in CELLS if cell not in PUNCTUAL)
SCRIBE = tuple(cell for cell in CELLS if cell not in JUDGED)
