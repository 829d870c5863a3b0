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
from bot.flow.history.accounts import account
from bot.flow.history.kinds import CLIENT_TIMES, Exactness
from bot.frames import WORDS, Items
from connectors.records import EventKind

ENOUGH = 20
AT_ONCE, SOON = 10 * SECOND, 15 * MINUTE
REACTS, REVIEWS, TIMED, SWEEPS = 0.7, 0.9, 0.6, 0.5
SAME_MINUTES, FEWEST_DAYS = 3, 5
MANY_ITEMS, FEWEST_SWEEPS = 15, 3

NOBODY = -(2**62)
"""When somebody else acted before, where nobody did."""


def with_automation(
    events: pl.DataFrame, acts: pl.DataFrame, items: Items, persons: Collection[tuple[str, str]], exact: Exactness
) -> tuple[pl.DataFrame, tuple[Doubt, ...]]:
    """The same, in which automation neither attends nor, where no person can be so fast, counts as one.

    `acts`: `by_account`; `persons`: (source, account) of those who are known to be persons, whatever they do.
    """
    unknown = _unknown(acts.filter("human"), persons)
    acting = pl.col("human") & ~pl.col("kind").is_in(CLIENT_TIMES) & pl.col("account").is_in(unknown.implode())
    told = events.filter(acting & pl.col("source").is_in(exact.to_seconds)).select("account", "item", "at", "kind")
    regular = acts.filter(pl.col("human") & pl.col("account").is_in(unknown.implode()))
    fast = _fast(told)
    found = pl.concat([fast, _timed(regular), _sweeping(regular)]).unique()
    if not len(found):
        return events, ()
    is_fast, is_found = (pl.col("account").is_in(some.implode()).fill_null(value=False) for some in (fast, found))
    theirs = events.filter(is_found & pl.col("human"))
    return events.with_columns(
        human=pl.col("human") & ~is_fast,
        attended=pl.col("attended") & ~is_found,
    ), _doubts(len(found), theirs, items)


def _unknown(acts: pl.DataFrame, persons: Collection[tuple[str, str]]) -> pl.Series:
    """Accounts with enough events of which nobody said that they are persons."""
    known = pl.DataFrame(sorted(persons), {"source": WORDS, "actor": WORDS}, orient="row").select(account())
    often = acts.group_by("account").len().filter(pl.col("len") >= ENOUGH)["account"]
    return often.filter(~often.is_in(known.to_series().implode()))


def _fast(told: pl.DataFrame) -> pl.Series:
    """Those who react at once, and those who review whatever comes; of events by item and time."""
    same = (pl.col("item") == pl.col("item").shift(1)).fill_null(value=False)
    other = pl.col("account") != pl.col("account").shift(1)
    heard = pl.when(~same).then(NOBODY).when(other).then(pl.col("at").shift(1)).forward_fill()
    after = told.with_columns(after=pl.col("at") - pl.when(heard != NOBODY).then(heard))
    habits = after.group_by("account").agg(
        at_once=(pl.col("after") <= AT_ONCE).fill_null(value=False).mean(),
        soon=(pl.col("after") <= SOON).fill_null(value=False).mean(),
        reviews=(pl.col("kind").is_in([EventKind.REVIEWED, EventKind.UNREQUESTED])).mean(),
    )
    reviews = (pl.col("reviews") >= REVIEWS) & (pl.col("soon") >= REVIEWS)
    return habits.filter((pl.col("at_once") >= REACTS) | reviews)["account"]


def _timed(acts: pl.DataFrame) -> pl.Series:
    """Whoever keeps to a few minutes of the day keeps to a few hours of it, of which there are fewer to count."""
    for unit in (HOUR, MINUTE):
        acts = acts.filter(pl.col("account").is_in(_regular(acts, unit).implode()))
    told = acts.select("account", "at", minute=pl.col("at") % DAY // MINUTE)
    top = (
        told.group_by("account", "minute")
        .len()
        .sort(["len", "minute"], descending=[True, False])
        .group_by("account", maintain_order=True)
        .head(SAME_MINUTES)
    )
    days = told.join(top, on=["account", "minute"], how="semi").group_by("account")
    return days.agg(days=(pl.col("at") // DAY).n_unique()).filter(pl.col("days") >= FEWEST_DAYS)["account"]


def _regular(acts: pl.DataFrame, unit: int) -> pl.Series:
    """Accounts most of whose acts lie in as many units of the day as they may take minutes."""
    counted = acts.group_by("account", place=pl.col("at") % DAY // unit).len().group_by("account")
    shares = counted.agg(share=pl.col("len").top_k(SAME_MINUTES).sum() / pl.col("len").sum())
    return shares.filter(pl.col("share") >= TIMED)["account"]


def _sweeping(acts: pl.DataFrame) -> pl.Series:
    told = acts.select("account", "item", minute=pl.col("at") // MINUTE)
    same = [pl.col(name) == pl.col(name).shift(MANY_ITEMS - 1) for name in ("account", "minute")]
    full = told.filter(pl.all_horizontal(same)).select("account", "minute").unique()
    items = told.join(full, on=["account", "minute"], how="semi").group_by("account", "minute")
    swept = items.agg(pl.len(), items=pl.col("item").n_unique()).filter(pl.col("items") >= MANY_ITEMS)
    habits = swept.group_by("account").agg(sweeps=pl.len(), swept=pl.col("len").sum())
    habits = habits.join(told.group_by("account").len(), on="account")
    often = (pl.col("sweeps") >= FEWEST_SWEEPS) & (pl.col("swept") / pl.col("len") >= SWEEPS)
    return habits.filter(often)["account"]


def _doubts(accounts: int, theirs: pl.DataFrame, items: Items) -> tuple[Doubt, ...]:
    """How many accounts, and never whose."""
    behave = "account behaves" if accounts == 1 else "accounts behave"
    detail = (
        f"{accounts} {behave} like automation, in {len(theirs)} events; that is no evidence of work; "
        'persons can be named as "humans" of the connector'
    )
    names = tuple(items.names[n] for n in theirs["item"].unique().sort())
    return (Doubt(kind="automation", detail=detail, items=names, touches=("value_added_ratio", "queues")),)
