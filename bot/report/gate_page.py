"""What a gate decides on, as one HTML file without network, script or font of somebody else's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from bot.govern.gate_words import decisions, doubts, figures, thresholds, when
from bot.govern.gates import Pack
from bot.govern.key_results import KeyResultPart
from bot.govern.metrics import measured
from bot.govern.plan_part import PlanPart
from bot.govern.plan_words import standing
from bot.report.outlook_text import trend_rows
from bot.words import UNKNOWN, count, day, share

WIDTH, HEIGHT, RIM = 120.0, 36.0, 3.0


@dataclass(frozen=True)
class Curve:
    """Weekly values as points of a picture, and where the target lies in it; `words` for those who hear it."""

    points: str
    target: str
    words: str


@dataclass(frozen=True)
class Part:
    """A section of the page: sentences, each with what it is about, then a table."""

    title: str
    lines: Sequence[tuple[str, str]] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str | Curve]] = ()


def gate_page(pack: Pack) -> str:
    """The page. Whatever people wrote is escaped."""
    gate, zone = pack.gate, pack.window.timezone
    return _template().render(
        title=f"{gate.name} · {pack.stream}",
        subtitle=f"{gate.day:%d %b %Y} ({when(gate)}), as known on {day(pack.seen, zone)}",
        verdict=gate.verdict,
        reason=gate.reason,
        thresholds=thresholds(gate, zone),
        sections=[part for part in _parts(pack) if part.lines or part.rows],
        footer=f"{doubts(pack)} Elapsed time, {zone}; unknown is {UNKNOWN}.",
    )


def _template() -> Template:
    found = Environment(loader=PackageLoader("bot.report"), autoescape=True, undefined=StrictUndefined)
    return found.get_template("gate.html")


def _parts(pack: Pack) -> Iterator[Part]:
    known = {part.name: part for part in pack.key_results}
    results = [_key_result(known[one.key_result], one.verdict) for one in pack.gate.key_results]
    unsaid = [one for one in pack.gate.key_results if one.reason not in pack.gate.reason]
    reasons = [(f"{one.key_result}:", f"{one.verdict}; {one.reason}.") for one in unsaid]
    columns = ("", "verdict", "odds", "by week", "from", "now", "to", "way", "pace")
    yield Part("Key results", lines=reasons, columns=columns, rows=results)
    yield Part("The stream", lines=tuple(figures(pack)))
    yield Part("Changes, and what came of them", lines=[_change(part, pack.window.timezone) for part in pack.plan])
    trend = tuple(trend_rows(pack.trend))
    yield Part("Better or worse?", columns=("", "before", "now", "change", "verdict", "how sure"), rows=trend)
    yield Part("Decided so far", lines=tuple(decisions(pack.gate, pack.window.timezone)))


def _key_result(part: KeyResultPart, verdict: str) -> Sequence[str | Curve]:
    baseline, value, target = (measured(part.metric, number) for number in (part.baseline, part.value, part.target))
    pace = UNKNOWN if part.pace is None else f"{part.pace:.2f}"
    way, odds = share(part.progress), share(part.probability)
    return (part.name, verdict, odds, _curve(part), baseline, value, target, way, pace)


def _curve(part: KeyResultPart) -> Curve:
    """From the baseline on; the target is the dashed line."""
    values = [part.baseline, *(reading.value for reading in part.weeks if reading.value is not None)]
    low, high = min(*values, part.target), max(*values, part.target)
    span = (high - low) or 1.0

    def height(value: float) -> float:
        return RIM + (HEIGHT - 2 * RIM) * (high - value) / span

    step = (WIDTH - 2 * RIM) / max(len(values) - 1, 1)
    points = " ".join(f"{RIM + n * step:.1f},{height(value):.1f}" for n, value in enumerate(values))
    name = part.metric
    last, target = measured(name, part.value), measured(name, part.target)
    words = f"{count(len(values) - 1, 'weekly value')}, the last {last}, the target {target}"
    return Curve(points if len(values) > 1 else "", f"{height(part.target):.1f}", words)


def _change(part: PlanPart, timezone: str) -> tuple[str, str]:
    told = standing(part, timezone)
    return f"{part.name}:", f"{told}; {part.owner}, against {part.waste}, due {part.due:%Y-%m-%d}."
