"""What pages are made of: sections of sentences, tables, pictures and things to unfold. Templates say how they look."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Ref:
    """A name that leads to a place on the page (`#...`) or to the web."""

    text: str
    href: str

    @property
    def away(self) -> bool:
        return not self.href.startswith("#")


@dataclass(frozen=True)
class Strong:
    text: str


@dataclass(frozen=True)
class Drawing:
    """A picture, with a title and a description inside for those who cannot see it."""

    svg: Markup
    caption: str = ""


Word = str | Ref | Strong
Cell = str | Ref | Strong | Drawing | tuple[Word, ...]


@dataclass(frozen=True)
class Lines:
    """Sentences, one below the other."""

    lines: Sequence[Sequence[Word]]


@dataclass(frozen=True)
class Table:
    """`numbers`: the columns that are aligned at their right; `ids`: anchors of the rows; `more`: what is left out."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numbers: frozenset[int] = frozenset()
    ids: Sequence[str] = ()
    title: str = ""
    more: str = ""


@dataclass(frozen=True)
class Folded:
    """What stands behind a figure, unfolded when somebody asks."""

    summary: str
    parts: "Sequence[Part]"
    id: str = ""


Part = Lines | Table | Drawing | Folded


@dataclass(frozen=True)
class Section:
    """`short`: its name among the others; `said`: the sentence under the title."""

    id: str
    short: str
    title: str
    parts: Sequence[Part]
    said: str = ""

    @property
    def filled(self) -> bool:
        return any(not isinstance(part, Lines | Table) or _rows(part) for part in self.parts)


def _rows(part: Lines | Table) -> int:
    return len(part.lines if isinstance(part, Lines) else part.rows)


def columns(*places: int) -> frozenset[int]:
    """Which columns hold numbers."""
    return frozenset(places)
