"""Values of key results, since when goals are written down, and what was decided at gates."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reading",
        *(_text(name) for name in ("stream", "name", "measure")),
        _time("at"),
        _time("noted_at"),
        sa.Column("value", sa.Float()),
        sa.PrimaryKeyConstraint("stream", "name", "measure", "at", "noted_at", name="pk_reading"),
    )
    op.create_table(
        "definition",
        *(_text(name) for name in ("stream", "kind", "name", "digest", "text")),
        _time("first_at"),
        sa.PrimaryKeyConstraint("stream", "kind", "name", "digest", name="pk_definition"),
    )
    op.create_table(
        "gate_record",
        _text("stream"),
        sa.Column("number", sa.Integer(), nullable=False),
        *(_text(name) for name in ("gate", "day")),
        _time("at"),
        *(_text(name) for name in ("verdict", "decision", "reason", "pack", "previous", "hash")),
        sa.PrimaryKeyConstraint("stream", "number", name="pk_gate_record"),
    )


def downgrade() -> None:
    for table in ("gate_record", "definition", "reading"):
        op.drop_table(table)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, UTCDateTime(), nullable=False)
