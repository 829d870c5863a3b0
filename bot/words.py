"""How figures are said to people."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from rich.cells import split_graphemes

UNKNOWN = "–"
NBSP = "\u00a0"
"""Keeps a number and its unit on one line."""

LEAST_SHARE = 0.0005

WEB = re.compile(r"https?://[^\s<>\"\x00-\x20\x7f]{1,2000}", re.IGNORECASE)
"""What becomes a link; of any other address only the name is said."""


def duration(days: float | None) -> str:
    """A time of elapsed days: minutes, hours or days, with no more digits than matter."""
    if not days:
        return UNKNOWN if days is None else "0"
    if days * 24 < 1:
        return f"{days * 1440:.0f}{NBSP}min"
    if days < 1:
        return f"{days * 24:.0f}{NBSP}h"
    return f"{days:.1f}{NBSP}d" if days < 10 else f"{days:.0f}{NBSP}d"


def spelt(days: float | None) -> str:
    """The same in a sentence: no more digits than people would say."""
    if not days:
        return "an unknown time" if days is None else "no time"
    number, unit = (days, "day") if days >= 1 else (days * 24, "hour") if days * 24 >= 1 else (days * 1440, "minute")
    told = f"{number:.1f}" if unit == "day" and days < 3 and round(days, 1) % 1 else f"{max(number, 1):.0f}"
    return f"{told}{NBSP}{unit}{'' if told == '1' else 's'}"


def signed_days(days: float | None) -> str:
    """A difference of elapsed days."""
    return UNKNOWN if days is None else f"{days:+.1f}{NBSP}d".replace("-", "\u2212")


def amount(number: float | None) -> str:
    """Item-days and the like."""
    if number is None:
        return UNKNOWN
    return f"{number:.1f}" if abs(number) < 10 else f"{number:,.0f}"


def share(part: float | None) -> str:
    if part is None:
        return UNKNOWN
    if 0 < abs(part) < LEAST_SHARE:
        return f"under 0.1{NBSP}%"
    return f"{part * 100:.0f}{NBSP}%" if abs(part) >= 0.095 or part == 0 else f"{part * 100:.1f}{NBSP}%"


def between(low: float | None, high: float | None) -> str:
    """A share as a range."""
    if low is None:
        return UNKNOWN if high is None else f"at most {share(high)}"
    return share(low) if share(low) == share(high) else f"{share(low)} to {share(high)}"


def count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" or {names[-1]}" if len(names) > 1 else "".join(names)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest known word as the end of a sentence; nothing where none is near."""
    names = list(known)
    same = [name for name in names if name.casefold() == word.casefold()]
    close = same or get_close_matches(word, names, 1)
    return f'; did you mean "{close[0]}"?' if close else ""


def day(at: datetime, timezone: str) -> str:
    local = at.astimezone(ZoneInfo(timezone))
    return f"{local.day} {local:%b %Y}"


def moment(at: datetime, timezone: str) -> str:
    return f"{day(at, timezone)}, {at.astimezone(ZoneInfo(timezone)):%H:%M}"


def shortened(text: str, length: int) -> str:
    """At most so many characters: cut between words, or where a long word has one character after the other."""
    if len(text) <= length:
        return text
    words = text[:length].rpartition(" ")[0]
    if len(words) * 2 < length:
        spans, _ = split_graphemes(text[: length * 2])
        words = text[: max((end for _, end, _ in spans if end < length), default=0)]
    return words.rstrip() + "…"


OVERRIDES = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
RIGHT_TO_LEFT = ("R", "AL", "AN")
ISOLATE, END_ISOLATE = "\u2068", "\u2069"


def tame(text: str) -> str:
    """What somebody wrote, on one line, and unable to turn around what stands beside it.

    Text from right to left is kept apart from its surroundings (Unicode TR9, isolates).
    """
    kept = "".join(
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c
        for c in text
        if unicodedata.bidirectional(c) not in OVERRIDES
    )
    line = " ".join(kept.split())
    turned = any(unicodedata.bidirectional(c) in RIGHT_TO_LEFT for c in line)
    return f"{ISOLATE}{line}{END_ISOLATE}" if turned else line


TURNING = str.maketrans("", "", "\0\u202a\u202b\u202c\u202d\u202e\u2066\u2067")


def unturned(page: str) -> str:
    """A whole page without what turns its text around; what `tame` keeps apart stays apart."""
    return page.translate(TURNING)


def is_web(address: str) -> bool:
    """Whether it may become a link."""
    return WEB.fullmatch(address) is not None
