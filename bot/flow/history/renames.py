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
from bot.frames import WORDS
from connectors.records import UNKNOWN

MOST_BEFORE = 0.02
LIKE = 0.7
MOST_DIRECT = 0.10
FEWEST_ENTRIES = 5

SPOKEN = ("source", "state_id", "state")
"""What a move says of the state it enters."""


def named(moves: pl.DataFrame, claims: Mapping[str, int]) -> tuple[pl.DataFrame, dict[str, str], tuple[Doubt, ...]]:
    """The moves with the name of today of every state, former name -> name, and what was only concluded.

    `claims`: states of the configuration -> the stage they belong to.
    """
    spoken, names = _by_id(moves)
    concluded = dict(_stitched(spoken, claims))
    today = {old: concluded.get(name, name) for old, name in names.items()} | concluded
    told = spoken.with_columns(_today(name, concluded) for name in ("state", "left_state")) if concluded else spoken
    kept = set(told["state"].unique())
    return told, {old: new for old, new in today.items() if old not in kept}, _doubts(concluded)


def _today(name: str, concluded: Mapping[str, str]) -> pl.Expr:
    return pl.col(name).cast(pl.String).replace(concluded).cast(WORDS)


def _by_id(moves: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, str]]:
    """A state is known by its id and goes by the newest name that id had."""
    words = _words(moves)
    newest = words.drop_nulls("place").sort("at", "said").group_by("place").agg(newest=pl.col("said").last())
    known = words.join(newest, on="place", how="left").with_columns(name=pl.coalesce("newest", "said"))
    left = _left(moves, newest)
    told = moves.join(known.drop("at"), on=SPOKEN, how="left", nulls_equal=True, maintain_order="left")
    told = told.join(left, on=["source", "detail"], how="left", nulls_equal=True, maintain_order="left")
    renamed = known.filter(pl.col("said") != pl.col("name")).select("said", "name").unique().sort("said", "name")
    names = set(known["name"])
    return told.select(
        "item",
        "at",
        "place",
        "left",
        "left_state",
        "has_id",
        "human",
        "bulk",
        state="name",
        by="actor",
    ), {said: name for said, name in renamed.iter_rows() if said not in names}


def _words(moves: pl.DataFrame) -> pl.DataFrame:
    """Whatever is told of a state, once, with what it is called (said), which it is (place) and when it was so last."""
    told = moves.group_by(*SPOKEN).agg(pl.col("at").max())
    return told.with_columns(
        said=pl.concat_str(_kind(), "state", separator=":").cast(WORDS),
        place=_place("state_id"),
        has_id=(pl.col("state_id") != pl.col("state")).fill_null(value=False),
    )


def _left(moves: pl.DataFrame, newest: pl.DataFrame) -> pl.DataFrame:
    """source, detail, left, left_state: the place and the name of whatever is said to be left."""
    told = moves.select("source", "detail").unique().with_columns(left=_place("detail"))
    known = told.join(newest.rename({"place": "left", "newest": "left_state"}), on="left", how="left")
    unknown = pl.concat_str(_kind(), pl.lit(f":{UNKNOWN}")).cast(WORDS)
    return known.with_columns(pl.coalesce("left_state", unknown))


def _kind() -> pl.Expr:
    """Of a source."""
    return pl.col("source").cast(pl.String).str.split(".").list.first()


def _place(name: str) -> pl.Expr:
    """An id is one of its source."""
    return pl.concat_str("source", name, separator="/").cast(WORDS)


def _stitched(moves: pl.DataFrame, claims: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Former name -> name of today; the most alike first, each name once, and a chain of renames to its end."""
    entries = moves.group_by("state").agg(n=pl.len(), last=pl.col("at").max(), has_id=pl.col("has_id").any())
    nameless = entries.filter((pl.col("n") >= FEWEST_ENTRIES) & ~pl.col("has_id"))
    told = {str(row["state"]): row for row in nameless.iter_rows(named=True)}
    if len(told) < 2:
        return
    around, direct = _around(moves), _around(moves.filter(~pl.col("bulk")))
    pairs = sorted(
        (-alike, old, new)
        for old, f in told.items()
        for new, g in told.items()
        if old != new
        and f["last"] < g["last"]
        and _same_stage(old, new, claims)
        and direct.get(new, Counter())["from", old] <= MOST_DIRECT * f["n"]
        and _entries(moves, new, before=f["last"]) <= MOST_BEFORE * g["n"]
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


def _entries(moves: pl.DataFrame, state: str, *, before: int) -> int:
    return len(moves.filter((pl.col("state") == state) & (pl.col("at") < before)))


def _same_stage(old: str, new: str, claims: Mapping[str, int]) -> bool:
    kind, other = (name.partition(":")[0] for name in (old, new))
    return kind == other and claims.get(old, claims.get(new)) == claims.get(new, claims.get(old))


def _around(moves: pl.DataFrame) -> Mapping[str, Counter[tuple[str, str]]]:
    """State -> how often items came from each state and went to each; the beginning is a state, too."""
    same = pl.col("item") == pl.col("item").shift(1)
    follows = moves.select("state", before=pl.when(same).then(pl.col("state").shift(1)))
    counted = follows.filter(pl.col("state").ne_missing(pl.col("before"))).group_by("before", "state").len()
    found: dict[str, Counter[tuple[str, str]]] = {state: Counter() for state in moves["state"].unique()}
    for before, state, count in counted.iter_rows():
        found[state]["from", before or ""] = count
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
