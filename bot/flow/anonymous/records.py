"""Records and a stream in which nothing names a person, a customer or a project, and of which all figures are the same.

It works at the input of the engine, so that every sentence that is made later is clean. Replaced are names, titles and
addresses of items, labels, epics, sprints with their goals, releases, environments, sources with their projects and
repositories, commits, people, and what somebody wrote in the configuration. What stays is the process: stages, states,
types of items, and times. Where a word of the process holds the name of somebody whom the sources know, that is
replaced, too.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from bot.flow.anonymous.names import Names
from bot.flow.anonymous.people import NAMING_PEOPLE
from bot.flow.anonymous.series import ranked
from bot.flow.history.log import Records
from bot.flow.model import NotWaste, Stage, Stream
from connectors.records import FLOWING, PREVIEW, PRODUCTION, Event, EventKind, Item, ItemKind, Link, Person, Verdict

AnyStream = TypeVar("AnyStream", bound=Stream)

NAMING_COMMITS = (
    EventKind.COMMITTED,
    EventKind.PUSHED,
    EventKind.FORCE_PUSHED,
    EventKind.MERGED,
    EventKind.RELEASED,
)
BLOCKING = (EventKind.BLOCKED, EventKind.UNBLOCKED)
PLANNING = (EventKind.PLANNED, EventKind.UNPLANNED)
FLAG = "flag"
TO_ITEMS = ("blocks", "causes", "implements", "relates")
"""Kinds of links that name an item, be it known or not; others may name a commit."""

RESOLUTION = "resolution "
OUTCOMES = frozenset((*Verdict, FLAG, "pending", "ok", "fail"))
"""Details that name nothing."""


def anonymised(stream: AnyStream, records: Records, names: Names | None = None) -> tuple[AnyStream, Records]:
    """`names`: if what somebody wrote elsewhere has to be called as it is here."""
    known = names or Names(stream, records)
    ids = ranked(event.id for event in records.events)
    return _stream(stream, known), Records.of(
        [_item(item, known) for item in records.items],
        [_event(event, known, ids) for event in records.events],
        [_link(link, known) for link in records.links],
        [_person(person, known) for person in records.people],
        {known.place(place): until for place, until in records.read_until.items()},
    )


def _stream(stream: AnyStream, names: Names) -> AnyStream:
    return stream.model_copy(
        update={
            "name": "Stream",
            "sources": tuple(names.place(source) for source in stream.sources),
            "trigger": names.text(stream.trigger),
            "end": names.text(stream.end),
            "stages": tuple(_stage(stage, names) for stage in stream.stages),
            "item_types": names.plain(stream.item_types),
            "not_delivered": tuple(names.called(RESOLUTION, word) for word in stream.not_delivered),
            "anchor": names.plain(stream.anchor),
            "must_have": tuple(names.step(step) for step in stream.must_have),
            "decided": names.plain(stream.decided),
            "groups": tuple(names.called("Label ", label) for label in stream.groups),
            "not_waste": tuple(_not_waste(said, names) for said in stream.not_waste),
        }
    )


def _stage(stage: Stage, names: Names) -> Stage:
    return stage.model_copy(
        update={
            "name": names.text(stage.name),
            "states": names.plain(stage.states),
            "necessary": stage.necessary and names.called("Duty ", stage.necessary),
            "prepares": names.plain(stage.prepares),
        }
    )


def _not_waste(said: NotWaste, names: Names) -> NotWaste:
    return said.model_copy(
        update={
            "reason": names.called("Reason ", said.reason),
            "place": names.plain(said.place),
            "item": said.item and names.item(said.item),
        }
    )


def _item(item: Item, names: Names) -> Item:
    return Item(
        source=names.source(item.source),
        scope=names.scope(item.source, item.scope),
        key=names.key(item.source, item.key),
        kind=item.kind,
        name=names.item(item.name),
        title=names.title_of(item),
        url=_url(item, names),
        created_at=item.created_at,
        type=names.plain(item.type),
        parent=item.parent and names.item(item.parent),
        labels=tuple(_label(label, item, names) for label in item.labels),
        aliases=tuple(names.item(alias) for alias in item.aliases),
        doubts=tuple(names.called("fault of a history ", doubt.partition(":")[0]) for doubt in item.doubts),
        about=_about(item, names),
        gone_at=item.gone_at,
    )


def _url(item: Item, names: Names) -> str:
    """None, but for a sprint, of which it tells that it is the same one in several projects."""
    if item.kind == ItemKind.SPRINT and item.url:
        return names.called("urn:sprint:", f"{item.source}\n{item.url}")
    return ""


def _label(label: str, item: Item, names: Names) -> str:
    is_ours = item.kind not in FLOWING and label in (PRODUCTION, PREVIEW)
    return label if is_ours else names.called("Label ", label)


def _about(item: Item, names: Names) -> str | None:
    if item.about is None or item.about == PREVIEW or item.about.isdigit():
        return item.about
    return names.called("Goal " if item.kind == ItemKind.SPRINT else "Environment ", item.about)


def _event(event: Event, names: Names, ids: Mapping[str, str]) -> Event:
    source, actor = event.source, event.actor
    return Event(
        names.source(source),
        ids[event.id],
        names.key(source, event.item),
        event.at,
        event.kind,
        None if event.state is None else names.text(event.state),
        None if event.state_id is None else names.state_id(event.state_id),
        None if actor is None else names.person(source, actor),
        event.actor_kind,
        None if event.detail is None else _detail(event, event.detail, names),
        event.seq,
    )


def _detail(event: Event, detail: str, names: Names) -> str:
    """What an event tells beside its kind."""
    kind = event.kind
    if kind in NAMING_PEOPLE:
        return names.person(event.source, detail)
    if kind in NAMING_COMMITS:
        return names.commit(detail)
    if kind in PLANNING:
        return names.key(event.source, detail)
    if kind is EventKind.STATE:
        return names.state_id(detail)
    if kind is EventKind.RESOLVED:
        return names.called(RESOLUTION, detail)
    if detail in OUTCOMES or detail.replace(".", "", 1).isdigit():
        return detail
    return names.item(detail) if kind in BLOCKING else names.called("detail ", detail)


def _link(link: Link, names: Names) -> Link:
    is_item = link.kind in TO_ITEMS or names.knows(link.other) or "#" in link.other
    other = names.item(link.other) if is_item else names.commit(link.other)
    return Link(names.source(link.source), names.key(link.source, link.item), other, link.kind, link.evidence)


def _person(person: Person, names: Names) -> Person:
    name = person.name and names.named(person.name, "Person ")
    return replace(person, source=names.source(person.source), key=names.person(person.source, person.key), name=name)
