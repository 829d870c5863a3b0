"""Pack -> Digest: what a gate decides on, as the message that is there before the meeting. Pure."""

from collections.abc import Iterator

from bot.digest.compose import Digest
from bot.digest.lines import Line, Section, key_result_line, plan_line, trend_lines
from bot.govern.gates import GatePart, Pack
from bot.words import NBSP, amount, between, count, day, duration, share


def compose_pack(pack: Pack) -> Digest:
    """Verdict first, then the outcomes it rests on, what changed, what was promised and came, and what is largest."""
    gate, zone = pack.gate, pack.window.timezone
    sections = (
        Section("What decides", tuple(_judged(pack))),
        Section("The stream", tuple(_figures(pack))),
        Section("Changes, and what came of them", tuple(plan_line(part, zone) for part in pack.plan)),
        Section("Better or worse than before", tuple(trend_lines(pack.trend))),
        Section("Decided so far", tuple(_recorded(gate))),
    )
    return Digest(
        title=f"{pack.stream}: {gate.name}, {gate.day:%d %b %Y}",
        subtitle=f"{when(gate)}, as known on {day(pack.seen, zone)}",
        headline=f"The thresholds say {gate.verdict}: {gate.reason}. People decide.",
        sections=tuple(section for section in sections if section.lines),
        footer=_footer(pack),
    )


def when(gate: GatePart) -> str:
    """How far away its day is."""
    if gate.days_left == 0:
        return "Today"
    days = count(abs(gate.days_left), "day")
    return f"In {days}" if gate.days_left > 0 else f"{days} ago"


def _judged(pack: Pack) -> Iterator[Line]:
    known = {part.name: part for part in pack.key_results}
    for one in pack.gate.key_results:
        yield key_result_line(known[one.key_result], one.verdict)
    gate = pack.gate
    since = f", written down since {day(gate.since, pack.window.timezone)}" if gate.since else ""
    yield Line(f"Continue from odds of {share(gate.continue_at)}, stop below {share(gate.stop_below)}{since}.")


def _figures(pack: Pack) -> Iterator[Line]:
    lead, ratio = pack.lead_time, pack.value_added_ratio
    yield Line(
        f"{count(pack.items.arrived, 'item')} delivered in {count(round(pack.window.weeks), 'week')}, half within "
        f"{duration(lead.p50)}, 85{NBSP}% within {duration(lead.p85)}; {pack.wip} under way; value was added in "
        f"{between(ratio.low, ratio.high)} of the time."
    )
    if largest := pack.gate.removable:
        yield Line(
            f" {largest.waste} in {largest.what}, {amount(largest.cost_per_week)} item-days a week.",
            strong="Largest waste to remove:",
        )


def _recorded(gate: GatePart) -> Iterator[Line]:
    for one in gate.recorded:
        doubt = "" if one.intact else " THE RECORD IS NOT AS IT WAS: look at gemba gate history."
        yield Line(f" {one.decision}, because {one.reason}.{doubt}", strong=f"{one.at:%Y-%m-%d}:")


def _footer(pack: Pack) -> str:
    if not pack.doubts:
        return "No doubts about the data."
    return f"Doubts about the data: {', '.join(f'{kind} ({number})' for kind, number in pack.doubts.items())}."
