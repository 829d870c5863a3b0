"""What each account did, in the order of time: by this automation and bulk edits show."""

import numpy as np
import polars as pl

from bot.flow.history.kinds import CLIENT_TIMES, Exactness


def account() -> pl.Expr:
    """A number for each actor of a source, null for nobody; the same wherever source and actor are the same words."""
    return pl.col("source").to_physical().cast(pl.Int64) * 2**32 + pl.col("actor").to_physical()


def by_account(events: pl.DataFrame, exact: Exactness) -> pl.DataFrame:
    """row, account, item, at, human: of sources that tell more than whole hours, without the times of git."""
    is_told = (
        pl.col("account").is_not_null() & ~pl.col("kind").is_in(CLIENT_TIMES) & pl.col("source").is_in(exact.to_minutes)
    )
    told = events.with_row_index("row").filter(is_told).select("row", "account", "item", "at", "human")
    return told[np.lexsort((told["at"].to_numpy(), told["account"].to_numpy()))]
