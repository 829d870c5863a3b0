"""What the report is made of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import polars as pl

from bot.flow.findings.explained import ExplainedLoop, QueueExplanation, WasteExplanation
from bot.flow.model import Stage
from bot.flow.moves import Move
from bot.flow.pictures import Pace, Standing
from bot.flow.timeline.spans import Outcome
from bot.govern.document import Document
from bot.govern.stuck import Stuck
from bot.report.parts import Ref, Word
from bot.words import tame

MOST_NAMED = 40
"""So many items are named in a sentence; the others are counted."""


@dataclass(frozen=True)
class Report:
    """An analysis with all that stands behind its figures.

    `items`, `spans`: the tables of `bot.flow.tables`; `moves`: what moved since `since`; `queues`, `loops` and
    `wastes`: the items behind each, as `gemba explain` tells them; `hushed`: what would be stuck, but somebody snoozed
    it or said that it is no waste.
    """

    document: Document
    stages: Sequence[Stage]
    items: pl.DataFrame
    spans: pl.DataFrame
    standing: Standing
    pace: Sequence[Pace]
    moves: Sequence[Move]
    since: datetime
    stuck: Sequence[Stuck]
    hushed: Sequence[str]
    queues: Sequence[QueueExplanation]
    loops: Sequence[ExplainedLoop]
    wastes: Sequence[WasteExplanation]

    @property
    def zone(self) -> str:
        return self.document.window.timezone

    @cached_property
    def listed(self) -> pl.DataFrame:
        """The items of the window: still open, or ended since it began; what is told of first stands first."""
        ended = pl.col("end").is_null() | (pl.col("end") >= self.document.window.start)
        return self.items.filter(ended).sort(
            pl.col("outcome") != Outcome.OPEN, "days", descending=[False, True], nulls_last=True, maintain_order=True
        )

    @cached_property
    def cases(self) -> Mapping[str, int]:
        """The number of each item of the window, by its name."""
        return dict(self.listed.select("item", "case").iter_rows())

    def item(self, name: str) -> Word:
        """Its name, which leads to its timeline."""
        return Ref(name, href) if (href := self.href(name)) else name

    def href(self, name: str) -> str | None:
        return f"#i{self.cases[name]}" if name in self.cases else None

    def named(self, names: Iterable[str]) -> tuple[Word, ...]:
        """With commas between; of many the first."""
        every = list(names)
        words: list[Word] = []
        for name in every[:MOST_NAMED]:
            words += [", ", self.item(name)] if words else [self.item(name)]
        return (*words, f" and {len(every) - MOST_NAMED} more") if len(every) > MOST_NAMED else tuple(words)


def plain(title: str) -> str:
    """What somebody called an item, unable to turn around what stands beside it."""
    return tame(title)
