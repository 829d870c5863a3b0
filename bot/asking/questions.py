"""What somebody wants to know, out of the words after `/gemba`. Pure."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from bot.words import END_ISOLATE, ISOLATE, did_you_mean, listed, shortened, tame

STATUS, STUCK, EXPLAIN, WHY, MAP, GATE, HELP = "status", "stuck", "explain", "why", "map", "gate", "help"

ASKED = {
    STATUS: ("", "how the stream stands now"),
    STUCK: ("", "what is stuck, and who can free it"),
    EXPLAIN: ("KEY", "why an item takes so long"),
    WHY: ("NAME", "what is behind a waste, a queue or a loop, such as waiting"),
    MAP: ("", "the value stream map"),
    GATE: ("[NAME]", "what a gate decides on"),
    HELP: ("", "this"),
}
"""Every question, what it wants to be told, and what it answers."""

NEEDS = {EXPLAIN: "the key of an item, such as PAY-12", WHY: "the name of a waste, a queue or a loop, such as waiting"}


LONGEST_QUESTION, LONGEST_ECHO, QUOTES = 500, 80, '“”"'


class NotUnderstood(Exception):
    """The words are no question; the text says what would be one."""


@dataclass(frozen=True)
class Question:
    """`about`: a key or a name, or empty."""

    stream: str
    asked: str
    about: str = ""


def question(text: str, streams: Sequence[str]) -> Question:
    """`streams`: those that are told of where it was asked. Raises NotUnderstood."""
    text = tame(text).strip(ISOLATE + END_ISOLATE)
    if len(text) > LONGEST_QUESTION:
        raise NotUnderstood(
            f"A question has at most {LONGEST_QUESTION} characters. “/gemba help” says what can be asked."
        )
    stream, words = _of_stream(text, streams)
    asked, _, about = words.partition(" ")
    asked, about = asked.casefold() or STATUS, about.strip(QUOTES)
    if asked not in ASKED:
        near = did_you_mean(asked, ASKED)
        told = tame(shortened(asked, LONGEST_ECHO))
        raise NotUnderstood(f"“{told}” is nothing that can be asked{near or ';'} “/gemba help” says what can.")
    if asked in NEEDS and not about:
        raise NotUnderstood(f"“/gemba {asked}” needs {NEEDS[asked]}.")
    return Question(stream, asked, about)


def _of_stream(text: str, streams: Sequence[str]) -> tuple[str, str]:
    """The stream that the words begin with, the longest name first; without one the only stream there is."""
    known = {_folded(stream): stream for stream in streams}
    for end in range(len(text), 0, -1):
        if text[end : end + 1] in ("", " ", ":") and _folded(text[:end]) in known:
            return known[_folded(text[:end])], text[end:].lstrip(": ")
    if len(streams) == 1:
        return streams[0], text
    if text.casefold() == HELP:
        return "", text
    raise NotUnderstood(
        f"Which stream? Begin with its name: {listed(streams)}, for example “/gemba {streams[0]} stuck”."
    )


def _folded(name: str) -> str:
    """Alike for names that people take to be the same."""
    return unicodedata.normalize("NFC", " ".join(name.split()).casefold())
