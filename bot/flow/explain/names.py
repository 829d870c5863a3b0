"""What can be explained, and by which names."""

from collections.abc import Iterable

from bot.flow.findings.analysis import Analysis
from bot.flow.findings.explained import Known, Listing, Numbered
from bot.flow.findings.loops import Loop
from bot.flow.loops.walk import Return
from bot.flow.model import Waste
from bot.words import did_you_mean, listed


def listing(analysis: Analysis, of: Numbered) -> Listing:
    """Everything of one kind with what it cost in the window."""
    wastes = {part.waste: part.cost_per_week * analysis.ledger.weeks for part in analysis.wastes}
    known: dict[Numbered, list[Known]] = {
        Numbered.QUEUE: [Known(name=queue.stage, cost=queue.cost) for queue in analysis.queues],
        Numbered.LOOP: [Known(name=loop_name(loop), cost=loop.cost) for loop in analysis.loops],
        Numbered.WASTE: [Known(name=waste, cost=cost) for waste, cost in wastes.items()],
    }
    return Listing(stream=analysis.stream.name, window=analysis.window, of=of, known=tuple(known[of]))


def loop_name(loop: Loop | Return) -> str:
    """Testing back to Development."""
    return f"{loop.origin} back to {loop.back_to}"


def unknown(of: Numbered, name: str, names: Iterable[str]) -> KeyError:
    """A sentence that names the nearest known one, or all of them."""
    known = list(dict.fromkeys(names))
    near = did_you_mean(name, known)
    if not known:
        return KeyError(f"there is no {of} in this window; choose another with --from and --to")
    where = "" if of is Numbered.WASTE else " in this window"
    return KeyError(f'there is no {of} "{name}"{where}{near or f"; it is one of {listed(sorted(known))}"}')


def same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def waste_of(name: str) -> Waste:
    """Raises KeyError with a sentence where there is none."""
    found = next((waste for waste in Waste if same(waste, name)), None)
    if found is None:
        raise unknown(Numbered.WASTE, name, [waste.value for waste in Waste])
    return found
