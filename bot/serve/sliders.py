"""What can be slid in the future state: each slider is one kind of change at one place, in steps from `as it is`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from bot.flow.findings.analysis import Analysis
from bot.flow.findings.queues import Queue
from bot.flow.findings.stations import Cadence
from bot.flow.future.changes import (
    Attention,
    Change,
    Deploy,
    FewerReturns,
    GateCadence,
    Parallel,
    Planned,
    Removal,
    TimeBox,
    as_written,
    days_in_words,
)
from bot.flow.future.suggest import suggested
from bot.flow.model import Stream, Weekday
from bot.flow.queues.discovered import cadences
from bot.words import duration, share

BOXES = tuple(timedelta(hours=hours) for hours in (240, 168, 120, 96, 72, 48, 36, 24, 12, 8, 4))
TIMES = (1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
TENTHS = tuple(n / 10 for n in range(1, 11))
FIFTHS = (0.2, 0.4, 0.6, 0.8, 1.0)
AS_IT_IS = "as it is"


@dataclass(frozen=True)
class Step:
    """A place of the slider: in words, and the change it stands for; None: nothing is changed."""

    words: str
    change: Change | None = None


@dataclass(frozen=True)
class Slider:
    """`key`: its name in an address; `steps` begin with what is."""

    key: str
    place: str
    label: str
    waste: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Group:
    """All that can be changed at one place."""

    place: str
    sliders: tuple[Slider, ...]


class NoSuchStep(Exception):
    """A slider stands where it cannot stand."""


def sliders(analysis: Analysis, stream: Stream) -> list[Slider]:
    """Of every approval, of deployments, and of what findings ask for; nothing that is forbidden or cannot be."""
    found = {slider.key: slider for slider in _possible(analysis, stream)}
    return [slider for slider in found.values() if _is_known(slider, stream)]


def grouped(every: Iterable[Slider]) -> list[Group]:
    """By place, in the order in which the places come first."""
    places: dict[str, list[Slider]] = {}
    for slider in every:
        places.setdefault(slider.place, []).append(slider)
    return [Group(place, tuple(some)) for place, some in places.items()]


def positions(every: Sequence[Slider], asked: Mapping[str, str]) -> dict[str, int]:
    """Where each slider stands. Raises NoSuchStep."""
    found = {}
    for slider in every:
        text = asked.get(slider.key, "0")
        if not (text.isascii() and text.isdigit() and len(text) < 4 and int(text) < len(slider.steps)):
            raise NoSuchStep(f"{slider.place}: {slider.label} stands from 0 to {len(slider.steps) - 1}")
        found[slider.key] = int(text)
    return found


def planned(every: Sequence[Slider], at: Mapping[str, int]) -> list[Planned]:
    """The changes that the sliders stand for."""
    changes = [slider.steps[at[slider.key]].change for slider in every]
    return [Planned(change.words, change) for change in changes if change is not None]


def step_of(every: Iterable[Slider], written: Mapping[str, object]) -> tuple[str, int] | None:
    """The slider, and where it stands for a change as it is written; None where no slider does."""
    for slider in every:
        for n, step in enumerate(slider.steps):
            if step.change is not None and as_written(step.change) == written:
                return slider.key, n
    return None


def _possible(analysis: Analysis, stream: Stream) -> Iterator[Slider]:
    gates = cadences(analysis.stations)
    asked = list(suggested(analysis, stream))
    for queue in analysis.queues:
        yield from _of_queue(queue, gates.get(queue.stage), stream, asked)
    for place, same in groupby((c for c in asked if isinstance(c, Deploy)), key=lambda change: change.deploy):
        yield _slider("deploy", place, "Deployed", [(_how_deployed(change), change) for change in same])
    for change in asked:
        if isinstance(change, FewerReturns):
            fewer = [(f"{share(by)} less", FewerReturns(rework=change.rework, by=by)) for by in TENTHS]
            yield _slider("rework", change.rework, "Sends back", fewer)
        if isinstance(change, Parallel):
            together = " and ".join(change.parallel)
            yield _slider("parallel", together, "Begin", [("together", change)])


def _of_queue(queue: Queue, cadence: Cadence | None, stream: Stream, asked: Sequence[Change]) -> Iterator[Slider]:
    place = queue.stage
    limits = {*BOXES, *(change.at for change in asked if isinstance(change, TimeBox) and change.cap == place)}
    boxes = [(duration(at / timedelta(days=1)), TimeBox(cap=place, at=at)) for at in sorted(limits, reverse=True)]
    yield _slider("cap", place, "Answers within", boxes)
    if cadence is not None and len(set(cadence.weekdays)) < len(stream.calendar.working_days):
        yield _slider("cadence", place, "Meets", _meetings(place, cadence, stream, asked))
    if cadence is None:
        often = [(f"{times:g} times as often", Attention(attention=place, times=times)) for times in TIMES]
        yield _slider("attention", place, "Is looked at", often)
    if any(isinstance(change, Removal) and change.remove == place for change in asked):
        without = [(f"for {share(part)}", Removal(remove=place, share=part)) for part in FIFTHS]
        yield _slider("remove", place, "Is left out", without)


def _meetings(place: str, cadence: Cadence, stream: Stream, asked: Sequence[Change]) -> list[tuple[str, Change]]:
    """On more and more days of the week."""
    mine = [c.on for c in asked if isinstance(c, GateCadence) and c.cadence == place and not isinstance(c.on, str)]
    days: tuple[Weekday, ...] = tuple(stream.calendar.working_days)
    every: list[tuple[Weekday, ...]] = [*mine, *([days[::2]] if len(cadence.weekdays) < len(days[::2]) else [])]
    told = [(days_in_words(on), GateCadence(cadence=place, on=on)) for on in every]
    return [*told, ("every day", GateCadence(cadence=place, on="daily"))]


def _how_deployed(change: Deploy) -> str:
    return "as soon as it is ready" if change.on is None else days_in_words(change.on)


def _slider(kind: str, place: str, label: str, changes: Sequence[tuple[str, Change]]) -> Slider:
    steps = (Step(AS_IT_IS), *(Step(words, change) for words, change in changes))
    return Slider(f"{kind}:{place}", place, label, changes[0][1].waste, steps)


def _is_known(slider: Slider, stream: Stream) -> bool:
    """Whether the stream has such a place."""
    try:
        for step in slider.steps:
            if step.change is not None:
                step.change.check(stream)
    except ValueError:
        return False
    return True
