"""Items that contain others are no items of the same stream: their time would count twice."""

from collections import Counter
from collections.abc import Sequence

from connectors.records import Item, ItemKind

MOSTLY = 0.5


def containers(items: Sequence[Item]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The types that flow, where others contain or belong to them (else none); and in a sentence what was left out."""
    tracked = [item for item in items if item.kind == ItemKind.ISSUE]
    parents = {item.parent for item in tracked if item.parent}
    every = Counter(item.type for item in tracked if item.type)
    above = Counter(item.type for item in tracked if item.type and item.name in parents)
    below = Counter(item.type for item in tracked if item.type and item.parent and _is_part(item.type))
    left_out = {t for t, n in every.items() if _contains(t, above[t], n) or below[t] >= MOSTLY * n}
    flowing = tuple(sorted(set(every) - left_out))
    if not left_out or not flowing:
        return (), ()
    why = "they contain other items, or are parts of one, so time would count twice"
    return flowing, (f"left out: {', '.join(sorted(left_out))}; {why}",)


def _contains(kind: str, parents: int, items: int) -> bool:
    return parents >= MOSTLY * items or kind.casefold() in ("epic", "initiative", "theme", "capability")


def _is_part(kind: str) -> bool:
    return kind.casefold().replace("-", "").replace(" ", "") == "subtask"
