"""The forms that open at a button: what it is about, and for how long or why. Pure.

Limits: 24 characters in a title, 75 in an option, 100 options, 150 in an option's value (docs.slack.dev, Block Kit).
"""

import json
from collections.abc import Sequence
from typing import Any

from bot.digest.blocks import NOT_WASTE, SNOOZE, WHY
from bot.govern.remarks import ITEM, PLAN, WASTE, is_subject
from bot.words import count, shortened, tame

Json = dict[str, Any]

ABOUT, WEEKS, REASON = "about", "weeks", "reason"
LONGEST_OPTION, LONGEST_SUBJECT, LONGEST_REASON, MOST_OPTIONS = 75, 150, 300, 100

TITLES = {SNOOZE: "Snooze", NOT_WASTE: "This is not waste", WHY: "Why?"}
DOES = {SNOOZE: "Snooze", NOT_WASTE: "Say so", WHY: "Tell me"}


def form(action: str, channel: str, value: str) -> Json | None:
    """None where there is nothing that it could be about. `value`, that of the button, comes back with it."""
    _, subjects = read_value(value)
    fitting = [s for s in dict.fromkeys(subjects) if fits(action, s) and len(s) <= LONGEST_SUBJECT][:MOST_OPTIONS]
    if not fitting:
        return None
    return {
        "type": "modal",
        "callback_id": action,
        "private_metadata": f"{channel} {value}",
        "title": _plain(TITLES[action]),
        "submit": _plain(DOES[action]),
        "close": _plain("Cancel"),
        "blocks": [_choice(ABOUT, "What", [(_called(s), s) for s in fitting]), *_more(action)],
    }


def fits(action: str, subject: str) -> bool:
    """Items can be snoozed; items and wastes can be excused and asked for."""
    return is_subject(subject) and subject.startswith(ITEM if action == SNOOZE else (ITEM, WASTE))


def read_value(value: str) -> tuple[str, list[str]]:
    """The stream and the subjects that a button is about; nothing where it is not ours."""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        found = None
    named = [name for name in found if isinstance(name, str)] if isinstance(found, list) else []
    return (named[0], named[1:]) if named else ("", [])


def _more(action: str) -> list[Json]:
    match action:
        case "snooze":
            return [_choice(WEEKS, "For", [(count(weeks, "week"), f"{weeks}") for weeks in (1, 2, 4)])]
        case "not_waste":
            wanted = {"type": "plain_text_input", "action_id": REASON, "max_length": LONGEST_REASON, "multiline": True}
            hint = _plain("It counts as necessary from now on, and this is shown among the doubts.")
            return [_input(REASON, "Why is it none?", wanted) | {"hint": hint}]
    return []


def _choice(name: str, label: str, options: Sequence[tuple[str, str]]) -> Json:
    listed = [{"text": _plain(shortened(text, LONGEST_OPTION)), "value": value} for text, value in options]
    chosen = {"type": "static_select", "action_id": name, "options": listed, "initial_option": listed[0]}
    return _input(name, label, chosen)


def _input(name: str, label: str, element: Json) -> Json:
    return {"type": "input", "block_id": name, "label": _plain(label), "element": element}


def _called(subject: str) -> str:
    for prefix in (ITEM, PLAN, WASTE):
        subject = subject.removeprefix(prefix)
    return tame(subject)


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}
