"""Whether the stages of a stream account for what was collected, and its pull requests for their issues."""

from collections.abc import Iterator
from datetime import datetime

from bot.flow.coverage import Coverage, Unclaimed
from bot.flow.findings.lead import LinksPart
from bot.flow.model import Stream
from bot.flow.timeline.cases import MADE_BY_A_BOT, NAMES_NONE, NOT_COLLECTED
from bot.words import count, day, share
from connectors.records import Check

MOST_NAMED = 5
"""States that are named in one line."""

FEWEST_LINKED = 0.7
"""Share of the pull requests of persons; with less the reviews of many items are not seen."""

ADD = "run gemba init again to see them proposed, or add them to stages"
LINKING = {
    NAMES_NONE: "write the key of the issue, as PAY-12, into the branch or the title of each pull request",
    NOT_COLLECTED: "add the projects whose issues they name to projects and to sources",
}


def check_mapping(stream: Stream, found: Coverage, changed: datetime | None, *, local: bool) -> Iterator[Check]:
    """`changed`: when the configuration was; a state that came since is new to it, and told first.

    `local`: nobody else says whether states that no item was ever in are there.
    """
    what = f'time of "{stream.name}"'
    if not found.begun:
        wrong = f'of {count(found.items, "item")} none came to the trigger "{stream.trigger}"; check trigger and stages'
        yield Check(what, ok=True, detail=wrong, section="mapping", poorer=True)
    elif found.unclaimed:
        lost = f"{share(found.share)} is in states that no stage claims: {_named(stream, found.unclaimed, changed)}"
        yield Check(what, ok=True, detail=f"{lost}; {ADD}{_untold(found)}", section="mapping", poorer=True)
    else:
        whole = f"all that {count(found.items, 'item')} took is in states that stages claim{_untold(found)}"
        yield Check(what, ok=True, detail=whole, section="mapping")
    if found.never and local:
        names = ", ".join(f'"{state}"' for state in found.never)
        seen = f"no item was ever in {names}; correct stages, or let the source say: gemba check without --local"
        yield Check(f'states of "{stream.name}"', ok=True, detail=seen, section="mapping", poorer=True)


def _named(stream: Stream, states: tuple[Unclaimed, ...], changed: datetime | None) -> str:
    new = {one.state for one in states if changed is not None and one.since > changed}
    first = sorted(states, key=lambda one: one.state not in new)
    told = [
        f'"{one.state}" ({share(one.share)}, {count(one.items, "item")}, '
        f"{'new ' * (one.state in new)}since {day(one.since, stream.calendar.timezone)})"
        for one in first[:MOST_NAMED]
    ]
    more = f" and {len(states) - MOST_NAMED} more" if len(states) > MOST_NAMED else ""
    return f"{', '.join(told)}{more}"


def _untold(found: Coverage) -> str:
    return f"; of {share(found.untold)} no history tells" if found.untold else ""


def check_links(stream: Stream, links: LinksPart, items: int) -> Check:
    """Of those that people opened, how many name an issue of the stream, and where."""
    automatic = links.unlinked.get(MADE_BY_A_BOT, 0)
    asked = links.change_requests - automatic
    where = ", ".join(f"{number} in the {_place(evidence)}" for evidence, number in links.evidence.items())
    told = [
        f"{links.linked} of {count(asked, 'pull request')} name an issue of the stream{f' ({where})' if where else ''}",
        f"{links.items_with_change_request} of {count(items, 'issue')} have one",
        *([f"{automatic} more were made by bots"] if automatic else []),
    ]
    reasons = {reason: number for reason, number in links.unlinked.items() if reason in LINKING}
    poorer = links.linked < FEWEST_LINKED * asked
    told += [LINKING[max(reasons, key=lambda reason: reasons[reason])]] if poorer and reasons else []
    return Check(f'links of "{stream.name}"', ok=True, detail="; ".join(told), section="links", poorer=poorer)


def _place(evidence: str) -> str:
    return {"api": "source's own list", "commit": "commits"}.get(evidence, evidence)
