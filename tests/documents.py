"""What the documents hold: blocks of code, and the commands in them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def document(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def blocks(text: str, *kinds: str) -> list[str]:
    """What stands between fences of these kinds; "" is a fence that names none."""
    return [content for kind, content in BLOCK.findall(text) if kind in kinds]


def module(name: str, source: str) -> ModuleType:
    """A file of Python that stands in a document."""
    found = ModuleType(name)
    exec(compile(source, f"{name}.py", "exec"), found.__dict__)
    return found


@dataclass(frozen=True)
class Line:
    """A command as a document writes it. `named`: within a sentence, where it may be no more than a name."""

    words: tuple[str, ...]
    named: bool = False

    @property
    def text(self) -> str:
        return shlex.join(self.words)


SHELL = ("", "sh")
"""Kinds of blocks that hold commands."""

INLINE = re.compile(r"`((?:[A-Z_]+=\S+\s)*(?:gemba|make)\s[^`]+)`")
VARIABLE = re.compile(r"[A-Z_]+=")


def lines(text: str) -> list[Line]:
    """All commands, each once, in their order: those of blocks for a shell, then those within sentences."""
    blocked = [Line(words) for block in blocks(text, *SHELL) for words in commands(block)]
    said = [Line(tuple(shlex.split(one)), named=True) for one in INLINE.findall(BLOCK.sub("", text))]
    return list(dict.fromkeys((*blocked, *said)))


def commands(block: str) -> Iterator[tuple[str, ...]]:
    """The words of each command, without comments and without what is done with its answer."""
    for line in block.replace("\\\n", " ").splitlines():
        for part in line.split(" && "):
            words = shlex.split(part, comments=True)
            if words:
                yield tuple(words[: words.index(">")] if ">" in words else words)
