"""What messages are made of, and lines that several of them have. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.flow.findings.future import Future
from bot.flow.findings.trend import Trend
from bot.govern.key_results import KeyResultPart
from bot.govern.metrics import measured
from bot.govern.plan_part import PlanPart
from bot.govern.plan_words import standing
from bot.govern.realising import typically
from bot.govern.remarks import Remark
from bot.govern.stuck import Stuck
from bot.words import NBSP, amount, count, day, is_web, share, shortened, spelt, tame

LONGEST_TITLE = 80


@dataclass(frozen=True)
class Link:
    """A name that leads somewhere; nowhere without a url."""

    label: str
    url: str

    @property
    def leads(self) -> bool:
        return is_web(self.url)


@dataclass(frozen=True)
class Strong:
    text: str


@dataclass(frozen=True)
class Member:
    """Somebody of the Slack workspace, by id."""

    id: str


Part = str | Link | Strong | Member


@dataclass(frozen=True)
class Line:
    """One line of a list."""

    parts: tuple[Part, ...]

    @property
    def plain(self) -> str:
        return plain(self.parts)

    @property
    def subject(self) -> str:
        """What it is about: the item or the name that it begins with, or all it says."""
        first = self.parts[0] if self.parts else ""
        return self.plain if isinstance(first, str) else plain([first])


@dataclass(frozen=True)
class Section:
    title: str
    lines: tuple[Line, ...]


def line(*parts: Part) -> Line:
    return Line(parts)


def plain(parts: Sequence[Part]) -> str:
    """Without links and type."""
    return "".join(_plain(part) for part in parts)


def _plain(part: Part) -> str:
    match part:
        case Link():
            return part.label
        case Strong():
            return part.text
        case Member():
            return "a member of the team"
    return part


def title_of(text: str) -> str:
    """What somebody called an item, fit to stand in a line."""
    return tame(shortened(tame(text), LONGEST_TITLE))


def joined(things: Sequence[Sequence[Part]]) -> tuple[Part, ...]:
    """With commas between, and a word before the last."""
    found: list[Part] = []
    for number, parts in enumerate(things):
        if number:
            found.append(" and " if number == len(things) - 1 else ", ")
        found.extend(parts)
    return tuple(found)


def trend_lines(trends: Sequence[Trend]) -> Iterator[Line]:
    """Lead time and throughput, where there is enough to compare; what chance may explain is no news and said so."""
    for trend in trends:
        if trend.before is None or trend.after is None or trend.metric not in ("lead_time", "throughput"):
            continue
        if trend.metric == "lead_time":
            name, figures = "Lead time", f"half of the items within {spelt(trend.after)}, before {spelt(trend.before)}"
        else:
            name, figures = "Throughput", f"{amount(trend.after)} items a week, before {amount(trend.before)}"
        yield line(Strong(f"{name}, last {count(trend.weeks_after, 'week')}:"), f" {figures}: {_verdict_of(trend)}.")


def _verdict_of(trend: Trend) -> str:
    if trend.verdict not in ("better", "worse"):
        return "no different, as far as can be told"
    return f"{trend.verdict}, by more than chance explains{_by(trend)}"


def _by(trend: Trend) -> str:
    """How much, as an interval of one sign."""
    if trend.low is None or trend.high is None or trend.low * trend.high <= 0:
        return ""
    least, most = sorted((abs(trend.low), abs(trend.high)))
    return f" ({share(least)} to {share(most)} {'more' if trend.low > 0 else 'less'})"


def key_result_line(part: KeyResultPart, verdict: str | None = None) -> Line:
    """Where it stands, how far that is, and what the odds say; without a value why.

    `verdict`: by other thresholds than the usual ones.
    """
    said = _verdict(part, verdict or part.verdict)
    name, metric = Strong(f"{part.name}:"), part.metric
    if part.value is None or part.progress is None:
        missing = f"{part.metric} has no value in these weeks" if part.metric and part.elapsed else part.reason
        return line(name, f" {missing}.")
    value, baseline, target = (measured(metric, number) for number in (part.value, part.baseline, part.target))
    if part.progress >= 1:
        return line(name, f" at its target. Now {value}, the target is {target}; {said}.")
    way = f"{share(part.progress)} of the way" if part.progress > 0 else "no step nearer"
    return line(name, f" now {value}, {way} from {baseline} to {target}; {_gone(part)}; {said}.")


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


def plan_line(part: PlanPart, timezone: str, future: Future | None = None, taken: Sequence[Part] = ()) -> Line:
    """How it stands, whose it is, and against which waste; before it starts also what it would do, if that is told."""
    told = standing(part, timezone)
    if part.status == "planned" and future and future.effect:
        told += f"; it would take {typically(future.effect.typical)}"
    return line(Strong(f"{part.name}:"), f" {told}; {part.owner}, against {part.waste}.", *taken)


def stuck_line(one: Stuck, taken: Sequence[Part] = ()) -> Line:
    """Where it waits, for how long, how long others do, and who can free it."""
    compare = f", where 85{NBSP}% wait less than {spelt(one.usual)}" if one.usual else ""
    told = f" {title_of(one.title)}: {one.where} for {spelt(one.waited)}{compare}; {one.freed}."
    return line(Link(one.item, one.url), told, *taken)


def took(said: Remark | None, timezone: str) -> tuple[Part, ...]:
    """Who takes it, as the end of a line."""
    return (" ", Member(said.by), f" took it on {day(said.at, timezone)}.") if said else ()
