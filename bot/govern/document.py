"""The document of `gemba analyse --json`: the engine's analysis together with goals and plan."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, Field

from bot.flow.findings.analysis import Analysis
from bot.flow.findings.explained import Listing, LoopExplanation, QueueExplanation, WasteExplanation
from bot.flow.findings.explanation import Explanation
from bot.flow.findings.future import BackTest, Future, FutureState
from bot.govern.gates import GatePart, History, Pack
from bot.govern.key_results import KeyResultPart
from bot.govern.plan_part import PlanPart


class Document(Analysis):
    """`gemba.analysis/1`. Parts that are empty lists or null have nothing to say yet."""

    plan: tuple[PlanPart, ...]
    key_results: tuple[KeyResultPart, ...]
    future: tuple[Future, ...] = Field(default=(), description="what each planned change would do by itself")
    future_together: Future | None = Field(default=None, description="all of them in one replay, if there are several")
    back_test: BackTest | None = Field(default=None, description="whether anything may be said of the future")
    gates: tuple[GatePart, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values, as they are printed."""
        return self.model_dump(mode="json", by_alias=True)


def pack_of(document: Document, gate: GatePart) -> Pack:
    """What a gate decides on, as the document knows it."""
    judged = {one.key_result for one in gate.key_results}
    return Pack(
        stream=document.stream.name,
        window=document.window,
        seen=document.window.end,
        gate=gate,
        key_results=tuple(part for part in document.key_results if part.name in judged),
        items=document.items,
        lead_time=document.lead_time,
        wip=document.wip,
        value_added_ratio=document.value_added_ratio,
        trend=document.trend,
        plan=document.plan,
        doubts=dict(Counter(doubt.kind for doubt in document.doubts)),
    )


DOCUMENTS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        "analysis": Document,
        "gate": Pack,
        "gate.history": History,
        "future": FutureState,
        "explanation": Explanation,
        "explanation.queue": QueueExplanation,
        "explanation.loop": LoopExplanation,
        "explanation.waste": WasteExplanation,
        "explanation.list": Listing,
    }
)
"""What is answered in JSON, by the name in its `schema`."""
