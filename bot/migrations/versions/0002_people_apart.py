"""People are kept apart from payloads, and what is gone is known.

Payloads of before hold names and lack much of what is read now: everything is collected anew.
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("payload", "item", "event", "link", "person", "cursor"):
        op.execute(sa.delete(sa.table(table)))
    op.add_column("payload", sa.Column("missed_at", UTCDateTime()))
    op.add_column("item", sa.Column("about", sa.String()))
    op.add_column("item", sa.Column("gone_at", UTCDateTime()))


def downgrade() -> None:
    for table, column in (("payload", "missed_at"), ("item", "about"), ("item", "gone_at")):
        op.drop_column(table, column)
