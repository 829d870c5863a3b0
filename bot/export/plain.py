"""Tables as CSV, Parquet and JSON.

A spreadsheet takes a cell that begins with = + - or @ for a formula, whatever the quotes around it: of a title that
begins so, opening the file would run it. Such texts get an apostrophe in front in CSV (OWASP's advice); JSON and
Parquet have types, and keep texts as they are.
"""

import json
from collections.abc import Iterator
from io import BytesIO
from typing import IO

import polars as pl

from bot.export.place import Place
from bot.export.told import Told

RUNS = r"^\s*[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]|^[\t\r\n]"
"""How a text begins that a spreadsheet would run; in wide letters, too."""

TIMES = "%Y-%m-%dT%H:%M:%S%.6fZ"
BETWEEN = "|"
"""Between the texts of a list in one cell."""

ROWS = 20_000
"""Rows that are put into words at once."""


def write_csv(told: Told, place: Place) -> None:
    for name, table in told.tables():
        with place.file(f"{name}.csv") as file:
            write_table(table, file)


def write_parquet(told: Told, place: Place) -> None:
    """By way of memory, since they are small: polars takes a full disk for a fault of the table."""
    for name, table in told.tables():
        packed = BytesIO()
        table.write_parquet(packed, compression="zstd")
        with place.file(f"{name}.parquet") as file:
            file.write(packed.getbuffer())


def write_json(told: Told, place: Place) -> None:
    """One document; each table is a list of rows."""
    with place.file() as file:
        head = {"schema": "gemba.export/1", **told.about}
        file.write(json.dumps(head, ensure_ascii=False)[:-1].encode())
        for name, table in told.tables():
            file.write(f',\n"{name}": [\n'.encode())
            write_rows(with_plain_times(table), file)
            file.write(b"]")
        file.write(b"}\n")


def write_table(table: pl.DataFrame, file: IO[bytes]) -> None:
    """As CSV that a spreadsheet opens without harm."""
    lists = [name for name, kind in table.schema.items() if isinstance(kind, pl.List)]
    flat = table.with_columns(in_one_cell(name) for name in lists)
    flat.with_columns(harmless(pl.col(pl.String))).write_csv(file, datetime_format=TIMES)


def in_one_cell(name: str) -> pl.Expr:
    """Of a list; an empty one is nothing."""
    return pl.when(pl.col(name).list.len() > 0).then(pl.col(name).list.join(BETWEEN)).alias(name)


def harmless(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(RUNS)).then(pl.format("'{}", text)).otherwise(text).name.keep()


def with_plain_times(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(pl.col(pl.Datetime).dt.to_string(TIMES))


def write_rows(rows: pl.DataFrame, file: IO[bytes]) -> None:
    """Each as a JSON object on a line of its own, with commas between them."""
    for number, some in enumerate(_lines(rows)):
        file.write(b",\n" if number else b"")
        file.write(some)
    file.write(b"\n")


def _lines(rows: pl.DataFrame) -> Iterator[bytes]:
    for some in rows.iter_slices(ROWS):
        text = BytesIO()
        some.write_ndjson(text)
        yield text.getvalue().rstrip(b"\n").replace(b"\n", b",\n")
