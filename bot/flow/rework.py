"""Returns to an earlier stage, and what each costs until it is made good.

Two things are returns. The item's own state goes back to an earlier stage: rework, a reopening, or a preemption when
work is put back to wait. And a reviewer asks for changes: a review round. A pull request that ends while the card stays
where it was is none. A return is made good when the item gets past the place it was returned from, a preemption when it
is there again, a round when its change request is approved or ends. Returns nest: time belongs to the one that was
opened last and is not made good, so that costs add up without overlap.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from bot.flow.clock import instant
from bot.flow.courts import Court
from bot.flow.findings.loops import Loop
from bot.flow.model import LoopKind, StageKind, Stream, Window
from bot.flow.spans import Outcome, Timeline

RETURN_STAGE = 0.7
"""A stage that this share of its items first enter by a return is where work is mended, not where it is done."""

AUTHORS = (Court.CHANGES_REQUESTED, Court.CHECKS_FAILED, Court.DRAFT)
REVIEWED = (Court.AWAITING_REVIEW, Court.AWAITING_CHECKS, Court.AWAITING_MERGE, Court.CHECKS_FAILED)
"""From here asking for changes is a new round."""

REVIEWERS = (Court.AWAITING_REVIEW, Court.AWAITING_CHECKS, Court.AWAITING_MERGE, Court.IN_MERGE_QUEUE)


@dataclass(frozen=True, slots=True)
class Return:
    """One step back: from which place to which, when, and the stage whose result could not be used (None: unknown)."""

    case: int
    origin: str
    back_to: str
    kind: LoopKind
    charged: int | None
    at: int


@dataclass(frozen=True, slots=True)
class Stay:
    """A span, as far as returns care: whose turn is shown, and where the item's own state stands.

    `alone`: the item is itself a change request.
    """

    case: int
    item: int
    position: int | None
    own: int | None
    court: str | None
    alone: bool
    start: int
    end: int


class _Walk:
    """Along the spans of a case: open returns of its own state, innermost last, and an open round a change request."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._own: int | None = None
        self._open: list[tuple[Return, int]] = []
        """with the position that each was returned from"""
        self._courts: dict[int, str | None] = {}
        self._rounds: dict[int, Return] = {}
        self.found: list[Return] = []

    def step(self, stay: Stay) -> Return | None:
        """The return that the time of this stay belongs to, if any."""
        before = self._courts.get(stay.item)
        if stay.start < stay.end:
            self._turn(stay, before)
        self._own_state(stay, before)
        open_now = [self._rounds.get(stay.item), *(found for found, _ in self._open[-1:])]
        return max((found for found in open_now if found), key=lambda found: found.at, default=None)

    def _own_state(self, stay: Stay, before: str | None) -> None:
        if stay.own is None or stay.own == self._own:
            return
        if self._own is not None and stay.own < self._own and self._is_return(stay, self._own, stay.own, before):
            self._open.append((self._noted(self._return(stay, self._own, stay.own)), self._own))
        self._open = [(r, origin) for r, origin in self._open if not _made_good(r, origin, stay.own)]
        if self._is_over(stay.own):
            self._open.clear()
            self._rounds.clear()
        self._own = stay.own

    def _is_over(self, position: int) -> bool:
        kind = self._stream.stages[position].kind
        return kind is StageKind.DROPPED or position >= self._stream.position(self._stream.end)

    def _is_return(self, stay: Stay, origin: int, back_to: int, before: str | None) -> bool:
        """Dropping is none; nor is moving the card to work along with a review round, which is counted as such.

        Where a change request is the item itself, being asked for another review is none either, nor a failed check,
        nor one author's turn after another.
        """
        kinds = {self._stream.stages[position].kind for position in (origin, back_to)}
        if StageKind.DROPPED in kinds:
            return False
        if stay.alone:
            turn = stay.court in (*REVIEWERS, Court.CHECKS_FAILED, Court.CHANGES_REQUESTED)
            return not turn and not (before in AUTHORS and stay.court in AUTHORS)
        along = stay.item in self._rounds and self._stream.stages[back_to].kind is StageKind.WORK
        return self._is_over(origin) or not (along and stay.court == Court.CHANGES_REQUESTED)

    def _return(self, stay: Stay, origin: int, back_to: int) -> Return:
        before, after = self._stream.stages[origin], self._stream.stages[back_to]
        kind = LoopKind.REWORK
        if before.kind is StageKind.DONE or self._is_over(origin):
            kind = LoopKind.REOPEN
        elif before.kind is StageKind.WORK and after.kind is StageKind.WAIT:
            kind = LoopKind.PREEMPTION
        return Return(stay.case, before.name, after.name, kind, back_to, stay.start)

    def _turn(self, stay: Stay, before: str | None) -> None:
        if stay.court == Court.CHANGES_REQUESTED and before in REVIEWED:
            origin = before if before in REVIEWERS else Court.AWAITING_REVIEW
            self._rounds[stay.item] = self._noted(
                Return(stay.case, str(origin), stay.court, LoopKind.REVIEW_ROUND, stay.position, stay.start)
            )
        elif stay.court not in (*AUTHORS, Court.AWAITING_REVIEW):
            self._rounds.pop(stay.item, None)
        self._courts[stay.item] = stay.court

    def _noted(self, found: Return) -> Return:
        self.found.append(found)
        return found


def _made_good(found: Return, origin: int, now: int) -> bool:
    return now >= origin if found.kind is LoopKind.PREEMPTION else now > origin


def find_returns(stream: Stream, timeline: Timeline) -> tuple[tuple[Return, ...], Timeline]:
    """All returns in order, and the spans with `owner` (the number of the return they are spent on) and its kind."""
    owners: list[Return | None] = []
    every: list[Return] = []
    for story in _stories(timeline):
        walk = _Walk(stream)
        owners += [walk.step(stay) for stay in story]
        every += walk.found
    returns = {found: number for number, found in enumerate(dict.fromkeys(every))}
    columns = (
        pl.Series("owner", [returns[o] if o else None for o in owners], pl.Int64),
        pl.Series("redone", [o.kind.value if o else None for o in owners], pl.String),
    )
    return tuple(returns), Timeline(timeline.cases, timeline.spans.with_columns(columns))


def _stories(timeline: Timeline) -> Iterator[list[Stay]]:
    stories: dict[int, list[Stay]] = defaultdict(list)
    alone = (pl.col("case") == pl.col("item")) & pl.col("court").is_not_null()
    columns = timeline.spans.select(
        "case", "item", "position", "own_position", "court", alone.alias("alone"), "start", "end"
    )
    for row in columns.iter_rows():
        stories[row[0]].append(Stay(*row))
    yield from stories.values()


def rework(
    stream: Stream, timeline: Timeline, returns: Sequence[Return], names: Sequence[str], window: Window, total: float
) -> tuple[Loop, ...]:
    """The loops that happened or cost something in the window, the most expensive first. `total`: its item-days."""
    spent = timeline.within(window).drop_nulls("owner").group_by("owner").agg(pl.col("days").sum())
    costs: dict[int, float] = dict(spent.iter_rows())
    groups: dict[tuple[str, str, LoopKind], list[int]] = defaultdict(list)
    for number, found in enumerate(returns):
        if number in costs or _inside(found.at, window):
            groups[found.origin, found.back_to, found.kind].append(number)
    loops = []
    for (origin, back_to, kind), numbers in groups.items():
        by_case: dict[int, float] = defaultdict(float)
        for number in numbers:
            by_case[returns[number].case] += costs.get(number, 0.0)
        within = [returns[number].case for number in numbers if _inside(returns[number].at, window)]
        there = len(_were_there(stream, timeline, origin, window) | set(within))
        cost = sum(by_case.values())
        loops.append(
            Loop(
                origin=origin,
                back_to=back_to,
                kind=kind,
                count=len(within),
                items=len(by_case),
                rate=len(set(within)) / there if there else None,
                cost=cost,
                share=cost / total if total else None,
                examples=tuple(names[case] for case in sorted(by_case, key=lambda case: (-by_case[case], case))),
            )
        )
    return tuple(sorted(loops, key=lambda loop: (-loop.cost, loop.origin, loop.back_to)))


def _inside(at: int, window: Window) -> bool:
    return instant(window.start) <= at < instant(window.end)


def _were_there(stream: Stream, timeline: Timeline, origin: str, window: Window) -> set[int]:
    """Items that were at a place in the window; at the end stage also those that ended there and stayed."""
    start, end = instant(window.start), instant(window.end)
    position = next((n for n, stage in enumerate(stream.stages) if stage.name == origin), None)
    at = pl.col("court") == origin if position is None else pl.col("own_position") == position
    seen = set(timeline.spans.filter((pl.col("end") >= start) & (pl.col("start") < end) & at)["case"])
    if position is not None and position >= stream.position(stream.end):
        over = pl.col("outcome").is_in([Outcome.DELIVERED, Outcome.DROPPED]) & pl.col("end").is_between(start, end)
        seen |= set(timeline.cases.filter(over)["case"])
    return seen


def complete_and_accurate(
    stream: Stream, timeline: Timeline, returns: Sequence[Return], cases: Collection[int]
) -> dict[str, float]:
    """%C&A (Martin and Osterling): share of the given cases that passed a work stage and were never returned to it.

    A case passed a stage if it was shown there, or if its card stood there behind the turn of a change request.

    A stage that items first enter by being returned ("fix it") has none.
    """
    begun = {(r.case, r.charged, r.at) for r in returns if r.kind is not LoopKind.PREEMPTION and r.case in cases}
    work = [n for n, stage in enumerate(stream.stages) if stage.kind is StageKind.WORK]
    theirs = timeline.spans.filter(pl.col("case").is_in(list(cases)))
    places = [theirs.select("case", "start", position=name) for name in ("position", "own_position")]
    visits = pl.concat(places).filter(pl.col("position").is_in(work))
    firsts = visits.group_by("position", "case").agg(pl.col("start").min()).sort("position", "case")
    found: dict[str, float] = {}
    for (position,), group in firsts.group_by("position", maintain_order=True):
        returned = {case for case, charged, _ in begun if charged == position} & set(group["case"])
        first_by_return = sum((case, position, start) in begun for _, case, start in group.iter_rows())
        if first_by_return < RETURN_STAGE * len(group):
            found[stream.stages[int(str(position))].name] = 1 - len(returned) / len(group)
    return found
