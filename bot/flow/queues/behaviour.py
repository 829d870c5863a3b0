"""Queue or work: the verdict on one state from what its visits show, how sure it is, and why, in words."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import polars as pl

from bot.flow.clock import days
from bot.flow.findings.measures import Grade
from bot.flow.findings.stations import Cadence, QueueKind
from bot.flow.statistics.intervals import wilson
from bot.words import between, duration, share

Interval = tuple[float, float]
Behaviour = Literal["queue", "work"]

SURE = 0.90
"""Level of the intervals that a verdict rests on."""
FEWEST, ENOUGH = 10, 30
"""Visits for a verdict, and for grade A."""

LEFT_BY_OTHERS, WORKS_HIMSELF = 0.55, 0.30
"""Shares of visits: at least so many are left by somebody else, who at most in so many worked inside: a queue."""

UNTRACED, TRACED = 0.40, 0.45
"""Shares of visits with traces of work: at most so many of a queue, at least so many of work."""

EITHER_WAY = 0.50
"""Of two pauses of the same kind the first is longer as often as the second."""

HANDED_ON, HARDLY_ANY = 0.55, 0.05
"""Visits in which one person takes over and hands on, of work; with traces in fewer than so many these are strays."""

MOST_TRACED, MOSTLY_LATE = 0.60, 0.60
"""Cards are moved late where at most so many visits hold traces, and so many of these only at their end."""

BOTS, BORN, PULLED, UNWORKED = 0.80, 0.50, 0.60, 0.80
"""Shares of visits: moved on by no person (a deployment), of items that are born there (the backlog), taken by whoever
works on them next (a buffer; of those of which that is known), and never worked on before (the backlog again)."""

MOST_MOVED, THE_FEW, SECOND_WAY, REVIEWED = 0.80, 3, 0.05, 0.50
"""Marks of an approval: so many exits by so few people and so many by the second way out, or reviews in so many."""

ONE_WAY = 0.97
"""Share of the exits that go the one way which a buffer, or a wait for delivery, has."""

RESOLUTION = 1.5
"""Times the usual pause of who moves all cards; shorter visits cannot be told."""


@dataclass(frozen=True)
class Facts:
    """What the visits of one state show; an interval is None where too few visits can be judged."""

    visits: pl.DataFrame
    """those that are looked at: ended, longer than a minute, neither assumed nor moved in bulk"""
    lag: int
    """microseconds between the sessions of who moves everybody's cards"""
    feed: bool
    """the stream records work"""
    regular: bool = False
    """what leaves it leaves on appointed days"""
    shared: bool = False
    """people take items from each other somewhere in the stream, so that it says something if here they do not"""

    @property
    def n(self) -> int:
        return len(self.visits)

    @property
    def scribed(self) -> bool:
        return self.n > 0 and self.share("scribed") > 0.5

    @property
    def dwell(self) -> float:
        median = (self.visits["left"] - self.visits["entered"]).median()
        return float(median) if isinstance(median, int | float) else 0.0

    def share(self, name: str) -> float:
        """Of a flag, where it is known."""
        mean = self.visits[name].mean()
        return float(mean) if isinstance(mean, int | float) else 0.0

    def interval(self, name: str, among: pl.Expr) -> Interval | None:
        known = self.visits.filter(among)[name].drop_nulls()
        return wilson(int(known.sum()), len(known), SURE) if len(known) >= FEWEST else None

    @property
    def left_by_others(self) -> Interval | None:
        return self.interval("other", ~pl.col("scribed"))

    @property
    def own_work(self) -> Interval | None:
        return self.interval("own_work", ~pl.col("scribed") & pl.col("other").is_not_null())

    @property
    def traced(self) -> Interval | None:
        return self.interval("traced", pl.col("seen"))


@dataclass(frozen=True)
class Verdict:
    behaves: Behaviour | None
    grade: Grade
    reason: str


def judge(facts: Facts) -> Verdict:
    """What the visits say together; nothing where they are few, too short for who records them, or between the bars."""
    if facts.n < FEWEST:
        return Verdict(None, "C", f"{facts.n} visits can be judged; for a verdict {FEWEST} are needed")
    if facts.scribed and facts.dwell < RESOLUTION * facts.lag:
        return Verdict(None, "C", _unresolved(facts))
    promoted, traced = promotes(facts), facts.traced if facts.feed else None
    late = _moved_late(facts)
    untraced = traced is not None and (traced[1] <= UNTRACED or late)
    if traced is not None and traced[0] >= TRACED and not late:
        return Verdict("work", _grade(facts, agree=True), _told(facts))
    if facts.regular and traced is None:
        return Verdict("queue", "C", f"{_told(facts)}; what leaves it leaves on appointed days")
    if _handed_on(facts, traced):
        return Verdict("work", _grade(facts, agree=False), f"{_told(facts)}; {_by_one(facts)}")
    if promoted and _may_be_dark_work(facts):
        return Verdict(None, "C", f"{_told(facts)}; an approval looks like that, and work that leaves no trace")
    if promoted or untraced:
        return Verdict("queue", _grade(facts, agree=(promoted and untraced) or _approves(facts)), _told(facts))
    return _neither(facts, traced)


def queue_kind(facts: Facts, cadence: Cadence | None, works: Collection[str], *, ships: bool) -> QueueKind | None:
    """What kind of queue it is; None: the backlog, where items are born, or wait for who works on them first.

    `works`: the states that behave as work; `ships`: only delivery comes after it, and what is delivered is software.
    """
    pulled = _taken_up(facts, facts.visits["into"].is_in(list(works)) if facts.feed else None)
    if facts.share("born") >= BORN or (facts.feed and pulled and facts.share("worked_before") <= 1 - UNWORKED):
        return None
    if _by_bots(facts):
        return "deploy"
    if cadence is not None:
        return "deploy" if ships else "batch gate"
    if facts.share("other") <= LEFT_BY_OTHERS:
        pulled = (pulled or _feeds_work(facts, works)) and not _lies_again(facts)
    return "hand-off buffer" if pulled else "approval"


def _taken_up(facts: Facts, among: pl.Series | None = None) -> bool:
    """Whoever takes an item out works on it next, where that is known; `among`: the visits that count."""
    pulled = facts.visits["pulled"]
    known = pulled.count()
    return known > 0 and float((pulled if among is None else pulled & among).sum()) >= PULLED * known


def _may_be_dark_work(facts: Facts) -> bool:
    """Nothing is recorded, and whoever takes an item out does not go on with it: as an approver, or as a worker."""
    return not facts.feed and not _taken_up(facts) and not _by_bots(facts)


def _by_bots(facts: Facts) -> bool:
    return 1 - facts.share("by_person") >= BOTS


def _feeds_work(facts: Facts, works: Collection[str]) -> bool:
    """A buffer has one way out, into work."""
    ways = facts.visits["into"].drop_nulls().value_counts(sort=True)
    return len(ways) > 0 and int(ways["count"][0]) >= ONE_WAY * facts.n and ways["into"][0] in works


def _lies_again(facts: Facts) -> bool:
    """Nobody began to work on it when it left: it was let through, and not taken.

    Where cards are moved by who brought them, no name tells that.
    """
    found = facts.interval("lies_again", pl.lit(value=True))
    return found is not None and found[0] > EITHER_WAY


def promotes(facts: Facts) -> bool:
    """Whoever takes an item away neither worked on it before, nor brought it, nor works on it inside."""
    others, own_work = facts.left_by_others, facts.own_work
    if others is None or own_work is None:
        return False
    return others[0] >= LEFT_BY_OTHERS and own_work[1] <= WORKS_HIMSELF


def _handed_on(facts: Facts, traced: Interval | None) -> bool:
    """Work that is hardly recorded: one person takes an item over from another, and hands it on."""
    low, _ = wilson(int(facts.visits["handed_on"].sum()), facts.n, SURE)
    if low < HANDED_ON or _by_few_hands(facts):
        return False
    return traced is None or facts.share("own_work") >= HARDLY_ANY


def _by_few_hands(facts: Facts) -> bool:
    """Where no work is recorded either, one or two names are roles rather than people."""
    return not facts.feed and facts.visits["taken"].n_unique() < THE_FEW


def _moved_late(facts: Facts) -> bool:
    """No more than six in ten visits are traced, and mostly at their end, by others than who moves the card."""
    traced = facts.visits.filter("traced")
    few = facts.share("traced") <= MOST_TRACED
    return few and len(traced) >= FEWEST and float(traced["late"].sum()) >= MOSTLY_LATE * len(traced)


def _approves(facts: Facts) -> bool:
    """Marks of an approval: two ways out, or a few people who take most of it, or reviews inside."""
    ways, takers = (facts.visits[name].drop_nulls().value_counts(sort=True) for name in ("into", "taken"))
    two_ways = len(ways) > 1 and int(ways["count"][1]) >= SECOND_WAY * facts.n
    few = len(takers) > 0 and int(takers["count"].head(THE_FEW).sum()) >= MOST_MOVED * facts.n
    return (two_ways and few) or facts.share("reviewed") >= REVIEWED


def _grade(facts: Facts, *, agree: bool) -> Grade:
    if not facts.feed:
        return "C"
    return "A" if agree and facts.n >= ENOUGH else "B"


def _neither(facts: Facts, traced: Interval | None) -> Verdict:
    if traced is not None and facts.share("traced") * 2 >= UNTRACED + TRACED:
        return Verdict("work", "C", _told(facts))
    others = facts.left_by_others
    if _by_few_hands(facts):
        return Verdict(None, "C", f"{_told(facts)}; too few names to tell people apart")
    if traced is None and facts.shared and others is not None and others[1] < LEFT_BY_OTHERS:
        return Verdict("work", "C", _told(facts))
    return Verdict(None, "C", f"{_told(facts)}: too little to tell waiting from work that leaves no trace")


def _unresolved(facts: Facts) -> str:
    took, usual = duration(days(facts.dwell)), duration(days(facts.lag))
    return f"half of the visits took less than {took}, and who moves the cards does so every {usual}"


def _told(facts: Facts) -> str:
    """The figures behind the verdict."""
    parts = []
    if facts.left_by_others is not None:
        others = between(*facts.left_by_others)
        parts.append(f"left by somebody else than worked before in {others} of {facts.n} visits")
    if not facts.feed:
        return "; ".join([*parts, "this stream does not record enough work to look for traces of it"])
    traced = facts.share("traced")
    found = f"no trace of work in {share(1 - traced)}" if traced < 0.5 else f"traces of work in {share(traced)}"
    parts.append(found if parts else f"{found} of {facts.n} visits")
    return "; ".join(parts)


def _by_one(facts: Facts) -> str:
    return f"the same person took it over and handed it on in {share(facts.share('handed_on'))}"
