"""The digest of a stream: composed, and told once for its week."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.app.analysis import analyse_stream, future_of, map_picture
from bot.app.clock import clock
from bot.app.ways import way_of, way_out
from bot.app.wiring import Wanted, midnight, now_of, opened, remarks_of, stream_of
from bot.config import Config, ConfiguredStream, DigestConfig, scopes_of
from bot.digest.blocks import Shown, blocks, fallback, full, reply_blocks
from bot.digest.compose import Context, compose, memory, names
from bot.digest.digest import Digest
from bot.digest.memory import Told, read_told
from bot.digest.page import digest_page
from bot.digest.preview import Past
from bot.digest.text import plain_text
from bot.errors import NothingYet, UsageError
from bot.govern.document import Document
from bot.notify.message import Message, Picture, Said
from bot.report.canvas import png
from bot.store import Store

DIGEST_WEEKS = 4


@dataclass(frozen=True)
class Composed:
    """A digest with what it was made of, and what the next one comes back to."""

    document: Document
    digest: Digest
    told: Told


def digest_of(config: Config, wanted: Wanted, told: Told | None = None, *, chained: bool = False) -> Composed:
    """The digest of the last closed weeks before `now`.

    It comes back to what the last one told, or where digests are `chained` to `told`.
    """
    stream = stream_of(config, wanted.stream)
    start, end = _digest_window(stream, wanted)
    document = analyse_stream(config, replace(wanted, stream=stream.name, start=start, end=end))
    if any(part.status == "planned" for part in document.plan):
        usual = future_of(config, Wanted(stream.name, now=document.window.end), (), suggest=False)
        document = document.model_copy(update={"future": usual.changes})
    with opened(config) as store:
        before = told if chained else _told_before(store, stream, end)
        context = _context(store, stream, document, before, wanted)
    return Composed(document, compose(document, context), memory(document, context))


def _told_before(store: Store, stream: ConfiguredStream, end: datetime) -> Told | None:
    return read_told(store.said.told_before(stream.name, end.astimezone(stream.calendar.zone).date()))


def _context(store: Store, stream: ConfiguredStream, document: Document, told: Told | None, wanted: Wanted) -> Context:
    remarks = remarks_of(store, stream, wanted.heard or now_of(stream, wanted))
    addresses = store.addresses(scopes_of(stream), names(document, told))
    return Context(told, remarks, (*stream.not_waste, *remarks.not_waste), addresses)


def past_digests(config: Config, wanted: Wanted, weeks: int) -> Iterator[Past]:
    """What would have been told on the last so many Mondays, as known then; the oldest first."""
    stream, told = stream_of(config, wanted.stream), None
    last = _last_monday(now_of(stream, wanted), stream)
    for number in range(weeks - 1, -1, -1):
        monday = last - timedelta(weeks=number)
        found = digest_of(config, Wanted(stream.name, now=monday), told, chained=True)
        yield Past(monday, found.digest)
        told = found.told


def post_digest(config: Config, wanted: Wanted) -> str:
    """Tell the digest of a stream once for its week, or bring what stands there up to date; what became of it."""
    stream = stream_of(config, wanted.stream)
    return tell(config, way_of(config, stream.name, "--dry-run"), wanted)


def tell(config: Config, configured: DigestConfig, wanted: Wanted, patient_until: datetime | None = None) -> str:
    """Raises NothingYet while data is missing; with `patient_until` only up to then."""
    stream, way = config.stream(configured.stream), way_out(config, configured)
    start, end = _digest_window(stream, wanted)
    with opened(config) as store:
        if end < clock() - config.retention.runs:
            _check_remembered(store, stream, start, end)
        if patient_until is None or clock() < patient_until:
            check_read(store, stream, end)
        found = digest_of(config, replace(wanted, heard=clock()))
        digest = replace(found.digest, quiet=_is_quiet(store, stream, found) and configured.quiet != "full")
        outcome = "a quiet week, of which nothing is told"
        if not digest.quiet or configured.quiet == "line":
            outcome = way.send(store, message_of(config, found.document, digest), clock)
        store.said.tell(stream.name, found.told.end, found.told.model_dump(mode="json"), clock())
    return outcome


def _check_remembered(store: Store, stream: ConfiguredStream, start: datetime, end: datetime) -> None:
    """What was told so long ago that nobody knows where it stands is not told again."""
    told = store.said.told_of(stream.name, end.astimezone(stream.calendar.zone).date())
    if told is not None and not store.outbox.knows(_key(stream, start, end)):
        raise UsageError(
            "this digest was told before [retention] runs, and where it stands is forgotten; look at it with --dry-run"
        )


def _is_quiet(store: Store, stream: ConfiguredStream, found: Composed) -> bool:
    """As it was told first: a message that stands does not shrink because somebody snoozed what was news."""
    first = read_told(store.said.told_of(stream.name, found.told.end))
    return found.digest.quiet if first is None else first.quiet


def refresh(config: Config, configured: DigestConfig) -> None:
    """Bring the digest of the last week up to date where it stands already; else nothing happens."""
    stream, wanted = config.stream(configured.stream), Wanted(configured.stream, now=clock())
    with opened(config) as store:
        standing = store.outbox.standing(configured.place, _key(stream, *_digest_window(stream, wanted)))
    if standing is not None:
        tell(config, configured, wanted)


def context_of(config: Config, store: Store, document: Document, until: datetime) -> Context:
    """What people said until then; what a digest told stands aside."""
    stream = config.stream(document.stream.name)
    return _context(store, stream, document, None, Wanted(heard=until))


def message_of(config: Config, document: Document, digest: Digest) -> Message:
    """In every shape in which it may go out; a quiet one is a line, with everything in its thread."""
    alt, window = f"Value stream map. {digest.text}", document.window
    asks = config.slack is not None and config.slack.app is not None
    below = [Said("digest", fallback(digest.text), full(digest, Shown(asks=asks)))] if digest.quiet else []
    below += [Said(reply.name, fallback(reply.title), reply_blocks(reply)) for reply in digest.replies]
    return Message(
        key=_key(config.stream(document.stream.name), window.start, window.end),
        text=fallback(digest.text),
        blocks=lambda file: blocks(digest, Shown(file, alt, asks)),
        replies=tuple(below),
        picture=None if digest.quiet else Picture(png(map_picture(config, document)), alt),
        subject=digest.title,
        plain=plain_text(digest),
        page=lambda address: digest_page(digest, address, alt),
    )


def _key(stream: ConfiguredStream, start: datetime, end: datetime) -> str:
    first, after = (at.astimezone(stream.calendar.zone) for at in (start, end))
    return f"{stream.name} {first:%Y-%m-%d} {after:%Y-%m-%d}"


def _digest_window(stream: ConfiguredStream, wanted: Wanted) -> tuple[datetime, datetime]:
    """The last closed weeks before now, unless said otherwise."""
    end = midnight(wanted.end or _last_monday(now_of(stream, wanted), stream), stream)
    return (midnight(wanted.start, stream) if wanted.start else end - timedelta(weeks=DIGEST_WEEKS)), end


def _last_monday(now: datetime, stream: ConfiguredStream) -> date:
    today = now.astimezone(stream.calendar.zone).date()
    return today - timedelta(days=today.weekday())


def check_read(store: Store, stream: ConfiguredStream, until: datetime) -> None:
    """Raises NothingYet where a source of the stream was not read as far as that."""
    behind = [f"{s}/{scope}" for s, scope in scopes_of(stream) if not _reaches(store.complete_at((s, scope)), until)]
    if behind:
        missing = f"{', '.join(behind)} was not read until {until:%Y-%m-%d %H:%M}"
        raise NothingYet(f"{missing}; run `gemba collect`, after a new export if it is a file")


def _reaches(complete: datetime | None, end: datetime) -> bool:
    return complete is not None and complete >= end
