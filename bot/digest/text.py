"""Digest -> terminal."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bot.digest.compose import Digest
from bot.digest.lines import Line


def text(digest: Digest) -> RenderableType:
    """The digest as it reads in Slack, without the picture."""
    parts: list[RenderableType] = [
        Text(digest.title, style="bold"),
        Text(digest.subtitle, style="dim"),
        Text(),
        Text(digest.headline),
    ]
    for section in digest.sections:
        parts += [
            Text(),
            Text(section.title, style="bold"),
            *(Padding(_line(line), (0, 0, 0, 2)) for line in section.lines),
        ]
    return Group(*parts, Text(), Text(digest.footer, style="dim"))


def _line(line: Line) -> Text:
    return Text.assemble(
        "• ", (line.label, f"bold link {line.link}") if line.link else "", (line.strong, "bold"), line.text
    )
