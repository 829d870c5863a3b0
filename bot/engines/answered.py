"""What becomes of a stream, whatever carries its analysis."""

from typing import NamedTuple


class Answered(NamedTuple):
    """`document`: as JSON, in one line; where there is none, `problem` says why in a sentence."""

    stream: str
    document: str | None
    problem: str | None
