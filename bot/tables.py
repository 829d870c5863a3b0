"""The tables of the one database. `bot.store` alone uses them; Alembic (`bot/migrations`) makes them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
Json = JSON().with_variant(JSONB(), "postgresql")


class Rows(SQLModel):
    """Base with names for constraints, which migrations need."""

    metadata = MetaData(naming_convention=NAMING)


class PayloadRow(Rows, table=True):
    """What a source sent, trimmed; everything else about it can be rebuilt from here.

    `missed_at`: since when a census misses it.
    """

    __tablename__ = "payload"

    source: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    scope: str = Field(index=True)
    updated_at: datetime
    mark: str
    digest: str
    body: dict[str, Any] = Field(sa_type=Json)
    missed_at: datetime | None = None


class ItemRow(Rows, table=True):
    """An issue, a pull request or a case, or what is beside the flow (`connectors.records.ItemKind`)."""

    __tablename__ = "item"

    source: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    scope: str = Field(index=True)
    kind: str
    type: str | None = None
    name: str = Field(index=True)
    title: str
    url: str
    created_at: datetime
    parent: str | None = None
    labels: list[str] = Field(sa_type=Json)
    aliases: list[str] = Field(sa_type=Json)
    doubts: list[str] = Field(sa_type=Json)
    about: str | None = None
    gone_at: datetime | None = None


class EventRow(Rows, table=True):
    """Something that happened to an item."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_source_item", "source", "item"),)

    source: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    item: str
    at: datetime
    kind: str
    state: str | None = None
    state_id: str | None = None
    actor: str | None = None
    actor_kind: str | None = None
    detail: str | None = None
    seq: int


class LinkRow(Rows, table=True):
    """An item that points to another, and how that is known."""

    __tablename__ = "link"

    source: str = Field(primary_key=True)
    item: str = Field(primary_key=True)
    other: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    evidence: str = Field(primary_key=True)


class WatermarkRow(Rows, table=True):
    """A word that is another one after every change of a source's items, events or links, and never comes again."""

    __tablename__ = "watermark"

    source: str = Field(primary_key=True)
    mark: str


class PersonRow(Rows, table=True):
    """Whom a vendor's id stands for."""

    __tablename__ = "person"

    source: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    name: str
    kind: str


class CursorRow(Rows, table=True):
    """How far a scope has been read, until when completely, and when its silent changes were last looked for."""

    __tablename__ = "cursor"

    source: str = Field(primary_key=True)
    scope: str = Field(primary_key=True)
    value: str
    complete_at: datetime | None = None
    census_at: datetime | None = None


class RunRow(Rows, table=True):
    """One due time of one job. Whoever inserts the row has claimed it, and renews the claim while it is at work."""

    __tablename__ = "run"

    job: str = Field(primary_key=True)
    due: datetime = Field(primary_key=True)
    claimed_at: datetime
    renewed_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str | None = None


class TroubleRow(Rows, table=True):
    """What does not work at present, so that it is said once, and its end, too; `denied`: a person must act."""

    __tablename__ = "trouble"

    subject: str = Field(primary_key=True)
    since: datetime
    sentence: str
    denied: bool
    told_at: datetime | None = None
    ended_at: datetime | None = None


class OutboxRow(Rows, table=True):
    """One message to be posted once."""

    __tablename__ = "outbox"

    channel: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    state: str
    first_at: datetime
    claimed_at: datetime
    message: str | None = None
    file: str | None = None
    mark: str | None = None


class ToldRow(Rows, table=True):
    """What a digest told, for the next one to come back to. `end`: the day after its last."""

    __tablename__ = "told"

    stream: str = Field(primary_key=True)
    end: str = Field(primary_key=True)
    told_at: datetime
    body: dict[str, Any] = Field(sa_type=Json)


class RemarkRow(Rows, table=True):
    """What somebody said of what was told; nothing is ever overwritten. `by`: the id of a member of the workspace."""

    __tablename__ = "remark"

    number: int = Field(primary_key=True)
    stream: str = Field(index=True)
    at: datetime
    by: str
    place: str
    kind: str
    subject: str
    reason: str
    until: str | None = None
    request: str


class HeardRow(Rows, table=True):
    """A request that was heard, so that it is answered once."""

    __tablename__ = "heard"

    request: str = Field(primary_key=True)
    at: datetime


class ReadingRow(Rows, table=True):
    """The value of a key result at an instant, as it was found or entered; nothing is ever overwritten.

    `measure`: how it was measured, so that values that were measured otherwise are told apart.
    """

    __tablename__ = "reading"

    stream: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    measure: str = Field(primary_key=True)
    at: datetime = Field(primary_key=True)
    noted_at: datetime = Field(primary_key=True)
    value: float | None = None


class DefinitionRow(Rows, table=True):
    """Since when a key result or a gate is written down as it is."""

    __tablename__ = "definition"

    stream: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    digest: str = Field(primary_key=True)
    text: str
    first_at: datetime


class GateRecordRow(Rows, table=True):
    """What was decided at a gate, with all that was known; sealed (`bot.govern.chain`), never changed."""

    __tablename__ = "gate_record"

    stream: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    gate: str
    day: str
    at: datetime
    verdict: str
    decision: str
    reason: str
    pack: str
    previous: str
    hash: str


class PlanStepRow(Rows, table=True):
    """Something that happened to a planned change; nothing is ever overwritten."""

    __tablename__ = "plan_step"

    stream: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    name: str
    kind: str
    at: datetime
    noted_at: datetime
    told: dict[str, Any] = Field(sa_type=Json)
