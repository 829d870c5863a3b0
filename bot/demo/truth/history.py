"""What is written down of a run: tickets and pull requests, with noise or without, and what the noise really did."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from bot.demo.truth import noise
from bot.demo.truth.emit import REMINDER, SERVICE, Board, account, node_id
from bot.demo.truth.hours import moment
from bot.demo.truth.ledger import state
from bot.demo.truth.process import NAMES, Design
from bot.demo.truth.story import Story
from bot.demo.truth.tickets import Request, Ticket, card, requests, ticket
from bot.demo.truth.world import Movers


@dataclass(frozen=True)
class History:
    """`facts`: fields of the truth that the noise brought about. `people`: everybody who appears."""

    tickets: Sequence[Ticket]
    requests: Sequence[Request]
    board: Board
    facts: Mapping[str, Any]

    @property
    def people(self) -> set[int]:
        found = {t.creator for t in self.tickets} | {moved.who for t in self.tickets for moved in t.moves}
        found |= {edit.who for t in self.tickets for edit in t.edits} | {
            log.who for t in self.tickets for log in t.logged
        }
        found |= {who for t in self.tickets for _, who in t.assigned} | {r.author for r in self.requests}
        found |= {who for r in self.requests for _, _, who in r.commits}
        return found | {who for r in self.requests for _, _, by, about in r.facts for who in (by, about) if who}


def history(
    seed: int, design: Design, stories: Sequence[Story], movers: Movers, *, noisy: bool, first: float
) -> History:
    """`first`: the working hour in which the window begins."""
    random, hours = Random(f"{seed} {movers} history"), design.hours
    end = hours.wall(hours.end)
    places = tuple(place.name for place in design.places)
    if not noisy:
        tickets = [ticket(story, design, card(story, design, movers, random), random) for story in stories]
        asked = requests(stories, hours, random) if design.pulls else []
        return History(tickets, asked, Board(places, design.done, _keys(tickets, {}), end), {})
    amounts = noise.amounts(design, random, first)
    closed = noise.closed_in_bulk(stories, design, random)
    tickets = [ticket(story, design, _spoilt(story, design, movers, amounts, random), random) for story in stories]
    imported = noise.imported(tickets, hours.wall(amounts.imported_at), random)
    bulk = {(number, hours.wall(at)) for number, at in closed.items()} | noise.edit_in_bulk(tickets, design, random)
    noise.remind(tickets, design, random)
    for one in tickets:
        noise.forget_moves(one, amounts.lost, random)
        noise.serve(one, amounts.served, random)
    asked = requests(stories, hours, random) if design.pulls else []
    noise.spoil(asked, amounts, random)
    noise.nag(asked, random)
    twice = noise.came_twice(tickets, amounts.twice, random)
    board = Board(places, design.done, _keys(tickets, imported), end, twice=twice)
    board = replace(board, renamed=_renamed(design, amounts))
    facts = {**_facts(board, imported, bulk, tickets), "late": amounts.late}
    return History(tickets, asked, board, facts)


def _spoilt(
    story: Story, design: Design, movers: Movers, amounts: noise.Amounts, random: Random
) -> list[tuple[float, int, int]]:
    moves = noise.dragged_through(card(story, design, movers, random), random)
    return noise.moved_late(moves, random) if amounts.late else moves


def _keys(tickets: Sequence[Ticket], since: Mapping[int, int]) -> list[int]:
    """By number of the story, counted in the order in which the tracker got to know them."""
    order = sorted(tickets, key=lambda one: (since.get(one.number, one.created), one.number))
    numbers = {one.number: n for n, one in enumerate(order, 1)}
    return [numbers[one.number] for one in tickets]


def _renamed(design: Design, amounts: noise.Amounts) -> dict[int, tuple[str, int]]:
    if amounts.renamed is None:
        return {}
    unused = next(name for name in NAMES if all(place.name != name for place in design.places))
    return {amounts.renamed: (unused, design.hours.wall(amounts.renamed_at))}


def _facts(
    board: Board, imported: Collection[int], bulk: set[tuple[int, int]], tickets: Sequence[Ticket]
) -> dict[str, Any]:
    told = {(one.number, at) for one in tickets for at in (*(m.at for m in one.moves), *(e.at for e in one.edits))}
    return {
        "imported": frozenset(board.name(number) for number in imported),
        "bots": frozenset((account(SERVICE), account(REMINDER), node_id(REMINDER))),
        "renamed": {state(old): state(board.places[place]) for place, (old, _) in board.renamed.items()},
        "bulk": frozenset((board.name(number), moment(at)) for number, at in bulk & told),
    }
