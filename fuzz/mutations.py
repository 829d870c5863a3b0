"""From what is usual to what nobody expects: bytes, texts and JSON with a few things changed."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

Path = tuple[str | int, ...]

NUMBERS: tuple[Any, ...] = (
    0,
    -1,
    1,
    2**31,
    2**63,
    -(2**63),
    10**30,
    10**400,
    0.5,
    1e308,
    math.inf,
    -math.inf,
    math.nan,
)
TIMES: tuple[Any, ...] = (
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-01-05T10:00:00", "2026-13-45T99:99:99Z",
    "-2026-01-05T10:00:00Z", "2026-01-05", "10:00", "2026-01-05T10:00:00.000+0200", "253402300800000",
    "20260105T100000Z", "00010101T000000Z", "2026-02-30", "2026-W53-7", "2026-01-05T10:00:00+23:59",
    1e17, -1e17, 1767225600000,
)  # fmt: skip
TEXTS: tuple[Any, ...] = (
    "", " ", "\0", "\ud800", "\udfff\ud800", "\u202e", "\u2068", "٣", "²", "ß", "İ", "🏳\u200d🌈", "e\u0301" * 50,
    "a" * 5000, "..", "/", "\\", "$", "${X}", "%", "%s", "{0}", "{", "}", "<b>", "&lt;", "'", '"', "=?utf-8?q?=0A?=",
    "id=", "@", ",", "*[", "HOURLY", "SECONDLY", "-1", "Z", "P9999W",
    "gemba-0123456789abcdef", "null", "NaN", "9" * 5000, "=", "\r\n", "\u2028", "status", "Europe", "(" * 50,
)  # fmt: skip
OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [[]], [None], {"": None}, [{}], {"id": {}})
ODD: tuple[Any, ...] = (*NUMBERS, *TIMES, *TEXTS, *OTHERS)

DEPTHS = (5, 100, 3000)
MOST_CHANGES = 4
LONGEST = 200_000


def mutated_json(text: bytes, random: Random) -> bytes:
    """A few places of a JSON changed; what is no JSON is changed as bytes."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return mutated_bytes(text, random)
    if random.random() < 0.05:
        return mutated_bytes(text, random)
    for _ in range(random.randint(1, MOST_CHANGES)):
        found = _changed(found, random)
    return _written(found, random)


def mutated_bytes(content: bytes, random: Random) -> bytes:
    """Lines, words and bytes taken out, doubled, exchanged and replaced."""
    for _ in range(random.randint(1, MOST_CHANGES)):
        content = random.choice(BYTES)(content, random)[:LONGEST]
    return content


def _written(found: Any, random: Random) -> bytes:
    """Sometimes deep, sometimes with a key that comes twice."""
    text = json.dumps(found)
    if random.random() < 0.03:
        depth = random.choice(DEPTHS)
        around = random.choice((("[", "]"), ('{"a":', "}")))
        deep = around[0] * depth + "1" + around[1] * depth
        text = text.replace("null", deep, 1) if "null" in text else deep
    if random.random() < 0.05 and text.startswith("{") and len(text) > 2:
        text = text[:-1] + "," + text[1:]
    return text.encode()


def _changed(found: Any, random: Random) -> Any:
    places = list(_places(found))
    at = random.choice(places)
    part = _at(found, at)
    return _with(found, at, random.choice(PARTS)(part, random, _at(found, random.choice(places))))


def _places(found: Any, at: Path = ()) -> Iterator[Path]:
    yield at
    parts = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for name, part in parts:
        if len(at) < 100:
            yield from _places(part, (*at, name))


def _at(found: Any, at: Path) -> Any:
    for name in at:
        found = found[name]
    return found


def _with(found: Any, at: Path, part: Any) -> Any:
    if not at:
        return part
    copy = found.copy()
    copy[at[0]] = _with(found[at[0]], at[1:], part)
    return copy


def _odd(_: Any, random: Random, __: Any) -> Any:
    return random.choice(ODD)


def _dropped(part: Any, random: Random, _: Any) -> Any:
    """Without one of its parts."""
    if isinstance(part, dict) and part:
        gone = random.choice(list(part))
        return {name: inner for name, inner in part.items() if name != gone}
    if isinstance(part, list) and part:
        gone = random.randrange(len(part))
        return [inner for n, inner in enumerate(part) if n != gone]
    return None


def _retyped(part: Any, random: Random, _: Any) -> Any:
    """The same, as something else."""
    how: tuple[Callable[[Any], Any], ...] = (
        str, lambda one: [one], lambda one: {"id": one}, lambda one: [one] * 3, lambda one: len(str(one)), json.dumps,
    )  # fmt: skip
    return random.choice(how)(part)


def _exchanged(_: Any, __: Random, other: Any) -> Any:
    return other


def _more(part: Any, random: Random, other: Any) -> Any:
    """With something that was not there, or more often."""
    if isinstance(part, list):
        return [*part, random.choice((*part, other, random.choice(ODD)))]
    if isinstance(part, dict):
        return {**part, random.choice([*part, "id", "", "\0"]): random.choice(ODD)}
    return f"{part}{random.choice(TEXTS)}" if isinstance(part, str) else random.choice(ODD)


PARTS: Sequence[Callable[[Any, Random, Any], Any]] = (_odd, _odd, _dropped, _dropped, _retyped, _exchanged, _more)


def _line(content: bytes, random: Random) -> bytes:
    lines = content.splitlines(keepends=True) or [b""]
    n, other = random.randrange(len(lines)), random.choice(lines)
    how = random.randrange(4)
    kept = [other] if how == 0 else [] if how == 1 else [lines[n], other] if how == 2 else [lines[n]] * 50
    return b"".join([*lines[:n], *kept, *lines[n + 1 :]])


def _word(content: bytes, random: Random) -> bytes:
    """An odd value in place of some letters or digits."""
    start = random.randint(0, len(content))
    end = start
    while end < len(content) and content[end : end + 1].isalnum():
        end += 1
    return content[:start] + _plain(random.choice(ODD), random) + content[end:]


def _plain(value: Any, random: Random) -> bytes:
    encoding = random.choice(("utf-8", "utf-8", "utf-8", "utf-16", "cp1252"))
    number = isinstance(value, int) and not isinstance(value, bool)
    text = f"1{'0' * 400}" if number and abs(value) >= 10**400 else str(value)
    return text.encode(encoding, "surrogatepass" if encoding != "cp1252" else "replace")


def _byte(content: bytes, random: Random) -> bytes:
    n = random.randint(0, len(content))
    return content[:n] + bytes([random.randrange(256)]) + content[n + random.randrange(2) :]


def _cut(content: bytes, random: Random) -> bytes:
    start, end = sorted(random.randint(0, len(content)) for _ in range(2))
    return content[:start] + content[end:] if random.random() < 0.8 else content[:start]


def _doubled(content: bytes, random: Random) -> bytes:
    start, end = sorted(random.randint(0, len(content)) for _ in range(2))
    times = random.choice((2, 2, 2, 200))
    return content[:start] + content[start:end] * times + content[end:]


BYTES: Sequence[Callable[[bytes, Random], bytes]] = (_line, _word, _word, _word, _byte, _cut, _doubled)
