"""What the documents hold: blocks of code, and the commands in them."""

import re
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
