"""Which state is which: by its id, or where a source tells none, by its place in the flow.

A state that was renamed has one id, and goes by the newest name. Without ids the state f is taken for the former name
of g if
    at most 2 % of the entries into g come before the last entry into f,
    items come to both from the same states and leave both for the same (cosine of the counts at least 0.7, without the
    moves between the two),
    at most every tenth item that left f went on to g, but for those that were moved in bulk, and
    each was entered at least five times.
Two states that the configuration gives to different stages are two, whatever they look like. A step that was replaced
by another one in the same place cannot be told from one that was renamed.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from math import sqrt

import polars as pl

from bot.flow.findings.measures import Doubt
from connectors.records import UNKNOWN

MOST_BEFORE = 0.02
LIKE = 0.7
MOST_DIRECT = 0.10
FEWEST_ENTRIES = 5


def named(moves: pl.DataFrame, claims: Mapping[str, int]) -> tuple[pl.DataFrame, dict[str, str], tuple[Doubt, ...]]:
    """The moves with the name of today of every state, former name -> name, and what was only concluded.

    `claims`: states of the configuration -> the stage they belong to.
    """
    spoken, names = _by_id(moves)
    concluded = dict(_stitched(spoken, claims))
    today = {old: concluded.get(name, name) for old, name in names.items()} | concluded
    told = spoken.with_columns(pl.col("state", "left_state").replace(concluded))
    kept = set(told["state"])
    return told, {old: new for old, new in today.items() if old not in kept}, _doubts(concluded)


def _by_id(moves: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, str]]:
    """A state is known by its id and goes by the newest name that id had."""
    kind = pl.col("source").str.split(".").list.first()
    place = pl.concat_str(pl.col("source"), pl.col("state_id"), separator="/")
    spoken = moves.with_columns(said=pl.concat_str(kind, pl.col("state"), separator=":"), place=place)
    newest = (
        spoken.filter(pl.col("place").is_not_null())
        .sort("at", "said")
        .group_by("place", maintain_order=True)
        .agg(newest=pl.col("said").last())
    )
    known = spoken.join(newest, on="place", how="left", maintain_order="left").with_columns(
        name=pl.coalesce("newest", "said"), left=pl.concat_str(pl.col("source"), pl.col("detail"), separator="/")
    )
    left = newest.rename({"place": "left", "newest": "left_name"})
    renamed = known.filter(pl.col("said") != pl.col("name")).select("said", "name").unique()
    known = known.join(left, on="left", how="left", maintain_order="left")
    return (
        known.select(
            "item",
            "at",
            "place",
            "left",
            state="name",
            left_state=pl.coalesce("left_name", pl.concat_str(kind, pl.lit(f":{UNKNOWN}"))),
            has_id=(pl.col("state_id") != pl.col("state")).fill_null(value=False),
            human="human",
            by="actor",
            bulk="bulk",
        ),
        {said: name for said, name in renamed.sort("said", "name").iter_rows() if said not in set(known["name"])},
    )


def _stitched(moves: pl.DataFrame, claims: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Former name -> name of today; the most alike first, each name once, and a chain of renames to its end."""
    entries = moves.group_by("state").agg(
        n=pl.len(),
        first=pl.col("at").min(),
        last=pl.col("at").max(),
        at=pl.col("at").sort(),
        has_id=pl.col("has_id").any(),
    )
    nameless = entries.filter((pl.col("n") >= FEWEST_ENTRIES) & ~pl.col("has_id")).sort("state")
    told = {str(row["state"]): row for row in nameless.iter_rows(named=True)}
    around, direct = _around(moves), _around(moves.filter(~pl.col("bulk")))
    pairs = sorted(
        (-alike, old, new)
        for old, f in told.items()
        for new, g in told.items()
        if old != new
        and f["last"] < g["last"]
        and _same_stage(old, new, claims)
        and direct.get(new, Counter())["from", old] <= MOST_DIRECT * f["n"]
        and sum(at < f["last"] for at in g["at"]) <= MOST_BEFORE * g["n"]
        and (alike := _likeness(around[old], around[new], {old, new})) >= LIKE
    )
    became: dict[str, str] = {}
    for _, old, new in pairs:
        if old not in became and new not in became.values():
            became[old] = new
    for old, newer in became.items():
        new = newer
        while new in became:
            new = became[new]
        yield old, new


def _same_stage(old: str, new: str, claims: Mapping[str, int]) -> bool:
    kind, other = (name.partition(":")[0] for name in (old, new))
    return kind == other and claims.get(old, claims.get(new)) == claims.get(new, claims.get(old))


def _around(moves: pl.DataFrame) -> Mapping[str, Counter[tuple[str, str]]]:
    """State -> how often items came from each state and went to each; the beginning is a state, too."""
    same = pl.col("item") == pl.col("item").shift(1)
    follows = moves.select("state", before=pl.when(same).then(pl.col("state").shift(1)).fill_null(""))
    counted = follows.filter(pl.col("state") != pl.col("before")).group_by("before", "state").len()
    found: dict[str, Counter[tuple[str, str]]] = {state: Counter() for state in moves["state"].unique()}
    for before, state, count in counted.iter_rows():
        found[state]["from", before] = count
        if before:
            found[before]["to", state] = count
    return found


def _likeness(f: Counter[tuple[str, str]], g: Counter[tuple[str, str]], both: set[str]) -> float:
    """Cosine."""
    one, other = ({k: n for k, n in counts.items() if k[1] not in both} for counts in (f, g))
    lengths = [sqrt(sum(n * n for n in counts.values())) for counts in (one, other)]
    return sum(n * other.get(k, 0) for k, n in one.items()) / (lengths[0] * lengths[1]) if all(lengths) else 0.0


def _doubts(concluded: Mapping[str, str]) -> tuple[Doubt, ...]:
    if not concluded:
        return ()
    told = ", ".join(f'"{old}" became "{new}"' for old, new in sorted(concluded.items()))
    detail = f"states look renamed: {told}; if they are two, give each a stage of its own"
    return (Doubt(kind="renamed state", detail=detail, touches=("stages", "queues", "loops")),)
