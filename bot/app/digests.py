"""The digest of a stream: composed, and posted once."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from bot.app.analysis import analyse_stream, future_of, map_picture
from bot.app.wiring import Wanted, clock, midnight, now_of, opened, stream_of
from bot.config import Config, ConfiguredStream, DigestConfig, scopes_of
from bot.digest.blocks import blocks
from bot.digest.compose import Digest, compose
from bot.errors import NothingYet, UsageError
from bot.govern.document import Document
from bot.notify import Message, post
from bot.report.canvas import png
from bot.store import Store
from connectors.slack import Slack

DIGEST_WEEKS = 4


def digest_of(config: Config, wanted: Wanted) -> tuple[Document, Digest]:
    """The digest of the last closed weeks before `now`."""
    stream = stream_of(config, wanted.stream)
    found = analyse_stream(config, Wanted(stream.name, *_digest_window(stream, wanted), wanted.now))
    if any(part.status == "planned" for part in found.plan):
        usual = future_of(config, Wanted(stream.name, now=found.window.end), (), suggest=False)
        found = found.model_copy(update={"future": usual.changes})
    return found, compose(found)


def past_digests(config: Config, wanted: Wanted, weeks: int) -> Iterator[tuple[date, Digest]]:
    """What would have been posted on the last so many Mondays, as known then; the oldest first."""
    stream = stream_of(config, wanted.stream)
    last = _last_monday(now_of(stream, wanted), stream)
    for number in range(weeks - 1, -1, -1):
        monday = last - timedelta(weeks=number)
        yield monday, digest_of(config, Wanted(stream.name, now=monday))[1]


def digest_blocks(digest: Digest, picture: str | None) -> list[dict[str, Any]]:
    return blocks(digest, picture, _alt(digest))


def post_digest(config: Config, wanted: Wanted) -> str:
    """Post the digest of a stream to its channel, once for its week; what became of it, in words."""
    stream = stream_of(config, wanted.stream)
    configured = next((d for d in config.digests if d.stream == stream.name), None)
    if configured is None:
        raise UsageError(f'no channel is configured for "{stream.name}"; add a [[digests]] table, or use --dry-run')
    return post_once(config, configured, wanted)


def post_once(config: Config, configured: DigestConfig, wanted: Wanted, patient_until: datetime | None = None) -> str:
    """Raises NothingYet while data is missing; with `patient_until` only up to then."""
    if config.slack is None:
        raise UsageError("[slack] is missing; it needs token_env or token_file")
    stream = config.stream(configured.stream)
    first, end = (at.astimezone(stream.calendar.zone) for at in _digest_window(stream, wanted))
    with opened(config) as store:
        if patient_until is None or clock() < patient_until:
            check_read(store, stream, end)
        found, digest = digest_of(config, wanted)
        picture = png(map_picture(config, found))
        message = Message(lambda file_id: digest_blocks(digest, file_id), digest.text, picture, _alt(digest))
        key = f"{stream.name} {first:%Y-%m-%d} {end:%Y-%m-%d}"
        return post(store, Slack(config.slack), configured.channel, key, message, clock())


def _digest_window(stream: ConfiguredStream, wanted: Wanted) -> tuple[datetime, datetime]:
    """The last closed weeks before now, unless said otherwise."""
    end = midnight(wanted.end or _last_monday(now_of(stream, wanted), stream), stream)
    return (midnight(wanted.start, stream) if wanted.start else end - timedelta(weeks=DIGEST_WEEKS)), end


def _last_monday(now: datetime, stream: ConfiguredStream) -> date:
    today = now.astimezone(stream.calendar.zone).date()
    return today - timedelta(days=today.weekday())


def _alt(digest: Digest) -> str:
    return f"Value stream map. {digest.headline}"[:1000]


def check_read(store: Store, stream: ConfiguredStream, until: datetime) -> None:
    """Raises NothingYet where a source of the stream was not read as far as that."""
    behind = [f"{s}/{scope}" for s, scope in scopes_of(stream) if not _reaches(store.complete_at((s, scope)), until)]
    if behind:
        missing = f"{', '.join(behind)} was not read until {until:%Y-%m-%d %H:%M}"
        raise NothingYet(f"{missing}; run `gemba collect`, after a new export if it is a file")


def _reaches(complete: datetime | None, end: datetime) -> bool:
    return complete is not None and complete >= end
