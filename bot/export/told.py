"""What is exported: a stream as it was reconstructed, and its tables, each made when it is asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from bot.flow.analyse import read
from bot.flow.event_table import events_table
from bot.flow.finding_tables import finding_tables
from bot.flow.findings.analysis import Analysis
from bot.flow.history.log import Records
from bot.flow.reconstruct import Reconstruction
from bot.flow.tables import items_table, spans_table


@dataclass(frozen=True)
class Told:
    """A stream and the records it was read from."""

    found: Reconstruction
    records: Records

    @cached_property
    def analysis(self) -> Analysis:
        return read(self.found)

    @cached_property
    def items(self) -> pl.DataFrame:
        return items_table(self.found)

    @property
    def events(self) -> pl.DataFrame:
        return events_table(self.found, self.records)

    def tables(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """By name, one after the other, so that they are not all there at once."""
        yield "items", self.items
        yield "spans", spans_table(self.found)
        yield from zip(("findings", "finding_items"), finding_tables(self.found, self.analysis), strict=True)

    @property
    def about(self) -> Mapping[str, str]:
        """What was looked at, in words."""
        window = self.found.window
        return {
            "stream": self.found.stream.name,
            "start": window.start.isoformat(),
            "end": window.end.isoformat(),
            "timezone": self.found.stream.calendar.timezone,
        }
