"""What comes from other people's systems: answers of Jira, GitHub and Slack, event logs, calendars."""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import requests
from requests.adapters import BaseAdapter

from bot.rows import person_rows
from connectors.calendar import Calendar
from connectors.calendar_settings import CalendarSettings
from connectors.errors import SourceError
from connectors.eventlog import EventLog
from connectors.eventlog_settings import EventLogSettings
from connectors.github import GitHub
from connectors.github_settings import GitHubSettings
from connectors.jira import Jira
from connectors.jira_settings import JiraSettings
from connectors.protocol import Connector
from connectors.records import ItemKind, Page, Payload, check_shape
from connectors.slack import Slack
from connectors.slack_check import checked
from connectors.slack_settings import SlackSettings
from connectors.transport import clocks, refusal, retry_after, server_time

Json = dict[str, Any]
Target = Callable[[bytes], None]

NOW = datetime(2026, 4, 17, 12, tzinfo=UTC)
MOST_REQUESTS = 400
"""After so many requests for one input a connector runs in circles."""

ENDLESS = "asks for ever"


class Endless(Exception):
    """A connector asks again and again for what it was given before."""


class Answers:
    """Whatever is asked for, what the input holds for it: by path or operation, or else all of it."""

    def __init__(self, content: bytes) -> None:
        self._content, self._asked = content, 0
        try:
            found = json.loads(content)
        except (ValueError, RecursionError):
            found = None
        self._by_name: Mapping[str, Any] = found if isinstance(found, dict) else {}

    def to(self, name: str) -> bytes:
        """The longest name in the input that the asked one begins with."""
        self._asked += 1
        if self._asked > MOST_REQUESTS:
            raise Endless(f"{ENDLESS}: {name:.80}")
        fitting = [known for known in self._by_name if known and name.startswith(known)]
        if not fitting:
            return self._content
        return json.dumps(self._by_name[max(fitting, key=len)]).encode("utf-8", "surrogatepass")

    def headers(self) -> dict[str, str]:
        found = self._by_name.get("headers")
        return {k: v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}


class _Wire(BaseAdapter):
    """In the place of a socket, so that the vendors' clients read what there is themselves."""

    def __init__(self, answers: Answers) -> None:
        super().__init__()
        self._answers = answers

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        found = requests.Response()
        found.status_code, found.request, found.url = 200, request, request.url or ""
        found._content = self._answers.to(str(request.url).split("/", 6)[-1])
        found.headers.update({name: value for name, value in self._answers.headers().items() if value.isascii()})
        return found

    def close(self) -> None:
        pass


def jira_cloud(content: bytes) -> None:
    _read_jira(_jira(Answers(content), "cloud"))


def jira_datacenter(content: bytes) -> None:
    _read_jira(_jira(Answers(content), "datacenter"))


def _read_jira(connector: Jira) -> None:
    _read(
        connector,
        lambda: connector.count("project = PAY"),
        lambda: connector.progress(["PAY-1", "PAY-2"]),
        lambda: connector.find_issue("PAY", "mark"),
    )


def _jira(answers: Answers, flavour: str) -> Jira:
    table = {"url": "http://jira.example", "flavour": flavour, "token_env": "T", "projects": ("PAY",)}
    connector = Jira("jira.acme", JiraSettings.model_validate(table), lambda: NOW)
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", _Wire(answers))
    connector._site._client = SimpleNamespace(_session=session)
    return connector


def jira_kept(content: bytes) -> None:
    """What was stored by whichever version, translated again."""
    _translated(Jira, JiraSettings(url="http://jira.example", token_env="T", projects=("PAY",)), content)


def github(content: bytes) -> None:
    _read(_github(Answers(content)))


def _github(answers: Answers) -> GitHub:
    connector = GitHub("github.acme", GitHubSettings(token_env="T", repositories=("acme/pay",)), lambda: NOW)

    def ask(_: str, __: str, *, input: Json) -> tuple[Mapping[str, str], Any]:  # noqa: A002 - PyGithub's name
        text = answers.to(input["operationName"]).decode("utf-8", "replace")
        return answers.headers(), json.loads(text) if text else None

    connector._site._requester = SimpleNamespace(graphql_url="/graphql", requestJsonAndCheck=ask)
    return connector


def github_kept(content: bytes) -> None:
    """What was stored by whichever version, translated again."""
    _translated(GitHub, GitHubSettings(token_env="T", repositories=("acme/pay",)), content)


def slack_answers(content: bytes) -> None:
    """What Slack says of channels, messages and uploads."""
    answers = Answers(content)

    class Client:
        def __getattr__(self, method: str) -> Callable[..., Any]:
            return lambda **_: SimpleNamespace(data=json.loads(answers.to(method)), headers={})

    slack = Slack(SlackSettings(token_env="T"))
    slack._client = Client()
    asked: tuple[Callable[[], object], ...] = (
        slack.workspace, lambda: slack.channel("#payments"), lambda: slack.find("C1", "key", NOW, "#payments"),
        lambda: slack.is_ready("F1", 0.0), lambda: list(checked(slack, ["#payments"], lambda: NOW, "U1")),
    )  # fmt: skip
    _asked(asked)


def headers(content: bytes) -> None:
    """What a server says of its time and of waiting: a name and a value in each line."""
    lines = [line.partition(":") for line in content.decode("latin-1").splitlines()]
    said = {name.strip(): value.strip() for name, _, value in lines}
    waits = retry_after(said)
    clocks(server_time(said), NOW)
    for status in (400, 401, 403, 404, 429, 500):
        str(refusal("jira.acme", "project PAY", status, said, "T"))
    assert waits is None or waits >= 0


LOGS: tuple[tuple[str, Json], ...] = (
    ("log.csv", {"actor": "who"}),
    ("log.csv", {"timezone": "Europe/Berlin"}),
    ("log.tsv", {"actor": "who", "timezone": "UTC", "encoding": "cp1252"}),
    ("log.csv", {"actor": "who", "at_format": "%d.%m.%Y %H:%M", "timezone": "Europe/Berlin"}),
    ("log.csv", {"at_format": "%Y-%m-%dT%H:%M:%S%z", "delimiter": ";"}),
    ("log.csv.gz", {"actor": "who"}),
)
"""Ways to be configured, chosen by the first byte of the input."""


def csv(content: bytes) -> None:
    """The first byte says how it is configured, and whether it is packed, the rest is the file."""
    how = content[0] if content else 0
    name, more = LOGS[how % len(LOGS)]
    packed = gzip.compress(content[1:], 1, mtime=0) if name.endswith(".gz") and how < 128 else content[1:]
    _log(name, {"case": "case", "state": "state", "at": "at", **more}, packed)


def xes(content: bytes) -> None:
    """The first byte says whether it is packed, the rest is the file."""
    how = content[0] if content else 0
    packed = gzip.compress(content[1:], 1, mtime=0) if how % 4 == 1 else content[1:]
    _log("log.xes.gz" if how % 4 in (1, 2) else "log.xes", {"timezone": "UTC"} if how % 8 < 4 else {}, packed)


def _log(name: str, settings: Json, content: bytes) -> None:
    path = file_with(name, content)
    _read(EventLog("eventlog.x", EventLogSettings.model_validate({"path": path, **settings}), lambda: NOW))


def ics(content: bytes) -> None:
    path = file_with("meetings.ics", content)
    settings = {"calendars": [str(path)], "status_meetings": ["stand-?up"], "timezone": "Europe/Berlin"}
    _read(Calendar("calendar.x", CalendarSettings.model_validate(settings), lambda: NOW))


def file_with(name: str, content: bytes) -> Path:
    path = Path(_folder().name, name)
    path.write_bytes(content)
    return path


@cache
def _folder() -> TemporaryDirectory[str]:
    """One for each process."""
    return TemporaryDirectory(prefix="gemba-fuzz-")


def _read(connector: Connector, *more: Callable[[], object]) -> None:
    """All that a connector is asked for; each question for itself."""
    scope = connector.scopes[0]
    asked: tuple[Callable[[], object], ...] = (
        lambda: _walked(connector, scope),
        lambda: connector.census(scope),
        lambda: connector.states(scope),
        lambda: _kept(connector, connector.reread(scope, ["10001", "sprint/PAY/12"])),
        lambda: connector.whereabouts(scope, ["10001"]),
        lambda: [str(check) for check in connector.check()],
    )
    _asked((*asked, *more))


def _asked(questions: Iterable[Callable[[], object]]) -> None:
    for ask in questions:
        try:
            ask()
        except SourceError as problem:
            assert str(problem)


def _walked(connector: Connector, scope: str) -> None:
    """From the beginning, and on from the first place from which the next run may have to go on."""
    cursors: list[str] = []
    try:
        _kept(connector, _noting(connector.fetch(scope, None), cursors))
    finally:
        for cursor in cursors[:1]:
            _kept(connector, connector.fetch(scope, cursor))


def _noting(pages: Iterable[Page], cursors: list[str]) -> Iterator[Page]:
    for page in pages:
        cursors += [page.cursor] if page.cursor else []
        yield page


def _kept(connector: Connector, pages: Iterable[Page]) -> None:
    """As the store keeps it: as JSON, in UTF-8; then translated, and every record has the shape that it promises."""
    for page in pages:
        for payload in page.payloads:
            kept = json.loads(json.dumps(payload.body).encode("utf-8"))
            assert payload.updated_at.tzinfo is not None
            _records(connector, Payload(payload.source, payload.scope, payload.kind, payload.key, NOW, kept))
        for person in person_rows(page.people):
            str(person["name"]).encode("utf-8")
        assert all(lost.sentence for lost in page.unreadable)


def _records(connector: Connector, payload: Payload) -> None:
    try:
        for record in connector.translate(payload):
            check_shape(record)
    except SourceError as problem:
        assert str(problem)


def _translated(make: Callable[..., Connector], settings: object, content: bytes) -> None:
    try:
        kind, body = json.loads(content)
    except (ValueError, TypeError, RecursionError):
        return
    if isinstance(body, dict) and isinstance(kind, str):
        known = kind if kind in list(ItemKind) else ItemKind.ISSUE
        _records(make("x.acme", settings, lambda: NOW), Payload("x.acme", "PAY", known, "1", NOW, body))


def stored(of: str, content: bytes) -> list[tuple[str, Json]]:
    """Kind and body of what is kept of answers."""
    connector = _github(Answers(content)) if of == "github" else _jira(Answers(content), "cloud")
    pages = connector.fetch(connector.scopes[0], None)
    return [(payload.kind, dict(payload.body)) for page in pages for payload in page.payloads]
