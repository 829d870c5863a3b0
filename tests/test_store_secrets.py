"""What goes wrong with the database is told without its password, and without what lies in it."""

from traceback import format_exception

import pytest
from sqlalchemy import text

from bot.errors import StoreError
from bot.redaction import redacted
from bot.store import Store

SECRET = "no-shape-of-its-own"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg://gemba:{SECRET}@127.0.0.1:1/x",
        f"postgresql+psycopg://127.0.0.1:1/x?user=gemba&password={SECRET}",
        f"postgresql+psycopg://gemba:{SECRET}@127.0.0.1:{SECRET}/x",
        f"postgresql+psycopg://gemba:{SECRET}/{SECRET}@127.0.0.1:1/x",
        f"postgresql+nothing://gemba:{SECRET}@127.0.0.1/x",
        f"gemba:{SECRET}@127.0.0.1",
    ],
)
def test_no_error_tells_the_password_of_the_database(url: str) -> None:
    """Nor does what caused it, once it is told."""
    with pytest.raises(StoreError) as found:
        Store.open(url)

    assert SECRET not in str(found.value)
    assert SECRET not in redacted("".join(format_exception(found.value)))


def test_no_error_tells_a_value(store: Store) -> None:
    """Rows hold titles and names."""
    name = "Ann Example"
    twice = text("INSERT INTO alembic_version VALUES (:v), (:v)")
    with pytest.raises(StoreError, match="cannot be used") as found, store._database.write() as connection:
        connection.execute(twice, {"v": name})

    assert name not in str(found.value)
    assert name not in redacted("".join(format_exception(found.value)))
