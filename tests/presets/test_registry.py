"""The presets as they stand in the registry."""

from pathlib import Path

import pytest

from bot.config import ConfiguredStream, load_config
from bot.presets import PRESETS, Preset
from bot.presets.registry import DUMMIES

EVERY = pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)


@EVERY
def test_its_template_is_a_whole_configuration(preset: Preset, tmp_path: Path) -> None:
    """Filled, it loads as it stands, with a digest, a gate and a plan."""
    path = tmp_path / "config.toml"
    path.write_text(preset.template.format_map(DUMMIES), "utf-8")
    (tmp_path / "token").touch(mode=0o600)

    config = load_config(path)

    assert config.digests
    assert config.streams[0].gates
    assert config.streams[0].plan


@EVERY
def test_its_stream_knows_what_stages_are_called_elsewhere(preset: Preset) -> None:
    """No state stands there twice, each usual name belongs to a stage, and the stream is a valid one."""
    stream = ConfiguredStream.model_validate(preset.stream())
    own = ConfiguredStream.model_validate(preset.config()["streams"][0])

    assert [stage.name for stage in stream.stages] == [stage.name for stage in own.stages]
    assert len(stream.claims) > 2 * len(stream.stages)
    names = [state.casefold() for state in stream.claims]
    assert len({*names}) == len(names)


@EVERY
def test_a_template_says_in_comments_why(preset: Preset) -> None:
    """An admin who reads it learns what he chooses."""
    stages = preset.template.partition("[[streams.stages]]")[2]

    assert stages.count("#") >= 4
