"""What the commands of the plan do: one function each."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from pydantic import ValidationError

from bot import plan_results, plans
from bot.app.analysis import written_change
from bot.app.clock import clock
from bot.app.recorded import records_of
from bot.app.wiring import Wanted, asked_stream, connectors_of, midnight, opened, window_of
from bot.config import Config, ConfiguredStream
from bot.config_faults import sentence
from bot.errors import NothingYet, UsageError
from bot.flow.reconstruct import Reconstruction, reconstruct
from bot.govern.plan import Course, PlanItem, Prediction
from bot.govern.plan_part import PlanPart, plan
from bot.govern.plan_words import promise
from bot.plan_issues import Desk, make_issue
from bot.store import Store
from bot.words import day
from connectors.errors import AccessDenied, SourceError
from connectors.protocol import Tracking


def plan_of(config: Config, wanted: Wanted) -> tuple[PlanPart, ...]:
    """How the changes of a stream stand; what came of them only where something was collected."""
    stream, now = asked_stream(config, wanted)
    with opened(config) as store:
        courses = plans.courses_of(store, stream, now)
        try:
            came = plan_results.outcomes(_seen(config, store, stream, now), courses) if _some_done(courses) else {}
        except NothingYet:
            came = {}
    return plan(courses, came, now, stream.calendar.zone, plans.traced(stream, courses)[1])


def _some_done(courses: tuple[Course, ...]) -> bool:
    return any(each.status == "done" for each in courses)


def add_change(
    config: Config, stream: str | None, written: Mapping[str, Any], change: str | None, milestones: Sequence[str]
) -> str:
    """Put a change on the plan; what was done, in words.

    `written`: the fields of a plan item; `change`: as the configuration writes it; `milestones`: NAME=DATE.
    """
    chosen, now = asked_stream(config, Wanted(stream))
    item = _item(written, change, milestones)
    with opened(config) as store:
        plans.check(store, chosen, item, now)
        issue = _issue_of(config, store, chosen, item) if item.issue else ""
        plans.add(store, chosen, item, now)
        foreseen = promise(predict(config, store, chosen, now, now, Course(item))) if item.change else None
    planned = f"{item.name} is planned until {item.due}, owned by {item.owner}, against {item.waste}{issue}"
    return f"{planned}; as of today {foreseen or plan_results.NO_CHANGE}"


def _issue_of(config: Config, store: Store, stream: ConfiguredStream, item: PlanItem) -> str:
    """Make its issue; where that fails, the next `gemba collect` does."""
    try:
        source, project = config.tracker(item, stream)
    except ValueError as problem:
        raise UsageError(str(problem)) from problem
    tracker = next(each for each in connectors_of(config) if each.name == source and isinstance(each, Tracking))
    try:
        key, _ = make_issue(Desk(tracker, source, store, stream), project, item, clock)
    except AccessDenied as problem:
        raise UsageError(f"{problem}; nothing was planned: correct it, and run this again") from problem
    except SourceError as problem:
        return f"; its issue is made by the next `gemba collect` ({problem})"
    return f"; its issue is {key}"


def _item(written: Mapping[str, Any], change: str | None, milestones: Sequence[str]) -> PlanItem:
    """Raises UsageError with what is wrong."""
    table = written_change(change) if change else {}
    waste = table.pop("waste", written["waste"])
    if waste != written["waste"]:
        raise UsageError(f"--change says {waste} and --waste {written['waste']}; a change reduces one waste")
    steps = [_milestone(text) for text in milestones]
    due = written["due"].date() if isinstance(written["due"], datetime) else written["due"]
    try:
        return PlanItem.model_validate({**written, "due": due, "change": table, "milestones": steps})
    except ValidationError as problem:
        raise UsageError("\n".join(sentence(error, PlanItem) for error in problem.errors())) from problem


def _milestone(text: str) -> dict[str, Any]:
    """NAME=DATE. Raises UsageError."""
    name, _, due = text.rpartition("=")
    try:
        found = {"name": name.strip(), "due": date.fromisoformat(due.strip())}
    except ValueError:
        found = {}
    if not found.get("name"):
        raise UsageError(f"--milestone {text}: write a name and a date, as in 'The board agrees=2026-12-01'")
    return found


def start_change(config: Config, stream: str | None, name: str, at: datetime | date | None) -> str:
    """Note that a change is being made, and freeze what it is predicted to bring."""
    chosen, now = asked_stream(config, Wanted(stream))
    moment = midnight(at, chosen) if at else now
    with opened(config) as store:
        course = plans.start(store, chosen, name, moment, now, partial(predict, config, store, chosen, moment, now))
    since = day(moment, chosen.calendar.timezone)
    told = promise(course.prediction) if course.prediction else ""
    return f"{course.item.name} has been under way since {since}; {told}"


def finish_change(
    config: Config, stream: str | None, name: str, milestone: str | None, at: datetime | date | None
) -> str:
    """Note since when a change is in force, or that a milestone of it is reached."""
    chosen, now = asked_stream(config, Wanted(stream))
    moment = midnight(at, chosen) if at else now
    when = day(moment, chosen.calendar.timezone)
    with opened(config) as store:
        if at is None:
            _check_not_done(
                plans.named(plans.courses_of(store, chosen, now), name), milestone, chosen.calendar.timezone
            )
        if milestone is not None:
            plans.reach(store, chosen, name, milestone, moment, now)
            return f"{milestone} of {name} was reached on {when}"
        course = plans.finish(store, chosen, name, moment, now)
    return f"{course.item.name} has been in force since {when}; what comes of it is told once enough was delivered"


def _check_not_done(course: Course, milestone: str | None, timezone: str) -> None:
    """Raises UsageError where a day that was said before would be overwritten by today."""
    reached = {name.casefold(): at for name, at in course.reached.items()}
    before = course.done_at if milestone is None else reached.get(milestone.casefold())
    if before is not None:
        what = f'"{course.item.name}" has been in force' if milestone is None else f'"{milestone}" was reached'
        raise UsageError(f"{what} since {day(before, timezone)} already; to correct that day, say another with --at")


def drop_change(config: Config, stream: str | None, name: str, reason: str) -> str:
    """Note that a change is given up."""
    chosen, now = asked_stream(config, Wanted(stream))
    with opened(config) as store:
        plans.drop(store, chosen, name, reason, now)
    return f"{name} is dropped"


def predict(
    config: Config, store: Store, stream: ConfiguredStream, at: datetime, now: datetime, course: Course
) -> Prediction:
    """What a change is said to bring, of what was known when it began."""
    try:
        found = _seen(config, store, stream, at)
    except NothingYet as problem:
        return Prediction(seen=at, made=now, future=None, reason=str(problem))
    others = plans.courses_of(store, stream, at)
    learnt = plan_results.lessons(others, plan_results.outcomes(found, others))
    return plan_results.predicted(stream, found, course, learnt, now)


def _seen(config: Config, store: Store, stream: ConfiguredStream, now: datetime) -> Reconstruction:
    return reconstruct(stream, records_of(config, store, stream), window_of(stream, Wanted(now=now)))
