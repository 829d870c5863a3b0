"""Steps and cascades on a terminal: what could run in parallel, what was late, what differs, what no work reached."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.flow.findings.sequences import Gain, Pair
from bot.flow.findings.uneven import GroupFigure, Measure, Unevenness
from bot.govern.document import Document
from bot.words import amount, between, count, duration, share

Part = tuple[str, Sequence[str], Iterable[Sequence[str]]]
"""A table: title, columns, rows."""

MOST_PAIRS, MOST_INITIATIVES, MOST_PLACES = 6, 8, 8
ADVICE = {
    "parallel": "can run in parallel",
    "ask": "must it wait? ask its owner",
    "same performer": "one performer; only the order is free",
    "hard": "must wait",
}

MEASURED: Mapping[Measure, str] = {"takes": "half within", "in time": "finished in time"}


def steps_parts(document: Document) -> tuple[Part, ...]:
    """Tables with no rows say nothing."""
    columns = ("step", "late", "half of them by", "avoidable", "begin before", "")
    lags = ("", "half within", "85 % within", "not yet")
    return (
        (_sequences_title(document), ("first", "then", "", "otherwise", "saves"), _pairs(document)),
        (_lateness_title(document), columns, _late(document)),
        (_uneven_title(document), ("", "by group, the best first", "behind the best", ""), _uneven(document)),
        ("From decided to worked on", lags, _lags(document)),
        (_never_title(document), ("", "", "decided", "items", "checkpoints missed"), _never(document)),
    )


def _sequences_title(document: Document) -> str:
    found = document.sequences
    if found is None or found.gain is None or found.gain_if_confirmed is None:
        return "Steps in sequence"
    return f"Steps in sequence: {_gain(found.gain)} shorter; if owners agree, {_gain(found.gain_if_confirmed)}"


def _gain(gain: Gain) -> str:
    if gain.p50_low is None:
        return f"half of the cases at most {duration(gain.p50)}"
    return f"half of the cases at most {duration(gain.p50)} ({duration(gain.p50_low)} to {duration(gain.p50_high)})"


def _pairs(document: Document) -> Iterator[Sequence[str]]:
    for pair in document.sequences.pairs[:MOST_PAIRS] if document.sequences else ():
        yield pair.first, pair.then, ADVICE[pair.tier], _otherwise(pair), duration(pair.saves)


def _otherwise(pair: Pair) -> str:
    return f"{pair.deviating} of {pair.n}"


def _lateness_title(document: Document) -> str:
    found = document.lateness
    if found is None:
        return ""
    ready = found.ready
    return (
        f"Ready at {found.anchor.partition(':')[2] or found.anchor}: {share(ready.share)} of {count(ready.n, 'case')}"
    )


def _late(document: Document) -> Iterator[Sequence[str]]:
    found = document.lateness
    for part in found.steps if found else ():
        before = "" if part.recommended is None else f"{duration(-part.recommended)} ahead"
        yield (
            part.step,
            f"{part.late} of {part.n}",
            duration(part.lateness.p50),
            duration(part.avoidable),
            before,
            part.reason,
        )
    if found and found.reason:
        yield "", "", "", "", "", found.reason


def _uneven_title(document: Document) -> str:
    found = document.uneven
    uneven = sum(place.uneven for place in found.places) if found else 0
    return f"Between groups: {uneven} of {count(len(found.places), 'figure')} uneven" if found else ""


def _uneven(document: Document) -> Iterator[Sequence[str]]:
    """What differs; where nothing does, that."""
    found = document.uneven
    for place in [place for place in found.places if place.uneven][:MOST_PLACES] if found else ():
        groups = ", ".join(_of_group(figure, place) for figure in place.groups)
        sure = f"more than chance explains ({place.grade}); ask {place.groups[0].group} how they do it"
        yield f"{place.place}, {MEASURED[place.measure]}", groups, _behind(place), sure
    if found and found.places and not any(place.uneven for place in found.places):
        yield "", f"{', '.join(found.groups)}: nothing differs by more than chance explains.", "", ""
    if found and found.reason:
        yield "", found.reason, "", ""


def _of_group(figure: GroupFigure, place: Unevenness) -> str:
    told = duration if place.measure == "takes" else share
    return f"{figure.group} {told(figure.value)} ({figure.n})"


def _behind(place: Unevenness) -> str:
    days = place.measure == "takes"
    return f"{amount(place.beyond)} item-days" if days else count(round(place.beyond or 0), "item")


def _lags(document: Document) -> Iterator[Sequence[str]]:
    found = document.cascade
    if found is None:
        return
    lags = (
        ("first work", found.lag_first),
        ("half of the parts", found.lag_half),
        ("four of five parts", found.lag_most),
    )
    for name, lag in lags:
        yield name, duration(lag.p50), duration(lag.p85), str(lag.waiting)
    for level in found.levels:
        yield level.level, duration(level.p50), duration(level.p85), str(level.waiting)
    aligned = between(found.alignment.low, found.alignment.high)
    yield "share of work under decided initiatives", aligned, "", ""


def _never_title(document: Document) -> str:
    found = document.cascade
    if found is None or not found.checkpoints_missed.whole:
        return "Decided, and no work since"
    missed = found.checkpoints_missed
    told = f"{missed.part} of {count(missed.whole, 'checkpoint')} missed"
    return f"Decided, and no work since; every two weeks something should happen: {told}"


def _never(document: Document) -> Iterator[Sequence[str]]:
    found = document.cascade
    for part in (found.items if found else ())[:MOST_INITIATIVES]:
        if part.first is None:
            missed = f"{part.missed} of {part.checkpoints}"
            yield part.item, part.title, f"{duration(part.waited)} ago", str(part.leaves), missed
