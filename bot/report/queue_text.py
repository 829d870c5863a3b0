"""What the figures of an approval queue come to, in a sentence or two."""

from collections.abc import Iterator

from bot.flow.findings.queues import Queue
from bot.words import NBSP, count, duration, share

MOST = 0.5
"""Share of the wait from which on one cause is the story."""

CAUSES = {
    "batching": "batching",
    "contention": "the approver being busy",
    "prioritisation": "others being taken first",
    "unavailability": "nights, weekends and absence",
    "extraneous": "nobody looking",
}


def judgement(queue: Queue) -> str | None:
    """One or two sentences; None where there is nothing to say yet."""
    said = [text for text in (_why(queue), _besides(queue)) if text]
    return f"{queue.stage}: {'. '.join([said[0], *(s[0].upper() + s[1:] for s in said[1:])])}." if said else None


def main_cause(queue: Queue) -> str | None:
    """The cause of most of the wait; None where none is, or too little was seen."""
    named = {name: getattr(queue.causes, name) for name in CAUSES}
    top = max(named, key=lambda name: named[name])
    return top if queue.grade != "C" and queue.cost and named[top] / queue.cost >= MOST else None


def _why(queue: Queue) -> str | None:
    """The main cause, and whether more approvers would help."""
    cause, use = main_cause(queue), queue.capacity
    parts = []
    if cause:
        spent = share(getattr(queue.causes, cause) / queue.cost)
        when = f" ({queue.batching})" if cause == "batching" and queue.batching else ""
        parts.append(f"{spent} of the wait is {CAUSES[cause]}{when}")
    if use and use.verdict == "attention":
        parts.append(f"approving takes {share(use.utilisation)} of the time, so more approvers would not help")
    if use and use.verdict == "capacity":
        parts.append(f"approving takes {share(use.utilisation)} of the time, so more approvers would help")
    return "; ".join(parts) or None


def _besides(queue: Queue) -> str | None:
    return "; ".join(list(_remarks(queue))[:2]) or None


def _remarks(queue: Queue) -> Iterator[str]:
    """The most urgent first."""
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
    if queue.proposed_box and queue.grade != "C":
        yield f"no time-box; three of four keep {duration(queue.proposed_box.limit)}"


def interval(queue: Queue) -> str:
    """80 % interval of the median, and whether it speaks of this period only."""
    low, high = queue.wait.low, queue.wait.high
    if low is None:
        return ""
    until = f"{duration(low)} to {duration(high)}" if high is not None else f"over{NBSP}{duration(low)}"
    return until + ("*" if queue.wait.holds_for == "this period" else "")
