"""The plan between the store and the pure rules: what is configured and added, and what happened to it."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from bot.config import ConfiguredStream
from bot.errors import UsageError
from bot.flow.future.changes import Planned, read_change
from bot.govern.plan import Course, Followed, PlanItem, Prediction, Step, StepKind, courses
from bot.store import Store
from bot.words import did_you_mean

EARLY = timedelta(minutes=1)
"""Clocks of two machines may differ that much."""

Row = dict[str, Any]


Predict = Callable[[Course], Prediction]


def courses_of(store: Store, stream: ConfiguredStream, now: datetime) -> tuple[Course, ...]:
    """What is planned in a stream, and what became of it up to an instant."""
    return courses(stream.plan, _steps(store.plans.steps(stream.name), now))


def traced(stream: ConfiguredStream, plan: Iterable[Course]) -> tuple[list[Planned], dict[str, str]]:
    """The changes that are still to come, to be replayed; and why some cannot be, by name."""
    found, untraced = [], {}
    for each in plan:
        if each.item.change and each.status in ("planned", "started"):
            try:
                found.append(Planned(each.item.name, read_change(each.item.change, each.item.waste, stream)))
            except ValueError as problem:
                untraced[each.item.name] = str(problem)
    return found, untraced


def check(store: Store, stream: ConfiguredStream, item: PlanItem, now: datetime) -> None:
    """Raises UsageError where a change names no waste, is late already, or is on the plan."""
    if item.change:
        try:
            read_change(item.change, item.waste, stream)
        except ValueError as problem:
            raise UsageError(str(problem)) from problem
    today = now.astimezone(stream.calendar.zone).date()
    if item.due < today:
        raise UsageError(f"{item.due} is past; say by when it is to be done with --due")
    _is_new(item, _courses(stream, store.plans.steps(stream.name)))


def _is_new(item: PlanItem, plan: Iterable[Course]) -> None:
    if any(each.item.name.casefold() == item.name.casefold() for each in plan):
        raise UsageError(f'"{item.name}" is on the plan already; give it another name')


def add(store: Store, stream: ConfiguredStream, item: PlanItem, now: datetime) -> None:
    """Put a change on the plan. Raises UsageError as `check` does."""
    check(store, stream, item, now)

    def step(steps: list[Row]) -> Row:
        _is_new(item, _courses(stream, steps))
        return _step(item.name, "added", now, now, {"item": item.model_dump(mode="json")})

    store.plans.note(stream.name, step)


def start(store: Store, stream: ConfiguredStream, name: str, at: datetime, now: datetime, predict: Predict) -> Course:
    """Note that a change began, with what it is predicted to bring, which stays. Raises UsageError."""
    _not_to_come(at, now, stream)
    course = named(courses_of(store, stream, now), name)
    _can_start(course, stream)
    prediction = predict(course)
    told = {"item": course.item.model_dump(mode="json"), "prediction": prediction.model_dump(mode="json")}

    def step(steps: list[Row]) -> Row:
        _can_start(named(_courses(stream, steps), name), stream)
        return _step(course.item.name, "started", at, now, told)

    store.plans.note(stream.name, step)
    return named(courses_of(store, stream, now), name)


def finish(store: Store, stream: ConfiguredStream, name: str, at: datetime, now: datetime) -> Course:
    """Note since when a change is in force; of several times the last that was said counts. Raises UsageError."""
    _not_to_come(at, now, stream)

    def step(steps: list[Row]) -> Row:
        course = named(_courses(stream, steps), name)
        _can_be_done(course, at, stream)
        return _step(course.item.name, "done", at, now, {})

    store.plans.note(stream.name, step)
    return named(courses_of(store, stream, now), name)


def reach(store: Store, stream: ConfiguredStream, name: str, milestone: str, at: datetime, now: datetime) -> None:
    """Note that a milestone is reached. Raises UsageError."""
    _not_to_come(at, now, stream)

    def step(steps: list[Row]) -> Row:
        course = named(_courses(stream, steps), name)
        item = course.item
        if course.status == "dropped":
            raise UsageError(f'"{item.name}" was dropped; add it under another name')
        known = {each.name.casefold(): each.name for each in item.milestones}
        if milestone.casefold() not in known:
            near = did_you_mean(milestone, known.values()) or f"; there are {', '.join(known.values()) or 'none'}"
            raise UsageError(f'"{item.name}" has no milestone "{milestone}"{near}')
        return _step(item.name, "reached", at, now, {"milestone": known[milestone.casefold()]})

    store.plans.note(stream.name, step)


def reopen(store: Store, stream: ConfiguredStream, name: str, at: datetime, now: datetime) -> None:
    """Note that a change that was done is being made again; what was predicted of it stays."""
    store.plans.note(stream.name, lambda _: _step(name, "started", at, now, {}))


def see(store: Store, stream: ConfiguredStream, name: str, issue: Followed, now: datetime) -> None:
    """Note how the issue of a change stands."""
    store.plans.note(stream.name, lambda _: _step(name, "followed", now, now, issue.model_dump(mode="json")))


def drop(store: Store, stream: ConfiguredStream, name: str, reason: str, now: datetime) -> None:
    """Note that a change is given up, and why. Raises UsageError."""
    if not reason.strip():
        raise UsageError("what is dropped has a reason; say it with --reason")

    def step(steps: list[Row]) -> Row:
        course = named(_courses(stream, steps), name)
        if course.status in ("done", "dropped"):
            raise UsageError(f'"{course.item.name}" is {course.status} already; see `gemba plan list`')
        return _step(course.item.name, "dropped", now, now, {"reason": reason.strip()})

    store.plans.note(stream.name, step)


def named(plan: Iterable[Course], name: str) -> Course:
    """Raises UsageError with the nearest name."""
    known = {each.item.name.casefold(): each for each in plan}
    if name.casefold() not in known:
        names = [each.item.name for each in known.values()]
        near = did_you_mean(name, names) or f"; there are {', '.join(names) or 'none'}"
        raise UsageError(f'nothing on the plan is called "{name}"{near}')
    return known[name.casefold()]


def _can_start(course: Course, stream: ConfiguredStream) -> None:
    if course.started_at is not None:
        since = course.started_at.astimezone(stream.calendar.zone)
        raise UsageError(
            f'"{course.item.name}" was started on {since:%Y-%m-%d}; what was predicted then stays; '
            "if it was given up, drop it, and add it under another name"
        )
    if course.status == "dropped":
        raise UsageError(f'"{course.item.name}" was dropped; add it under another name')


def _can_be_done(course: Course, at: datetime, stream: ConfiguredStream) -> None:
    if course.status == "dropped":
        raise UsageError(f'"{course.item.name}" was dropped; add it under another name')
    if course.started_at is None:
        raise UsageError(
            f'"{course.item.name}" was not started, so nothing was predicted; say first when it began '
            f'with `gemba plan start "{course.item.name}" --at DATE`'
        )
    if at < course.started_at:
        begun = course.started_at.astimezone(stream.calendar.zone)
        raise UsageError(
            f"it began on {begun:%Y-%m-%d %H:%M}, so it cannot be in force before; say another day with --at"
        )


def _not_to_come(at: datetime, now: datetime, stream: ConfiguredStream) -> None:
    if at > now + EARLY:
        raise UsageError(
            f"{at.astimezone(stream.calendar.zone):%Y-%m-%d %H:%M} has not come yet; "
            "wait until it has happened, or correct --at"
        )


def _courses(stream: ConfiguredStream, rows: Iterable[Row]) -> tuple[Course, ...]:
    return courses(stream.plan, [Step(**row) for row in rows])


def _steps(rows: Iterable[Row], now: datetime) -> list[Step]:
    return [step for step in (Step(**row) for row in rows) if step.at <= now + EARLY]


def _step(name: str, kind: StepKind, at: datetime, now: datetime, told: dict[str, Any]) -> Row:
    return asdict(Step(name, kind, at, now, told))
