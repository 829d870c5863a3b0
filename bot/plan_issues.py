"""Planned changes as issues of a tracker: made once where that is asked for, and followed.

An issue that is moved to a state of another category starts, ends, drops or reopens its change; what people note of a
change themselves stands until its issue is moved again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial

from bot import plans
from bot.collect import PLAN, Collected
from bot.config import Config, ConfiguredStream
from bot.errors import NothingYet, UsageError
from bot.govern.plan import Course, Followed, PlanItem, Prediction
from bot.store import Saved, Store
from connectors.errors import AccessDenied, SourceError, SourceUnavailable, Unanswered
from connectors.protocol import Connector, Tracking
from connectors.records import Progress, Wish

FOLLOWED_FOR = timedelta(weeks=26)
"""So long after a change is in force its issue may still be reopened."""

Clock = Callable[[], datetime]
PredictAt = Callable[[ConfiguredStream, datetime, datetime, Course], Prediction]
"""What a change of a stream will bring that began at an instant, noted at another."""


@dataclass(frozen=True)
class Desk:
    """Where the issues of the plan of a stream are kept."""

    tracker: Tracking
    source: str
    store: Store
    stream: ConfiguredStream


def keep_issues(
    config: Config, connectors: Sequence[Connector], store: Store, clock: Clock, predict: PredictAt
) -> Iterator[Collected]:
    """Make the issues that are asked for and missing, and follow those that there are; what fails is told.

    Those of other sources are left to them.
    """
    trackers = {each.name: each for each in connectors if isinstance(each, Tracking)}
    for stream in config.streams:
        wanted: dict[str, list[tuple[str, Course]]] = defaultdict(list)
        for each in plans.courses_of(store, stream, clock()):
            if each.item.issue is None or not _is_followed(each, clock()):
                continue
            try:
                source, project = config.tracker(each.item, stream)
            except ValueError as problem:
                yield Collected(PLAN, f'issue of "{each.item.name}"', Saved(), error=str(problem))
            else:
                if source in trackers:
                    wanted[source].append((project, each))
        for source, some in wanted.items():
            yield from _kept(Desk(trackers[source], source, store, stream), some, clock, predict)


def make_issue(desk: Desk, project: str, item: PlanItem, clock: Clock) -> tuple[str, bool]:
    """The key of the issue of a change, and whether it is new: made once, whatever happens in between.

    Raises SourceError. After an answer that was lost nothing is sent for five minutes, which is longer than a search
    takes to find what was just made.
    """
    place, mark = f"{desk.source}/{project}", _mark(desk.stream.name, item.name)
    attempt = f"plan {mark}"
    row = desk.store.outbox.claim(place, attempt, clock())
    if row is None:
        raise SourceUnavailable(f"{desk.source}: whether it was made is not known; it is looked for in five minutes")
    if row.state == "sent" and row.message:
        return row.message, False
    with _freed_where_refused(desk.store, place, attempt):
        key = desk.tracker.find_issue(project, mark)
    if key is None:
        if not desk.store.outbox.hold(place, attempt, row.claimed_at, clock()):
            raise SourceUnavailable(
                f"{desk.source}: another process is making the issue of {item.name}; wait until that has ended"
            )
        with _freed_where_refused(desk.store, place, attempt):
            key = desk.tracker.create_issue(project, _wish(item, desk.stream), mark)
    desk.store.outbox.sent(place, attempt, key)
    return key, True


@contextmanager
def _freed_where_refused(store: Store, place: str, attempt: str) -> Iterator[None]:
    """So that the next run tries again at once; where no answer came, nobody does for a while."""
    try:
        yield
    except Unanswered:
        raise
    except SourceError:
        store.outbox.release(place, attempt)
        raise


def _mark(stream: str, name: str) -> str:
    """One for each change, however its name is written, and whatever slashes there are in names."""
    escaped = stream.replace("\\", "\\\\").replace("/", "\\/")
    return f"{escaped}/{name.casefold()}"


def _is_followed(each: Course, now: datetime) -> bool:
    return each.wanted and (each.done_at is None or now - each.done_at < FOLLOWED_FOR)


def _kept(desk: Desk, wanted: Iterable[tuple[str, Course]], clock: Clock, predict: PredictAt) -> Iterator[Collected]:
    keys: dict[str, Course] = {}
    for project, each in wanted:
        try:
            key, new = make_issue(desk, project, each.item, clock)
        except SourceError as problem:
            yield _failed(desk, f'issue of "{each.item.name}"', problem)
            continue
        keys[key] = each
        if new:
            yield Collected(desk.source, f'issue {key} of "{each.item.name}"', Saved(1, 1))
    try:
        standing = desk.tracker.progress([*keys]) if keys else {}
    except SourceError as problem:
        yield _failed(desk, "issues of the plan", problem)
        return
    for key, progress in standing.items():
        try:
            _follow(desk, keys[key], progress, clock(), predict)
        except (NothingYet, UsageError) as problem:
            yield _failed(desk, f"issue {key}", problem)


def _failed(desk: Desk, what: str, problem: Exception) -> Collected:
    return Collected(desk.source, what, Saved(), error=str(problem), denied=isinstance(problem, AccessDenied))


def _follow(desk: Desk, each: Course, progress: Progress, now: datetime, predict: PredictAt) -> None:
    """Note how the issue stands, and what that means for its change where it came into another category, or again."""
    seen = Followed.model_validate(asdict(progress))
    if seen == each.issue:
        return
    at = min(seen.since or now, now)
    before = (each.issue.category, each.issue.since) if each.issue else ("planned", None)
    again = before[0] == seen.category == "done" and before[1] != seen.since
    if seen.category != before[0] or again:
        _moved(desk, each, seen, max(at, each.started_at or at), now, predict)
    plans.see(desk.store, desk.stream, each.item.name, seen, now)


def _moved(desk: Desk, each: Course, seen: Followed, at: datetime, now: datetime, predict: PredictAt) -> None:
    store, stream, name = desk.store, desk.stream, each.item.name
    if seen.category == "done" and seen.resolution and seen.resolution.casefold() in _dropped(stream):
        if each.status != "done":
            plans.drop(store, stream, name, f"{seen.key} was closed as {seen.resolution}", now)
        return
    if seen.category in ("started", "done") and each.started_at is None:
        plans.start(store, stream, name, at, now, partial(predict, stream, at, now))
    if seen.category == "done" and (
        each.status != "done" or (each.issue is not None and each.issue.category == "done")
    ):
        plans.finish(store, stream, name, at, now)
    if seen.category != "done" and each.status == "done":
        plans.reopen(store, stream, name, at, now)


def _dropped(stream: ConfiguredStream) -> set[str]:
    return {resolution.casefold() for resolution in stream.not_delivered}


def _wish(item: PlanItem, stream: ConfiguredStream) -> Wish:
    """What the issue says: nothing that the plan does not."""
    lines = [f"A change to the stream {stream.name}, to reduce {item.waste}. Owned by {item.owner}."]
    lines += [f"What is changed: {change.change.words}." for change in plans.traced(stream, [Course(item)])[0]]
    lines += [f"{milestone.name}: until {milestone.due}" for milestone in item.milestones]
    lines += ["What comes of it is measured once this is done: gemba plan list"]
    return Wish(item.name, "\n".join(lines), item.due)
