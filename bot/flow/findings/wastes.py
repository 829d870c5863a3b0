"""The seven wastes and the ledger they are part of."""

from pydantic import Field

from bot.flow.model import Frozen, Waste


class Evidence(Frozen):
    what: str
    cost: float
    items: tuple[str, ...]


class WastePart(Frozen):
    """Item-days a week, which divided by 7 is the mean number of items stuck in it.

    `low`, `high`: 80 % interval over items.
    """

    waste: Waste
    cost_per_week: float
    share: float
    low: float
    high: float
    evidence: tuple[Evidence, ...]


class Ledger(Frozen):
    """Where all item-days of the window went; wastes and these sum to `total`."""

    total: float
    wastes: float
    value_added: float
    necessary: float
    done: float = Field(description="thought done, and reopened later")
    weeks: float
