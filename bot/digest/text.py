"""Digest -> terminal, and plain text of a mail."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bot.digest.digest import Digest
from bot.digest.lines import Line, Link, Member, Part, Section, Strong, plain
from bot.words import NBSP


def text(digest: Digest, *, thread: bool = False) -> RenderableType:
    """The digest as it reads in Slack, without the picture; with `thread` all that stands under it, too."""
    parts: list[RenderableType] = [Text(digest.title, style="bold"), _assembled(digest.headline)]
    if not digest.quiet or thread:
        parts += [Text(digest.subtitle, style="dim"), *_sections(digest.sections)]
        parts += [Text(), Text(digest.footer, style="dim")]
    if thread:
        parts += [part for reply in digest.replies for part in (Text(), *_sections(reply.sections))]
    return Group(*parts)


def _sections(sections: Sequence[Section]) -> Iterator[RenderableType]:
    for section in sections:
        yield Text()
        yield Text(section.title, style="bold")
        yield from (Padding(_line(line), (0, 0, 0, 2)) for line in section.lines)


def _line(line: Line) -> Text:
    return Text.assemble("• ", _assembled(line.parts))


def _assembled(parts: Sequence[Part]) -> Text:
    return Text.assemble(*(_styled(part) for part in parts))


def _styled(part: Part) -> str | tuple[str, str]:
    match part:
        case Link():
            return part.label, f"bold link {part.url}" if part.leads else "bold"
        case Strong(words):
            return words, "bold"
        case Member():
            return plain([part])
    return part


def plain_text(digest: Digest) -> str:
    """All of it for a mail: links as addresses behind their names."""
    told = [digest.title, "", _worded(digest.headline), digest.subtitle]
    for section in digest.everything:
        told += ["", section.title, *(f"- {_worded(line.parts)}" for line in section.lines)]
    return "\n".join([*told, "", digest.footer, ""]).replace(NBSP, " ")


def _worded(parts: Sequence[Part]) -> str:
    return "".join(f"{p.label} <{p.url}>" if isinstance(p, Link) and p.leads else plain([p]) for p in parts)
