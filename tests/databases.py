"""New databases of a PostgreSQL."""

from sqlalchemy import create_engine, text


def new_database(uri: str, name: str) -> str:
    """Its address; `uri`: of the database postgres."""
    address = uri.replace("postgresql://", "postgresql+psycopg://")
    admin = create_engine(address, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return address.replace("/postgres?", f"/{name}?")
