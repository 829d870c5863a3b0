"""The document of an analysis."""

from typing import Literal

from pydantic import Field

from bot.flow.findings.cascade import Cascade
from bot.flow.findings.forecast import Forecast
from bot.flow.findings.lateness import Lateness
from bot.flow.findings.lead import (
    Age,
    ClockPart,
    Frequency,
    ItemsPart,
    LeadTime,
    LinksPart,
    StagePart,
    StreamPart,
    Week,
)
from bot.flow.findings.loops import Loop, OrderPart, Quality
from bot.flow.findings.measures import Answer, Doubt, Ratio
from bot.flow.findings.queues import Queue
from bot.flow.findings.sequences import Sequences
from bot.flow.findings.signals import Signals
from bot.flow.findings.sprints import Serving, Sprints
from bot.flow.findings.stage_gates import StageGate
from bot.flow.findings.stations import Station
from bot.flow.findings.trend import Trend
from bot.flow.findings.uneven import Uneven
from bot.flow.findings.wastes import Capacity, Ledger, Stock, WastePart
from bot.flow.model import Window


class Analysis(Answer):
    """Everything the engine says about one stream in one window."""

    schema_: Literal["gemba.analysis/1"] = Field(default="gemba.analysis/1", alias="schema")
    stream: StreamPart
    window: Window
    clock: ClockPart
    items: ItemsPart
    links: LinksPart | None
    lead_time: LeadTime
    cycle_time: LeadTime
    throughput: tuple[Week, ...]
    releases: Frequency | None = Field(default=None, description="null: nothing tells of releases")
    deployments: Frequency | None = Field(
        default=None, description="to production, with success; null: nothing tells of deployments"
    )
    wip: int
    age: Age
    value_added_ratio: Ratio
    stages: tuple[StagePart, ...]
    stations: tuple[Station, ...]
    queues: tuple[Queue, ...]
    loops: tuple[Loop, ...]
    order: OrderPart | None = None
    quality: Quality | None = None
    wastes: tuple[WastePart, ...]
    ledger: Ledger
    capacity: Capacity
    stock: Stock
    sequences: Sequences | None = Field(default=None, description="null: nothing tells of steps")
    lateness: Lateness | None = Field(default=None, description="null: the stream has no anchor")
    cascade: Cascade | None = Field(default=None, description="null: the stream does not say what is decided")
    uneven: Uneven | None = Field(default=None, description="null: the stream does not say what groups there are")
    trend: tuple[Trend, ...]
    forecast: Forecast
    signals: Signals
    stage_gates: tuple[StageGate, ...] = Field(description="the approval queues, as gates")
    sprints: Sprints | None = Field(default=None, description="null: no item of the stream was ever in a sprint")
    serving: Serving | None = Field(default=None, description="null: no key result says what serves it")
    doubts: tuple[Doubt, ...]
