"""What lies under an item by parent links, as they are now: nobody keeps when an item was put under another."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.frames import Items


@dataclass(frozen=True)
class Lineage:
    """What lies under each top; an item lies under its nearest top alone.

    `levels`: the items right under it, then those under these, and so on. `cyclic`: items that are their own ancestors.
    """

    levels: Mapping[int, tuple[tuple[int, ...], ...]]
    parts: Mapping[int, Mapping[int, int]]
    """of each top: item under it -> the item right under the top that it belongs to"""
    cyclic: tuple[int, ...]

    def leaves(self, top: int, children: Mapping[int, Sequence[int]]) -> list[int]:
        return [n for level in self.levels[top] for n in level if not children.get(n)]


def children_of(items: Items) -> dict[int, list[int]]:
    """Item -> the items that name it as their parent."""
    found: dict[int, list[int]] = defaultdict(list)
    for n, name in named_parents(items):
        parent = items.called.get(name)
        if parent is not None:
            found[parent].append(n)
    return dict(found)


def named_parents(items: Items) -> Iterator[tuple[int, str]]:
    """Item, the name in capitals of what it says is its parent."""
    told = items.frame.select("parent").with_row_index("item").drop_nulls()
    yield from ((n, name.upper()) for n, name in told.iter_rows() if name)


def lineage(items: Items, children: Mapping[int, Sequence[int]], tops: Collection[int]) -> Lineage:
    levels: dict[int, tuple[tuple[int, ...], ...]] = {}
    parts: dict[int, dict[int, int]] = {}
    for top in sorted(tops):
        levels[top], parts[top] = _under(top, children, tops)
    return Lineage(levels, parts, tuple(_cyclic(children, len(items))))


def _under(
    top: int, children: Mapping[int, Sequence[int]], tops: Collection[int]
) -> tuple[tuple[tuple[int, ...], ...], dict[int, int]]:
    """Level by level, and the part to which each item belongs; what another top holds is that one's."""
    part: dict[int, int] = {}
    levels: list[tuple[int, ...]] = []
    level = [top]
    while level:
        below = dict.fromkeys(
            (child, parent)
            for parent in level
            for child in children.get(parent, ())
            if child not in part and child not in tops
        )
        level = []
        for child, parent in below:
            if child not in part:
                part[child] = part.get(parent, child)
                level.append(child)
        if level:
            levels.append(tuple(level))
    return tuple(levels), part


def _cyclic(children: Mapping[int, Sequence[int]], count: int) -> list[int]:
    """Items that are reached again from themselves: what is left when leaves are taken away from below and above."""
    parents = {child: parent for parent, below in children.items() for child in below}
    done: set[int] = set()
    found: list[int] = []
    for n in range(count):
        path: list[int] = []
        here: int | None = n
        while here is not None and here not in done:
            done.add(here)
            path.append(here)
            here = parents.get(here)
        if here is not None and here in path:
            found += path[path.index(here) :]
    return sorted(found)
