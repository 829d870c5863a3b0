"""`[retention]`: for how long what is kept."""

from datetime import timedelta

from pydantic import Field, field_validator

from bot.flow.model import Duration, Frozen

LEAST_RUNS, LEAST = timedelta(days=30), timedelta(days=1)


class RetentionConfig(Frozen):
    """`payloads`: what sources sent of items that did not change since; `names`: of persons who did nothing since.

    None: for ever. `runs`: which jobs were done, requests heard and digests sent.
    """

    payloads: Duration | None = None
    names: Duration | None = None
    runs: Duration = Field(default="400d", validate_default=True)

    @field_validator("payloads", "names")
    @classmethod
    def _a_day(cls, kept: timedelta | None) -> timedelta | None:
        if kept is not None and kept < LEAST:
            raise ValueError('wants a day at least; write for example "2y", or leave it out to keep all')
        return kept

    @field_validator("runs")
    @classmethod
    def _a_month(cls, kept: timedelta) -> timedelta:
        if kept < LEAST_RUNS:
            raise ValueError('wants "30d" at least, so that nothing is posted twice')
        return kept
