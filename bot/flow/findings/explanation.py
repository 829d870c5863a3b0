"""Why an item took so long."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from bot.flow.findings.measures import Answer
from bot.flow.model import Frozen


class ExplainedLink(Frozen):
    item: str
    evidence: str


class ExplainedSpan(Frozen):
    start: datetime
    end: datetime
    stage: str | None
    state: str
    label: str
    visit: int
    days: float
    working_days: float
    evidence: tuple[str, ...]


class Explanation(Answer):
    """One item's timeline, contiguous from trigger to end, and why each span is what it is."""

    schema_: Literal["gemba.explanation/1"] = Field(default="gemba.explanation/1", alias="schema")
    item: str
    title: str
    url: str
    outcome: str
    timezone: str = Field(description="of the stream; times here are in UTC")
    links: tuple[ExplainedLink, ...]
    spans: tuple[ExplainedSpan, ...]
    totals: dict[str, float] = Field(description="days by label; sums to lead_time")
    lead_time: float
    returns: int = Field(description="how often it went back, rounds of review among them")
    again: float = Field(description="days of the lead time spent on doing again what had been sent back")
    holders: tuple[str, ...] = Field(default=(), description="who can free it, while it is open")
    doubts: tuple[str, ...]
