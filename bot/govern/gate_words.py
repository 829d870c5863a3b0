"""What a gate decides on, in words that the terminal, the page and the message share.

What stands on a line of its own is a pair: what it is about, perhaps nothing, and a sentence.
"""

from collections.abc import Iterator

from bot.govern.gates import GatePart, Pack
from bot.words import NBSP, amount, between, count, day, duration, share


def when(gate: GatePart) -> str:
    """How far away its day is."""
    if gate.days_left == 0:
        return "today"
    days = count(abs(gate.days_left), "day")
    return f"in {days}" if gate.days_left > 0 else f"{days} ago"


def thresholds(gate: GatePart, timezone: str) -> str:
    """By which odds it decides, and since when that is written down."""
    since = f", written down since {day(gate.since, timezone)}" if gate.since else ""
    return f"Continue from odds of {share(gate.continue_at)}, stop below {share(gate.stop_below)}{since}."


def figures(pack: Pack) -> Iterator[tuple[str, str]]:
    """How the stream does, and the largest waste to remove."""
    lead, ratio = pack.lead_time, pack.value_added_ratio
    times = f"half within {duration(lead.p50)}, 85{NBSP}% within {duration(lead.p85)}"
    delivered = f"{count(pack.items.arrived, 'item')} delivered in {count(round(pack.window.weeks), 'week')}, {times}"
    added = f"value was added in {between(ratio.low, ratio.high)} of the time"
    yield "", f"{delivered}; {pack.wip} under way; {added}."
    if largest := pack.gate.removable:
        cost = f"{amount(largest.cost_per_week)} item-days a week"
        yield "Largest waste to remove:", f"{largest.waste} in {largest.what}, {cost}."


def decisions(gate: GatePart, timezone: str) -> Iterator[tuple[str, str]]:
    """What was recorded on its day, and whether the record is as it was."""
    for one in gate.recorded:
        doubt = "" if one.intact else " THIS RECORD IS NOT AS IT WAS: look at gemba gate history."
        yield f"{day(one.at, timezone)}:", f"{one.decision}, because {one.reason}.{doubt}"


def doubts(pack: Pack) -> str:
    """How many there are of each kind."""
    told = ", ".join(f"{kind} ({number})" for kind, number in pack.doubts.items()) or "none"
    return f"Doubts about the data: {told}."
