"""What the commands of key results and gates do: one function each."""

import json
from datetime import datetime, timedelta

from bot.app.analysis import analyse_stream
from bot.app.clock import clock
from bot.app.digests import check_read
from bot.app.noted import no_gate
from bot.app.ways import way_of, way_out
from bot.app.wiring import Wanted, midnight, now_of, opened, stream_of
from bot.config import Config, ConfiguredStream, DigestConfig
from bot.digest.blocks import blocks, fallback
from bot.digest.pack import compose_pack
from bot.digest.page import digest_page
from bot.digest.text import plain_text
from bot.errors import UsageError
from bot.goals import gate_records, record
from bot.govern.chain import GateRecord
from bot.govern.document import pack_of
from bot.govern.gates import UNDECIDED, Gate, GatePart, Pack
from bot.notify.message import Message
from bot.words import did_you_mean

DECISIONS = ("continue", "pivot", "stop")


def review_gate(config: Config, wanted: Wanted, name: str | None) -> Pack:
    """Everything that the named gate decides on, or the next gate."""
    document = analyse_stream(config, wanted)
    return pack_of(document, _chosen(document.gates, name, document.stream.name))


def post_pack(
    config: Config,
    wanted: Wanted,
    name: str | None,
    configured: DigestConfig | None = None,
    patient_until: datetime | None = None,
) -> str:
    """Tell what a gate decides on, once for its day: where a digest goes, or the stream's first one; in words.

    Raises NothingYet while the sources were not read up to the day; with `patient_until` only up to then.
    """
    stream = stream_of(config, wanted.stream)
    way = way_out(config, configured or way_of(config, stream.name, "--html"))
    if patient_until is None or clock() < patient_until:
        with opened(config) as store:
            check_read(store, stream, midnight(now_of(stream, wanted).astimezone(stream.calendar.zone).date(), stream))
    pack = review_gate(config, wanted, name)
    told = compose_pack(pack)
    message = Message(
        key=f"{pack.stream} gate {pack.gate.name} {pack.gate.day}",
        text=fallback(told.text),
        blocks=lambda _: blocks(told),
        subject=told.title,
        plain=plain_text(told),
        page=lambda _: digest_page(told),
    )
    with opened(config) as store:
        return way.send(store, message, clock)


def record_gate(config: Config, wanted: Wanted, name: str | None, decision: str, reason: str) -> GateRecord:
    """Freeze what is known, and what was decided for which reason."""
    if decision not in DECISIONS:
        raise UsageError(
            f'"{decision}" is no decision{did_you_mean(decision, DECISIONS)}; choose one of {", ".join(DECISIONS)}'
        )
    if not reason.strip():
        raise UsageError("a decision needs its reason; say it with --reason")
    return _freeze(config, review_gate(config, wanted, name), decision, reason.strip())


def record_undecided(config: Config, stream: ConfiguredStream, gate: Gate, end: datetime) -> str:
    """Freeze what is known at the end of a gate's day if nobody did; in words.

    Raises NothingYet while the sources were not read up to then.
    """
    day = (end.astimezone(stream.calendar.zone) - timedelta(days=1)).date().isoformat()
    with opened(config) as store:
        if any((one.gate, one.day) == (gate.name, day) for one in gate_records(store, stream.name)):
            return "a decision is recorded"
        check_read(store, stream, end)
    pack = review_gate(config, Wanted(stream.name, now=end), gate.name)
    _freeze(config, pack, UNDECIDED, "nobody had recorded a decision by the end of its day")
    return "nobody decided; what was known is recorded"


def _freeze(config: Config, pack: Pack, decision: str, reason: str) -> GateRecord:
    told = json.dumps(pack.model_dump(mode="json", by_alias=True), sort_keys=True, ensure_ascii=False)
    new = GateRecord(
        stream=pack.stream,
        number=0,
        gate=pack.gate.name,
        day=pack.gate.day.isoformat(),
        at=clock(),
        verdict=pack.gate.verdict,
        decision=decision,
        reason=reason,
        pack=told,
    )
    with opened(config) as store:
        return record(store, new)


def _chosen(gates: tuple[GatePart, ...], name: str | None, stream: str) -> GatePart:
    if name is None and gates:
        return gates[0]
    known = {gate.name.casefold(): gate for gate in gates}
    if name is None or name.casefold() not in known:
        raise UsageError(no_gate(name, [gate.name for gate in gates], stream))
    return known[name.casefold()]
