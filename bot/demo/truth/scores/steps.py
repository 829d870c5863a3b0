"""Whether the engine never says of steps that must wait for each other that they could run in parallel."""

from collections.abc import Set as AbstractSet

from bot.demo.truth.run import Part, Run
from bot.demo.truth.scores.engine import parallel_steps


def released(run: Run) -> Part | None:
    """Of the pairs of steps of which the second needs the first, those said to need no order."""
    needed = _closure(run.world.truth.required)
    said = parallel_steps(run.told)
    if not needed or said is None:
        return None
    wrong = sorted(pair for pair in needed if pair in said or pair[::-1] in said)
    return Part(len(wrong), len(needed), tuple(f"{first} before {then}" for first, then in wrong))


def _closure(pairs: AbstractSet[tuple[str, str]]) -> set[tuple[str, str]]:
    """Also by way of others."""
    found = set(pairs)
    while more := {(a, d) for a, b in found for c, d in found if b == c} - found:
        found |= more
    return found
