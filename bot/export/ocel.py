"""The event log with all its objects as OCEL 2.0 (JSON): items, change requests, sprints, releases and deployments.

An event is an item entering a state, or something that happened to a change request, a sprint, a release or a
deployment. It leads to its object (`subject`) and to others that it is about. No event says who did it, and what tells
of somebody's work alone (edits, commits, work logs, assignments) is left out: teams are measured, never persons.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import polars as pl

from bot.export.place import Place
from bot.export.plain import BETWEEN, write_rows
from bot.export.told import Told
from bot.flow.clock import instant
from bot.flow.event_table import moves_table
from bot.flow.history.log import Records
from connectors.records import Event, EventKind, Item, ItemKind, Link

HAPPENED = (
    *(EventKind.OPENED, EventKind.READY, EventKind.DRAFTED, EventKind.REQUESTED, EventKind.UNREQUESTED),
    *(EventKind.REVIEWED, EventKind.DISMISSED, EventKind.PUSHED, EventKind.FORCE_PUSHED, EventKind.CHECKED),
    *(EventKind.QUEUED, EventKind.UNQUEUED, EventKind.MERGED, EventKind.CLOSED, EventKind.REOPENED),
    *(EventKind.BLOCKED, EventKind.UNBLOCKED, EventKind.PLANNED, EventKind.UNPLANNED),
    *(EventKind.STARTED, EventKind.ENDED, EventKind.RELEASED, EventKind.DEPLOYED),
)
"""Kinds of events that are told beside states."""

VERDICTS = (EventKind.REVIEWED, EventKind.CHECKED, EventKind.DEPLOYED)
"""Of which is told what came out."""

TYPES: Mapping[str, str] = {ItemKind.PULL_REQUEST: "change request"}
"""Where a kind is called otherwise than here."""

BESIDE = (ItemKind.SPRINT, ItemKind.RELEASE, ItemKind.DEPLOYMENT)
CONTAINS, PART_OF, IMPLEMENTS = "contains", "part of", "implements"
SUBJECT = "subject"
EPOCH = "1970-01-01T00:00:00Z"
"""Since when an attribute holds that never changes, as the specification writes it."""

TIMES = "%Y-%m-%dT%H:%M:%S%.6fZ"
OBJECT_ATTRIBUTES = ("title", "type", "url", "outcome", "labels")
EVENT_ATTRIBUTES = ("stage", "state", "lifecycle", "verdict")

Key = tuple[str, str]
"""(source, key) of an object"""

Relation = tuple[str, str, str]
"""What leads where, and as what: ids, the first of an event or an object."""


def write_ocel(told: Told, place: Place) -> None:
    objects = Objects(told)
    happenings = Happenings(told, objects)
    events = happenings.table()
    head = {
        "objectTypes": [_type(kind, OBJECT_ATTRIBUTES) for kind in sorted(set(objects.kinds.values()))],
        "eventTypes": [_type(kind, EVENT_ATTRIBUTES) for kind in events["type"].unique().sort()],
    }
    with place.file() as file:
        file.write(json.dumps(head, ensure_ascii=False)[:-1].encode())
        file.write(b',\n"objects": [\n')
        write_rows(objects.table(told), file)
        file.write(b'],\n"events": [\n')
        write_rows(events, file)
        file.write(b"]}\n")


def _type(name: str, attributes: Sequence[str]) -> dict[str, object]:
    return {"name": name, "attributes": [{"name": each, "type": "string"} for each in attributes]}


class Objects:
    """Everything that events are about, with an id of its own: its name, or where several are called so, more."""

    def __init__(self, told: Told) -> None:
        end = instant(told.found.window.end)
        beside = [item for item in told.records.items if item.kind in BESIDE and _is_there(item, end)]
        self.items = (*told.found.log.items, *beside)
        often = Counter(item.name for item in self.items)
        self.ids = {
            (item.source, item.key): item.name if often[item.name] == 1 else f"{item.name} ({item.source} {item.key})"
            for item in self.items
        }
        self.kinds = {self.ids[item.source, item.key]: TYPES.get(item.kind, str(item.kind)) for item in self.items}
        self._names = {
            name.casefold(): self.ids[item.source, item.key]
            for item in self.items
            for name in (*item.aliases, item.name)
        }
        self._numbers = [self.ids[item.source, item.key] for item in told.found.log.items]
        self.cases = defaultdict[str, list[str]](list)
        for case, item in told.found.cases.members.select("case", "item").iter_rows():
            if case != item:
                self.cases[self._numbers[item]].append(self._numbers[case])
        self.contained = self._contained(told.records)

    def of(self, number: int) -> str:
        """The object of an item of the engine."""
        return self._numbers[number]

    def named(self, name: str) -> str | None:
        return self._names.get(name.casefold())

    def _contained(self, records: Records) -> dict[str, list[str]]:
        """Release or deployment -> the change requests that landed with its commits."""
        landed = {
            (event.source, event.detail): self.ids[event.source, event.item]
            for event in records.events
            if event.kind is EventKind.MERGED and event.detail and (event.source, event.item) in self.ids
        }
        found = defaultdict[str, list[str]](list)
        for link in records.links:
            holder, request = self.ids.get((link.source, link.item)), landed.get((link.source, link.other))
            if link.kind == CONTAINS and holder and request:
                found[holder].append(request)
        return found

    def _relations(self, links: Iterable[Link]) -> Iterator[Relation]:
        for request, cases in self.cases.items():
            yield from ((request, case, IMPLEMENTS) for case in cases)
        for holder, requests in self.contained.items():
            yield from ((holder, request, CONTAINS) for request in requests)
        for item in self.items:
            own, parent = self.ids[item.source, item.key], self.named(item.parent) if item.parent else None
            if parent and parent != own:
                yield own, parent, PART_OF
        for link in links:
            one, other = self.ids.get((link.source, link.item)), self.named(link.other)
            if one and other and one != other and link.kind not in (CONTAINS, IMPLEMENTS):
                yield one, other, link.kind

    def table(self, told: Told) -> pl.DataFrame:
        """id, type, attributes, relationships."""
        outcomes: dict[int, str] = dict(told.items.select("case", "outcome").iter_rows())
        rows = [
            (self.ids[i.source, i.key], i.title, i.type, i.url or None, outcomes.get(n), BETWEEN.join(i.labels) or None)
            for n, i in enumerate(self.items)
        ]
        frame = pl.DataFrame(rows, dict.fromkeys(("id", *OBJECT_ATTRIBUTES), pl.String), orient="row")
        kind = pl.col("id").replace_strict(self.kinds, return_dtype=pl.String)
        told_of = frame.select("id", type=kind, attributes=_attributes(OBJECT_ATTRIBUTES, pl.lit(EPOCH).alias("time")))
        return _related(told_of, self._relations(told.records.links))


class Happenings:
    """The events, each with the objects it is about."""

    def __init__(self, told: Told, objects: Objects) -> None:
        self._told, self._objects = told, objects

    def table(self) -> pl.DataFrame:
        """id, type, time, attributes, relationships, in the order of time."""
        moves = moves_table(self._told.found, self._told.records)
        subjects = [self._objects.of(item) for item in moves["item"]]
        entered = moves.select(
            "at",
            pl.Series("subject", subjects, pl.String),
            pl.col("activity").alias("type"),
            "stage",
            "state",
            "lifecycle",
            pl.lit(None, pl.String).alias("verdict"),
            pl.lit(None, pl.String).alias("also"),
            pl.lit(None, pl.String).alias("as"),
        )
        every = pl.concat([entered, self._happened()]).sort("at", maintain_order=True)
        numbered = every.with_columns(id=pl.format("e{}", pl.int_range(1, pl.len() + 1)))
        time = pl.from_epoch("at", "us").dt.to_string(TIMES)
        events = numbered.select("id", "type", time=time, attributes=_attributes(EVENT_ATTRIBUTES))
        return _related(events, self._relations(numbered))

    def _happened(self) -> pl.DataFrame:
        end = instant(self._told.found.window.end)
        rows = [
            (at, subject, event.kind.replace("_", " "), _verdict(event), *self._also(event))
            for event in self._told.records.events
            if event.kind in HAPPENED
            and (subject := self._objects.ids.get((event.source, event.item)))
            and (at := instant(event.at)) < end
        ]
        texts = dict.fromkeys(("subject", "type", "verdict", "also", "as"), pl.String)
        frame = pl.DataFrame(rows, {"at": pl.Int64, **texts}, orient="row")
        nothing = [pl.lit(None, pl.String).alias(name) for name in ("stage", "state", "lifecycle")]
        return frame.select("at", "subject", "type", *nothing, "verdict", "also", "as")

    def _also(self, event: Event) -> tuple[str | None, str | None]:
        """Another object that it is about, and as what."""
        if event.kind in (EventKind.PLANNED, EventKind.UNPLANNED):
            return self._objects.ids.get((event.source, event.detail or "")), "sprint"
        if event.kind in (EventKind.BLOCKED, EventKind.UNBLOCKED):
            return self._objects.named(event.detail or ""), "blocker"
        return None, None

    def _relations(self, events: pl.DataFrame) -> Iterator[Relation]:
        for number, subject, also, role in events.select("id", "subject", "also", "as").iter_rows():
            yield number, subject, SUBJECT
            yield from ((number, case, IMPLEMENTS) for case in self._objects.cases.get(subject, ()))
            yield from ((number, request, CONTAINS) for request in self._objects.contained.get(subject, ()))
            if also:
                yield number, also, role


def _is_there(item: Item, end: int) -> bool:
    """As it was known then."""
    return instant(item.created_at) < end and (item.gone_at is None or instant(item.gone_at) >= end)


def _verdict(event: Event) -> str | None:
    return event.detail if event.kind in VERDICTS else None


def _attributes(names: Sequence[str], *more: pl.Expr) -> pl.Expr:
    """Those that are known."""
    each = [pl.struct(pl.lit(name).alias("name"), *more, pl.col(name).alias("value")) for name in names]
    return pl.concat_list(each).list.filter(pl.element().struct.field("value").is_not_null())


def _related(rows: pl.DataFrame, relations: Iterable[Relation]) -> pl.DataFrame:
    """The same with `relationships`, each once."""
    schema = {"id": pl.String, "objectId": pl.String, "qualifier": pl.String}
    told = pl.DataFrame(list(relations), schema, orient="row").unique(maintain_order=True)
    lists = told.group_by("id", maintain_order=True).agg(relationships=pl.struct("objectId", "qualifier"))
    nothing = pl.lit([], pl.List(pl.Struct({"objectId": pl.String, "qualifier": pl.String})))
    joined = rows.join(lists, on="id", how="left", maintain_order="left")
    return joined.with_columns(pl.col("relationships").fill_null(nothing))
