"""Returns that no move of a card tells: review rounds, reverts, and defects that escaped.

A review round begins when a reviewer asks for changes, or when an approval is dismissed, and ends with an approval or
with the change request; it is counted though another change request, or the card, hides it. A revert lasts from its
merge until something else of the item lands. An item that another one caused is a defect that escaped if it was born
within 30 days after that one was delivered.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from bot.flow.clock import DAY, instant
from bot.flow.history.log import Log
from bot.flow.model import Court, LoopKind, Stream
from bot.flow.timeline.cases import Cases
from bot.flow.timeline.spans import Outcome, Timeline
from bot.frames import Items
from connectors.records import EventKind, Link

REVERTS, CAUSES = "reverts", "causes"
"""Kinds of links."""

DEFECTS = ("bug", "defect", "incident", "problem")
"""Types of items, in any capitals, that a defect is recorded as."""

ESCAPE = 30 * DAY
SHORTEST_COMMIT = 7

AUTHORS = (Court.CHANGES_REQUESTED, Court.CHECKS_FAILED, Court.DRAFT)
REVIEWERS = (Court.AWAITING_REVIEW, Court.AWAITING_CHECKS, Court.AWAITING_MERGE, Court.IN_MERGE_QUEUE)
REVIEWED = (Court.AWAITING_REVIEW, Court.AWAITING_CHECKS, Court.AWAITING_MERGE, Court.CHECKS_FAILED)
"""From here asking for changes is a new round."""
APPROVED = (Court.AWAITING_CHECKS, Court.AWAITING_MERGE, Court.IN_MERGE_QUEUE)


@dataclass(frozen=True, slots=True)
class Aside:
    """Time of a case, or only where one of its change requests is shown (`item`), that is spent on doing again.

    `until` None: still open. `charged`: the stage whose result could not be used. `nested`: it opened while another one
    of the change request was open.
    """

    case: int
    item: int | None
    kind: LoopKind
    origin: str
    back_to: str
    charged: int | None
    at: int
    until: int | None
    nested: bool = False


def find_asides(
    stream: Stream, log: Log, cases: Cases, courts: pl.DataFrame, links: Sequence[Link], timeline: Timeline
) -> tuple[Aside, ...]:
    """All of them, by case and time."""
    begun = timeline.cases.drop_nulls("start").select("case", "start", "end", "outcome")
    lives = {case: (start, end, outcome) for case, start, end, outcome in begun.iter_rows()}
    found = [
        *_in_cases(_rounds(stream, log, cases, courts), cases, lives),
        *_reverts(stream, log, cases, links, lives),
        *_escaped(stream, log, links, lives, set(cases.roots)),
    ]
    return tuple(sorted(found, key=lambda a: (a.case, a.at, a.kind, -1 if a.item is None else a.item)))


Lives = Mapping[int, tuple[int, int, str]]


def _in_cases(rounds: Sequence[Aside], cases: Cases, lives: Lives) -> Iterator[Aside]:
    """Those that begin while the case lives, in each case that the change request belongs to."""
    theirs: dict[int, list[int]] = defaultdict(list)
    members = cases.members.filter(pl.col("item").is_in(list({found.item for found in rounds})))
    for case, item in members.select("case", "item").iter_rows():
        theirs[item].append(case)
    for found in rounds:
        for case in theirs[found.item or 0]:
            start, end, outcome = lives.get(case, (0, 0, ""))
            if start <= found.at < end:
                over = None if outcome == Outcome.OPEN else end
                until = min((t for t in (found.until, over) if t is not None), default=None)
                yield replace(found, case=case, until=until)


def _rounds(stream: Stream, log: Log, cases: Cases, courts: pl.DataFrame) -> list[Aside]:
    dismissals = log.events.filter(pl.col("kind") == EventKind.DISMISSED).select("item", "at")
    dismissed, mends = set(dismissals.iter_rows()), stream.claims
    refused = courts.filter(pl.col("court") == Court.CHANGES_REQUESTED)["item"]
    sent_back = courts.filter(pl.col("item").is_in(pl.concat([refused, dismissals["item"]]).unique().implode()))
    turns: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for item, at, court in sent_back.sort("item", "at").select("item", "at", "court").iter_rows():
        turns[item].append((at, court))
    found: list[Aside] = []
    for item, told in turns.items():
        source = cases.requests[item].partition(".")[0]
        found += _of_request(item, told, dismissed, mends.get(f"{source}:{Court.CHANGES_REQUESTED}"))
    return found


def _of_request(
    item: int, turns: Sequence[tuple[int, str]], dismissed: Collection[tuple[int, int]], mends: int | None
) -> Iterator[Aside]:
    """The rounds of one change request. `mends`: the stage of requested changes."""
    going: Aside | None = None
    before = ""
    for at, court in turns:
        lost = court == Court.AWAITING_REVIEW and before in APPROVED and (item, at) in dismissed
        refused = court == Court.CHANGES_REQUESTED and before in REVIEWED
        if going and (lost or refused or court not in (*AUTHORS, Court.AWAITING_REVIEW)):
            yield replace(going, until=at)
        if lost or refused:
            origin = before if before in REVIEWERS else Court.AWAITING_REVIEW
            charged = mends if refused else None
            nested = going is not None
            going = Aside(-1, item, LoopKind.REVIEW_ROUND, str(origin), court, charged, at, None, nested)
        elif court not in (*AUTHORS, Court.AWAITING_REVIEW):
            going = None
        before = court
    if going:
        yield going


def _reverts(stream: Stream, log: Log, cases: Cases, links: Sequence[Link], lives: Lives) -> Iterator[Aside]:
    """From the merge of what reverts until the case's next merge of something that reverts nothing."""
    reverting = [link for link in links if link.kind == REVERTS]
    if not reverting:
        return
    merged = _merges(log, cases)
    undone = _undone(log, merged, reverting)
    members: dict[int, set[int]] = defaultdict(set)
    for case, item in cases.members.select("case", "item").iter_rows():
        members[case].add(item)
    work = min(stream.first_work, len(stream.stages) - 1)
    for by, reverted in sorted(undone):
        at = merged[by]
        for case in sorted(case for case in lives if reverted in members[case] and merged.get(reverted, at) < at):
            again = (members[case] - {r for r, _ in undone}) | {r for r, what in undone if what == by}
            landed = [merged[n] for n in again if n in merged and merged[n] > at]
            place = stream.stages[work].name
            until = min(landed, default=None)
            yield Aside(case, None, LoopKind.REVERT, str(Court.MERGED), place, work, at, until)


def _merges(log: Log, cases: Cases) -> dict[int, int]:
    merges = log.events.filter((pl.col("kind") == EventKind.MERGED) & pl.col("item").is_in(list(cases.requests)))
    return dict(merges.group_by("item").agg(pl.col("at").min()).iter_rows())


def _undone(log: Log, merged: Mapping[int, int], reverting: Sequence[Link]) -> set[tuple[int, int]]:
    """(what reverts, what is reverted), by name or by the commit it landed with."""
    numbers, known = _numbers(log.items, reverting), _names(log.items, merged)
    commits = log.events.filter((pl.col("kind") == EventKind.MERGED) & pl.col("detail").is_not_null())
    for item, commit in commits.select("item", "detail").iter_rows():
        known[commit[:SHORTEST_COMMIT].casefold()] = item
    found = set()
    for link in reverting:
        by = numbers.get((link.source, link.item))
        names = link.other.casefold()
        reverted = known.get(names, known.get(names[:SHORTEST_COMMIT]) if "#" not in names else None)
        if by in merged and by is not None and reverted is not None and reverted != by:
            found.add((by, reverted))
    return found


def _numbers(items: Items, links: Iterable[Link]) -> dict[tuple[str, str], int]:
    """(source, key) -> number, of the items that links start from."""
    keys = list({link.item for link in links})
    rows = items.frame.select("source", "key").with_row_index("item").filter(pl.col("key").is_in(keys))
    return {(source, key): n for n, source, key in rows.iter_rows()}


def _names(items: Items, numbers: Iterable[int]) -> dict[str, int]:
    """Name in small letters, also a former one -> number, of these items; of several the last."""
    order = list(numbers)
    told = items.frame.select("aliases", "name")[order].iter_rows()
    return {name.casefold(): n for n, (aliases, own) in zip(order, told, strict=True) for name in (*aliases, own)}


def _escaped(stream: Stream, log: Log, links: Sequence[Link], lives: Lives, roots: Collection[int]) -> Iterator[Aside]:
    """The whole life of a defect that something delivered caused."""
    causing = [link for link in links if link.kind == CAUSES]
    if not causing:
        return
    numbers, names = _numbers(log.items, causing), _names(log.items, range(len(log.items)))
    pairs = {(numbers.get((link.source, link.item)), names.get(link.other.casefold())) for link in causing}
    escaped = set()
    for case, cause in pairs:
        if case in roots and cause in lives and case in lives and case is not None and cause is not None:
            born, (_, delivered, outcome) = instant(log.items[case].created_at), lives[cause]
            defect = (log.items[case].type or "").casefold() in DEFECTS
            if defect and outcome == Outcome.DELIVERED and delivered <= born <= delivered + ESCAPE:
                escaped.add(case)
    for case in sorted(escaped):
        start, end, outcome = lives[case]
        until = None if outcome == Outcome.OPEN else end
        place = stream.stages[0].name
        yield Aside(case, None, LoopKind.ESCAPED, stream.end, place, None, start, until)
