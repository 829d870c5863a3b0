"""Lines that several messages have: of a comparison, a key result, a planned change. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.flow.findings.future import Future
from bot.flow.findings.trend import Trend
from bot.govern.key_results import KeyResultPart
from bot.govern.metrics import measured
from bot.govern.plan_part import PlanPart
from bot.govern.plan_words import standing
from bot.govern.realising import typically
from bot.words import amount, count, duration, share


@dataclass(frozen=True)
class Line:
    """One line of a list: perhaps a link first, then words."""

    text: str
    link: str | None = None
    label: str = ""
    strong: str = ""


@dataclass(frozen=True)
class Section:
    title: str
    lines: tuple[Line, ...]


def trend_lines(trends: Sequence[Trend]) -> Iterator[Line]:
    """Lead time and throughput, where there is enough to compare; what chance may explain is no news and said so."""
    for trend in trends:
        if trend.before is None or trend.after is None or trend.metric not in ("lead_time", "throughput"):
            continue
        if trend.metric == "lead_time":
            name, figures = "Lead time", f"half within {duration(trend.after)}, before {duration(trend.before)}"
        else:
            name, figures = "Throughput", f"{amount(trend.after)} a week, before {amount(trend.before)}"
        real = trend.verdict in ("better", "worse")
        sure = f"{trend.verdict}, by more than chance explains" if real else "no different, as far as can be told"
        yield Line(f" {figures}: {sure}.", strong=f"{name}, last {count(trend.weeks_after, 'week')}:")


def key_result_line(part: KeyResultPart, verdict: str | None = None) -> Line:
    """Where it stands, how far that is, and what the odds say; without a value why.

    `verdict`: by other thresholds than the usual ones.
    """
    said = _verdict(part, verdict or part.verdict)
    name, metric = f"{part.name}:", part.metric
    if part.value is None or part.progress is None:
        missing = f"{part.metric} has no value in these weeks" if part.metric and part.elapsed else part.reason
        return Line(f" {missing}.", strong=name)
    value, baseline, target = (measured(metric, number) for number in (part.value, part.baseline, part.target))
    if part.progress >= 1:
        return Line(f" at its target. Now {value}, the target is {target}; {said}.", strong=name)
    way = f"{share(part.progress)} of the way" if part.progress > 0 else "no step nearer"
    return Line(f" now {value}, {way} from {baseline} to {target}; {_gone(part)}; {said}.", strong=name)


def _verdict(part: KeyResultPart, verdict: str) -> str:
    """The odds with the verdict, or why there is none."""
    if part.probability is None:
        return f"too early to tell ({part.reason})"
    if part.elapsed >= 1:
        return part.reason
    return f"odds {share(part.probability)}: {verdict}"


def _gone(part: KeyResultPart) -> str:
    if not part.elapsed:
        return f"{part.quarter} has not begun"
    return f"{part.quarter} is over" if part.elapsed >= 1 else f"{share(part.elapsed)} of {part.quarter} is gone"


def plan_line(part: PlanPart, timezone: str, future: Future | None = None) -> Line:
    """How it stands, whose it is, and against which waste; before it starts also what it would do, if that is told."""
    told = standing(part, timezone)
    if part.status == "planned" and future and future.effect:
        told += f"; it would take {typically(future.effect.typical)}"
    return Line(f" {told}; {part.owner}, against {part.waste}.", strong=f"{part.name}:")
