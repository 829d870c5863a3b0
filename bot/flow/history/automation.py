"""Who is no person, by behaviour.

On the clock of the calendar, for evenings and weekends are when automation gives itself away. An account with at least
20 events is automation if
    it reacts       70 % of its events follow another's on the same item within 10 seconds
    it reviews all  it does next to nothing but review, and nine of ten times within 15 minutes of another's event
    it is timed     60 % of its events fall into the same three minutes of the day, on at least 5 days
    it sweeps       half of its events lie in minutes in which it touched 15 items or more, at least 3 such minutes
None of them leaves evidence of work. The first two no person can do: their verdicts are not heard, and their moves are
no person's. A secretary who enters the decisions of a weekly board looks like the last two, so theirs count.
Transitions count whoever made them. A source that tells only whole minutes, hours or days tells too little for this.
"""

from collections.abc import Collection

import polars as pl

from bot.flow.clock import DAY, HOUR, MINUTE, SECOND
from bot.flow.findings.measures import Doubt
from bot.flow.history.kinds import CLIENT_TIMES, finer_than
from bot.frames import Items
from connectors.records import EventKind

ENOUGH = 20
AT_ONCE, SOON = 10 * SECOND, 15 * MINUTE
REACTS, REVIEWS, TIMED, SWEEPS = 0.7, 0.9, 0.6, 0.5
SAME_MINUTES, FEWEST_DAYS = 3, 5
MANY_ITEMS, FEWEST_SWEEPS = 15, 3

ACCOUNT = ["source", "actor"]


def with_automation(
    events: pl.DataFrame, items: Items, persons: Collection[tuple[str, str]]
) -> tuple[pl.DataFrame, tuple[Doubt, ...]]:
    """The same, in which automation neither attends nor, where no person can be so fast, counts as one.

    `persons`: (source, account) of those who are known to be persons, whatever they do.
    """
    told = events.filter(pl.col("actor").is_not_null() & pl.col("human") & ~pl.col("kind").is_in(CLIENT_TIMES))
    known = pl.DataFrame(sorted(persons), dict.fromkeys(ACCOUNT, pl.String), orient="row")
    enough = pl.len().over(ACCOUNT) >= ENOUGH
    told = told.join(known, on=ACCOUNT, how="anti").filter(enough)
    fast = _fast(told.filter(pl.col("source").is_in(finer_than(events, MINUTE))))
    regular = told.filter(pl.col("source").is_in(finer_than(events, HOUR)))
    found = pl.concat([fast, _timed(regular), _sweeping(regular)]).unique()
    if not len(found):
        return events, ()
    is_fast, is_found = (
        pl.struct(ACCOUNT).is_in(some.select(pl.struct(ACCOUNT)).to_series().implode()) for some in (fast, found)
    )
    theirs = events.filter(is_found & pl.col("human"))
    return events.with_columns(
        human=pl.col("human") & ~is_fast.fill_null(value=False),
        attended=pl.col("attended") & ~is_found.fill_null(value=False),
    ), _doubts(len(found), theirs, items)


def _fast(told: pl.DataFrame) -> pl.DataFrame:
    """Those who react at once, and those who review whatever comes."""
    before = pl.when(pl.col("actor") != pl.col("actor").shift(1).over("item")).then(pl.col("at").shift(1).over("item"))
    after = told.with_columns(after=pl.col("at") - before.forward_fill().over("item"))
    habits = after.group_by(ACCOUNT).agg(
        at_once=(pl.col("after") <= AT_ONCE).fill_null(value=False).mean(),
        soon=(pl.col("after") <= SOON).fill_null(value=False).mean(),
        reviews=(pl.col("kind").is_in([EventKind.REVIEWED, EventKind.UNREQUESTED])).mean(),
    )
    reviews = (pl.col("reviews") >= REVIEWS) & (pl.col("soon") >= REVIEWS)
    return habits.filter((pl.col("at_once") >= REACTS) | reviews).select(ACCOUNT)


def _timed(told: pl.DataFrame) -> pl.DataFrame:
    at = told.with_columns(minute=pl.col("at") % DAY // MINUTE, day=pl.col("at") // DAY)
    minutes = at.group_by(*ACCOUNT, "minute").agg(pl.len(), pl.col("day").unique())
    top = (
        minutes.sort(["len", "minute"], descending=[True, False])
        .group_by(ACCOUNT, maintain_order=True)
        .head(SAME_MINUTES)
    )
    habits = top.group_by(ACCOUNT).agg(pl.col("len").sum(), days=pl.col("day").explode().n_unique())
    share = pl.col("len") / pl.col("all")
    habits = habits.join(told.group_by(ACCOUNT).agg(all=pl.len()), on=ACCOUNT)
    return habits.filter((share >= TIMED) & (pl.col("days") >= FEWEST_DAYS)).select(ACCOUNT)


def _sweeping(told: pl.DataFrame) -> pl.DataFrame:
    minutes = told.group_by(*ACCOUNT, minute=pl.col("at") // MINUTE).agg(pl.len(), items=pl.col("item").n_unique())
    swept = pl.col("items") >= MANY_ITEMS
    habits = minutes.group_by(ACCOUNT).agg(
        sweeps=swept.sum(), share=pl.col("len").filter(swept).sum() / pl.col("len").sum()
    )
    return habits.filter((pl.col("sweeps") >= FEWEST_SWEEPS) & (pl.col("share") >= SWEEPS)).select(ACCOUNT)


def _doubts(accounts: int, theirs: pl.DataFrame, items: Items) -> tuple[Doubt, ...]:
    """How many accounts, and never whose."""
    behave = "account behaves" if accounts == 1 else "accounts behave"
    detail = (
        f"{accounts} {behave} like automation, in {len(theirs)} events; that is no evidence of work; "
        'persons can be named as "humans" of the connector'
    )
    names = tuple(items.names[n] for n in theirs["item"].unique().sort())
    return (Doubt(kind="automation", detail=detail, items=names, touches=("value_added_ratio", "queues")),)
