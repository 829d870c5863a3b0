"""Key results: a figure of the analysis, where it started, where it is to be, and how far it has come."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, get_args, get_origin

from pydantic import field_validator, model_validator

from bot.flow.findings.analysis import Analysis
from bot.flow.model import Frozen, Serves

STEP = re.compile(r"(?P<name>[a-z_0-9]+)(?:\[\"(?P<key>[^\"]+)\"\])?")


class KeyResult(Frozen):
    """`[[streams.key_results]]`; `metric` is a path, as lead_time.p85 or queues["Review"].wait.p50."""

    objective: str
    name: str
    metric: str
    baseline: float
    target: float
    quarter: str
    kind: Literal["committed", "stretch"] = "committed"
    serves: Serves | None = None
    """what serves it"""

    @field_validator("quarter")
    @classmethod
    def _quarter(cls, text: str) -> str:
        if not re.fullmatch(r"\d{4}-Q[1-4]", text):
            raise ValueError(f'"{text}" is no quarter; write for example "2026-Q4"')
        return text

    @model_validator(mode="after")
    def _apart(self) -> "KeyResult":
        if self.baseline == self.target:
            raise ValueError("baseline and target are the same, so nothing can be reached")
        return self

    @property
    def span(self) -> tuple[datetime, datetime]:
        """First instant of the quarter, and of the one after it, in UTC."""
        year, number = int(self.quarter[:4]), int(self.quarter[-1])
        start = datetime(year, 3 * number - 2, 1, tzinfo=UTC)
        return start, datetime(year + number // 4, 3 * number % 12 + 1, 1, tzinfo=UTC)


class KeyResultPart(Frozen):
    """Where a key result stands.

    progress: 0 at the baseline, 1 at the target; pace: progress by the share of the quarter that is gone.
    """

    objective: str
    name: str
    metric: str
    kind: str
    quarter: str
    baseline: float
    target: float
    value: float | None
    progress: float | None
    elapsed: float
    pace: float | None


def key_results(configured: Sequence[KeyResult], analysis: Analysis) -> tuple[KeyResultPart, ...]:
    """The configured key results against the analysis; an unknown figure leaves them without a value."""
    document = analysis.model_dump(mode="json", by_alias=True)
    return tuple(_part(result, metric(document, result.metric), analysis.window.end) for result in configured)


def metric(document: Mapping[str, Any], path: str) -> float | None:
    """A number by its path; a list is entered by the name of an element, as in stages["Review"].wait_time."""
    here: Any = document
    for step in _steps(path):
        found = STEP.fullmatch(step)
        here = here.get(found["name"]) if found and isinstance(here, Mapping) else None
        if found and found["key"] is not None:
            here = next(
                (
                    part
                    for part in here or ()
                    if found["key"] in (part.get("name"), part.get("stage"), part.get("waste"))
                ),
                None,
            )
    return float(here) if isinstance(here, int | float) else None


def check_metric(path: str, names: Mapping[str, Iterable[str]]) -> None:
    """Raises ValueError unless the path leads to a number of the analysis.

    `names`: what the elements of its lists are called.
    """
    here: Any = Analysis
    for step in _steps(path):
        found = STEP.fullmatch(step)
        fields = here.model_fields if isinstance(here, type) and issubclass(here, Frozen) else {}
        if found is None or found["name"] not in fields:
            raise ValueError(_no_figure(path))
        here, known = fields[found["name"]].annotation, names.get(found["name"], ())
        if (get_origin(here) is tuple) != (found["key"] is not None):
            raise ValueError(_no_figure(path))
        if found["key"] is not None and found["key"] not in known:
            raise ValueError(f'"{path}": there is no "{found["key"]}" in {found["name"]}; known are {", ".join(known)}')
        here = next(part for part in (*get_args(here), here) if part is not type(None))
    if here not in (int, float):
        raise ValueError(_no_figure(path))


def _no_figure(path: str) -> str:
    return f'"{path}" is no figure of the analysis; write for example lead_time.p85 or queues["Review"].wait.p50'


def _steps(path: str) -> list[str]:
    return re.split(r"\.(?=[^\]]*(?:\[|$))", path)


def _part(result: KeyResult, value: float | None, now: datetime) -> KeyResultPart:
    start, end = result.span
    elapsed = min(max((now - start) / (end - start), 0.0), 1.0)
    progress = None if value is None else (value - result.baseline) / (result.target - result.baseline)
    return KeyResultPart(
        **result.model_dump(include={"objective", "name", "metric", "kind", "quarter", "baseline", "target"}),
        value=value,
        progress=progress,
        elapsed=elapsed,
        pace=progress / elapsed if progress is not None and elapsed else None,
    )
