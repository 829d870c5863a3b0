"""Why each span of an item is what it is, in words."""

from collections.abc import Sequence

from bot.flow.explain.reasons import Story, explained
from bot.flow.explain.stories import holders, stories
from bot.flow.findings.explained import Numbered
from bot.flow.findings.explanation import Explanation
from bot.flow.history.log import GONE
from bot.flow.reconstruct import Reconstruction
from bot.words import did_you_mean
from connectors.records import Item


def explain(found: Reconstruction, name: str) -> Explanation:
    """The case of an item or of one of its change requests. Raises KeyError with a sentence where there is none."""
    case = _case(found, name)
    told = stories(found, [case]).row(0, named=True)
    names = found.holders.named(holders(found, [case]).get(case, ()))
    return explained(Story(told, names, found.stream.calendar.timezone, found.clock.day))


def _case(found: Reconstruction, name: str) -> int:
    cases: dict[int, int] = {n: case for case, n in found.cases.members.select("case", "item").iter_rows()}
    if any(doubt.kind == GONE and name.upper() in doubt.items for doubt in found.log.doubts):
        raise KeyError(f"{name} was deleted at the source, or hidden from us; --now shows it as of an earlier day")
    number = _number(found.log.items, name)
    if number not in cases:
        raise KeyError(f"{name} belongs to no item of this stream; name one in its branch or title, as PAY-12")
    return cases[number]


def _number(items: Sequence[Item], name: str) -> int:
    """By name, former name or address, or by the number of a change request where it is the only one."""
    names = {known.casefold(): n for n, item in enumerate(items) for known in (item.url, *item.aliases, item.name)}
    number = names.get(name.rstrip("/").casefold())
    ending = [n for n, item in enumerate(items) if name.startswith("#") and item.name.endswith(name)]
    if number is None and len(ending) == 1:
        number = ending[0]
    if number is None:
        near = did_you_mean(name.upper(), [item.name for item in items]) or did_you_mean(name.casefold(), Numbered)
        raise KeyError(f"there is no item {name} in this stream{near or '; check its name, or run `gemba collect`'}")
    return number
