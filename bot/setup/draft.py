"""Samples -> streams as they would be configured: which belong together, and what each would show."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.config import ConfiguredStream
from bot.flow.analyse import analyse
from bot.flow.history.log import Records
from bot.flow.model import Calendar, Window
from bot.flow.proposal.known import Known
from bot.flow.proposal.propose import Proposal, propose
from bot.flow.proposal.stages import ProposedStage
from bot.govern.document import Document
from bot.setup.sample import Sample, together
from bot.words import day, listed, share
from connectors.records import FLOWING

NAMED = 0.10
"""Of the pull requests of a repository at least so many name issues of a project: then it belongs to its stream."""
FEW_LINKS = 0.70
"""Of the pull requests fewer name an issue: that is worth a word."""

WEEKS = (13, 26, 52, 104, 520)
FEWEST = 10
"""Delivered items, for which a window is widened up to two, and then to ten years."""
QUIET = timedelta(weeks=2)
"""Longer without any event, and a stream is looked at as it was at its last one."""


@dataclass(frozen=True)
class Draft:
    """A stream that is proposed. `extra`: further keys of its table, as a preset has them."""

    stream: ConfiguredStream
    proposal: Proposal
    window: Window
    document: Document
    remarks: tuple[str, ...]
    extra: Mapping[str, object] = field(default_factory=dict)


def gathered(samples: Sequence[Sample]) -> list[list[Sample]]:
    """A stream a project, with the repositories whose pull requests name its issues; others are streams themselves."""
    trackers = [one for one in samples if one.kind != "github"]
    streams = [[one] for one in trackers]
    for repository in (one for one in samples if one.kind == "github"):
        named = _named(repository, trackers)
        place, n = max(((p, n) for p, n in named.items()), key=lambda pair: pair[1], default=("", 0))
        if n >= NAMED * max(len(_requests(repository)), 1):
            next(stream for stream in streams if stream[0].place == place).append(repository)
        else:
            streams.append([repository])
    return streams


def _requests(repository: Sample) -> set[str]:
    return {item.key for item in repository.records.items if item.kind in FLOWING}


def _named(repository: Sample, trackers: Sequence[Sample]) -> Counter[str]:
    """Place of a project -> how many pull requests name one of its issues, be it in the sample or not."""
    prefixes = {
        tracker.place.rpartition("/")[2].upper(): tracker.place for tracker in trackers if tracker.kind == "jira"
    }
    found = {
        (link.item, prefixes[prefix])
        for link in repository.records.links
        if link.kind == "implements" and (prefix := link.other.rpartition("-")[0].upper()) in prefixes
    }
    return Counter(place for _, place in found)


def drafted(
    samples: Sequence[Sample], name: str, calendar: Calendar, now: datetime, vocabulary: Mapping[str, ProposedStage]
) -> Draft | str:
    """The stream that these samples make, or in a sentence why they make none."""
    records = together(list(samples))
    last = max((event.at for event in records.events if event.at <= now), default=None)
    if last is None:
        return f"{listed([s.place for s in samples])}: {_why_nothing(samples, records)}"
    seen = now if now - last < QUIET else last + timedelta(days=1)
    known = Known({state: c for one in samples for state, c in one.categories.items()}, vocabulary)
    proposal = propose(records, seen, calendar, known)
    if proposal.usable:
        return f"{listed([s.place for s in samples])}: {proposal.usable}"
    stream = proposal.stream(name, [one.place for one in samples], calendar)
    configured = ConfiguredStream.model_validate(stream.model_dump())
    reach = max((one.since for one in samples if one.since), default=None)
    window, document = _shown(configured, records, seen, reach)
    return Draft(configured, proposal, window, document, tuple(_remarks(proposal, samples, now, seen, reach)))


def _why_nothing(samples: Sequence[Sample], records: Records) -> str:
    unreadable = sum(one.unreadable for one in samples)
    if records.events:
        return "everything happened in the future, so nothing can be proposed; check the clock of this machine"
    if unreadable:
        return f"none of {unreadable} items could be read, so nothing can be proposed; check which columns hold what"
    return "nothing happened there yet, so nothing can be proposed"


def _shown(
    stream: ConfiguredStream, records: Records, end: datetime, reach: datetime | None
) -> tuple[Window, Document]:
    """As long a window as it takes to see some items delivered, and no longer than everything in it is here."""
    first = min(event.at for event in records.events)
    reach = max(filter(None, (reach, first)))
    windows = [_window(stream, end, weeks, reach) for weeks in WEEKS]
    for window in windows:
        analysis = analyse(stream, records, window)
        if analysis.items.arrived >= FEWEST or window == windows[-1]:
            break
    return window, Document(**analysis.model_dump(by_alias=True), plan=(), key_results=())


def _window(stream: ConfiguredStream, end: datetime, weeks: int, reach: datetime | None) -> Window:
    start = max(filter(None, (end - timedelta(weeks=weeks), reach)))
    return Window(start=min(start, end - timedelta(days=1)), end=end, timezone=stream.calendar.timezone)


def _remarks(
    proposal: Proposal, samples: Iterable[Sample], now: datetime, seen: datetime, reach: datetime | None
) -> Iterable[str]:
    """What a person should know before the map is trusted."""
    yield from proposal.remarks
    links = proposal.links
    if links and links.change_requests:
        theirs = links.change_requests - links.unlinked.get("were made by a bot", 0)
        named = links.linked + links.unlinked.get("name an item that was not collected", 0)
        part = named / theirs if theirs else 1.0
        advice = "" if part >= FEW_LINKS else "; the others are seen by nobody, so name the issue in branches or titles"
        yield f"{share(part)} of {theirs} pull requests name their issue{advice}"
    if reach:
        yield f"the sample holds all that changed since {day(reach, 'UTC')}; what was not touched since is not in it"
    if seen < now:
        quiet = f"nothing happened after {day(seen - timedelta(days=1), 'UTC')}, so the map shows what was before"
        yield f"{quiet}; look with --now {seen:%Y-%m-%d}"
    unreadable = sum(one.unreadable for one in samples)
    if unreadable:
        yield f"{unreadable} items could not be read; `gemba collect` tells which"
    if proposal.not_seen:
        yield f"no item of the sample was in {listed([s.partition(':')[2] for s in proposal.not_seen])}"
