"""The examples in the documents are as they would be made today."""

from pathlib import Path

from bot.app.examples import example, put, shown
from bot.config import load_config

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def test_the_readme_shows_the_digest_as_it_is_today(folder: Path) -> None:
    """`make examples` makes it anew."""
    block = shown(example(load_config(folder / "config.toml")))

    assert block in README
    assert put(README, block) == README
