"""What digests told, what people said of it, and the pictures of messages."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    for name in ("file", "mark"):
        op.add_column("outbox", sa.Column(name, sa.String()))
    op.create_table(
        "told",
        *_texts("stream", "end"),
        _time("told_at"),
        sa.Column("body", Json, nullable=False),
        sa.PrimaryKeyConstraint("stream", "end", name="pk_told"),
    )
    op.create_table(
        "remark",
        sa.Column("number", sa.Integer(), nullable=False),
        *_texts("stream"),
        _time("at"),
        *_texts("by", "place", "kind", "subject", "reason"),
        sa.Column("until", sa.String()),
        *_texts("request"),
        sa.PrimaryKeyConstraint("number", name="pk_remark"),
    )
    op.create_index("ix_remark_stream", "remark", ["stream"])
    op.create_table("heard", *_texts("request"), _time("at"), sa.PrimaryKeyConstraint("request", name="pk_heard"))


def downgrade() -> None:
    for table in ("heard", "remark", "told"):
        op.drop_table(table)
    for name in ("file", "mark"):
        op.drop_column("outbox", name)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, UTCDateTime(), nullable=False)
