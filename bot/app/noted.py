"""What people enter of key results, and what was recorded of gates: as the store has it, without an analysis."""

import json
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from bot.app.wiring import Wanted, asked_stream, opened
from bot.config import Config
from bot.errors import UsageError
from bot.goals import enter, gate_records
from bot.govern.chain import GateRecord, faults
from bot.govern.gates import History, HistoryEntry
from bot.govern.key_results import Reading
from bot.words import did_you_mean


def set_key_result(config: Config, stream: str | None, name: str, value: float, at: datetime | date | None) -> str:
    """Keep a value that was found by hand; what was kept, in words."""
    chosen, now = asked_stream(config, Wanted(stream))
    moment = now if at is None else _noon(at, chosen.calendar.zone)
    if moment.date() == now.astimezone(chosen.calendar.zone).date():
        moment = min(moment, now)
    with opened(config) as store:
        return enter(store, config, chosen, name, Reading(at=moment.astimezone(UTC), value=value), now)


def _noon(at: datetime | date, zone: ZoneInfo) -> datetime:
    """A day is meant as its noon, and a time without an offset in the zone of the stream."""
    found = at if isinstance(at, datetime) else datetime.combine(at, time(12))
    return found if found.tzinfo else found.replace(tzinfo=zone)


def gate_history(config: Config, stream: str | None, name: str | None) -> History:
    """What was recorded, of one gate or of all, and whether it still is as it was."""
    chosen, _ = asked_stream(config, Wanted(stream))
    with opened(config) as store:
        records = gate_records(store, chosen.name)
    wrong = faults(records)
    names = {found.gate for found in records} | {gate.name for gate in chosen.gates}
    if name is not None and name.casefold() not in {known.casefold() for known in names}:
        raise UsageError(no_gate(name, sorted(names), chosen.name))
    shown = [r for r in records if name is None or r.gate.casefold() == name.casefold()]
    entries = tuple(_entry(found, wrong.get(found.number)) for found in shown)
    return History(stream=chosen.name, intact=not wrong, records=entries)


def _entry(found: GateRecord, fault: str | None) -> HistoryEntry:
    kept = {name: getattr(found, name) for name in HistoryEntry.model_fields if name not in ("intact", "fault", "pack")}
    return HistoryEntry(**kept, intact=fault is None, fault=fault, pack=_read(found.pack))


def _read(pack: str) -> dict[str, object]:
    """What somebody made unreadable is shown as it is."""
    try:
        found = json.loads(pack)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"unreadable": pack}


def no_gate(name: str | None, known: list[str], stream: str) -> str:
    """That there is none of that name, and which there are."""
    if not known:
        return f'"{stream}" has no gate; add a [[streams.gates]] table with the thresholds it decides by'
    there_are = ", ".join(f'"{gate}"' for gate in known)
    return f'there is no gate "{name}"{did_you_mean(name or "", known) or f"; there are {there_are}"}'
