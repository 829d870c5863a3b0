"""The figures of an analysis by name: a path into its document, or one that follows from it.

`lead_time.p85`, `queues["Review"].wait.p50`, `rework.share`: lists are entered by the name of an element.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin

from bot.flow.findings.analysis import Analysis
from bot.flow.model import Frozen, Waste
from bot.words import UNKNOWN, amount, did_you_mean, duration, share

Better = Literal["less", "more"]
Document = Mapping[str, Any]

STEP = re.compile(r"(?P<name>[a-z_0-9]+)(?:\[\"(?P<key>[^\"]+)\"\])?")
NAMED = ("stages", "queues", "wastes")
"""The lists whose elements have names to enter them by."""


def _rework(document: Document) -> float | None:
    """Of the time of all items, what went into doing things again."""
    return _per(document["ledger"]["accounts"].get(Waste.DEFECTS, {}).get("mid", 0.0), document["ledger"]["total"])


def _throughput(document: Document) -> float | None:
    return _per(document["items"]["delivered"], document["ledger"]["weeks"])


def _per(part: float, whole: float) -> float | None:
    return part / whole if whole else None


DERIVED: Mapping[str, Callable[[Document], float | None]] = MappingProxyType(
    {"rework.share": _rework, "throughput.per_week": _throughput}
)
"""Figures that the document holds only in parts."""

NOTHING_OF = {f'wastes["{waste}"].{of}': waste for waste in Waste for of in ("cost_per_week", "share")}
"""A waste that there is none of does not stand in the document."""

LESS = re.compile(
    r"(lead_time|cycle_time|age)\.|queues\[.*\]\.(wait\.(mean|p50|p85|low|high)$|cost$|share$|waiting$|time_box\.(breaches|share|chance))"
    r"|stages\[.*\]\..*wait_time$|wastes\[|ledger\.wastes|rework\.|stock\.(wip|excess)|forecast\.new_items\.p"
)
MORE = re.compile(
    r"throughput|deployments|releases|items\.delivered|value_added_ratio\.(low|mid|high)|ledger\.value_added"
    r"|stages\[.*\]\.complete_and_accurate|quality\.(rolled|first_pass_yield)"
)
DURATIONS = re.compile(r"(lead_time|cycle_time|age|wait)\.|_time$")
"""Metrics that are days."""

SHARES = re.compile(r"(share|value_added_ratio\.\w+|complete_and_accurate\w*|rolled|first_pass_yield)$")
"""Metrics that are parts of a whole."""

COUNTED = re.compile(r"\.(n|effective_n)$")


def better(path: str) -> Better | None:
    """Which way is an improvement; None where that is not plain from the name."""
    if COUNTED.search(path):
        return None
    return "less" if LESS.match(path) else "more" if MORE.match(path) else None


def metric(document: Document, path: str) -> float | None:
    """A number by its path in a document as plain values; None where it is unknown or there is none."""
    if path in DERIVED:
        return DERIVED[path](document)
    if path in NOTHING_OF and document["ledger"]["total"] and NOTHING_OF[path] not in _wastes(document):
        return 0.0
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
    if path in DERIVED:
        return
    here: Any = Analysis
    for step in _steps(path):
        found = STEP.fullmatch(step)
        fields = _fields(here)
        if found is None or found["name"] not in fields:
            raise ValueError(_no_figure(path))
        here, known = fields[found["name"]].annotation, names.get(found["name"], ())
        if (get_origin(here) is tuple) != (found["key"] is not None):
            raise ValueError(_no_figure(path))
        if found["key"] is not None and found["key"] not in known:
            raise ValueError(f'"{path}": there is no "{found["key"]}" in {found["name"]}; known are {", ".join(known)}')
        here = _inside(here)
    if here not in (int, float):
        raise ValueError(_no_figure(path))


def measured(metric: str | None, value: float | None) -> str:
    """A figure of the analysis in its unit; a count or an entry (None) as it was found."""
    if metric is None:
        return UNKNOWN if value is None else f"{value:,.4g}"
    if SHARES.search(metric):
        return share(value)
    return duration(value) if DURATIONS.search(metric) else amount(value)


def metrics() -> tuple[str, ...]:
    """All that there are, with NAME for the name of an element; in the order of the document."""
    return (*DERIVED, *_paths(Analysis, ""))


def _wastes(document: Document) -> set[str]:
    return {part["waste"] for part in document["wastes"]}


def _paths(model: Any, before: str) -> Iterator[str]:
    for name, field in _fields(model).items():
        listed = get_origin(field.annotation) is tuple
        if listed and name not in NAMED:
            continue
        path, inside = before + name + ('["NAME"]' if listed else ""), _inside(field.annotation)
        if inside in (int, float):
            yield path
        yield from _paths(inside, f"{path}.")


def _fields(model: Any) -> Mapping[str, Any]:
    return model.model_fields if isinstance(model, type) and issubclass(model, Frozen) else {}


def _inside(annotation: Any) -> Any:
    """What a list holds, or what there is where it is not unknown."""
    return next(part for part in (*get_args(annotation), annotation) if part is not type(None))


def _no_figure(path: str) -> str:
    wanted = re.sub(r'\["[^"]*"\]', '["NAME"]', path)
    near = did_you_mean(wanted, metrics()) or '; write for example lead_time.p85 or queues["Review"].wait.p50'
    return f'"{path}" is no figure of the analysis{near} (`gemba schema metrics` lists them)'


def _steps(path: str) -> list[str]:
    return re.split(r"\.(?=[^\]]*(?:\[|$))", path)
