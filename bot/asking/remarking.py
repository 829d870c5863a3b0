"""What somebody did with a button -> a remark, and how it is confirmed. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.asking.forms import ABOUT, LONGEST_REASON, REASON, WEEKS, fits
from bot.asking.questions import NotUnderstood
from bot.digest.blocks import NOT_WASTE, SNOOZE, TAKE
from bot.govern.remarks import ITEM, PLAN, WASTE, Remark, RemarkKind, is_subject
from bot.words import shortened, tame
from connectors.slack_socket import Request

KINDS = {SNOOZE: RemarkKind.SNOOZE, NOT_WASTE: RemarkKind.NOT_WASTE}
LONGEST_SNOOZE = 8
"""Weeks."""

WEEKS_OFFERED = {f"{weeks}": weeks for weeks in range(1, LONGEST_SNOOZE + 1)}


def remark_of(request: Request, stream: str, subjects: Sequence[str], now: datetime) -> Remark:
    """Raises NotUnderstood where it is about nothing that was offered, or gives no reason where one is needed."""
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
    until = (now + timedelta(weeks=weeks)).date() if kind is RemarkKind.SNOOZE else None
    return Remark(stream=stream, at=now, by=request.by, kind=kind, subject=subject, reason=reason, until=until)


def _is_possible(action: str, subject: str) -> bool:
    return fits(action, subject) if action != TAKE else is_subject(subject) and subject.startswith((ITEM, PLAN))


def confirmed(remark: Remark) -> str:
    """What holds from now on."""
    what = remark.subject
    for prefix in (ITEM, PLAN, WASTE):
        what = what.removeprefix(prefix)
    match remark.kind:
        case RemarkKind.CLAIM:
            return f"You take {what}; the digest says so from now on."
        case RemarkKind.SNOOZE:
            return f"{what} is not named as stuck before {remark.until}."
    return f"{what[:1].upper()}{what[1:]} counts as necessary from now on; your reason stands among the doubts."


def row_of(remark: Remark, place: str) -> dict[str, Any]:
    """As it is kept."""
    until = remark.until.isoformat() if remark.until else None
    return {**remark.model_dump(exclude={"number"}), "kind": remark.kind.value, "until": until, "place": place}
