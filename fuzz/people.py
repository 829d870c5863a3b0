"""What people write: configuration, changes, questions, buttons, times, names, addresses; and what was kept of it."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote_from_bytes

import typer
from pydantic import ValidationError
from starlette.types import Message, Scope

from bot.app.analysis import documented, written_change
from bot.app.wiring import Wanted, window_of
from bot.asking.forms import form, read_value
from bot.asking.questions import NotUnderstood, question
from bot.asking.remarking import confirmed, remark_of, row_of
from bot.cli.options import moment
from bot.config import ConfiguredStream, load_config
from bot.config_faults import sentence
from bot.digest.memory import read_told
from bot.errors import ConfigError, UsageError
from bot.flow.analyse import read
from bot.flow.explain.loop import explain_loop
from bot.flow.explain.queue import explain_queue
from bot.flow.explain.timelines import explain
from bot.flow.explain.waste import explain_waste
from bot.flow.future.changes import as_written, read_change
from bot.flow.model import Stage, StageKind, Window
from bot.flow.reconstruct import Reconstruction, reconstruct
from bot.govern.gates import GateContext
from bot.govern.metrics import check_metric
from bot.govern.plan import PlanItem, courses
from bot.govern.plan_part import plan
from bot.govern.remarks import Remarks
from bot.report.studied import Studied
from bot.serve.access import Access, Head, local_path
from bot.serve.application import application
from bot.serve.asked import NotAsked, asked_look
from bot.serve.desk import Desk
from bot.serve.given import Given, Look
from connectors.slack_socket import Request, read_request
from fuzz.sources import NOW, file_with

STREAM = ConfiguredStream(
    name="Payments",
    sources=("jira.acme/PAY",),
    end="Done",
    stages=(
        Stage(name="Backlog", kind=StageKind.WAIT, states=("jira:Open",)),
        Stage(name="Review", kind=StageKind.APPROVAL, states=("jira:In Review",)),
        Stage(name="Board", kind=StageKind.APPROVAL, states=("jira:Board",), necessary="law"),
        Stage(name="Deploy", kind=StageKind.WAIT, states=("jira:Ready",)),
        Stage(name="Done", kind=StageKind.DONE, states=("jira:Done",)),
    ),
)
STREAMS = ("Payments", "Zahlungen für alle", "stuck")
NAMES: Mapping[str, list[str]] = {"stages": ["Review"], "queues": ["Review"], "wastes": ["waiting"]}


def config(content: bytes) -> None:
    """Loaded, and then asked for everything that is read out of its texts later."""
    try:
        found = load_config(file_with("config.toml", content))
    except ConfigError as problem:
        assert str(problem)
        return
    assert found.schedule.collect_every
    for stream in found.streams:
        _used(stream)
    assert all(digest.mark for digest in found.digests)


def _used(stream: ConfiguredStream) -> None:
    opens, closes = stream.calendar.hours
    assert opens < closes
    window_of(stream, Wanted(now=NOW))
    today = NOW.astimezone(stream.calendar.zone).date()
    for result in stream.key_results:
        begins, ends = result.span(stream.calendar.zone)
        assert begins < ends
    for gate in stream.gates:
        gate.judges(stream.key_results, gate.day(today))
    for item in stream.plan:
        if item.change:
            as_written(read_change(item.change, item.waste, stream))
    plan(courses(stream.plan, ()), {}, NOW, stream.calendar.zone, {})


def change(content: bytes) -> None:
    """`--change`, as `gemba future` and `gemba plan add` read it."""
    text = content.decode("utf-8", "surrogateescape")
    try:
        written = written_change(text)
    except UsageError:
        return
    waste = written.pop("waste", None)
    try:
        found = read_change({k: v for k, v in written.items() if k != "name"}, waste, STREAM)
    except ValueError as problem:
        assert str(problem)
    else:
        assert found.words
        assert read_change(as_written(found), waste, STREAM).words
    try:
        PlanItem.model_validate({"name": "x", "waste": waste, "owner": "mara", "due": NOW.date(), "change": written})
    except ValidationError as problem:
        assert all(sentence(error, PlanItem) for error in problem.errors())


def slash_command(content: bytes) -> None:
    text = content.decode("utf-8", "surrogateescape")
    for streams in (STREAMS, STREAMS[:1]):
        try:
            found = question(text, streams)
        except NotUnderstood as problem:
            assert str(problem)
        else:
            assert found.stream in (*streams, "")


def slack_request(content: bytes) -> None:
    """A message of the socket, up to what is kept and confirmed."""
    try:
        sent = json.loads(content)
    except (ValueError, RecursionError):
        return
    if not isinstance(sent, dict):
        return
    request = read_request(str(sent.get("type")), "e1", sent.get("payload"))
    if request is None:
        return
    if request.kind == "command":
        slash_command(request.text.encode())
    elif request.kind == "press" and request.action in ("snooze", "not_waste", "why"):
        json.dumps(form(request.action, request.channel, request.value)).encode()
    else:
        _changes(request)


def _changes(request: Request) -> None:
    stream, subjects = read_value(request.value)
    try:
        said = remark_of(request, stream, subjects, NOW, STREAM.calendar.zone)
    except NotUnderstood as problem:
        assert str(problem)
        return
    assert confirmed(said)
    row = {**row_of(said, request.channel), "number": 1}
    json.dumps(row, default=str).encode()
    assert list(Remarks.of([row]).not_waste) is not None


def times(content: bytes) -> None:
    """On the command line, and in an address; then the window that they make."""
    parts = (content.decode("utf-8", "surrogateescape").split("\n") + [""] * 3)[:3]
    try:
        start, end, now = (moment(part) if part else None for part in parts)
        window_of(STREAM, Wanted(None, start, end, now))
    except (typer.BadParameter, UsageError) as problem:
        assert str(problem)
    try:
        look = asked_look("Payments", dict(zip(("from", "to", "now"), parts, strict=True)))
        window_of(STREAM, Wanted(None, look.start, look.end, look.now or NOW))
    except (NotAsked, UsageError) as problem:
        assert str(problem)


def metric(content: bytes) -> None:
    """A path into the analysis."""
    try:
        check_metric(content.decode("utf-8", "replace"), NAMES)
    except ValueError as problem:
        assert str(problem)


def names(content: bytes) -> None:
    """What somebody calls an item, a queue, a loop or a waste."""
    name = content.decode("utf-8", "surrogateescape")
    found, analysis = _small()
    asked: tuple[Callable[[], object], ...] = (
        lambda: explain(found, name),
        lambda: explain_queue(found, analysis, name),
        lambda: explain_loop(found, analysis, name),
        lambda: explain_waste(found, analysis, name),
    )
    for ask in asked:
        try:
            ask()
        except KeyError as problem:
            assert str(problem.args[0])


@cache
def _small() -> tuple[Reconstruction, Any]:
    from tests.build import STREAM as SMALL
    from tests.build import issue, records

    made = records(*(issue(f"PAY-{n}", ("Open", n), ("In Review", n + 1), ("Done", n + 3)) for n in range(20)))
    start = datetime(2026, 1, 5, tzinfo=UTC)
    found = reconstruct(SMALL, made, Window(start=start, end=start.replace(month=3)))
    return found, read(found)


def kept(content: bytes) -> None:
    """What a digest told, as another version may have kept it."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return
    read_told(found if isinstance(found, dict) else None)


def address(content: bytes) -> None:
    """A request to `gemba serve`: the address in the first line, then headers, then what is sent."""
    first, _, rest = content.partition(b"\n")
    head, _, body = rest.partition(b"\n\n")
    path, _, query = first.partition(b"?")
    pairs = [line.partition(b":")[::2] for line in head.splitlines()]
    told = [(name.strip().lower(), value.strip()) for name, value in pairs]
    who = Head("127.0.0.1", {name.decode("latin-1"): value.decode("latin-1") for name, value in told})
    for access in (Access(), Access(token="t" * 16, header="X-User", proxies=())):
        access.knows_host(who)
        access.allows(who, NOW)
        access.is_proxied(who)
    local_path(first.decode("latin-1"))
    method = "POST" if body else "GET"
    scope: Scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path.decode("utf-8", "replace"), "raw_path": quote_from_bytes(path).encode(), "query_string": query,
        "root_path": "", "headers": [(b"host", b"localhost"), *told], "client": ("127.0.0.1", 1),
        "server": ("localhost", 1),
    }  # fmt: skip
    status = asyncio.run(_answered(scope, body))
    assert status < 500 or status == 503, f"answered with {status}"


async def _answered(scope: Scope, body: bytes) -> int:
    """By one desk, which remembers what it studied."""
    found: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            found.append(message["status"])

    desk = Desk(_given())
    try:
        await application(desk.given, Access(), desk)(scope, receive, send)
    finally:
        desk.close()
    return found[0]


@cache
def _given() -> Given:
    """Two streams of a few items, without a store; pages and pictures are made elsewhere and stay empty."""
    found, analysis = _small()
    sight, document = documented(STREAM, found, analysis, (), GateContext(), ())
    studied = Studied(STREAM, Remarks(), sight, document)

    def study(look: Look) -> Studied:
        window_of(STREAM, Wanted(look.stream, look.start, look.end, look.now or NOW))
        return studied

    return Given(
        streams=(STREAM, STREAM.model_copy(update={"name": "../A/B"})),
        clock=lambda: NOW,
        study=study,
        version=lambda _: "1",
        reads=lambda: (),
        missing=lambda: None,
        report=lambda _: "<body></body>",
        picture=lambda _, dark: f"<svg>{dark}</svg>",
    )
