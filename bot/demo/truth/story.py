"""What really happened to one item, in working hours since the beginning, while it happens."""

from dataclasses import dataclass, field

from bot.demo.truth.world import Account


@dataclass(slots=True)
class Pull:
    """A pull request. `facts`: at, what, who; `commits`: when it was written, when it was pushed, who."""

    author: int
    draft: bool
    opened: float | None = None
    merged: float | None = None
    closed: float | None = None
    checked: float | None = None
    commits: list[tuple[float, float, int]] = field(default_factory=list)
    facts: list[tuple[float, str, int, int | None]] = field(default_factory=list)


@dataclass(slots=True)
class Story:
    """`labels`: from when on it was spent on what. `moves`: at, place, who. `touches`: at, since, who.

    `returned`: left at, from which place, to which. The rest is where it stands in the simulation.
    """

    number: int
    created: float
    type: str
    size: float
    pulls_wanted: int
    drop_at: int | None
    labels: list[tuple[float, Account]] = field(default_factory=list)
    moves: list[tuple[float, int, int]] = field(default_factory=list)
    touches: list[tuple[float, float, int]] = field(default_factory=list)
    flags: list[tuple[float, bool, int]] = field(default_factory=list)
    assigned: list[tuple[float, int]] = field(default_factory=list)
    returned: list[tuple[float, int, int]] = field(default_factory=list)
    pulls: list[Pull] = field(default_factory=list)
    delivered: float | None = None
    dropped: float | None = None
    rank: int = 0
    place: int = 0
    left: float = 0.0
    whole: float = 0.0
    blocked: bool = False
    aside: bool = False
    """it is reworked in the state of what was sent back"""
    redo: float = 1.0
    visited: set[int] = field(default_factory=set)
    rounds: dict[int, int] = field(default_factory=dict)
    owner: int | None = None
    judges: set[int] = field(default_factory=set)
    """places that began together and have not decided yet"""

    def spends(self, at: float, account: Account) -> None:
        self.labels.append((at, account))

    @property
    def pull(self) -> Pull | None:
        """The one that is under way."""
        last = self.pulls[-1] if self.pulls else None
        return last if last and last.merged is None and last.closed is None else None
