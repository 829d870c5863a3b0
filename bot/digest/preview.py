"""What digests of the past would have said, and how often: whether they would have cried wolf. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from bot.digest.compose import Digest
from bot.words import count


@dataclass(frozen=True)
class Fired:
    """A section: in how many of the weeks it stood, with how many lines, and how many of them were new that week.

    A line is new where none of the week before is about the same: the same item, figure or goal.
    """

    title: str
    weeks: int
    lines: int
    new: int


def fired(digests: Sequence[tuple[date, Digest]]) -> tuple[Fired, ...]:
    """How often each section said something; those that stood first come first."""
    weeks, lines, new = Counter[str](), Counter[str](), Counter[str]()
    before: set[tuple[str, str]] = set()
    for _, digest in digests:
        subjects = [
            (section.title, line.label or line.strong or line.text)
            for section in digest.sections
            for line in section.lines
        ]
        weeks.update({title for title, _ in subjects})
        lines.update(title for title, _ in subjects)
        new.update(title for title, subject in subjects if (title, subject) not in before)
        before = set(subjects)
    order = list(dict.fromkeys(section.title for _, digest in digests for section in digest.sections))
    return tuple(Fired(title, weeks[title], lines[title], new[title]) for title in order)


def told(digests: Sequence[tuple[date, Digest]]) -> Iterator[str]:
    """In sentences: a line a section."""
    for one in fired(digests):
        often = f"in {one.weeks} of {count(len(digests), 'week')}"
        yield f"{one.title}: {often}, {count(one.lines, 'line')}, of which {one.new} new that week"
