"""Digest -> Block Kit.

Lines are rich text: their texts need no escaping, so a title can neither ping a channel nor become a link. Limits: 50
blocks, 150 characters in a header, and about 9,000 in all (docs.slack.dev; slackapi/bolt-js#2867).
"""

from typing import Any

from bot.digest.compose import Digest
from bot.digest.lines import Line, Section
from bot.words import shortened

Json = dict[str, Any]

LONGEST_HEADER, LONGEST_LINE = 150, 400


def blocks(digest: Digest, picture: str | None, alt: str) -> list[Json]:
    """The message; `picture` is the id of an uploaded file."""
    image = [{"type": "image", "slack_file": {"id": picture}, "alt_text": alt}] if picture else []
    return [
        {"type": "header", "text": _plain(shortened(digest.title, LONGEST_HEADER))},
        {"type": "context", "elements": [_plain(digest.subtitle)]},
        {"type": "rich_text", "elements": [_paragraph(_text(digest.headline))]},
        *image,
        *(block for section in digest.sections for block in _section(section)),
        {"type": "context", "elements": [_plain(digest.footer)]},
    ]


def _section(section: Section) -> list[Json]:
    items = [_paragraph(*_line(line)) for line in section.lines]
    return [
        {
            "type": "rich_text",
            "elements": [
                _paragraph(_text(section.title, bold=True)),
                {"type": "rich_text_list", "style": "bullet", "elements": items},
            ],
        }
    ]


def _line(line: Line) -> list[Json]:
    link = [{"type": "link", "url": line.link, "text": line.label}] if line.link else []
    strong = [_text(line.strong, bold=True)] if line.strong else []
    return [*link, *strong, _text(shortened(line.text, LONGEST_LINE))]


def _paragraph(*elements: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(elements)}


def _text(text: str, *, bold: bool = False) -> Json:
    return {"type": "text", "text": text, **({"style": {"bold": True}} if bold else {})}


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}
