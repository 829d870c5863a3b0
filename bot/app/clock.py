"""The clock, which is read here alone."""

from datetime import UTC, datetime


def clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the one place where the clock is read
