"""What was found in a demo of the waste that its stream is known for, in sentences with figures of the analysis."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.demo.folder import FIRST
from bot.demo.onboarding import ACCOUNTS, LAPTOP, ORDER, WORKPLACE
from bot.flow.findings.analysis import Analysis
from bot.flow.findings.stations import Cadence
from bot.flow.queues.configured import appointments
from bot.words import between, count, duration, share

EQUIPMENT = {ACCOUNTS, ORDER, LAPTOP, WORKPLACE}

Told = Callable[[Sequence[Analysis]], Iterator[str]]


def known_for(preset: str, documents: Sequence[Analysis]) -> list[str]:
    """Of its streams, as they stand in the configuration; what was not found is not said."""
    return list(TOLD[preset](documents))


def _of_software(documents: Sequence[Analysis]) -> Iterator[str]:
    document = documents[0]
    for loop in [loop for loop in document.loops if loop.origin == "Testing"][:1]:
        cost = duration(loop.cost / loop.items) if loop.items else ""
        yield f"Testing sent work back to {loop.back_to} {count(loop.count, 'time')}; that cost an item {cost}."
    for queue in [queue for queue in document.queues if queue.stage == "Design approval" and queue.batching]:
        yield (
            f"Design approval takes half of the items {duration(queue.wait.p50)}, since it is given on "
            f"{queue.batching}; {count(queue.waiting, 'item waits', 'items wait')} for it now."
        )
    for station in document.stations:
        if station.stage == "Ready to deploy" and station.cadence:
            days = next(stage.wait_time for stage in document.stages if stage.name == "Ready to deploy")
            yield f"What is tested waits {duration(days)} to be deployed, since that is done {_on(station.cadence)}."


def _on(cadence: Cadence) -> str:
    return f"on {appointments(cadence)}" if cadence.weekdays else f"at the {appointments(cadence)}"


def _of_onboarding(documents: Sequence[Analysis]) -> Iterator[str]:
    document = documents[0]
    sequences, lateness, uneven = document.sequences, document.lateness, document.uneven
    free = [pair for pair in sequences.pairs if pair.tier == "parallel"] if sequences else []
    most = duration(sequences.gain.p50) if sequences and sequences.gain else None
    for pair in [pair for pair in free if {pair.first, pair.then} <= EQUIPMENT][:1]:
        yield f'"{pair.then}" waits for "{pair.first}", which it does not need{_shorter(most)}.'
    for step in lateness.steps[:1] if lateness else ():
        yield (
            f'"{step.step}" was finished after the first day in {step.late} of {step.n} cases, '
            f"half of them {duration(step.avoidable)} later than it could have been."
        )
    for place in [place for place in uneven.places if place.uneven][:1] if uneven else ():
        yield f'"{place.place}" depends on the department: {place.reason}'


def _shorter(most: str | None) -> str:
    return f"; if what can be is done in parallel, half of the cases are up to {most} shorter" if most else ""


def _of_strategy(documents: Sequence[Analysis]) -> Iterator[str]:
    strategy, teams = documents
    cascade, serving = strategy.cascade, teams.serving
    if cascade is None:
        return
    lag = cascade.lag_first
    yield (
        f"From decided to the first work on it half of the initiatives take {duration(lag.p50)}; "
        f"{count(lag.waiting, 'of them still waits', 'of them still wait')}."
    )
    if cascade.without_items:
        yield f"Nothing lies under {count(len(cascade.without_items), 'decided initiative')}, not even an epic."
    if serving and serving.nothing:
        part = serving.nothing.finished
        yield f"Of {part.whole} stories that were finished {part.part} ({share(part.share)}) serve no goal."


def _of_gates(documents: Sequence[Analysis]) -> Iterator[str]:
    document = documents[0]
    for gate in [gate for gate in document.stage_gates if gate.origin == "configured"]:
        yield (
            f"{gate.gate}: {gate.queue:.0f} item-days of waiting, {gate.preparation or 0:.0f} of getting ready for it, "
            f"{gate.rework:.0f} of doing again what it sent back; together {share(gate.share)} of all time."
        )
    for queue in document.queues:
        if queue.batching and queue.cost:
            part = share(queue.causes.batching / queue.cost)
            yield f"{part} of the wait for the {queue.stage.lower()} is for its next meeting ({queue.batching})."
    for gate in document.stage_gates:
        if gate.sprint_share:
            between_them = between(gate.sprint_low, gate.sprint_high)
            yield f"Sprints spend {between_them} of their items' time on waiting until the {gate.gate.lower()} meets."


TOLD: Mapping[str, Told] = {
    FIRST: _of_software,
    "hr-onboarding": _of_onboarding,
    "strategic-planning": _of_strategy,
    "stage-gate": _of_gates,
}
