"""Records that nobody can change unseen: each is sealed together with the seal of the one before (a hash chain).

Source: Haber and Stornetta, How to time-stamp a digital document, 1991. Changing, removing or inserting a record breaks
all seals after it. That the newest was cut off, or forged with its seal, is seen only by who noted its seal elsewhere.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

BEGINNING = ""
"""The seal before the first record."""


@dataclass(frozen=True)
class GateRecord:
    """What was decided at a gate, why, and all that was known: `pack` is JSON, kept to the letter."""

    stream: str
    number: int
    gate: str
    day: str
    at: datetime
    verdict: str
    decision: str
    reason: str
    pack: str
    previous: str = BEGINNING
    hash: str = ""


def seal(record: GateRecord) -> str:
    """SHA-256 over everything but the seal itself, in hexadecimal digits."""
    told = {**asdict(record), "at": record.at.astimezone(UTC).isoformat(timespec="microseconds")}
    del told["hash"]
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def faults(records: Sequence[GateRecord]) -> dict[int, str]:
    """What is wrong with which record of a stream, in the order of their numbers; empty where the chain holds."""
    found: dict[int, str] = {}
    previous = BEGINNING
    for place, record in enumerate(records, start=1):
        if record.hash != seal(record):
            found[record.number] = "it was changed after it was recorded"
        elif record.number != place or record.previous != previous:
            found[record.number] = "what stood before it was changed, removed or added"
        previous = record.hash
    return found
