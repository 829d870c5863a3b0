"""What is known of the states of a source besides what happened in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.flow.proposal.stages import ProposedStage
from connectors.records import UNKNOWN, Category


@dataclass(frozen=True)
class Known:
    """What the sources say of their states besides what happened in them."""

    categories: Mapping[str, Category] = field(default_factory=dict)
    """state, named `<kind of source>:<name>` -> how far along"""
    vocabulary: Mapping[str, ProposedStage] = field(default_factory=dict)
    """name of a state in lower case -> the stage that a preset gives it"""


def is_unknown(name: str) -> bool:
    return name.endswith(f":{UNKNOWN}")
