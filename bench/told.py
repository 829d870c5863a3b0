"""Figures as people read them, and as the document that other programs read."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.results import Figure

MARKS = {True: "met", False: "NOT MET", None: ""}


def as_table(figures: Iterable[Figure]) -> Table:
    table = Table("what", "value", "ratio", "to", "bar", "", title="Figures of this run", title_justify="left")
    for figure in figures:
        ratio = "" if figure.ratio is None else f"{amount(figure.ratio)} x"
        mark = MARKS[figure.met]
        table.add_row(
            figure.name,
            f"{amount(figure.value)} {figure.unit}",
            ratio,
            figure.ratio_to or "",
            str(figure.bar or ""),
            f"[bold red]{mark}[/]" if figure.met is False else mark,
        )
    return table


def amount(value: float) -> str:
    """Three figures that count, no exponent."""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.6f}"


def document(machine: Mapping[str, Any], figures: Iterable[Figure], failed: Mapping[str, str]) -> dict[str, Any]:
    """`{name: {value, unit, ratio_to, ratio}}`: every figure, with `bar` and `met` where it has one.

    The machine is there as `machine` (its value: cores), and a part that failed by its name, with the error as `why`.
    """
    entries = {f.name: _entry(f) for f in figures}
    entries["machine"] = {"value": machine["cores"], "unit": "cores", "ratio_to": None, "ratio": None, **machine}
    for part, why in failed.items():
        entries[part] = {"value": None, "unit": "not measured", "ratio_to": None, "ratio": None, "why": why}
    return entries


def _entry(figure: Figure) -> dict[str, Any]:
    entry = {"value": figure.value, "unit": figure.unit, "ratio_to": figure.ratio_to, "ratio": figure.ratio}
    return entry if figure.bar is None else {**entry, "bar": str(figure.bar), "met": figure.met}


def write(place: Path, told: Mapping[str, Any]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(told, indent=2, sort_keys=True) + "\n", "utf-8")


def say(console: Console, machine: Mapping[str, Any], figures: Iterable[Figure], failed: Mapping[str, str]) -> None:
    found = list(figures)
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    console.print(
        f"{machine['cores']} cores of {machine['processor']}, {machine['memory_gib']} GiB, {machine['system']}, "
        f"Python {machine['python']}, {versions}"
    )
    console.print(as_table(found))
    for part, error in failed.items():
        console.print(f"[bold red]{part} was not measured:[/] {error}", highlight=False)
    barred = [f for f in found if f.bar]
    console.print(f"{sum(bool(f.met) for f in barred)} of {len(barred)} bars met.")
