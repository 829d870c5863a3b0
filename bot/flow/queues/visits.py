"""Visits of states: who brought an item, who took it away, and what traces of work it left in between.

A state is what the source calls it; what the configuration says of it is not asked. Work is a commit, an edit or a log
entry of a person; a review is a verdict and no work on what is reviewed. Accounts of
two sources are one person if they bear the same name and nobody else does; where they do not, nobody can tell.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from bot.flow.clock import DAY, MINUTE, WorkClock
from bot.flow.history.kinds import EVIDENCE, PRODUCING
from bot.flow.history.log import Log
from bot.flow.queues.cadence import PAUSE
from bot.flow.timeline.cases import Cases
from bot.flow.timeline.spans import PASSED_THROUGH
from bot.frames import WORDS
from connectors.records import Person

SHOWN = (
    *("case", "state", "entered", "left", "taken", "by_person", "into", "born", "assumed", "bulk", "short", "scribed"),
    *("seen", "traced", "late", "own_work", "reviewed", "worked_before", "other", "handed_on", "pulled", "lies_again"),
)
"""What is told of a visit that ended."""

EDGE = 15 * MINUTE
"""At both ends of a visit traces may belong to the state before or after."""

SCRIBES_SHARE, SCRIBES_STATES, SCRIBES_WORK = 0.20, 0.60, 0.20
"""Who moves at least so many of the exits of so many of the states, and works on fewer than so many of those items."""

FEWEST_SESSIONS, STEADY = 10, 0.75
"""Share of at least so many sessions that begin within the same two hours of the day."""

LATE = 0.70
"""A trace in the last part of the working time of a visit comes from what follows, if the card was moved late."""


@dataclass(frozen=True)
class Scribes:
    """People who move the cards of others, and how long they usually leave them; `lag` in microseconds."""

    people: frozenset[str]
    lag: int


def read_visits(log: Log, cases: Cases, over: Collection[str]) -> pl.DataFrame:
    """Every stay in a state that is not `over`, of every case.

    case, state, entered, left (null: not yet), brought (by whom), taken (by whom), by_person (the exit), came_by (who
    brought it into the state before), next_taken (who took it out of the state after), into, born (it is the first),
    assumed, bulk, short.
    """
    moves = log.moves.filter(pl.col("item").is_in(list(cases.roots))).with_columns(pl.col("state", "by").cast(WORDS))
    visits = moves.select(
        "state",
        case="item",
        entered="at",
        left=_beside("at", -1),
        brought=pl.when("human").then("by"),
        taken=_beside("by", -1),
        by_person=_beside("human", -1),
        came_by=_beside("by", 1),
        next_taken=_beside("by", -2),
        into=_beside("state", -1),
        born=_beside("at", 1).is_null(),
        assumed=pl.col("assumed") | _beside("assumed", -1).fill_null(value=False),
        bulk=pl.col("bulk") | _beside("bulk", -1).fill_null(value=False),
    )
    trusted = dict(log.trusted_from)
    known = pl.col("case").replace_strict(trusted, default=None, return_dtype=pl.Int64) if trusted else pl.lit(None)
    kept = visits.filter(~pl.col("state").is_in(list(over)) & (pl.col("entered") >= known).fill_null(value=True))
    short = (pl.col("left") - pl.col("entered") <= PASSED_THROUGH).fill_null(value=False)
    return kept.with_columns(short=short).with_row_index("visit")


def _beside(name: str, places: int) -> pl.Expr:
    """Of the item's move that many places before (or, if negative, after) this one."""
    return pl.when(pl.col("item") == pl.col("item").shift(places)).then(pl.col(name).shift(places))


def read_traces(log: Log, cases: Cases, people: Sequence[Person]) -> pl.DataFrame:
    """case, at, actor, work, in the order of time: what people left at an item and at its change requests.

    `actor`: as the source calls them that says who moves; null where nobody can tell who that is there.
    """
    sources = log.items.frame["source"].cast(WORDS)
    movers = log.moves.select(sources.gather(log.moves["item"]).alias("home"), actor="by").drop_nulls().unique()
    doers = log.events.select(home="source", actor="actor").drop_nulls().unique()
    same = pl.concat(each.cast(WORDS) for each in (movers, doers)).unique().with_columns(known="actor")
    known = pl.concat([same, _namesakes(people)]).unique(["home", "actor"], keep="first", maintain_order=True)
    traces = log.events.filter(pl.col("kind").is_in(EVIDENCE) & pl.col("attended"))
    placed = traces.select("item", "at", actor=pl.col("actor").cast(WORDS), work=pl.col("kind").is_in(PRODUCING)).join(
        cases.members.select("case", "item").unique(), on="item"
    )
    at_home = placed.with_columns(home=sources.gather(placed["case"])).join(known, on=["home", "actor"], how="left")
    return at_home.select("case", "at", "work", actor="known").sort("at", "case", "actor", "work")


def _namesakes(people: Sequence[Person]) -> pl.DataFrame:
    """home, actor, known: accounts elsewhere, and who of the same name that alone bears it at home."""
    named = pl.DataFrame(
        [(p.source, p.key, p.name.casefold()) for p in people if p.name],
        {"source": pl.String, "key": pl.String, "name": pl.String},
        orient="row",
    ).unique(maintain_order=True)
    alone = named.filter(pl.len().over("source", "name") == 1)
    pairs = alone.join(alone, on="name", suffix="_home").filter(pl.col("source") != pl.col("source_home"))
    return pairs.select(home="source_home", actor="key", known="key_home").sort("home", "actor", "known").cast(WORDS)


def find_scribes(visits: pl.DataFrame, traces: pl.DataFrame) -> Scribes:
    """People who move a fifth of the items in most states and work on hardly any of those they move.

    Where work of nobody knows whom may be theirs, they must come once a day, at about the same time, besides.
    """
    exits = visits.filter(pl.col("taken").is_not_null() & pl.col("by_person") & ~pl.col("assumed"))
    of_state = exits.group_by("state").agg(all=pl.len())
    shares = exits.group_by("state", "taken").agg(own=pl.len()).join(of_state, on="state")
    busy = shares.filter(pl.col("own") >= SCRIBES_SHARE * pl.col("all")).group_by("taken").agg(states=pl.len())
    chosen = busy.filter(pl.col("states") >= SCRIBES_STATES * max(len(of_state), 1))
    work, moved = traces.filter("work"), exits.select("case", "taken").unique()
    touched = work.select("case", taken="actor").drop_nulls().unique().with_columns(own=pl.lit(value=True))
    nameless = work.filter(pl.col("actor").is_null()).select("case").unique().with_columns(nameless=pl.lit(value=True))
    beside = moved.join(touched, on=["case", "taken"], how="left").join(nameless, on="case", how="left")
    worked = beside.group_by("taken").agg(
        own=pl.col("own").fill_null(value=False).mean(),
        perhaps=pl.any_horizontal(pl.col("own", "nameless").fill_null(value=False)).mean(),
    )
    idle = chosen.join(worked.filter(pl.col("own") < SCRIBES_WORK), on="taken").sort("taken")
    surely = pl.lit(value=len(work) > 0) & (pl.col("perhaps") < SCRIBES_WORK)
    people = {
        who
        for who, sure in idle.select("taken", surely).iter_rows()
        if sure or _keeps_an_hour(exits.filter(pl.col("taken") == who))
    }
    return Scribes(frozenset(people), _lag(exits.filter(pl.col("taken").is_in(list(people)))))


def _keeps_an_hour(exits: pl.DataFrame) -> bool:
    """Three of four sessions begin within the same two hours, which also holds over a change to summer time."""
    at = exits["left"].unique().sort().to_numpy()
    began = at[np.concatenate([[True], np.diff(at) > PAUSE])] % DAY
    if len(began) < FEWEST_SESSIONS:
        return False
    after = (began[None, :] - began[:, None]) % DAY <= PAUSE
    return bool(after.mean(axis=1).max() >= STEADY)


def _lag(exits: pl.DataFrame) -> int:
    """Median time between their sessions, at most a day."""
    ordered = exits.sort("taken", "left")
    same = pl.col("taken") == pl.col("taken").shift(1)
    gap = ordered.select(pl.when(same).then(pl.col("left") - pl.col("left").shift(1)).alias("gap"))["gap"]
    median = gap.filter(gap > PAUSE).median()
    return min(int(median), DAY) if isinstance(median, int | float) else 0


def with_facts(visits: pl.DataFrame, traces: pl.DataFrame, scribes: Scribes, clock: WorkClock) -> pl.DataFrame:
    """The visits that ended, with what they show.

    worked_before (by anybody, ever); scribed (recorded by a scribe), seen (long enough to tell whose the traces are),
    traced (work inside), late (all of it in its last part, by others than whoever took it), own_work (of whoever took
    it), reviewed; other (left by somebody else than worked before and brought it), handed_on (whoever took it had
    brought it, from somebody else), pulled (whoever took it works on it next, and did not work last; null: who does is
    not known), lies_again (it waits once more for whoever works on it next).
    """
    placed = _placed(visits, traces, scribes)
    told = placed.join(_inside(placed, traces, clock), on="visit", how="left").sort("visit")
    told = told.with_columns(lies_again=_lies_again(told, clock))
    flags = [
        pl.col(name).fill_null(value=False) for name in ("traced", "late", "own_work", "reviewed", "worked_before")
    ]
    person = pl.col("by_person").fill_null(value=False)
    brought_it = pl.col("taken") == pl.col("brought")
    goes_on = (pl.col("taken") == pl.col("follows")) | (pl.col("taken") == pl.col("next_taken"))
    known_next = pl.col("follows").is_not_null() | pl.col("next_taken").is_not_null()
    handed_on = person & brought_it & (pl.col("brought") != pl.col("came_by")) & pl.col("fresh")
    return told.with_columns(
        *flags,
        seen=pl.col("first") < pl.col("last"),
        other=pl.when(person).then((pl.col("taken") != pl.col("worker")) & ~brought_it.fill_null(value=False)),
        handed_on=handed_on.fill_null(value=False),
        pulled=pl.when(person & known_next).then(goes_on.fill_null(value=False) & pl.col("fresh")),
    ).select(SHOWN)


def _placed(visits: pl.DataFrame, traces: pl.DataFrame, scribes: Scribes) -> pl.DataFrame:
    """The visits that ended, among the traces around them, and `first` and `last`: whose traces lie between are theirs.

    worker (the last before it), follows (the first who works after it), fresh (whoever took it did not work last).
    A scribe records an exit when he comes, so up to so much time before it belongs to what follows.
    """
    scribed = pl.col("taken").is_in(list(scribes.people)).fill_null(value=False)
    ended = visits.drop_nulls("left").with_columns(scribed=scribed)
    for beside in _around(ended, traces.filter("work")):
        ended = ended.join(beside, on="visit", how="left")
    margin = pl.when("scribed").then(max(EDGE, scribes.lag)).otherwise(EDGE)
    return ended.with_columns(
        fresh=(pl.col("taken") != pl.col("worker")).fill_null(value=True),
        worker=pl.coalesce("worker", "brought"),
        next_taken=pl.when(~pl.col("next_taken").is_in(list(scribes.people))).then("next_taken"),
        first=pl.col("entered") + EDGE,
        last=pl.col("left") - margin,
    )


def _lies_again(told: pl.DataFrame, clock: WorkClock) -> pl.Series:
    """Whether it took longer until somebody worked on it than, once begun, until the next trace; null: not known.

    Who takes an item out of a buffer begins, so that the first trace comes as soon as any other, or before the card
    was moved.
    """
    known = told["then_at"].is_not_null()
    left, first, then = (
        pl.Series(clock.elapsed(told[name].fill_null(told["left"]).to_numpy()))
        for name in ("left", "follows_at", "then_at")
    )
    begun = (told["last_at"] > told["first"]).fill_null(value=False)
    return pl.select(pl.when(known | begun).then((first - left > then - first) & ~begun)).to_series()


def _inside(ended: pl.DataFrame, traces: pl.DataFrame, clock: WorkClock) -> pl.DataFrame:
    """visit, traced, late, own_work, reviewed.

    Cards are moved late: who works next, did not work last and did not bring it has begun before it was recorded, and
    those traces of the last day belong to what follows.
    """
    stays = ended.select(
        "visit", "case", "taken", "brought", "worker", "follows", "first", "last", "left", "entered", at="entered"
    )
    placed = traces.join_asof(stays.sort("at", "visit"), on="at", by="case", check_sortedness=False).drop_nulls("visit")
    own = pl.col("actor") == pl.col("taken")
    early = (pl.col("actor") == pl.col("follows")) & (pl.col("at") > pl.col("left") - DAY)
    for known in ("brought", "worker"):
        early &= (pl.col("actor") != pl.col(known)).fill_null(value=True)
    worked = [pl.Series(name, clock.elapsed(placed[name].to_numpy())) for name in ("at", "entered", "left")]
    there, began, gone = (series.alias(f"worked_{series.name}") for series in worked)
    placed = placed.with_columns(there, began, gone)
    part = (pl.col("worked_at") - pl.col("worked_entered")) / (pl.col("worked_left") - pl.col("worked_entered"))
    within = pl.col("work") & pl.col("at").is_between("first", "last") & ~early.fill_null(value=False)
    others = pl.col("actor").is_not_null() & ~own
    return placed.group_by("visit").agg(
        traced=within.any(),
        late=within.any() & (part.filter(within).min() >= LATE) & others.filter(within).all(),
        own_work=(within & own.fill_null(value=False)).any(),
        reviewed=(~pl.col("work") & (pl.col("at") <= pl.col("left"))).any(),
    )


def _around(ended: pl.DataFrame, work: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """(visit, worker, worked_before), (visit, last_at), (visit, follows, follows_at, then_at).

    Who worked last before a visit, when somebody last did before its end, who first after it and when, and when the
    trace after that was left.
    """
    began, left = (ended.select("visit", "case", at=name).sort("at", "visit") for name in ("entered", "left"))
    told = work.select("case", "at", "actor", worked=pl.lit(value=True)).sort("at")
    before = began.join_asof(told, on="at", by="case", strategy="backward", check_sortedness=False)
    once = told.unique(["case", "at"], keep="first", maintain_order=True)
    following = once.with_columns(follows_at="at", then_at=pl.col("at").shift(-1).over("case"))
    after = left.join_asof(following, on="at", by="case", strategy="forward", check_sortedness=False)
    until = left.join_asof(told.with_columns(worked_at="at"), on="at", by="case", check_sortedness=False)
    return (
        before.select("visit", worker="actor", worked_before="worked"),
        until.select("visit", last_at="worked_at"),
        after.select("visit", "follows_at", "then_at", follows="actor"),
    )
