"""What would be if something were changed."""

from typing import Any, Literal

from pydantic import Field

from bot.flow.findings.lead import StreamPart
from bot.flow.findings.measures import Answer
from bot.flow.model import Frozen, StageKind, Waste, Window


class BackTest(Frozen):
    """Whether the replay tells the time that items take which it was not shown. Where it fails, nothing is predicted.

    Items begun before the last weeks are replayed from the starts of those begun in them; open items count.
    """

    passed: bool
    reproduced: float | None = Field(
        description="days by which any lead time differs when it is replayed without a change"
    )
    weeks: float = Field(description="the last weeks, whose items were not shown")
    trained: int = Field(description="items delivered before them")
    tested: int = Field(description="items begun in them and delivered since")
    open: int = Field(description="items begun in them and still open")
    coverage: float | None = Field(default=None, description="share inside the predicted 80 % interval")
    score: float | None = Field(default=None, description="CRPS, in days; smaller is better")
    naive: float | None = Field(
        default=None, description="the same of the lead times of the weeks before, just as they were"
    )
    uniform: float | None = Field(
        default=None, description="p that outcomes spread over the prediction as they should (PIT, chi-square)"
    )
    reason: str = Field(description="what was found, or why it cannot be tested")


class Moved(Frozen):
    """A figure of the lead time in days, as it was and as it would have been; `change` has an 80 % interval."""

    before: float
    after: float
    change: float
    low: float
    high: float


class StageMoved(Frozen):
    """Mean days of an item in one stage, as they were and as they would have been.

    Over all stages they sum to the mean lead time, before and after. What a change shortens is waiting first; what
    merely begins earlier stays as mixed of work and wait as it was.
    """

    name: str | None = Field(description="null: in states that no stage claims")
    kind: StageKind | None
    process_before: float
    process_after: float
    wait_before: float
    wait_after: float


class Effect(Frozen):
    """On the lead time of the items that were delivered in the window."""

    mean: Moved
    typical: Moved = Field(description="the geometric mean, by which it is judged what came of a change")
    p50: Moved
    p85: Moved
    item_days_per_week: float = Field(description="by which the mean change reduces the ledger, of all items")
    stages: tuple[StageMoved, ...] = Field(default=(), description="in the order of the stream")


class Future(Frozen):
    """One change, or all of them together in the order of the stream. `effect` null: `reason` says why."""

    name: str
    what: str
    waste: Waste | None = Field(description="the account that it reduces; null of several changes together")
    change: dict[str, Any] = Field(description="as it is written in the configuration; empty of several together")
    items: int = Field(description="delivered items that it touches")
    visits: int = Field(description="how often it touches them")
    effect: Effect | None
    at_least: bool = Field(description="the replay is known to find too little: read it as at least")
    discrepancy: float = Field(description="by how much of the effect the replay may be wrong, beside chance")
    reason: str


class FutureState(Answer):
    """What `gemba future --json` answers. Durations are elapsed days."""

    schema_: Literal["gemba.future/1"] = Field(default="gemba.future/1", alias="schema")
    stream: StreamPart
    window: Window
    items: int = Field(description="delivered in the window: those that are replayed")
    clock: Literal["working", "elapsed"] = Field(
        description="what keeps its length when something begins earlier; elapsed where most is not done in the hours"
    )
    back_test: BackTest
    changes: tuple[Future, ...]
    together: Future | None = Field(description="all changes in one replay; null unless there are several")
    suggestions: tuple[Future, ...] = Field(description="only if asked for: what would help most, the most first")
