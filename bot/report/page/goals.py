"""What is wanted and planned: key results, gates, the plan, sprints, steps; and what the data do not tell."""

from collections.abc import Iterable, Iterator, Sequence

from bot.govern.definitions import DEFINITIONS
from bot.govern.gate_words import decisions, thresholds, when
from bot.govern.gates import GatePart
from bot.govern.plan_words import standing
from bot.report.curve import COLUMNS, course
from bot.report.page.report import Report
from bot.report.parts import Folded, Lines, Part, Section, Strong, Table, Word, columns
from bot.report.sprints_text import MOST_SPRINTS, sprint_parts
from bot.report.steps_text import steps_parts
from bot.words import NBSP, UNKNOWN, count, signed_days

ON_THE_PAGE = (
    (f"Half within, 85{NBSP}% within", "half, and 85 of 100, took no longer."),
    (
        "How sure",
        "A: told by states and many items. B: by traces of work, or by fewer items. C: no more than a candidate.",
    ),
    (
        "Odds, way and pace",
        "how likely the target is reached, how far it is there, and that by how much of the time is gone.",
    ),
)


def goals(report: Report) -> Iterator[Section]:
    """Each only where there is something to tell."""
    yield _key_results(report)
    yield _plan(report)
    document = report.document
    of_sprints, of_steps = list(_behind_sprints(report)), list(_behind_steps(report))
    yield _tables("sprints", "Sprints", "Sprints, by key result", sprint_parts(document), of_sprints)
    yield _tables("steps", "Steps", "Steps and cascades", steps_parts(document), of_steps)
    yield _doubts(report)
    meant = [(Strong(f"{name}: "), said) for name, said in (*DEFINITIONS, *ON_THE_PAGE)]
    yield Section("words", "Words", "What the words mean", [Lines(meant)])


def _key_results(report: Report) -> Section:
    document = report.document
    names = (*COLUMNS, "because")
    told = [(part, part.verdict if part.sufficient else UNKNOWN) for part in document.key_results]
    rows = [(*course(part, verdict), part.reason) for part, verdict in told]
    gates = [line for gate in document.gates for line in _gate(gate, report.zone)]
    return Section(
        "goals", "Key results", "Key results and gates", [Table(names, rows, columns(2, 4, 5, 6, 7, 8)), Lines(gates)]
    )


def _gate(gate: GatePart, timezone: str) -> Iterator[Sequence[Strong | str]]:
    stands = (
        f"{gate.day:%d %b %Y} ({when(gate)}): {gate.verdict}, as it stands; {gate.reason}. {thresholds(gate, timezone)}"
    )
    yield Strong(f"{gate.name}, "), stands
    for at, decided in decisions(gate, timezone):
        yield Strong(f"Decided {at} "), decided


def _plan(report: Report) -> Section:
    rows = [
        (
            part.name,
            part.waste,
            part.owner,
            f"{part.due:%Y-%m-%d}",
            _predicted(report, part.name),
            standing(part, report.zone),
        )
        for part in report.document.plan
    ]
    names = ("change", "against", "owner", "due", "foreseen for a typical item", "how it stands")
    return Section("plan", "Plan", "The plan, predicted and realised", [Table(names, rows)])


def _predicted(report: Report, name: str) -> str:
    """What the replay of these weeks says that it would do, with its interval."""
    future = next((one for one in report.document.future if one.name == name), None)
    if future is None or future.effect is None:
        return UNKNOWN
    moved = future.effect.typical
    least = "at least " if future.at_least else ""
    return f"{least}{signed_days(moved.change)} ({signed_days(moved.low)} to {signed_days(moved.high)})"


def _tables(
    id_: str,
    short: str,
    title: str,
    parts: Sequence[tuple[str, Sequence[str], Iterable[Sequence[str]]]],
    behind: Sequence[Sequence[Word]],
) -> Section:
    """Tables of which some may have no rows, and the items behind them."""
    found: list[Part] = []
    for name, titles, rows in parts:
        if told := [tuple(row) for row in rows]:
            found.append(Table(titles, told, title=name))
    if found and behind:
        found.append(Folded("The items behind these figures", [Lines(behind)]))
    return Section(id_, short, title, found)


def _behind_sprints(report: Report) -> Iterator[Sequence[Word]]:
    document = report.document
    for sprint in document.sprints.sprints[-MOST_SPRINTS:] if document.sprints else ():
        if sprint.remaining:
            yield Strong(f"{sprint.name}, left over: "), *report.named(sprint.remaining), "."
    if document.serving and document.serving.disconnected:
        yield Strong("Finished, and serve no key result: "), *report.named(document.serving.disconnected), "."
    for gate in document.stage_gates:
        for one in gate.sprints:
            if one.held:
                yield Strong(f"In {gate.gate} when {one.sprint} ended: "), *report.named(one.held), "."


def _behind_steps(report: Report) -> Iterator[Sequence[Word]]:
    late, cascade, uneven = report.document.lateness, report.document.cascade, report.document.uneven
    if late and late.not_ready:
        yield Strong(f"Not ready at {late.anchor}: "), *report.named(late.not_ready), "."
    for step in late.steps if late else ():
        if step.items:
            yield Strong(f"{step.step}, late: "), *report.named(one.item for one in step.items), "."
    for place in uneven.places if uneven else ():
        if place.items:
            behind = "takes longer" if place.measure == "takes" else "not in time"
            yield Strong(f"{place.place}, {behind} than in {place.groups[0].group}: "), *report.named(place.items), "."
    if cascade and cascade.without_items:
        yield Strong("Decided, and nothing lies under them: "), *report.named(cascade.without_items), "."
    if cascade and cascade.never_connected:
        yield Strong("Decided, and no work was ever traced on them: "), *report.named(cascade.never_connected), "."


def _doubts(report: Report) -> Section:
    doubts = report.document.doubts
    rows = [
        (
            doubt.kind,
            f"{doubt.detail}.",
            report.named(doubt.items),
            ", ".join(touched.replace("_", " ") for touched in doubt.touches),
        )
        for doubt in doubts
    ]
    said = f"{count(len(doubts), 'doubt')} about the data." if doubts else "None."
    return Section(
        "doubts", "Doubts", "What the data do not tell", [Table(("kind", "doubt", "items", "bears on"), rows)], said
    )
