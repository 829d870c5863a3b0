"""Where one department works otherwise than another."""

from typing import Literal

from pydantic import Field

from bot.flow.findings.measures import Grade
from bot.flow.model import Frozen

Measure = Literal["takes", "in time"]
Level = Literal["step", "stage", "whole"]


class GroupFigure(Frozen):
    """The items of one group: the median days that something takes, or the share that was finished in time."""

    group: str
    n: int
    value: float = Field(description="days, or a share")
    low: float | None = Field(description="80 % interval")
    high: float | None


class Unevenness(Frozen):
    """One step, one stage, or the way as a whole, compared between groups."""

    place: str
    of: Level
    measure: Measure = Field(description="in time: by the anchor of the stream")
    grade: Grade
    uneven: bool = Field(
        description="more than chance explains, with regard to how much was compared, and by enough to matter: medians "
        "by a quarter, shares by a tenth"
    )
    p_value: float = Field(description="of groups as far apart by chance")
    groups: tuple[GroupFigure, ...] = Field(description="the best first")
    beyond: float | None = Field(
        description="days (of items in time: items) that it costs if all could do as well as the best group; null: even"
    )
    reason: str
    items: tuple[str, ...] = Field(description="of an uneven place: those of other groups behind the best, worst first")


class Uneven(Frozen):
    """What differs between the groups that a stream names: departments, teams or sites, and never persons."""

    groups: tuple[str, ...] = Field(description="those that are large enough to be compared")
    places: tuple[Unevenness, ...] = Field(description="the uneven first")
    reason: str | None = Field(description="what is not compared, and why")
