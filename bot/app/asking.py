"""What happens when somebody asks or presses a button in Slack: answered in order, each request once.

Acknowledged and, where it wants a form, answered on the spot; everything else waits its turn in a queue.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from bot.app.analysis import analyse_stream, explain_item, explain_number, map_picture
from bot.app.clock import clock
from bot.app.digests import context_of
from bot.app.goals import review_gate
from bot.app.remarks import show
from bot.app.wiring import Wanted, opened
from bot.asking.answers import (
    Answer,
    help_answer,
    item_answer,
    nothing_called,
    status_answer,
    stuck_answer,
    why_answer,
)
from bot.asking.forms import ABOUT, form, read_value
from bot.asking.questions import EXPLAIN, GATE, HELP, MAP, STATUS, STUCK, WHY, NotUnderstood, Question, question
from bot.asking.remarking import check_new, check_open, confirmed, remark_of, row_of
from bot.config import Config, DigestConfig
from bot.digest.blocks import NOT_WASTE, SNOOZE, answer_blocks, blocks, fallback
from bot.digest.blocks import WHY as WHY_BUTTON
from bot.digest.pack import compose_pack
from bot.errors import NothingYet, StoreError, UsageError
from bot.flow.findings.explained import Numbered
from bot.govern.document import Document
from bot.govern.remarks import AT, ITEM, WASTE, Remark, RemarkKind, Remarks
from bot.report.canvas import png
from bot.words import tame
from connectors.errors import AccessDenied, SourceError
from connectors.slack import Json, Slack
from connectors.slack_socket import Request

log = logging.getLogger("gemba")

NOW = timedelta(weeks=4)
FRESH = timedelta(minutes=5)
"""How long an analysis answers questions before it is made anew."""

PICTURE_S = 20.0
FORMS = (SNOOZE, NOT_WASTE, WHY_BUTTON)
LATELY = timedelta(days=1)
FAILED = "This cannot be answered now; ask again in a minute, or ask whoever runs gemba to look into its log"


class Refused(Exception):
    """Who asks may not; the text says why."""


class Unsaid(SourceError):
    """There is an answer, but it did not reach who asked."""


@dataclass(frozen=True)
class _Known:
    at: datetime
    document: Document


class Desk:
    """Answers for one workspace."""

    def __init__(self, config: Config, slack: Slack) -> None:
        self._config, self._slack = config, slack
        self._known: dict[str, _Known] = {}
        self._ids: dict[str, str] = {}
        self._looked: datetime | None = None
        self._behind: dict[str, dict[str, str]] = {}

    @cached_property
    def _workspace(self) -> str:
        return self._slack.workspace()

    def _told_in(self, channel: str) -> tuple[DigestConfig, ...]:
        """What is told in a channel, by its id. One that is not found silences no other, and is looked for again."""
        if channel not in self._ids.values() and (self._looked is None or clock() - self._looked > FRESH):
            for name in {digest.channel for digest in self._config.digests} - {None, *self._ids}:
                self._look_for(str(name))
            self._looked = clock()
        return tuple(one for one in self._config.digests if one.channel and self._ids.get(one.channel) == channel)

    def _look_for(self, name: str) -> None:
        try:
            self._ids[name] = self._slack.channel(name)
        except AccessDenied as problem:
            log.error("nobody is answered in %s: %s", name, problem)

    def catch_up(self) -> None:
        """Show what was said lately, in case that it was kept and then nothing more could be done."""
        now = clock()
        for stream in dict.fromkeys(digest.stream for digest in self._config.digests):
            try:
                with opened(self._config) as store:
                    said = store.said.remarks(stream, now)
            except StoreError as problem:
                log.error("%s", problem)
                continue
            if said and now - said[-1]["at"] < LATELY:
                self._refresh(stream)

    def opens(self, request: Request) -> bool:
        """True where it was a press that wants a form, which is shown; a form must come at once."""
        if request.kind != "press" or request.action not in FORMS or self._is_refused(request):
            return False
        try:
            shown = form(request.action, request.channel, request.value)
            if shown is None:
                self._say(request, Answer("There is nothing here that this could be about"))
            else:
                self._slack.open_form(request.trigger, shown)
        except SourceError as problem:
            log.warning("%s", problem)
            if isinstance(problem, AccessDenied):
                self._say(request, Answer("The form could not be shown; press once more"))
        return True

    def work(self, request: Request) -> None:
        """Answer, once. Raises SourceError or StoreError where something did not work, and says so, if it can."""
        try:
            self._work(request)
        except Unsaid:
            raise
        except (SourceError, StoreError):
            with suppress(Unsaid):
                self._say(request, Answer(FAILED))
            raise

    def _work(self, request: Request) -> None:
        """What changes something is heard when it is kept, or else when it is refused."""
        changes = request.kind != "command" and request.action != WHY_BUTTON
        if not changes and not self._hears(request):
            return
        try:
            told = self._told_here(request)
            if changes:
                self._change(request, told)
            elif request.kind == "command":
                self._asked(request, told)
            else:
                self._explained(request, told)
        except (NotUnderstood, Refused, UsageError, NothingYet) as problem:
            if not changes or self._hears(request):
                self._say(request, Answer(str(problem)))

    def _hears(self, request: Request) -> bool:
        """False where it was delivered before."""
        with opened(self._config) as store:
            return store.said.hear(request.id, clock())

    def _told_here(self, request: Request) -> tuple[DigestConfig, ...]:
        """What is told in the channel. Raises Refused for strangers, and where nothing is told."""
        if request.of != request.by_of or self._workspace != request.of:
            raise Refused("Only members of this workspace are answered; ask one of them.")
        told = self._told_in(request.channel)
        if not told:
            raise Refused("Nothing is told in this channel; ask where the digest of a stream is posted.")
        return told

    # -- questions ---------------------------------------------------------------------------------------------------

    def _asked(self, request: Request, told: tuple[DigestConfig, ...]) -> None:
        streams = list(dict.fromkeys(digest.stream for digest in told))
        asked = question(request.text, streams)
        if asked.asked == MAP:
            self._map(request, asked.stream)
        elif asked.asked == GATE:
            pack = review_gate(self._config, Wanted(asked.stream), asked.about or None)
            said = compose_pack(pack)
            self._show(request, blocks(said), fallback(said.text))
        else:
            self._say(request, self._answer(asked, streams))

    def _answer(self, asked: Question, streams: list[str]) -> Answer:
        match asked.asked:
            case name if name == HELP:
                return help_answer(streams)
            case name if name == EXPLAIN:
                return item_answer(explain_item(self._config, Wanted(asked.stream), asked.about))
            case name if name == WHY:
                return self._why(asked.stream, asked.about)
        document = self._document(asked.stream)
        with opened(self._config) as store:
            context = context_of(self._config, store, document, clock())
        return {STATUS: status_answer, STUCK: stuck_answer}[asked.asked](document, context)

    def _why(self, stream: str, name: str) -> Answer:
        """Of a waste, a queue or a loop, whichever is called so."""
        for of in (Numbered.WASTE, Numbered.QUEUE, Numbered.LOOP):
            with suppress(UsageError):
                return why_answer(explain_number(self._config, Wanted(stream), of, name))
        return nothing_called(name, self._document(stream))

    def _map(self, request: Request, stream: str) -> None:
        document = self._document(stream)
        alt = f"Value stream map of {stream}"
        file = self._slack.upload(png(map_picture(self._config, document)), "map.png", alt)
        if not self._slack.is_ready(file, PICTURE_S):
            self._say(request, Answer("Slack takes too long to look at the picture; ask again in a minute"))
            return
        shown = [{"type": "image", "slack_file": {"id": file}, "alt_text": alt}]
        self._show(request, shown, fallback(alt))

    def _document(self, stream: str) -> Document:
        """Of the last four weeks up to now; for a few minutes the same."""
        now, known = clock(), self._known.get(stream)
        if known is None or now - known.at > FRESH:
            known = _Known(now, analyse_stream(self._config, Wanted(stream, start=now - NOW, end=now, now=now)))
            self._known[stream] = known
        return known.document

    # -- what people do ----------------------------------------------------------------------------------------------

    def _explained(self, request: Request, told: tuple[DigestConfig, ...]) -> None:
        stream, _ = _about(request, told)
        subject = dict(request.fields).get(ABOUT, "")
        if subject.startswith(ITEM):
            found = explain_item(self._config, Wanted(stream.stream), subject.removeprefix(ITEM))
            self._say(request, item_answer(found))
        else:
            self._say(request, self._why(stream.stream, subject.removeprefix(WASTE).partition(AT)[0]))

    def _change(self, request: Request, told: tuple[DigestConfig, ...]) -> None:
        """Kept with who said it, then confirmed, then shown where the digest stands."""
        if self._is_refused(request):
            raise Refused("Who may change this is configured, and you are not among them; ask whoever set up gemba.")
        digest, subjects = _about(request, told)
        zone = self._config.stream(digest.stream).calendar.zone
        remark = remark_of(request, digest.stream, subjects, clock(), zone)
        if not self._keeps(request, remark, zone.key):
            return
        if remark.kind is RemarkKind.NOT_WASTE:
            self._known.pop(digest.stream, None)
        try:
            self._say(request, Answer(confirmed(remark)))
        finally:
            self._refresh(digest.stream)

    def _keeps(self, request: Request, remark: Remark, timezone: str) -> bool:
        """False where it was delivered before. Raises NotUnderstood where others were first, or it is not open."""
        with suppress(NothingYet):
            check_open(remark, self._document(remark.stream))
        row = row_of(remark, request.channel)
        with opened(self._config) as store:
            return store.said.remark(
                request.id, row, remark.at, lambda rows: check_new(remark, Remarks.of(rows), timezone)
            )

    def _is_refused(self, request: Request) -> bool:
        """Whether somebody wants to change something who may not, or is a stranger."""
        allowed = self._config.slack.may_change if self._config.slack else ()
        changes = request.action != WHY_BUTTON and bool(allowed) and request.by not in allowed
        return changes or request.of != request.by_of

    def _refresh(self, stream: str) -> None:
        """Wherever its digest stands. What was said is kept, so one that cannot be changed is tried again."""
        failed, said = show(self._config, stream), self._behind.pop(stream, {})
        for place, problem in failed.items():
            if said.get(place) != problem:
                log.error("%s", problem)
        if failed:
            self._behind[stream] = failed

    def try_again(self) -> None:
        """Show what could not be shown before."""
        for stream in list(self._behind):
            self._refresh(stream)

    def _say(self, request: Request, answer: Answer) -> None:
        title = tame(answer.title)
        shown = answer_blocks(title, answer.lines, answer.stream, answer.choices)
        self._show(request, shown, fallback(title))

    def _show(self, request: Request, shown: list[Json], text: str) -> None:
        """At the address that came with the request, or where that is used up, in the channel. Raises Unsaid."""
        try:
            if request.answer_at:
                with suppress(AccessDenied):
                    self._slack.answer(request.answer_at, shown, text)
                    return
            self._slack.whisper(request.channel, request.by, shown, text)
        except SourceError as problem:
            raise Unsaid(str(problem)) from problem


def _about(request: Request, told: tuple[DigestConfig, ...]) -> tuple[DigestConfig, list[str]]:
    """The digest that a button stands under, and what it is about. Raises Refused where it is not told here."""
    stream, subjects = read_value(request.value)
    digest = next((one for one in told if one.stream == stream), None)
    if digest is None:
        raise Refused("What this button was about is not told in this channel any more; look at the newest digest.")
    return digest, subjects
