"""The seven wastes and the ledger they are part of."""

from pydantic import Field

from bot.flow.findings.measures import Grade
from bot.flow.model import Frozen, Waste


class Evidence(Frozen):
    what: str
    cost: float
    items: tuple[str, ...]


class WastePart(Frozen):
    """Item-days a week, which divided by 7 is the mean number of items stuck in it.

    `low`, `high`: 80 % interval over items; where evidence of work decides, from its shortest to its longest reach.
    """

    waste: Waste
    cost_per_week: float
    share: float
    low: float
    high: float
    grade: Grade = Field(description="A: by states, 20 items or more; B: by evidence of work, or 8 items; C: fewer")
    evidence: tuple[Evidence, ...]


class Account(Frozen):
    """Item-days, with the shortest and the longest reach of evidence."""

    low: float
    mid: float
    high: float


class Ledger(Frozen):
    """Where all item-days of the window went; wastes and these sum to `total`."""

    total: float
    wastes: float
    value_added: float
    necessary: float
    done: float = Field(description="thought done, and reopened later")
    weeks: float
    accounts: dict[str, Account] = Field(description="all of them; each reach sums to `total`")


class Capacity(Frozen):
    """Hours of people, never to be added to item-days. From the shortest to the longest reach of evidence."""

    worked: Account = Field(description="hours evidenced on items of the stream in the window")
    rework: Account = Field(description="of them on work done again")
    stamps: Account = Field(description="of them on reviews that do not change outcomes")
    hand_offs: int = Field(description="times that somebody else went on with the work")
    switches: int = Field(description="times that somebody took up another item on the same day")
    switch_hours: tuple[float, float] = Field(
        description="their cost at 10 to 25 minutes each: an assumption, not a measurement"
    )


class Stock(Frozen):
    """What lies about. `excess`: mean WIP beyond what the pace needs if nothing waited."""

    wip: float = Field(description="mean of the window")
    needed: float | None = Field(description="pace times the median time in which somebody works on an item")
    excess: float | None
    stale_after: float | None = Field(description="working days without a trace, longer than nearly all pauses in work")
    stale: tuple[str, ...] = Field(description="open items that were begun and lie longer, the longest first")
