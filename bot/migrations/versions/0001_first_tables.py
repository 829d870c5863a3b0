"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "payload",
        _text("source"),
        _text("kind"),
        _text("key"),
        _text("scope"),
        _time("updated_at"),
        _text("mark"),
        _text("digest"),
        _json("body"),
        sa.PrimaryKeyConstraint("source", "kind", "key", name="pk_payload"),
    )
    op.create_index("ix_payload_scope", "payload", ["scope"])
    op.create_table(
        "item",
        _text("source"),
        _text("key"),
        _text("scope"),
        _text("kind"),
        _unknown("type"),
        _text("name"),
        _text("title"),
        _text("url"),
        _time("created_at"),
        _unknown("parent"),
        _json("labels"),
        _json("aliases"),
        _json("doubts"),
        sa.PrimaryKeyConstraint("source", "key", name="pk_item"),
    )
    op.create_index("ix_item_scope", "item", ["scope"])
    op.create_index("ix_item_name", "item", ["name"])
    op.create_table(
        "event",
        _text("source"),
        _text("id"),
        _text("item"),
        _time("at"),
        _text("kind"),
        _unknown("state"),
        _unknown("state_id"),
        _unknown("actor"),
        _unknown("actor_kind"),
        _unknown("detail"),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("source", "id", name="pk_event"),
    )
    op.create_index("ix_event_source_item", "event", ["source", "item"])
    op.create_table(
        "link",
        _text("source"),
        _text("item"),
        _text("other"),
        _text("kind"),
        _text("evidence"),
        sa.PrimaryKeyConstraint("source", "item", "other", "kind", "evidence", name="pk_link"),
    )
    op.create_table(
        "person",
        _text("source"),
        _text("key"),
        _text("name"),
        _text("kind"),
        sa.PrimaryKeyConstraint("source", "key", name="pk_person"),
    )
    op.create_table(
        "cursor",
        _text("source"),
        _text("scope"),
        _text("value"),
        sa.Column("complete_at", UTCDateTime()),
        sa.Column("census_at", UTCDateTime()),
        sa.PrimaryKeyConstraint("source", "scope", name="pk_cursor"),
    )
    op.create_table(
        "run",
        _text("job"),
        _time("due"),
        _time("claimed_at"),
        sa.Column("ended_at", UTCDateTime()),
        _unknown("outcome"),
        sa.PrimaryKeyConstraint("job", "due", name="pk_run"),
    )
    op.create_table(
        "outbox",
        _text("channel"),
        _text("key"),
        _text("state"),
        _time("first_at"),
        _time("claimed_at"),
        _unknown("message"),
        sa.PrimaryKeyConstraint("channel", "key", name="pk_outbox"),
    )


def downgrade() -> None:
    for table in ("outbox", "run", "cursor", "person", "link", "event", "item", "payload"):
        op.drop_table(table)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _unknown(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String())


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, UTCDateTime(), nullable=False)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, Json, nullable=False)
