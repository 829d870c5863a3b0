"""Which work serves which key result, and which serves none.

An item serves a key result by a label, by an epic that it lies under, by a link, or by its title, as is configured for
the key result; change requests of an item speak for it by their links and labels, too.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from bot.flow.findings.measures import Doubt
from bot.flow.findings.sprints import Served, Serving
from bot.flow.history.log import Log
from bot.flow.model import Serves, Stream
from bot.flow.statistics.shares import portion
from bot.flow.steps.lineage import children_of, lineage
from bot.flow.timeline.cases import Cases
from bot.flow.timeline.spans import Timeline
from bot.frames import Items
from connectors.records import Link

UNSAID = "no key result says what serves it; set serves for one"
NOTHING = "nothing"
CONTAINS = "contains"
"""Kind of the links to commits, which name no item."""

Touched = Sequence[Mapping[int, int]]
"""Of each reach of the traces: case -> working microseconds."""


def find_served(stream: Stream, log: Log, cases: Cases, links: Sequence[Link]) -> dict[str, frozenset[int]]:
    """Key result -> the cases that serve it."""
    if not stream.serving:
        return {}
    linked = _linked(log.items, cases, links) if any(s.links for s in stream.serving.values()) else {}
    labels = _labels(log.items, cases)
    children = children_of(log.items)
    return {
        name: frozenset(_serving(serves, log.items, cases, labels, linked, children))
        for name, serves in stream.serving.items()
    }


def _serving(
    serves: Serves,
    items: Items,
    cases: Cases,
    labels: Mapping[int, set[str]],
    linked: Mapping[int, set[str]],
    children: Mapping[int, Sequence[int]],
) -> Iterator[int]:
    wanted, names = ({word.casefold() for word in words} for words in (serves.labels, serves.links))
    under = _under(serves, items, children)
    title = re.compile(serves.pattern, re.I) if serves.pattern else None
    titles = items.frame["title"].to_list() if title else []
    for case in cases.roots:
        by_title = title is not None and title.search(titles[case]) is not None
        by_name = not (wanted.isdisjoint(labels[case]) and names.isdisjoint(linked.get(case, ())))
        if by_title or by_name or case in under:
            yield case


def _under(serves: Serves, items: Items, children: Mapping[int, Sequence[int]]) -> set[int]:
    """The epics, and what lies under them by parent links; one that is not in a source has at least its children."""
    wanted = {name.casefold() for name in serves.epics}
    if not wanted:
        return set()
    told = enumerate(items.frame.select("aliases", "name", "parent").iter_rows())
    named = [(n, {name.casefold() for name in (*aliases, own)}, parent) for n, (aliases, own, parent) in told]
    tops = {n for n, names, _ in named if not wanted.isdisjoint(names)}
    near = {n for n, _, parent in named if (parent or "").casefold() in wanted}
    below = lineage(items, children, tops | near) if tops | near else None
    parts = {n for top in tops | near for n in below.parts[top]} if below else set[int]()
    return tops | near | parts


def _labels(items: Items, cases: Cases) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {case: set() for case in cases.roots}
    labels = items.frame["labels"].to_list()
    for case, item in cases.members.select("case", "item").iter_rows():
        found[case].update(label.casefold() for label in labels[item])
    return found


def _linked(items: Items, cases: Cases, links: Sequence[Link]) -> dict[int, set[str]]:
    """Case -> the names of what it or a change request of it is linked to, either way."""
    owners: dict[tuple[str, str], list[int]] = {}
    called: dict[str, list[int]] = {}
    aliases = items.frame["aliases"].to_list()
    for case, item in cases.members.select("case", "item").iter_rows():
        owners.setdefault(items.places[item], []).append(case)
        for name in (*aliases[item], items.names[item]):
            called.setdefault(name.casefold(), []).append(case)
    names = {place: name.casefold() for place, name in zip(items.places, items.names, strict=True)}
    found: dict[int, set[str]] = {}
    for link in links:
        if link.kind == CONTAINS:
            continue
        for case in owners.get((link.source, link.item), ()):
            found.setdefault(case, set()).add(link.other.casefold())
        for case in called.get(link.other.casefold(), ()):
            found.setdefault(case, set()).add(names.get((link.source, link.item), ""))
    return found


def unserved(stream: Stream, served: Mapping[str, frozenset[int]]) -> Iterator[Doubt]:
    """Key results that no item serves, though they say by what."""
    for name in stream.serving:
        if not served[name]:
            yield Doubt(
                kind="key result without work",
                detail=f'nothing in this stream serves "{name}"; compare its labels, epics, links and pattern with the '
                "items",
                touches=("serving", "sprints"),
            )


def shares(
    served: Mapping[str, frozenset[int]],
    items: Items,
    done: Sequence[int],
    touched: Touched,
) -> Serving:
    """What of the finished cases and of the touch serves what."""
    if not served:
        return Serving(key_results=(), nothing=None, disconnected=(), reason=UNSAID)
    any_of = frozenset[int]().union(*served.values())
    idle = frozenset(set(done) | {case for one in touched for case in one}) - any_of
    return Serving(
        key_results=tuple(_served(name, cases, done, touched) for name, cases in served.items()),
        nothing=_served(NOTHING, idle, done, touched),
        disconnected=tuple(sorted(items.names[case] for case in done if case not in any_of)),
        reason=None if done else "nothing was finished",
    )


def _served(name: str, cases: frozenset[int], done: Sequence[int], touched: Touched) -> Served:
    parts = [_share(one, cases) for one in touched]
    known = [part for part in parts if part is not None]
    return Served(
        key_result=name,
        finished=portion(sum(case in cases for case in done), len(done)),
        touch_low=min(known, default=None),
        touch_high=max(known, default=None),
    )


def _share(worked: Mapping[int, int], cases: frozenset[int]) -> float | None:
    whole = sum(worked.values())
    return sum(time for case, time in worked.items() if case in cases) / whole if whole else None


def worked_in(timeline: Timeline, stays: pl.DataFrame) -> dict[int, dict[int, int]]:
    """Place -> case -> working microseconds of which traces tell. `stays`: place, case, start, end."""
    spans = timeline.spans.filter("evidenced").select("case", "worked", begin="start", over="end")
    both = spans.join(stays, on="case").filter((pl.col("begin") < pl.col("end")) & (pl.col("over") > pl.col("start")))
    inside = pl.min_horizontal("over", "end") - pl.max_horizontal("begin", "start")
    length = (pl.col("over") - pl.col("begin")).clip(lower_bound=1)
    worked = (inside / length * pl.col("worked")).round(0).cast(pl.Int64)
    summed = both.group_by("place", "case").agg(worked.sum().alias("worked")).filter(pl.col("worked") > 0)
    found: dict[int, dict[int, int]] = {}
    for place, case, amount in summed.sort("place", "case").iter_rows():
        found.setdefault(place, {})[case] = amount
    return found
