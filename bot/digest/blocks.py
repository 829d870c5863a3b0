"""Digest -> Block Kit.

All that people wrote is rich text or plain text, whose texts are only text: a title can neither ping a channel nor
become a link. The fallback is the one text that Slack reads as markup, so it is escaped. Limits: 50 blocks, 150
characters in a header, 75 on a button, 25 buttons, 2,000 in a button's value, 3,000 in a context (docs.slack.dev,
Block Kit), and about 9,000 in all (slackapi/bolt-js#2867).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.digest.digest import COMPARED, NEW, STUCK, Choice, Digest, Reply
from bot.digest.fitting import fitted
from bot.digest.lines import Line, Link, Member, Part, Section, Strong
from bot.words import shortened, tame

Json = dict[str, Any]

LONGEST_HEADER, LONGEST_CONTEXT, LONGEST_BUTTON, LONGEST_VALUE, LONGEST_ALT = 150, 1500, 75, 2000, 1000
LONGEST_FALLBACK = 600
BUDGET = 9000
"""Characters of text in a message."""

ABOVE = (NEW, COMPARED)
"""Sections that stand above the picture."""

TAKE, SNOOZE, NOT_WASTE, WHY = "take", "snooze", "not_waste", "why"
"""What a button does: how its action begins."""


@dataclass(frozen=True)
class Shown:
    """How a digest is shown: `picture` is the id of an uploaded file, `asks` whether somebody answers its buttons."""

    picture: str | None = None
    alt: str = ""
    asks: bool = False


def blocks(digest: Digest, shown: Shown = Shown()) -> list[Json]:
    """The message. A quiet one is a line; what it leaves out is `full`."""
    if digest.quiet:
        return [_rich(_paragraph([Strong(f"{digest.title}. "), *digest.headline]))]
    return full(digest, shown)


def full(digest: Digest, shown: Shown) -> list[Json]:
    """All of it, whether anything is news or not."""
    sections = fitted(digest.sections, BUDGET - _around(digest))
    above, below = ([s for s in sections if (s.title in ABOVE) is wanted] for wanted in (True, False))
    acted_on = next((n for n, section in enumerate(below, 1) if section.title == STUCK), len(below))
    return [
        {"type": "header", "text": _plain(shortened(tame(digest.title), LONGEST_HEADER))},
        _rich(_paragraph(digest.headline)),
        _context(digest.subtitle),
        *map(_section, above),
        *_picture(shown),
        *map(_section, below[:acted_on]),
        *_buttons(digest, shown),
        *map(_section, below[acted_on:]),
        _context(digest.footer),
    ]


def reply_blocks(reply: Reply) -> list[Json]:
    """A message in the thread."""
    header = {"type": "header", "text": _plain(shortened(reply.title, LONGEST_HEADER))}
    return [header, *map(_section, fitted(reply.sections, BUDGET - LONGEST_HEADER))]


def fallback(text: str) -> str:
    """A text that Slack reads as markup, with `& < >` as they are (docs.slack.dev, formatting: escaping)."""
    told = shortened(tame(text), LONGEST_FALLBACK)
    return told.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _around(digest: Digest) -> int:
    """What stands there besides the sections, at most."""
    words = sum(len(text) for text in (digest.title, digest.subtitle, digest.footer, digest.text))
    return words + LONGEST_ALT + LONGEST_BUTTON * (len(digest.choices) + 3)


def _picture(shown: Shown) -> list[Json]:
    if not shown.picture:
        return []
    alt = shortened(tame(shown.alt), LONGEST_ALT)
    return [{"type": "image", "slack_file": {"id": shown.picture}, "alt_text": alt}]


def _buttons(digest: Digest, shown: Shown) -> list[Json]:
    if not shown.asks or not digest.choices:
        return []
    subjects = value_of(digest.stream, [choice.subject for choice in digest.choices])
    takes = _takes(digest.stream, digest.choices)
    rest = ((SNOOZE, "Snooze…"), (NOT_WASTE, "This is not waste…"), (WHY, "Why?"))
    return [{"type": "actions", "elements": [*takes, *(_button(name, text, subjects) for name, text in rest)]}]


def _taking(choice: Choice) -> str:
    return f"I take {choice.label}"


def _takes(stream: str, choices: Sequence[Choice]) -> list[Json]:
    takes = [choice for choice in choices if choice.takes]
    return [_button(f"{TAKE} {n}", _taking(c), value_of(stream, [c.subject])) for n, c in enumerate(takes)]


def value_of(stream: str, subjects: Sequence[str]) -> str:
    """What a button is about; of many subjects as many as it can hold."""
    told = list(subjects)
    while len(json.dumps([stream, *told])) > LONGEST_VALUE and told:
        told.pop()
    return json.dumps([stream, *told])


def _button(action: str, text: str, value: str) -> Json:
    label = _plain(shortened(tame(text), LONGEST_BUTTON))
    return {"type": "button", "action_id": action, "text": label, "value": value}


def _section(section: Section) -> Json:
    items = [_paragraph(line.parts) for line in section.lines]
    return _rich(_paragraph([Strong(section.title)]), {"type": "rich_text_list", "style": "bullet", "elements": items})


def _rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def _paragraph(parts: Sequence[Part]) -> Json:
    return {"type": "rich_text_section", "elements": list(_elements(parts))}


def _elements(parts: Sequence[Part]) -> Iterator[Json]:
    for part in parts:
        match part:
            case Link() if part.leads:
                yield {"type": "link", "url": part.url, "text": tame(part.label)}
            case Link():
                yield {"type": "text", "text": tame(part.label)}
            case Strong(text):
                yield {"type": "text", "text": text, "style": {"bold": True}}
            case Member(id):
                yield {"type": "user", "user_id": id}
            case str() if part:
                yield {"type": "text", "text": part}


def answer_blocks(title: str, lines: Sequence[Line], stream: str, choices: Sequence[Choice]) -> list[Json]:
    """An answer to a question, with a button for each that can be claimed."""
    (section,) = fitted([Section(title, tuple(lines))], BUDGET - LONGEST_BUTTON * len(choices))
    found = [_section(section) if section.lines else _rich(_paragraph([shortened(title, LONGEST_FALLBACK)]))]
    takes = _takes(stream, choices)
    return [*found, {"type": "actions", "elements": takes}] if takes else found


def _context(text: str) -> Json:
    return {"type": "context", "elements": [_plain(shortened(text, LONGEST_CONTEXT))]}


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}
