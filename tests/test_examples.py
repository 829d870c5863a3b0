"""The examples in the documents are as they would be made today."""

from pathlib import Path

from bot.app.errors_page import ORDER, page
from bot.app.examples import example, put, shown
from bot.app.messages import messages
from bot.config import load_config

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_readme_shows_the_digest_as_it_is_today(folder: Path) -> None:
    """`make examples` makes it anew."""
    block = shown(example(load_config(folder / "config.toml")))

    assert block in README
    assert put(README, block) == README


def test_the_page_of_messages_is_as_they_are_today() -> None:
    """`make examples` makes it anew; every subject has messages."""
    made = page(messages())

    assert made == (ROOT / "docs" / "errors.md").read_text("utf-8")
    assert [line[3:] for line in made.splitlines() if line.startswith("## ")] == list(ORDER)
