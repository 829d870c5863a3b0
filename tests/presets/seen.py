"""A demo as the real connectors collect it, analysed once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app.seen import see_stream
from bot.app.sources import collect_all
from bot.app.wiring import Wanted
from bot.config import Config, load_config
from bot.demo.folder import furnished
from bot.demo.stories import Company
from bot.flow.analyse import read
from bot.flow.findings.analysis import Analysis

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def analysed(preset: str, company: Company | None = None) -> list[Analysis]:
    """Every stream of a demo, or of a company with other habits that is seen through the same configuration."""
    with _collected(preset, company) as config:
        return [read(see_stream(config, Wanted(stream=stream.name, now=NOW)).found) for stream in config.streams]


@contextmanager
def _collected(preset: str, company: Company | None) -> Iterator[Config]:
    with TemporaryDirectory() as folder, furnished(Path(folder) / "demo", NOW, preset, company) as path:
        config = load_config(path)
        troubled = [found.error for found in collect_all(config, lambda *_: None) if found.error]
        assert not troubled
        yield config
