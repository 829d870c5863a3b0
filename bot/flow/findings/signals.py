"""Three signals that the map works: shorter without more people, more of it value, fewer status meetings."""

from typing import Literal

from pydantic import Field

from bot.flow.model import Frozen

Signal = Literal["better", "worse", "no change", "confounded", "cannot tell", "not measured"]
"""Confounded: it got better, and something else than the flow would explain it, too."""

Confounded = Literal["headcount", "less per person", "less demand", "easier work"]


class Change(Frozen):
    """A figure in the closed weeks before and in the window, in its own unit.

    `change` is relative (-0.25: a quarter less), `low` and `high` its 80 % interval.
    """

    before: float
    after: float
    change: float | None
    low: float | None
    high: float | None


class Confounder(Frozen):
    """What else would explain that lead time fell."""

    kind: Confounded
    detail: str


class LeadTimeSignal(Frozen):
    """Whether lead time falls without more people. Null figures are not known.

    `headcount` counts full-time equivalents: as configured, or people by the share of a week's working days on which
    they left a trace of work. `per_person`: items delivered in a full-time week. `arrivals`: items begun on a working
    day.
    """

    verdict: Signal
    reason: str
    lead_time: Change | None
    people: Change | None = Field(description="who left any trace of work in a week, or as configured")
    headcount: Change | None
    per_person: Change | None
    arrivals: Change | None
    wip: Change | None
    like_for_like: float | None = Field(
        description="change of the geometric mean lead time with the mix of types held; null where there is one type"
    )
    as_it_came: float | None = Field(description="the same of the mix as it came")
    confounders: tuple[Confounder, ...]


class RatioSignal(Frozen):
    """Whether the value-added ratio rises; null where too little is known, or habits of leaving traces changed."""

    verdict: Signal
    reason: str
    ratio: Change | None


class MeetingSignal(Frozen):
    """Hours of status meetings, only from calendars: meetings whose title matched, to which three or more were invited.

    `hours`: of people, by how many were invited, for each full-time week of the stream's people. What is null is not
    measured, and never inferred.
    """

    verdict: Signal
    reason: str
    hours: Change | None
    now: float | None = Field(description="hours a person and week, in the window's closed weeks")
    person_hours: float | None = Field(description="a week, in the window's closed weeks")
    meetings: float | None = Field(description="a week, in the window's closed weeks")
    invited: float | None = Field(description="people a meeting, on average")


class Signals(Frozen):
    """The window's closed weeks (at least 8) against up to 26 before them."""

    lead_time: LeadTimeSignal
    value_added_ratio: RatioSignal
    status_meetings: MeetingSignal
