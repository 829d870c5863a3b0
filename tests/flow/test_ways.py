"""A way that many items went is walked once, and each is told as if it had been walked by itself."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.flow.loops.walk import Places, Stay, Walk
from bot.flow.loops.ways import walked
from bot.flow.reconstruct import reconstruct
from bot.flow.timeline.spans import Outcome
from connectors.records import Record
from tests.build import STREAM, issue, records, window

STATES = ("Open", "In Progress", "In Review", "Testing", "Done", "Cancelled", "Elsewhere")
MOVES = st.lists(st.tuples(st.sampled_from(STATES), st.integers(0, 3)), min_size=1, max_size=8)
STAY = ("case", "item", "own_position", "own_state", "court")


def story(number: int, moves: list[tuple[str, int]]) -> list[Record]:
    """Some moves in the same instant."""
    days = [number + sum(pause for _, pause in moves[: n + 1]) for n in range(len(moves))]
    moved = [(state, day) for (state, _), day in zip(moves, days, strict=True)]
    return issue(f"PAY-{number}", ("Open", number), *moved)


@settings(max_examples=15, deadline=None)
@given(st.lists(MOVES, min_size=1, max_size=3))
def test_items_that_went_the_same_way_are_told_as_each_alone(ways: list[list[tuple[str, int]]]) -> None:
    """Returns, and the spans that are spent on them."""
    told = [story(number, ways[number % len(ways)]) for number in range(2 * len(ways))]
    done = reconstruct(STREAM, records(*told), window())
    spans = done.timeline.spans.unique(["case", "own_state", "start", "label", "visit", "owner"], maintain_order=True)
    places = Places(STREAM, done.order, spans)

    for case, end, outcome in done.timeline.cases.select("case", "end", "outcome").iter_rows():
        rows = spans.filter(case=case).select(*STAY, pl.lit(value=False).alias("alone"), "start", "end")
        stays = [Stay(*row) for row in rows.iter_rows()]
        is_open = outcome == Outcome.OPEN
        alone = walked(Walk(places, stays, (), is_open=is_open), len(stays), None if is_open else end)
        numbers = [n for n, found in enumerate(done.returns) if found.case == case]

        assert [done.returns[n] for n in numbers] == list(alone.returns)
        assert spans.filter(case=case)["owner"].to_list() == [numbers[n] if n >= 0 else None for n in alone.owners]
