"""The examples in the documents are as they would be made today; `make examples` makes them anew."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from bot.app.examples import example, put, shown
from bot.app.reference import configuration, said, tables
from bot.cli.reference import reference
from bot.config import load_config
from tests.documents import ROOT, document

LIGHT = 150_000
"""Bytes of a picture that loads at once."""


def test_the_document_shows_the_digest_as_it_is_today(folder: Path) -> None:
    """In its words."""
    block = shown(example(load_config(folder / "config.toml")))

    assert block in document("docs/digest.md")
    assert put(document("docs/digest.md"), block) == document("docs/digest.md")


def test_the_references_are_what_the_models_and_the_help_say() -> None:
    """Nobody has to keep them by hand."""
    assert document("docs/configuration.md") == configuration()
    assert document("docs/commands.md") == reference()


@pytest.mark.parametrize("model", [model for _, model in tables()])
def test_every_key_says_what_it_means(model: type[BaseModel]) -> None:
    """In a docstring below it."""
    assert [name for name in model.model_fields if not said(model).get(name)] == []


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "pictures").glob("*.png")), ids=lambda path: path.name)
def test_pictures_are_light(path: Path) -> None:
    """Whoever opens the README need not wait for them."""
    assert path.stat().st_size < LIGHT
