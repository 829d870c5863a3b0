"""A stage that is proposed, with the evidence for it in words, and how sure it is."""

from dataclasses import dataclass, replace
from typing import Literal

from bot.flow.model import StageKind

Sure = Literal["sure", "likely", "look"]
"""Several things say so, one does, or a person should look."""


@dataclass(frozen=True)
class ProposedStage:
    """`evidence`: sentences without a full stop."""

    name: str
    kind: StageKind
    states: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    sure: Sure = "likely"
    settings: tuple[tuple[str, str | bool], ...] = ()
    """further keys of the stage, as a preset has them"""

    def joined(self, state: str, *why: str) -> "ProposedStage":
        """With one more state."""
        return replace(self, states=(*self.states, state), evidence=(*self.evidence, *why))
