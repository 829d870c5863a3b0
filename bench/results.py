"""What a measurement says: a figure, what it is compared with, and the bar it has to pass."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Bar:
    """A limit on a figure's ratio, or on its value where it is compared with nothing."""

    limit: float
    at_least: bool = False

    def __str__(self) -> str:
        return f"{'at least' if self.at_least else 'at most'} {self.limit:g}"

    def met(self, measured: float) -> bool:
        return measured >= self.limit if self.at_least else measured <= self.limit


def at_least(limit: float) -> Bar:
    return Bar(limit, at_least=True)


def at_most(limit: float) -> Bar:
    return Bar(limit)


@dataclass(frozen=True)
class Figure:
    """One measured value: `value` in `unit`; `ratio` to what `ratio_to` names, measured in the same run."""

    name: str
    value: float
    unit: str
    ratio_to: str | None = None
    ratio: float | None = None
    bar: Bar | None = None

    @property
    def met(self) -> bool | None:
        """Whether the bar is passed; None where there is none."""
        if self.bar is None:
            return None
        return self.bar.met(self.value if self.ratio is None else self.ratio)


@dataclass(frozen=True)
class Wanted:
    """What is asked of every part.

    `folder`: one that is thrown away; `events`: sizes; `rounds` of each measurement; `issues` of the company at scale.
    """

    folder: Path
    events: tuple[int, ...] = (100_000, 1_000_000, 10_000_000)
    rounds: int = 3
    issues: int = 200_000
