"""How long it takes from a decision to the work on it."""

from datetime import datetime

from pydantic import Field

from bot.flow.findings.measures import Doubt, Portion, Survival, Titled
from bot.flow.model import Frozen


class Lag(Survival):
    """Days since the decision, with initiatives that are not there yet (Kaplan-Meier).

    `low`, `high`: 80 % interval of p50, by drawing initiatives again.
    """

    waiting: int = Field(description="initiatives that are not there yet")
    low: float | None
    high: float | None


class LevelLag(Survival):
    """Days from one level to the next: the medians of levels do not sum to the median of the whole."""

    level: str = Field(description="what is created, or the work on it")
    waiting: int


class Alignment(Frozen):
    """Share of the work that went into items under a decided initiative, as a range over ways to measure work.

    `shortest` and `longest` go by how far the traces of work on the stream's own items reach; `days` by days on which
    somebody left a trace on an item, whether it flows through the stream or not.
    """

    low: float | None
    high: float | None
    shortest: float | None
    longest: float | None
    days: float | None
    orphan_low: float | None = Field(description="share of the work under no decided initiative")
    orphan_high: float | None


class Initiative(Titled):
    """A decided initiative. Lags are days since the decision, null where it is not there yet."""

    decided: datetime
    leaves: int = Field(description="items under it that nothing lies under")
    in_flight: int = Field(description="of them, those that are older than the decision")
    first: float | None = Field(description="until the first trace of work")
    half: float | None = Field(description="until half of its parts were worked on")
    most: float | None = Field(description="until four of five were")
    waited: float = Field(description="days since the decision")
    over: bool
    checkpoints: int = Field(description="every two weeks since the decision, in the window, while it was not over")
    missed: int = Field(description="of them, those before which nobody did anything to it or under it")
    idle: float | None = Field(description="days since anybody did anything to it or under it; null: never, or over")


class Cascade(Frozen):
    """From "decided" to "being worked on". An initiative's parts are the items right under it."""

    decided: str
    initiatives: int = Field(description="decided in the window, or before and not worked on when it began")
    lag_first: Lag
    lag_half: Lag
    lag_most: Lag
    levels: tuple[LevelLag, ...]
    alignment: Alignment
    checkpoints_missed: Portion = Field(description="of all that were due in the window")
    without_items: tuple[str, ...] = Field(description="initiatives that are not over, and under which nothing lies")
    never_connected: tuple[str, ...] = Field(description="initiatives on which no work was ever traced since")
    items: tuple[Initiative, ...] = Field(description="the longest without work first")
    reason: str | None = Field(description="why figures are missing")
    doubts: tuple[Doubt, ...]
