"""What the figures of an approval queue come to, in a sentence or two."""

from collections.abc import Iterator

from bot.flow.findings.queues import Queue
from bot.words import NBSP, count, duration, share

MOST = 0.5
"""Share of the wait from which on a cause is the story."""

SHORT, LONG_BOX = 3.0, 30.0
"""Days: a shorter wait may be a matter of nights and weekends; a longer time-box is none."""


FEWEST = 5
"""Waits of which quantiles are told."""


def quantiles(queue: Queue) -> tuple[str, str]:
    """How long half and 85 % wait; unknown of a handful."""
    few = queue.wait.n < FEWEST
    return duration(None if few else queue.wait.p50), duration(None if few else queue.wait.p85)


def judgement(queue: Queue) -> str | None:
    """One or two sentences; None where there is nothing to say yet."""
    said = [text for text in (_why(queue), _besides(queue)) if text]
    return f"{queue.stage}: {'. '.join([said[0], *(s[0].upper() + s[1:] for s in said[1:])])}." if said else None


def main_cause(queue: Queue) -> str | None:
    """Most of the wait in a few words: 62 % of the wait is ...; None where nothing is, or too little was seen.

    Nights and weekends are three quarters of any week: of a long wait they are no cause, nobody looking is.
    """
    causes, whole = queue.causes, queue.cost
    if queue.grade == "C" or not whole:
        return None
    idle = causes.unavailability + causes.extraneous
    when = f" ({queue.batching})" if queue.batching else ""
    off = queue.wait.mean is not None and queue.wait.mean < SHORT and causes.unavailability / whole >= MOST
    named = [
        (causes.batching, f"batching{when}"),
        (causes.contention, "the approver being busy"),
        (causes.prioritisation, "later ones being taken first"),
        (causes.unavailability, "nights, weekends and absence") if off else (idle, "nobody looking, nights included"),
    ]
    spent, words = max(named)
    return f"{share(spent / whole)} of the wait is {words}" if spent / whole >= MOST else None


def _why(queue: Queue) -> str | None:
    """The main cause, and whether more approvers would help."""
    parts, use = [main_cause(queue)], queue.capacity
    if use and use.verdict:
        most = "" if use.verdict == "capacity" else "at most "
        taken = f"approving takes {most}{share(use.utilisation)} of the time"
        would = "would help" if use.verdict == "capacity" else "would not help"
        parts.append(f"{taken}, so more approvers {would}")
    return "; ".join(part for part in parts if part) or None


def _besides(queue: Queue) -> str | None:
    return "; ".join(list(_remarks(queue))[:2]) or None


def _remarks(queue: Queue) -> Iterator[str]:
    """The most urgent first."""
    if queue.batching and queue.causes.batching < MOST * queue.cost:
        yield f"leaves on {queue.batching}"
    if queue.little.verdict == "lost exits":
        yield f"{count(len(queue.little.lost), 'item seems', 'items seem')} to wait for ever"
    if queue.little.verdict == "growing":
        yield f"it grows: {queue.little.arrivals} came, {queue.little.exits} left"
    if queue.stamp and queue.stamp.advice:
        yield queue.stamp.advice
    if queue.discipline and queue.discipline.words.endswith("newest first"):
        yield f"taken {queue.discipline.words}"
    if queue.time_box and queue.time_box.chance and queue.time_box.low is not None and queue.grade != "C":
        low, high = share(queue.time_box.low), share(queue.time_box.high)
        yield f"{share(queue.time_box.chance)} break the time-box ({low} to {high})"
    if queue.proposed_box and queue.grade != "C" and queue.proposed_box.limit <= LONG_BOX:
        yield f"no time-box; three of four keep {duration(queue.proposed_box.limit)}"


def interval(queue: Queue) -> str:
    """80 % interval of the median, and whether it speaks of this period only."""
    low, high = queue.wait.low, queue.wait.high
    if low is None:
        return ""
    until = f"{duration(low)} to {duration(high)}" if high is not None else f"over{NBSP}{duration(low)}"
    return until + ("*" if queue.wait.holds_for == "this period" else "")
