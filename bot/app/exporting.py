"""What `gemba export` does."""

from pathlib import Path

from bot.app.seen import see_stream
from bot.app.wiring import Wanted
from bot.config import Config
from bot.export.formats import export
from bot.export.kinds import Kind
from bot.export.told import Told
from bot.flow.model import Stream
from bot.words import listed


def export_stream(
    config: Config, wanted: Wanted, kind: Kind, target: Path, *, anonymise: bool = False
) -> tuple[tuple[Path, ...], str | None]:
    """The files that were written, and what stays to be looked through before they are shown outside."""
    seen = see_stream(config, wanted, anonymise=anonymise)
    files = export(Told(seen.found, seen.records), kind, target)
    return files, kept_words(seen.stream) if anonymise else None


def kept_words(stream: Stream) -> str:
    """The words that anonymising leaves, in a sentence."""
    states = dict.fromkeys(state.partition(":")[2] for stage in stream.stages for state in stage.states)
    names = listed([stage.name for stage in stream.stages])
    return (
        f"names of stages ({names}), of states ({listed([*states])}), types of items and times stay as they are; "
        "look whether they tell more than you want to show"
    )
