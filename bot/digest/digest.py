"""What a message says, whoever renders it: Slack, a terminal, a mail or a page. Values only."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.digest.lines import Part, Section, plain


class Alert(StrEnum):
    """What can be news; in the order of its weight."""

    FIGURE = "a figure got better or worse"
    OUTCOME = "what came of a change"
    GATE = "a gate is near"
    GOAL = "the verdict on a key result"
    STUCK = "an item is stuck for long"
    LATE = "a planned change is late"


NEW, COMPARED, WASTES, STUCK = "Also new", "Compared with before", "Where the time goes", "Stuck, and who can free it"
GOALS, CHANGES, LOOKING_BACK = "Key results and gates", "Planned changes", "What the last digest said"
"""The titles of the sections of a digest, in their order."""


@dataclass(frozen=True)
class Choice:
    """Something that people can act on from the message: claim it, snooze it, ask why, say that it is no waste.

    `subject`: "item PAY-1", "plan NAME" or "waste waiting at Review"; `takes`: it is nobody's and can be claimed.
    """

    subject: str
    label: str
    takes: bool = False


@dataclass(frozen=True)
class Reply:
    """A message in the thread under another, by a name that stays the same."""

    name: str
    title: str
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Digest:
    """Everything a message says.

    `stream`: what its choices are of; `quiet`: nothing is news, so the headline says it all, and the rest can be
    below; `alerts`: what is news.
    """

    title: str
    subtitle: str
    headline: tuple[Part, ...]
    sections: tuple[Section, ...]
    footer: str
    replies: tuple[Reply, ...] = ()
    choices: tuple[Choice, ...] = ()
    stream: str = ""
    quiet: bool = False
    alerts: tuple[Alert, ...] = ()

    @property
    def text(self) -> str:
        """The notification, and what a screen reader says."""
        return f"{self.title}: {plain(self.headline)}"

    @property
    def everything(self) -> Iterator[Section]:
        """With what stands in the thread."""
        yield from self.sections
        for reply in self.replies:
            yield from reply.sections
