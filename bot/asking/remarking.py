"""What somebody did with a button -> a remark, and how it is confirmed. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.asking.forms import ABOUT, LONGEST_REASON, REASON, WEEKS, fits
from bot.asking.questions import NotUnderstood
from bot.digest.blocks import NOT_WASTE, SNOOZE, TAKE
from bot.govern.document import Document
from bot.govern.remarks import ITEM, PLAN, WASTE, Remark, RemarkKind, Remarks, is_subject
from bot.words import day, shortened, tame
from connectors.slack_socket import Request

KINDS = {SNOOZE: RemarkKind.SNOOZE, NOT_WASTE: RemarkKind.NOT_WASTE}
LONGEST_SNOOZE = 8
"""Weeks."""

WEEKS_OFFERED = {f"{weeks}": weeks for weeks in range(1, LONGEST_SNOOZE + 1)}


def remark_of(
    request: Request, stream: str, subjects: Sequence[str], now: datetime, zone: ZoneInfo | None = None
) -> Remark:
    """Raises NotUnderstood where it is about nothing that was offered, or gives no reason where one is needed.

    `zone`: where the day ends until which something is snoozed; default UTC.
    """
    fields = dict(request.fields)
    action = request.action.partition(" ")[0]
    subject = subjects[0] if action == TAKE and subjects else fields.get(ABOUT, "")
    kind = RemarkKind.CLAIM if action == TAKE else KINDS.get(action)
    if kind is None or subject not in subjects or not _is_possible(action, subject):
        raise NotUnderstood("That cannot be done any more; look at the newest digest.")
    reason = tame(shortened(tame(fields.get(REASON, "")), LONGEST_REASON))
    if kind is RemarkKind.NOT_WASTE and not any(c.isalnum() for c in reason):
        raise NotUnderstood("It needs a reason, for everybody who wonders later.")
    weeks = WEEKS_OFFERED.get(fields.get(WEEKS, ""), 1)
    until = (now.astimezone(zone or UTC) + timedelta(weeks=weeks)).date() if kind is RemarkKind.SNOOZE else None
    return Remark(stream=stream, at=now, by=request.by, kind=kind, subject=subject, reason=reason, until=until)


def _is_possible(action: str, subject: str) -> bool:
    return fits(action, subject) if action != TAKE else is_subject(subject) and subject.startswith((ITEM, PLAN))


def check_open(remark: Remark, document: Document) -> None:
    """Raises NotUnderstood where there is nothing left to take or to snooze."""
    items = {ITEM + item.item for item in document.age.items}
    plans = {PLAN + part.name for part in document.plan if part.status not in ("done", "dropped")}
    if remark.kind is not RemarkKind.NOT_WASTE and remark.subject not in items | plans:
        raise NotUnderstood(f"{_named(remark)} is not open any more; look at the newest digest.")


def check_new(remark: Remark, said: Remarks, timezone: str) -> None:
    """Raises NotUnderstood where it was taken or excused before: who was first keeps it."""
    taken = said.taken(remark.subject) if remark.kind is RemarkKind.CLAIM else None
    if taken is not None:
        who = "You" if taken.by == remark.by else "Somebody else"
        raise NotUnderstood(f"{who} took {_named(remark)} on {day(taken.at, timezone)}.")
    if remark.kind is RemarkKind.NOT_WASTE and said.excused(remark.subject):
        raise NotUnderstood(f"{_capital(_named(remark))} counts as necessary already.")


def _named(remark: Remark) -> str:
    what = remark.subject
    for prefix in (ITEM, PLAN, WASTE):
        what = what.removeprefix(prefix)
    return what


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def confirmed(remark: Remark) -> str:
    """What holds from now on."""
    what = _named(remark)
    match remark.kind:
        case RemarkKind.CLAIM:
            return f"You take {what}; the digest says so from now on."
        case RemarkKind.SNOOZE:
            return f"{what} is not named as stuck before {remark.until}."
    return f"{_capital(what)} counts as necessary from now on; your reason stands among the doubts."


def row_of(remark: Remark, place: str) -> dict[str, Any]:
    """As it is kept."""
    until = remark.until.isoformat() if remark.until else None
    return {**remark.model_dump(exclude={"number"}), "kind": remark.kind.value, "until": until, "place": place}
