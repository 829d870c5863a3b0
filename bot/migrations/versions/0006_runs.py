"""Who is at a due time still, and what does not work at present."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run", sa.Column("renewed_at", UTCDateTime()))
    op.create_table(
        "trouble",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.Column("denied", sa.Boolean(), nullable=False),
        sa.Column("told_at", UTCDateTime()),
        sa.Column("ended_at", UTCDateTime()),
        sa.PrimaryKeyConstraint("subject", name="pk_trouble"),
    )


def downgrade() -> None:
    op.drop_table("trouble")
    op.drop_column("run", "renewed_at")
