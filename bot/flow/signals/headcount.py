"""How many people worked on a stream in a week: by days on which they left a trace of work, or as is configured.

A person who left traces on all working days of a week counts as one, on half of them as half; on no more working days
than a week has. Accounts of several sources are one person if they bear the same name and nobody else in a source does.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from bot.flow.clock import holidays_of
from bot.flow.history.kinds import EVIDENCE
from bot.flow.history.log import Log
from bot.flow.model import WEEKDAYS, Calendar, Staff
from bot.flow.outlook.weeks import Weeks
from bot.flow.statistics.intervals import Values
from bot.flow.statistics.trend import Sample
from connectors.records import Person

FEWEST_PEOPLE = 3
"""Of fewer nothing is told: teams are measured, never persons."""


@dataclass(frozen=True)
class Headcount:
    """Of each closed week: days on which somebody worked, summed over people; its working days; and its people."""

    person_days: Values
    working_days: Values
    people: Values

    @property
    def sample(self) -> Sample:
        """Full-time equivalents of the weeks in which anybody was to work."""
        weeks = np.flatnonzero(self.working_days > 0)
        days = self.working_days[weeks]
        return Sample(self.person_days[weeks] / days, weeks, days)

    @property
    def heads(self) -> Sample:
        """Whoever left a trace in such a week."""
        weeks = np.flatnonzero(self.working_days > 0)
        return Sample(self.people[weeks], weeks, np.ones(len(weeks)))

    def full_time_weeks(self) -> Values:
        """Person-days as weeks of work; 0 where nobody was there."""
        usual = float(self.working_days.max(initial=0.0))
        return self.person_days / usual if usual else self.person_days

    def told(self, first: int, end: int) -> bool:
        """Whether enough people worked in the weeks from one number up to another."""
        busy = self.people[first:end]
        return bool(len(busy)) and float(np.median(busy)) >= FEWEST_PEOPLE


def configured(staff: Sequence[Staff], weeks: Weeks, calendar: Calendar) -> Headcount:
    """As many as were there on the Monday of a week; of weeks before the first day nothing is known."""
    known = sorted(staff, key=lambda one: one.since)
    people = [next((s.people for s in reversed(known) if s.since <= day), 0.0) for day in weeks.mondays]
    number = np.array(people, np.float64)
    working = np.where(number > 0, _working_days(weeks, calendar), 0.0)
    return Headcount(person_days=number * working, working_days=working, people=number)


def headcount(log: Log, people: Sequence[Person], weeks: Weeks, calendar: Calendar) -> Headcount:
    traces = log.events.filter(pl.col("kind").is_in(EVIDENCE) & pl.col("attended")).drop_nulls("actor")
    local = pl.from_epoch("at", "us").dt.replace_time_zone("UTC").dt.convert_time_zone(calendar.timezone).dt.date()
    named = traces.join(_persons(people), on=["source", "actor"], how="left").select(
        "at", who=pl.coalesce("person", pl.format("{} {}", "source", "actor")), day=local
    )
    numbered = named.with_columns(week=pl.Series(weeks.number(named["at"].to_numpy()), dtype=pl.Int64))
    inside = numbered.filter(pl.col("week").is_between(0, len(weeks) - 1))
    working = _working_days(weeks, calendar)
    held = inside.group_by("week", "who").agg(days=pl.col("day").n_unique()).sort("week", "who")
    number = held["week"].to_numpy()
    active = np.minimum(held["days"].to_numpy(), working[number])
    return Headcount(
        person_days=np.bincount(number, active, len(weeks)).astype(np.float64),
        working_days=working,
        people=np.bincount(number, minlength=len(weeks)).astype(np.float64),
    )


def _persons(people: Sequence[Person]) -> pl.DataFrame:
    """source, actor, person: by the name, where it stands for one account of a source."""
    named = [(p.source, p.key, p.name.casefold()) for p in people if p.name]
    often = Counter((source, name) for source, _, name in set(named))
    rows = [(source, key, name) for source, key, name in sorted(set(named)) if often[source, name] == 1]
    schema = {"source": pl.String, "actor": pl.String, "person": pl.String}
    return pl.DataFrame(rows, schema, orient="row").unique(["source", "actor"], maintain_order=True)


def _working_days(weeks: Weeks, calendar: Calendar) -> Values:
    free = holidays_of(calendar, {day.year + n for day in weeks.mondays for n in (0, 1)})
    worked = [
        sum(
            WEEKDAYS[n] in calendar.working_days and monday + timedelta(days=n) not in free
            for n in range(len(WEEKDAYS))
        )
        for monday in weeks.mondays
    ]
    return np.array(worked, np.float64)
