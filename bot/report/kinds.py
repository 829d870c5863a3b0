"""How the parts of a timeline are coloured, wherever it is drawn."""

from bot.flow.timeline.spans import ACTIVE, IDLE, Label

KINDS: dict[str, str] = {
    **dict.fromkeys(ACTIVE, "work"),
    **dict.fromkeys(IDLE, "idle"),
    Label.WORK: "work",
    Label.APPROVAL: "approval",
    Label.BLOCKED: "blocked",
    Label.DONE: "done",
}


BANDS = {"work": (0, 10), "approval": (2, 6), "wait": (4, 3), "idle": (4, 3), "blocked": (1, 8), "done": (4, 3)}
"""Where each kind lies in a bar of 10, and how high it is: what is worked on stands out without its colour, too."""


def kind_of(label: str) -> str:
    """By what it was spent on; everything that is no work waits."""
    return KINDS.get(label, "wait")
