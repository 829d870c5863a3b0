"""Why each span of a case is what it is, in words, told of plain values: whoever kept them needs no engine to tell."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.flow.findings.explanation import ExplainedLink, ExplainedSpan, Explanation
from bot.flow.instants import DAY, days, moment
from bot.flow.model import Court, LoopKind
from bot.flow.timeline.spans import Label, Spent
from connectors.records import EventKind

COURT_WORDS = {
    Court.DRAFT: "is a draft",
    Court.AWAITING_REVIEW: "waits for a review",
    Court.CHANGES_REQUESTED: "was sent back to its author",
    Court.CHECKS_FAILED: "failed its checks",
    Court.AWAITING_CHECKS: "is approved and waits for its checks",
    Court.AWAITING_MERGE: "is approved and waits to be merged",
    Court.IN_MERGE_QUEUE: "is in the merge queue",
    Court.MERGED: "is merged",
    Court.RELEASED: "is released",
    Court.DEPLOYED: "is deployed",
    Court.CLOSED: "was closed without being merged",
}
IDLE_WORDS = {
    Spent.MULTITASK: "no trace of work on it; who works on it was on another item",
    Spent.ABSENT: "no trace of work on it, nor on another item by who works on it",
    Spent.UNOWNED: "no trace of work on it, and nobody is known who works on it",
}
CLAIMED = "work by its state alone: traces of work are not usual there"
TRACES = {
    EventKind.COMMITTED: "commit",
    EventKind.REVIEWED: "review",
    EventKind.EDITED: "edit",
    EventKind.LOGGED_WORK: "work log",
}

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Story:
    """A case: what its explanation is made of.

    `told`: a row of `bot.flow.explain.stories`; `holders`: names; `working_day`: microseconds; `worked`: working
    microseconds of a span, for a last one that goes on to `now`; None: it was told as of now.
    """

    told: Row
    holders: tuple[str, ...]
    timezone: str
    working_day: int
    now: int | None = None
    worked: Callable[[int, int], int] | None = None

    @property
    def spans(self) -> Sequence[Row]:
        """Up to now, where it is open."""
        spans: Sequence[Row] = self.told["spans"]
        if self.now is None or self.worked is None or not self.told["open"]:
            return spans
        *before, last = spans
        return [*before, {**last, "end": self.now, "worked": self.worked(last["start"], self.now)}]


def explained(story: Story) -> Explanation:
    """The spans of the case with their reasons."""
    told, rows = story.told, story.spans
    spans = [_span(row, told["traces"], story.working_day) for row in rows]
    totals: dict[str, float] = defaultdict(float)
    for span in spans:
        totals[span.label] += span.days
    return Explanation(
        item=told["name"],
        title=told["title"],
        url=told["url"],
        timezone=story.timezone,
        outcome=told["outcome"] or "no history",
        links=tuple(ExplainedLink(**link) for link in told["links"]),
        spans=tuple(spans),
        totals=dict(totals),
        lead_time=sum(span.days for span in spans),
        returns=told["returns"],
        again=sum(row["end"] - row["start"] for row in rows if _is_again(row)) / DAY,
        holders=story.holders,
        doubts=tuple(told["doubts"]),
    )


def _is_again(row: Row) -> bool:
    """As `bot.flow.timeline.spans.redone` has it."""
    return row["redone"] is not None and row["redone"] != LoopKind.PREEMPTION


def _span(row: Row, traces: Sequence[Row], working_day: int) -> ExplainedSpan:
    return ExplainedSpan(
        start=moment(row["start"]),
        end=moment(row["end"]),
        stage=row["stage"],
        state=row["state"],
        label=row["spent"],
        visit=row["visit"],
        days=days(row["end"] - row["start"]),
        working_days=row["worked"] / working_day,
        evidence=(*_evidence(row), *_traces(row, traces)),
    )


def _evidence(row: Row) -> list[str]:
    subject = f"{row['subject']} " if row["subject"] else ""
    words = [
        f"{subject}{COURT_WORDS[Court(row['court'])]}"
        if row["court"]
        else f'{subject}is in "{row["state"].partition(":")[2]}"'
    ]
    if row["spent"] == Label.BLOCKED:
        words.append("set aside: items go back from there to where they were" if row["parked"] else "it is blocked")
    if row["spent"] in IDLE_WORDS:
        words.append(IDLE_WORDS[row["spent"]])
    if row["spent"] == Label.WORK and not row["evidenced"]:
        words.append(CLAIMED)
    if row["label"] == Label.UNMAPPED:
        words.append("no stage claims this state")
    if row["redone"]:
        words.append(f"after a return: {row['redone']}")
    if row["assumed"]:
        words.append("assumed: a change of state is missing here")
    return words


def _traces(row: Row, traces: Sequence[Row]) -> list[str]:
    """What activity the span holds."""
    counts = Counter(trace["kind"] for trace in traces if row["start"] < trace["at"] <= row["end"])
    return [f"{counts[kind]} {word}{'s' if counts[kind] > 1 else ''}" for kind, word in TRACES.items() if counts[kind]]
