"""The simulated companies, furnished."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.app.clock import clock
from bot.config import Config, load_config
from bot.errors import UsageError
from bot.flow.findings.analysis import Analysis
from bot.presets import PRESETS, Preset
from bot.report.studied import Studied
from bot.words import did_you_mean


@contextmanager
def demo(folder: Path, preset: str | None = None) -> Iterator[Config]:
    """The configuration of a simulated company, whose stand-ins run while the block does. Raises UsageError."""
    from bot.demo.folder import FIRST, furnished

    known = preset_of(preset or FIRST)
    with furnished(folder, clock(), known.name) as path:
        yield load_config(path)


def preset_of(name: str) -> Preset:
    """By its name. Raises UsageError with the names there are."""
    found = PRESETS.get(name.casefold())
    if found is None:
        near = did_you_mean(name, PRESETS)
        raise UsageError(f'there is no preset "{name}"{near}; there are {", ".join(PRESETS)}')
    return found


def typical_waste(name: str, documents: Sequence[Analysis]) -> Iterator[str]:
    """What such a stream is known for, and what of it was found."""
    from bot.demo.told import known_for

    preset = preset_of(name)
    yield f"{preset.name}, {preset.title}, is known for {preset.typical}. Found here:"
    yield from (f"  • {sentence}" for sentence in known_for(preset.name, documents))
    yield ""


def pictures(config: Config, studied: Studied) -> Iterator[tuple[str, bytes]]:
    """The map, light and dark, and the report, with the names of their files; beside the first stream's by its name."""
    from bot.app.analysis import map_picture
    from bot.app.reports import studied_html
    from bot.report.canvas import png

    name = studied.document.stream.name
    of = "" if name == config.streams[0].name else f"-{name.lower()}"
    for kind, dark in (("map", False), ("map-dark", True)):
        drawn = map_picture(config, studied.document, dark=dark)
        yield f"{kind}{of}.svg", drawn.encode()
        yield f"{kind}{of}.png", png(drawn)
    yield f"report{of}.html", studied_html(studied).encode()
