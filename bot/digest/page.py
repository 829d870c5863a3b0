"""Digest -> one HTML page, that is a mail, too: without script, network or font of somebody else's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from bot.digest.digest import Digest
from bot.digest.lines import Link, Part, Section, Strong, plain


@dataclass(frozen=True)
class Words:
    """A piece of a line; `url` is one that may be followed, or empty."""

    text: str
    url: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Listed:
    """A section, its lines in pieces."""

    title: str
    lines: Sequence[Sequence[Words]]


def digest_page(digest: Digest, picture: str | None = None, alt: str = "") -> str:
    """The page, with the picture of that address (`cid:…` or `data:…`). Whatever people wrote is escaped."""
    return _template().render(
        title=digest.title,
        headline=_words(digest.headline),
        subtitle=digest.subtitle,
        picture=picture,
        alt=alt,
        sections=_listed(digest.sections),
        details=_listed([section for reply in digest.replies for section in reply.sections]),
        footer=digest.footer,
    )


def _template() -> Template:
    loader = PackageLoader("bot.digest")
    found = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return found.get_template("digest.html")


def _listed(sections: Sequence[Section]) -> list[Listed]:
    return [Listed(section.title, [_words(line.parts) for line in section.lines]) for section in sections]


def _words(parts: Sequence[Part]) -> list[Words]:
    return list(_each(parts))


def _each(parts: Sequence[Part]) -> Iterator[Words]:
    for part in parts:
        match part:
            case Link():
                yield Words(part.label, part.url if part.leads else "", strong=True)
            case Strong(text):
                yield Words(text, strong=True)
            case _:
                yield Words(plain([part]))
