"""What happened to planned changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "plan_step",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("name", "kind")),
        *(sa.Column(name, UTCDateTime(), nullable=False) for name in ("at", "noted_at")),
        sa.Column("told", Json, nullable=False),
        sa.PrimaryKeyConstraint("stream", "number", name="pk_plan_step"),
    )


def downgrade() -> None:
    op.drop_table("plan_step")
