"""The examples in the documents are as they would be made today; `make examples` makes them anew."""

import struct
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from bot.app.digests import Composed
from bot.app.errors_page import ORDER, page
from bot.app.examples import example, message, message_page, put, shown
from bot.app.messages import messages
from bot.app.reference import configuration, said, tables
from bot.cli.reference import reference
from bot.config import load_config
from bot.demo.stand_ins import Addresses
from tests.browser import needs_chromium
from tests.documents import ROOT, document
from tests.pictures import View, main, photograph

LIGHT = 150_000
"""Bytes of a picture that loads at once."""


@pytest.fixture(scope="module")
def found(company: tuple[Path, Addresses]) -> Composed:
    return example(load_config(company[0] / "config.toml"))


def test_the_document_shows_the_digest_as_it_is_today(found: Composed) -> None:
    """In its words."""
    block = shown(found)

    assert block in document("docs/digest.md")
    assert put(document("docs/digest.md"), block) == document("docs/digest.md")


def test_the_message_is_drawn_with_all_that_it_says(found: Composed) -> None:
    """And what people wrote stays text."""
    pictures = ROOT / "docs" / "pictures"
    drawn = unescape(message_page(pictures, found, "<svg/>"))
    hostile = replace(found, digest=replace(found.digest, title="<script>alert(1)</script>"))

    assert [text for text in texts(message(found)["blocks"]) if text not in drawn] == []
    assert "<script>" not in message_page(pictures, hostile, "<svg/>")


def texts(part: Any) -> Iterator[str]:
    """All that a message says, wherever it stands in it."""
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        yield part["text"]
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from texts(inner)


@needs_chromium
def test_a_page_is_photographed(tmp_path: Path) -> None:
    """As large as it is to be."""
    (tmp_path / "page.html").write_text("<p>Where is the work?</p>", "utf-8")
    photograph(tmp_path / "page.html", tmp_path / "page.png", View(600, 200))

    assert struct.unpack(">II", (tmp_path / "page.png").read_bytes()[16:24]) == (600, 200)


def test_without_chromium_the_pictures_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sentence says so."""
    monkeypatch.setattr("tests.pictures.CHROMIUM", None)
    main(tmp_path)

    assert "Chromium is not installed" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_references_are_what_the_models_and_the_help_say() -> None:
    """Nobody has to keep them by hand."""
    assert document("docs/configuration.md") == configuration()
    assert document("docs/commands.md") == reference()


def test_the_page_of_messages_is_as_they_are_today() -> None:
    """Every subject has messages."""
    made = page(messages())

    assert document("docs/errors.md") == made
    assert [line[3:] for line in made.splitlines() if line.startswith("## ")] == list(ORDER)


@pytest.mark.parametrize("model", dict.fromkeys(model for _, model in tables()))
def test_every_key_says_what_it_means(model: type[BaseModel]) -> None:
    """In a docstring below it."""
    assert [name for name in model.model_fields if not said(model).get(name)] == []


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "pictures").glob("*.png")), ids=lambda path: path.name)
def test_pictures_are_light(path: Path) -> None:
    """Whoever opens the README need not wait for them."""
    assert path.stat().st_size < LIGHT
