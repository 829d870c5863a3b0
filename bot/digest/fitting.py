"""Sections, shortened until they fit: whole lines are left out and counted, never a word or a link cut. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from bot.digest.lines import Line, Link, Part, Section, Strong, line, plain
from bot.words import shortened

LONGEST_NAME, LONGEST_WORDS = 120, 500
"""Characters of a name, and of the words between names."""


def fitted(sections: Sequence[Section], budget: int) -> tuple[Section, ...]:
    """At most so many characters of text; each section keeps a line as long as possible."""
    kept = [[_cut(one) for one in section.lines] for section in sections]
    while _size(sections, kept) > budget and any(kept):
        max(kept, key=lambda lines: (len(lines) > 1, sum(map(_length, lines)))).pop()
    return tuple(
        replace(section, lines=(*lines, *_left_out(len(section.lines) - len(lines))))
        for section, lines in zip(sections, kept, strict=True)
    )


def _size(sections: Sequence[Section], kept: Sequence[Sequence[Line]]) -> int:
    spare = len("and 10000 more.")
    return sum(len(s.title) + spare + sum(map(_length, lines)) for s, lines in zip(sections, kept, strict=True))


def _length(one: Line) -> int:
    return len(plain(one.parts))


def _left_out(number: int) -> tuple[Line, ...]:
    return (line(f"and {number} more."),) if number else ()


def _cut(one: Line) -> Line:
    return Line(tuple(_short(part) for part in one.parts))


def _short(part: Part) -> Part:
    match part:
        case Link():
            return Link(shortened(part.label, LONGEST_NAME), part.url)
        case Strong():
            return Strong(shortened(part.text, LONGEST_NAME))
        case str():
            return shortened(part, LONGEST_WORDS)
    return part
