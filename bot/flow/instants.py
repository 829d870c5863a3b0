"""Instants as int64 microseconds since 1970 in UTC, and lengths of time in them."""

from bot import frames

EPOCH, MICROSECOND = frames.EPOCH, frames.MICROSECOND
instant, moment = frames.instant, frames.moment
"""A moment in microseconds since 1970, exact; and back."""

SECOND = 1_000_000
MINUTE, HOUR, DAY, WEEK = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND, 604_800 * SECOND
"""In microseconds; a day has 24 hours."""


def days(microseconds: float) -> float:
    return microseconds / DAY


def days_or_none(microseconds: float | None) -> float | None:
    return None if microseconds is None else days(microseconds)
