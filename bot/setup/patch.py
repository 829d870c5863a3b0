"""What a configuration lacks of what its sources have by now, and the configuration with it; comments stay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any

import tomlkit
from tomlkit.items import AoT

from bot.flow.model import Stream
from bot.flow.proposal.propose import Proposal
from bot.flow.proposal.stages import ProposedStage


@dataclass(frozen=True)
class Addition:
    """A state that no stage claims: it joins `stage`, or makes a new one that comes after it (None: the first)."""

    stream: str
    state: str
    stage: str | None
    new: ProposedStage | None
    why: str


def additions(stream: Stream, proposal: Proposal) -> list[Addition]:
    """For every state that items were in and no stage claims, from upstream to downstream."""
    claimed = {state: stage.name for stage in stream.stages for state in stage.states}
    found: list[Addition] = []
    before: str | None = None
    for proposed in proposal.stages:
        homes = [claimed[state] for state in proposed.states if state in claimed]
        lacking = [state for state in proposed.states if state not in claimed and not _is_turn(state)]
        why = next(iter(proposed.evidence), "")
        if lacking and homes:
            found += [Addition(stream.name, state, homes[0], None, why) for state in lacking]
        elif lacking:
            stage = _unlike(stream, ProposedStage(proposed.name, proposed.kind, tuple(lacking), proposed.evidence))
            found.append(Addition(stream.name, lacking[0], before, stage, why))
        before = homes[-1] if homes else before
    return found


def _is_turn(state: str) -> bool:
    """A turn of a change request is claimed or left out on purpose; there are always the same."""
    return state.startswith("github:")


def _unlike(stream: Stream, stage: ProposedStage) -> ProposedStage:
    """Named as no stage that there is."""
    names = {one.name for one in stream.stages}
    if stage.name not in names:
        return stage
    return ProposedStage(f"{stage.name} (new)", stage.kind, stage.states, stage.evidence)


def patched(text: str, changes: Sequence[Addition]) -> str:
    """The configuration with every change."""
    document: Any = tomlkit.parse(text)
    streams: Mapping[str, Any] = {str(table["name"]): table for table in document["streams"]}
    placed: dict[tuple[str, str | None], str] = {}
    for change in changes:
        stages = streams[change.stream]["stages"]
        if change.new is None:
            next(s for s in stages if s["name"] == change.stage)["states"].append(change.state)
            continue
        after = placed.get((change.stream, change.stage), change.stage)
        place = next((n for n, s in enumerate(stages) if s["name"] == after), -1) + 1
        stages.insert(place, _table(change.new) if isinstance(stages, AoT) else _inline(change.new))
        placed[change.stream, change.stage] = change.new.name
    return _with_ends_of(text, tomlkit.dumps(document))


def _with_ends_of(before: str, after: str) -> str:
    """Lines end as they did."""
    whole = after.replace("\r\n", "\n")
    return whole.replace("\n", "\r\n") if "\r\n" in before else whole


def _inline(stage: ProposedStage) -> Any:
    table = tomlkit.inline_table()
    table.update({"name": stage.name, "kind": str(stage.kind), "states": list(stage.states)})
    return table


def _table(stage: ProposedStage) -> Any:
    table = tomlkit.table()
    table.add("name", stage.name)
    table.add("kind", str(stage.kind))
    table.add("states", list(stage.states))
    table.add(tomlkit.nl())
    return table


def difference(before: str, after: str, name: str) -> str:
    """As a patch."""
    lines = unified_diff(before.splitlines(), after.splitlines(), name, f"{name} (proposed)", lineterm="", n=2)
    return "\n".join(lines)
