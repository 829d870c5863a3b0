"""Alembic's entry: migrate on the connection that `bot.store` hands over, all steps in one transaction."""

from alembic import context

from bot.tables import Rows

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Rows.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
