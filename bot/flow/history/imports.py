"""Items that were imported from elsewhere: their history before that day is what somebody wrote down, or nothing.

Three signs, for trackers:
    by number   an issue says it was created more than a day before issues with lower ids. Numbers are given in order,
                so it came after them. The longest run of ids in which creation only moves on is taken to be native;
                where less than half of all issues are in it, ids do not tell time.
    by account  an account that leaves no work created five items or more over a month or longer, then nothing later,
                and most of them were first touched within the same two minutes: by that account, or by another where
                theirs come first by their ids
    by place    ten items or more were created by one account, each within two minutes of the one before, and two
                minutes after their creation they stood in three different states

An issue that moved from one project to another keeps its id. What one person created over weeks and a planning meeting
moved in one go is no import: that person creates more later. Nor is a sweep over what somebody reported who left long
ago: issues of others lie between by their ids. Where times
are told in whole hours or days, nothing can be seen to happen at once, and only the numbers count.
Source of the first: longest non-decreasing subsequence (Schensted 1961), by patience sorting.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from bot.flow.clock import DAY, MINUTE
from bot.flow.findings.measures import Doubt
from bot.flow.history.kinds import EVIDENCE, Exactness
from bot.frames import Items
from connectors.records import EventKind, ItemKind

MOST_STRAY = 0.5
FEWEST_ITEMS, FEWEST_TOGETHER, MOST_LATER, SAME_TIME = 5, 3, 0.05, 0.5
MANY_ITEMS, MANY_STATES = 10, 3
TOGETHER, LONG_PAST = 2 * MINUTE, 30 * DAY
"""By number: issues outside the run; by account: items, those touched at once, created later (share of all), and share
touched at once; by place: items and states. `TOGETHER`: at once; `LONG_PAST`: over so long they were created."""


def find_imports(events: pl.DataFrame, items: Items, exact: Exactness) -> tuple[dict[int, int], tuple[Doubt, ...]]:
    """Item -> since when its history is known, of events in order."""
    issues = items.frame.select("source", "scope", "kind", "created_at", "key").with_row_index("item")
    places = issues.filter(pl.col("kind") == ItemKind.ISSUE).partition_by("source", "scope")
    numbered = [_by_number(place) for place in places]
    is_issue = pl.Series(items.frame["kind"] == ItemKind.ISSUE).gather(events["item"])
    told = events.filter(is_issue & pl.col("source").is_in(exact.to_minutes)).with_row_index("row")
    entered = told.filter(pl.col("kind") == EventKind.STATE)
    born = entered.filter((pl.col("item") != pl.col("item").shift(1)).fill_null(value=True))
    trusted = dict(_by_place(told, born))
    trusted |= dict(_by_account(told, born, [native for native, _ in numbered]))
    trusted |= {n: max(at, trusted.get(n, at)) for _, late in numbered for n, at in late.iter_rows()}
    return trusted, _doubts(trusted, items)


def enter_late(moves: pl.DataFrame, trusted: Mapping[int, int]) -> pl.DataFrame:
    """Without what is told of the time before: the state in which an item stood then is entered at that instant."""
    if not trusted:
        return moves
    since = pl.col("item").replace_strict(trusted, default=None, return_dtype=pl.Int64)
    known = moves.with_columns(since=since)
    before = (pl.col("at") <= pl.col("since")).fill_null(value=False)
    left = before & before.shift(-1).over("item").fill_null(value=False)
    at = pl.when(before).then("since").otherwise("at")
    return known.filter(~left).with_columns(at=at).drop("since")


def _by_number(issues: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """item, rank (by id) of those that are native: they have natives on both sides; and item, at of the imports."""
    numbered = issues.filter(pl.col("key").str.contains(r"^\d+$")).select("item", "created_at", "key")
    ranked = numbered.sort(pl.col("key").cast(pl.Int128), "item").select("item", "created_at").with_row_index("rank")
    run = _native(ranked["created_at"])
    if len(run) < (1 - MOST_STRAY) * len(ranked):
        return ranked.clear(), ranked.clear().select("item", at="created_at")
    told = ranked.with_columns(native=pl.col("rank").is_in(run.implode()))
    newest = pl.when("native").then("created_at").forward_fill()
    late = told.with_columns(newest=newest).filter(~pl.col("native") & (newest - pl.col("created_at") > DAY))
    return told.filter("native").select(ranked.columns), late.select("item", at="newest")


def _native(created: pl.Series) -> pl.Series:
    """Places of a longest run in which creation only moves on."""
    places = range(len(created)) if created.is_sorted() else _longest_run(created.to_list())
    return pl.Series(places, dtype=pl.UInt32)


def _longest_run(values: Sequence[int]) -> Iterator[int]:
    """Places of a longest non-decreasing subsequence, the last first."""
    ends: list[int] = []
    places: list[int] = []
    before: list[int | None] = []
    for place, value in enumerate(values):
        length = bisect_right(ends, value)
        ends[length : length + 1] = [value]
        places[length : length + 1] = [place]
        before.append(places[length - 1] if length else None)
    at: int | None = places[-1] if places else None
    while at is not None:
        yield at
        at = before[at]


def _by_account(told: pl.DataFrame, born: pl.DataFrame, native: Sequence[pl.DataFrame]) -> Iterator[tuple[int, int]]:
    worked = told.filter(pl.col("kind").is_in(EVIDENCE) & pl.col("attended"))["account"].unique()
    importers = born.drop_nulls("account").filter(~pl.col("account").is_in(worked.implode()))
    theirs = importers.filter(pl.len().over("account") >= FEWEST_ITEMS).select("account", "item", "at", first="row")
    touched = _second(told, theirs)
    for (account,), group in touched.sort("at", "item").group_by(["account"], maintain_order=True):
        begin, count, touchers = _most_together(group.drop_nulls("second").sort("second", "item"))
        before = group.filter(pl.col("at") < begin)
        if len(before) < max(FEWEST_ITEMS, (1 - MOST_LATER) * len(group)) or begin - int(before["at"][0]) < LONG_PAST:
            continue
        if count < max(FEWEST_TOGETHER, SAME_TIME * len(before.drop_nulls("second"))):
            continue
        if touchers == {account} or _come_first(before["item"], born["item"], native):
            yield from ((item, begin) for item in before["item"])


def _second(told: pl.DataFrame, born: pl.DataFrame) -> pl.DataFrame:
    """The same of what is born, with `second` and `toucher`: when it was touched after that, and by whom."""
    later = told.join(born.select("item", "first"), on="item", maintain_order="left")
    touches = later.filter(pl.col("row") != pl.col("first")).drop_nulls("actor").group_by("item", maintain_order=True)
    second = touches.agg(second=pl.col("at").first(), toucher=pl.col("account").first())
    return born.join(second, on="item", how="left")


def _most_together(touched: pl.DataFrame) -> tuple[int, int, set[int]]:
    """When the largest number of items was first touched within two minutes, how many, and by whom."""
    at = touched["second"].to_numpy()
    counts = at.searchsorted(at + TOGETHER, side="right") - range(len(at))
    if not len(at):
        return 0, 0, set()
    first = int(counts.argmax())
    return int(at[first]), int(counts[first]), set(touched["toucher"][first : first + int(counts[first])])


def _come_first(theirs: pl.Series, born: pl.Series, native: Sequence[pl.DataFrame]) -> bool:
    """In the order of the ids, issues of nobody else come before most of theirs."""
    is_theirs = pl.col("item").is_in(theirs.implode())
    ranked = pl.concat(native)
    ranks = ranked.filter(is_theirs)["rank"].sort()
    others = ranked.filter(pl.col("item").is_in(born.implode()) & ~is_theirs)["rank"]
    return bool(len(ranks)) and bool((others > ranks[len(ranks) // 2]).all())


def _by_place(told: pl.DataFrame, born: pl.DataFrame) -> Iterator[tuple[int, int]]:
    created = born.drop_nulls("account").sort("account", "at", "item")
    apart = (pl.col("account") != pl.col("account").shift(1)) | (pl.col("at") - pl.col("at").shift(1) > TOGETHER)
    batches = created.select("item", "at", batch=apart.fill_null(value=True).cum_sum())
    large = batches.filter(pl.len().over("batch") >= MANY_ITEMS)
    until = large.select("item", "batch", until=pl.col("at") + TOGETHER)
    moves = told.filter(pl.col("kind") == EventKind.STATE).join(until, on="item", maintain_order="left")
    placed = moves.filter(pl.col("at") <= pl.col("until")).group_by("item", maintain_order=True).last()
    states, items = pl.col("state").n_unique().over("batch"), pl.len().over("batch")
    yield from placed.filter((items >= MANY_ITEMS) & (states >= MANY_STATES)).select("item", "at").iter_rows()


def _doubts(trusted: Mapping[int, int], items: Items) -> tuple[Doubt, ...]:
    if not trusted:
        return ()
    told = "what is told of before is left out, so when they began is unknown"
    detail = f"{len(trusted)} items were imported; {told}"
    names = tuple(items.names[n] for n in sorted(trusted))
    return (Doubt(kind="imported", detail=detail, items=names, touches=("lead_time", "cycle_time", "stages", "age")),)
