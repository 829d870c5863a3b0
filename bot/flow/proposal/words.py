"""What the names of states commonly mean. Names are a hint; what happens in a state outweighs them."""

import re

from bot.flow.model import StageKind

DROPPED = re.compile(
    r"cancel|reject|declin|refus|abandon|duplicat|invalid|obsolete|discard|withdrawn|won.?t|not done|dropped|denied",
    re.IGNORECASE,
)
"""Names of what is over without being delivered."""

FINISHED_STEP = re.compile(r"\b\w*(approved|reviewed|accepted|signed off|verified|tested|completed?|finished)\b", re.I)
"""A step that is finished: what follows it is waited for."""

TO_APPROVE = re.compile(
    r"review|approv|sign.?off|authori[sz]|submitted|patch available|pull request|\bpr\b|\bcab\b|decision|\bgate\b"
    r"|acceptance|\bsteering\b|\bboard\b",
    re.IGNORECASE,
)
TO_WAIT = re.compile(
    r"backlog|to.?do\b|^open$|^new$|ready|wait|await|pending|queue|block|hold|paus|park|impede|selected|triage|reopen"
    r"|schedul|planned|^created$|received|unassigned|suspend|assigned$",
    re.IGNORECASE,
)
TO_WORK = re.compile(
    r"progress|develop|doing|implement|test|\bqa\b|design|analy|build|investigat|working|draft|writ|check|deploy(ing|ment)"
    r"|prepar|refin",
    re.IGNORECASE,
)

REOPENED = re.compile(r"re-?open", re.IGNORECASE)

VERDICT = re.compile(r"approved|rejected|declined|authori[sz]ed", re.IGNORECASE)
"""Names of steps of an event log that are an answer to somebody who asked."""


def kind_by_name(name: str) -> StageKind | None:
    """What a state that is not the end is for, by its name alone; None where it says nothing.

    Of a name in parts ("Accepted / In Progress") the last one says most.
    """
    parts = [part.strip() for part in name.split(" / ")]
    return next((kind for part in reversed(parts) if (kind := _kind_by_part(part))), None)


def _kind_by_part(name: str) -> StageKind | None:
    if re.search(r"ready for (dev|work)|to.?do", name, re.IGNORECASE):
        return StageKind.WAIT
    if FINISHED_STEP.search(name):
        return StageKind.WAIT
    for kind, pattern in ((StageKind.APPROVAL, TO_APPROVE), (StageKind.WAIT, TO_WAIT), (StageKind.WORK, TO_WORK)):
        if pattern.search(name):
            return kind
    return None


def is_dropped(name: str) -> bool:
    return bool(DROPPED.search(name))
