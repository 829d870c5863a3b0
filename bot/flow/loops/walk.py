"""The walk of one case along its stays, and every return that it makes: `returns` says which are told."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from bot.flow.loops.asides import AUTHORS, REVIEWERS, Aside
from bot.flow.loops.order import Order
from bot.flow.model import Court, LoopKind, StageKind, Stream

SEVERAL = 2
"""A stage in which people work is only for parking where items come to it from as many states."""


@dataclass(frozen=True, slots=True)
class Return:
    """One step back: from which place to which, when, and the stage whose result could not be used (None: unknown).

    `until`: when it was made good, or the item was over; None: still open. `nested`: it opened while another one was
    open. `again`: one from the same place was open, so that this one interrupts nothing new. `distance`: how many
    stages back.
    """

    case: int
    origin: str
    back_to: str
    kind: LoopKind
    charged: int | None
    at: int
    until: int | None = None
    nested: bool = False
    again: bool = False
    distance: int | None = None
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """A span, as far as returns care: whose turn is shown, and where the item's own state stands.

    `alone`: the item is itself a change request.
    """

    case: int
    item: int
    own: int | None
    own_state: str
    court: str | None
    alone: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """A state of items, and the stage that claims it."""

    state: str
    position: int | None
    name: str
    """of its stage, or its own where none claims it"""


class Places:
    """Which place is upstream of which: by the stages, or else by the order found."""

    def __init__(self, stream: Stream, order: Order, spans: pl.DataFrame) -> None:
        self._stream, self._order = stream, order
        end = stream.position(stream.end)
        dropped = (n for n, stage in enumerate(stream.stages) if stage.kind is StageKind.DROPPED)
        self._over = frozenset([*dropped, *range(end, len(stream.stages))])
        held: dict[int, set[str]] = defaultdict(set)
        for position, state in spans.select("own_position", "own_state").unique().drop_nulls().iter_rows():
            held[position].add(state)
        self._parking = frozenset(s for s in order.parking if self._parks(s, held))
        self._returns = frozenset(s for s in order.returns if not self._claimed(s, held, order.returns))
        self._places: dict[tuple[int | None, str], Place | None] = {}

    def _claimed(self, state: str, held: Mapping[int, set[str]], alike: frozenset[str]) -> bool:
        """Its stage has other states, too, or is where items are over."""
        places = [n for n, states in held.items() if state in states]
        return any(self.is_over(n) or not held[n] <= alike for n in places)

    def _parks(self, state: str, held: Mapping[int, set[str]]) -> bool:
        kinds = {self._stream.stages[n].kind for n, states in held.items() if state in states}
        works = StageKind.WORK in kinds and self._order.parking[state] < SEVERAL
        decides = StageKind.APPROVAL in kinds
        return not works and not decides and not self._claimed(state, held, frozenset(self._order.parking))

    def of(self, stay: Stay) -> Place | None:
        """None: where it is on no way, or only parked."""
        known = (stay.own, stay.own_state)
        if known not in self._places:
            self._places[known] = self._found(stay)
        return self._places[known]

    def _found(self, stay: Stay) -> Place | None:
        if stay.own is None and (stay.own_state not in (*self._order.ranks, *self._returns)):
            return None
        if stay.own_state in self._parking:
            return None
        name = stay.own_state.partition(":")[2] if stay.own is None else self._stream.stages[stay.own].name
        return Place(stay.own_state, stay.own, name)

    def leads_back(self, place: Place) -> bool:
        return place.state in self._returns

    def kind(self, place: Place) -> StageKind | None:
        return None if place.position is None else self._stream.stages[place.position].kind

    def is_over(self, position: int | None) -> bool:
        return position in self._over

    def is_upstream(self, one: Place, other: Place) -> bool:
        if one.position is None or other.position is None or one.position == other.position:
            waits = one.position is not None and self.kind(one) in (StageKind.WAIT, StageKind.DONE, StageKind.DROPPED)
            return not (waits and one.position == other.position) and self._order.is_before(one.state, other.state)
        return one.position < other.position


class Going:
    """A return whose end is found on the way, with the place it was made from (None: an aside has none)."""

    __slots__ = ("found", "origin", "until")

    def __init__(self, found: Return, origin: Place | None, until: int | None = None) -> None:
        self.found, self.origin, self.until = found, origin, until

    def frozen(self) -> Return:
        return self.found if self.until is None else replace(self.found, until=self.until)


class Walk:
    """Along the stays of a case: open returns of its own state, innermost last, and what goes on beside them."""

    def __init__(self, places: Places, stays: Sequence[Stay], asides: Sequence[Aside], *, is_open: bool) -> None:
        self._places, self._stays, self._is_open = places, stays, is_open
        self._asides = [Going(_as_return(a), None, a.until) for a in asides]
        self._own: Place | None = None
        self._state: str | None = None
        self._court: str | None = None
        self._open: list[Going] = []
        self._on_the_way_back = False
        self.found: list[Going] = list(self._asides)

    def step(self, number: int) -> Going | None:
        """The return that the time of this stay belongs to, if any."""
        stay = self._stays[number]
        if stay.own_state != self._state:
            self._state = stay.own_state
            self._arrive(number, stay)
        if stay.start < stay.end:
            self._court = stay.court
        if self._own and self._places.is_over(self._own.position):
            return None
        going = [a for a in self._asides if a.found.item in (None, stay.item) and _holds(a, stay.start)]
        if not going:
            return self._open[-1] if self._open else None
        return max([*going[::-1], *self._open[-1:]], key=lambda g: g.found.at)

    def end(self, at: int) -> None:
        """The case is over."""
        for going in self._open:
            going.until = at

    def _arrive(self, number: int, stay: Stay) -> None:
        """The item's own state changed: note a return, if it is one, and close those that are made good."""
        place = self._places.of(stay)
        if place is None or (self._places.leads_back(place) and self._led_back(number, stay, place)):
            return
        self._on_the_way_back = False
        before, self._own = self._own, place
        if before and place != before and self._is_return(stay, before, place):
            self._note(number, stay, before, place)
        self._close(place, stay.start)

    def _led_back(self, number: int, stay: Stay, place: Place) -> bool:
        """The item came to a return state; whether that settles the arrival, or it is a place like any other.

        It is a return unless the next place that does not lead back (the target) is past the one left. It leads to the
        target if that is upstream; while the case is open and there is no target yet, to the return state.
        """
        before = self._own
        target = self._ahead(number, lambda p: not self._places.leads_back(p))
        if before is None or not self._is_return(stay, before, before):
            return before is None
        if self._on_the_way_back:
            return True
        self._on_the_way_back = True
        if self._places.is_over(before.position):
            self._own = place
        if target is None:
            if self._is_open:
                self._note(number, stay, before, place, verdict=True)
        elif self._places.is_upstream(target, before):
            self._note(number, stay, before, target, verdict=True)
            self._own = target
        elif not self._places.is_upstream(before, target):
            self._note(number, stay, before, place, verdict=True)
        return True

    def _ahead(self, number: int, wanted: Callable[[Place], bool]) -> Place | None:
        places = (self._places.of(stay) for stay in self._stays[number + 1 :])
        return next((place for place in places if place and wanted(place)), None)

    def _is_return(self, stay: Stay, origin: Place, back_to: Place) -> bool:
        """Dropping is none; nor is moving the card to work along with a review round, which is counted as such.

        Where a change request is the item itself, being asked for another review is none either, nor a failed check,
        nor one author's turn after another.
        """
        if origin is not back_to and not self._places.is_upstream(back_to, origin):
            return False
        if StageKind.DROPPED in (self._places.kind(origin), self._places.kind(back_to)):
            return False
        if stay.alone:
            turn = stay.court in (*REVIEWERS, Court.CHECKS_FAILED, Court.CHANGES_REQUESTED)
            return not turn and not (self._court in AUTHORS and stay.court in AUTHORS)
        in_round = any(
            a.found.item == stay.item and a.found.kind is LoopKind.REVIEW_ROUND and _holds(a, stay.start)
            for a in self._asides
        )
        along = in_round and self._places.kind(back_to) is StageKind.WORK
        return self._places.is_over(origin.position) or not (along and stay.court == Court.CHANGES_REQUESTED)

    def _note(self, number: int, stay: Stay, origin: Place, back_to: Place, *, verdict: bool = False) -> None:
        """`verdict`: it went there over a return state."""
        worked = back_to if self._works(back_to) else self._ahead(number, self._works)
        kind = self._kind(origin, back_to, worked, verdict=verdict)
        inside = origin.position is not None and origin.position == back_to.position
        open_now = [g for g in self._open if g.found.kind is not LoopKind.PREEMPTION]
        found = Return(
            case=stay.case,
            origin=_bare(origin) if inside and origin != back_to else origin.name,
            back_to=_bare(back_to) if inside and origin != back_to else back_to.name,
            kind=kind,
            charged=None if inside else self._charged(origin, back_to, worked, verdict=verdict),
            at=stay.start,
            nested=bool(self._open if kind is LoopKind.PREEMPTION else open_now),
            again=any(g.origin == origin for g in open_now),
            distance=_distance(origin, back_to),
        )
        self._open.append(Going(found, origin))
        self.found.append(self._open[-1])

    def _works(self, place: Place) -> bool:
        return self._places.kind(place) is StageKind.WORK and not self._places.leads_back(place)

    def _kind(self, origin: Place, back_to: Place, worked: Place | None, *, verdict: bool) -> LoopKind:
        """Put back to wait is preemption, unless the work before it then has to be done again."""
        if self._places.is_over(origin.position) or self._places.kind(origin) is StageKind.DONE:
            return LoopKind.REOPEN
        waits = self._places.kind(origin) is StageKind.WORK and self._places.kind(back_to) is StageKind.WAIT
        redone = worked is not None and self._places.is_upstream(worked, origin)
        return LoopKind.PREEMPTION if waits and not redone and not verdict else LoopKind.REWORK

    def _charged(self, origin: Place, back_to: Place, worked: Place | None, *, verdict: bool) -> int | None:
        """The first work that is done again; after a verdict that may be the work that was left."""
        if worked is None:
            return back_to.position
        same = worked == back_to or (verdict and _is_same(worked, origin))
        return worked.position if same or self._places.is_upstream(worked, origin) else back_to.position

    def _close(self, now: Place, at: int) -> None:
        over = self._places.is_over(now.position)
        for going in [g for g in self._open if over or self._made_good(g, now)]:
            going.until = at
            self._open.remove(going)
        if over:
            for aside in self._asides:
                if _holds(aside, at) and aside.found.kind is not LoopKind.ESCAPED:
                    aside.until = at

    def _made_good(self, going: Going, now: Place) -> bool:
        if going.origin is None:
            return False
        past = self._places.is_upstream(going.origin, now)
        return past or (going.found.kind is LoopKind.PREEMPTION and _is_same(going.origin, now))


def _is_same(one: Place, other: Place) -> bool:
    return one.state == other.state or (one.position is not None and one.position == other.position)


def _holds(going: Going, at: int) -> bool:
    return going.found.at <= at and (going.until is None or at < going.until)


def _as_return(a: Aside) -> Return:
    return Return(a.case, a.origin, a.back_to, a.kind, a.charged, a.at, nested=a.nested, item=a.item)


def _bare(place: Place) -> str:
    return place.state.partition(":")[2]


def _distance(origin: Place, back_to: Place) -> int | None:
    if origin.position is None or back_to.position is None:
        return None
    return max(origin.position - back_to.position, 0)
