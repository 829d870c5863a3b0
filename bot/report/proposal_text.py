"""Proposed stages on a terminal."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.flow.model import StageKind
from bot.flow.proposal.stages import ProposedStage
from bot.report.map_text import SIGNS

MOST_STATES, MOST_REASONS = 5, 3
"""Of each so many are shown; the configuration has all of them."""
COLOURS = {StageKind.WORK: "green", StageKind.APPROVAL: "yellow"}


def proposal_text(name: str, stages: Sequence[ProposedStage], remarks: Sequence[str]) -> RenderableType:
    """From upstream to downstream, each with what speaks for it; what a person should look at is marked."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("stage", no_wrap=True, max_width=34)
    table.add_column("kind", no_wrap=True)
    table.add_column("why")
    for stage in stages:
        mark = " ?" if stage.sure == "look" else ""
        table.add_row(
            Text(f"{SIGNS[stage.kind]} {stage.name}", style=COLOURS.get(stage.kind, "")),
            Text(f"{stage.kind}{mark}"),
            Text("; ".join([*_states(stage), *stage.evidence[:MOST_REASONS]]), style="dim"),
        )
    said = [Text(f"  • {remark}") for remark in remarks]
    return Group(Text(f"Proposed stages of {name}", style="bold"), table, *said)


def _states(stage: ProposedStage) -> list[str]:
    """Where they are called otherwise than the stage."""
    labels = [state.partition(":")[2] for state in stage.states]
    if labels == [stage.name]:
        return []
    more = f" and {len(labels) - MOST_STATES} more" if len(labels) > MOST_STATES else ""
    return [", ".join(labels[:MOST_STATES]) + more]
