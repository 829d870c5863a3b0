"""Jira: an issue is made once, whatever happens on the way, found again, and followed."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.errors import AccessDenied, NotThere, RateLimited, SourceError, SourceUnavailable, Unanswered
from connectors.jira import Jira
from connectors.jira_events import plan_label
from connectors.jira_settings import JiraSettings
from connectors.protocol import Tracking
from connectors.records import Category, Progress, Wish
from tests.recordings import SHARED
from tests.serve import Reply, serving

Json = dict[str, Any]
Serve = Callable[..., Any]
NOW = datetime(2026, 2, 1, tzinfo=UTC)
DURACLOUD = SHARED / "data" / "jira_changelogs" / "duraspace_DURACLOUD_issues_changelog.jsonl.gz"
WISH = Wish("Time-box design approval", "At most a day.", date(2026, 12, 15), ("gemba",))
MARK = "Payments/Time-box design approval"
RESET = Reply(0)
"""No answer, the connection is closed."""


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_TOKEN", "test-token")


def jira(url: str, project: str = "PAY", **more: Any) -> Jira:
    return Jira("jira.acme", JiraSettings(url=url, token_env="JIRA_TOKEN", projects=(project,), **more), lambda: NOW)


@dataclass
class Desk:
    """A Jira that keeps what is sent. `before`: it answers so and makes nothing; `after`: it makes it, then does."""

    before: Reply | None = None
    after: Reply | None = None
    pause_s: float = 0.0
    sent: int = 0
    made: list[Json] = field(default_factory=list)

    def __call__(self, method: str, path: str, body: Any) -> Reply:
        if path == "/rest/api/2/issue":
            return self._make(body)
        label = re.search(r'^project = "PAY" AND labels = "(gemba-\w{16})"', body["jql"])
        found = [n for n, issue in enumerate(self.made, 1) if label and label[1] in issue["fields"]["labels"]]
        shown = [{"id": str(n)} | ({"key": f"PAY-{n}"} if "key" in body["fields"] else {}) for n in found]
        return Reply(200, {"issues": shown, "total": len(found)})

    def _make(self, body: Json) -> Reply:
        self.sent += 1
        if self.before is None:
            self.made.append(body)
            time.sleep(self.pause_s)
        reply = self.before or self.after or Reply(201, {"id": "1", "key": f"PAY-{len(self.made)}"})
        if reply is RESET:
            raise ConnectionResetError
        return reply


def refused(desk: Desk) -> SourceError:
    """How the making of an issue ends, which is sent once."""
    with serving(desk) as (url, _), pytest.raises(SourceError) as caught:
        jira(url).create_issue("PAY", WISH, MARK)
    assert desk.sent == 1
    return caught.value


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_an_issue_is_made_with_its_label_and_its_mark(flavour: str) -> None:
    """By the label it is found again; nothing else is."""
    desk = Desk()
    with serving(desk) as (url, _):
        source = jira(url, flavour=flavour, issue_type="Improvement")
        assert source.find_issue("PAY", MARK) is None
        assert source.create_issue("PAY", WISH, MARK) == "PAY-1"
        assert (source.find_issue("PAY", MARK), source.find_issue("PAY", "another")) == ("PAY-1", None)

    assert isinstance(source, Tracking)
    assert desk.made == [
        {
            "fields": {
                "project": {"key": "PAY"},
                "summary": "Time-box design approval",
                "description": "At most a day.",
                "issuetype": {"name": "Improvement"},
                "labels": ["gemba", plan_label(MARK)],
                "duedate": "2026-12-15",
            },
            "properties": [{"key": "gemba.plan", "value": {"mark": MARK}}],
        }
    ]


def test_a_title_becomes_one_line_that_jira_takes() -> None:
    """At most 255 UTF-16 units without a line break; labels are without spaces, and a date may be missing."""
    desk = Desk()
    with serving(desk) as (url, _):
        jira(url).create_issue("PAY", Wish("Split\n\tthe " + "🙂" * 200, "x" * 40_000, labels=("a b", " ")), MARK)

    fields = desk.made[0]["fields"]
    assert len(fields["summary"].encode("utf-16-le")) <= 2 * 255
    assert re.fullmatch(r"Split the 🙂{122}…", fields["summary"])
    assert len(fields["description"]) == 32_767
    assert fields["labels"] == ["a-b", plan_label(MARK)]
    assert "duedate" not in fields


@pytest.mark.parametrize(
    "after",
    [
        RESET,
        Reply(503, {}, {"Retry-After": "0"}),
        Reply(500, b"null"),
        Reply(408),
        Reply(201, b'{"id": "1", "key"', {"Content-Length": "900"}),
        Reply(201, {"id": "1"}),
        Reply(201, {"key": None}),
        Reply(200, b"<html>please log in</html>"),
        Reply(200, b"[]"),
        Reply(303, {}, {"Location": "/elsewhere"}),
    ],
    ids=["reset", "503", "500", "408", "cut", "no key", "null", "no JSON", "list", "303"],
)
def test_what_may_have_been_made_is_looked_for_and_not_sent_again(after: Reply) -> None:
    """The answer is lost, the issue is there."""
    desk = Desk(after=after)
    with serving(desk) as (url, _):
        source = jira(url)
        with pytest.raises(Unanswered, match="may be there, but no usable answer came"):
            source.create_issue("PAY", WISH, MARK)
        assert source.find_issue("PAY", MARK) == "PAY-1"

    assert (desk.sent, len(desk.made)) == (1, 1)


@pytest.mark.parametrize("before", [RESET, Reply(503), Reply(502, b"bad gateway")], ids=["reset", "503", "502"])
def test_what_was_not_made_looks_the_same(before: Reply) -> None:
    """Then it is not found, and may be sent again."""
    desk = Desk(before=before)
    with serving(desk) as (url, _):
        source = jira(url)
        with pytest.raises(Unanswered):
            source.create_issue("PAY", WISH, MARK)
        assert source.find_issue("PAY", MARK) is None
        desk.before = None
        source.create_issue("PAY", WISH, MARK)

    assert (desk.sent, len(desk.made)) == (2, 1)


def test_a_time_out_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The issue is made meanwhile."""
    monkeypatch.setattr("connectors.jira_site.TIMEOUT_S", (5.0, 0.05))
    desk = Desk(pause_s=0.2)

    assert isinstance(refused(desk), Unanswered)
    assert len(desk.made) == 1


def test_what_was_never_sent_is_no_doubt() -> None:
    """Nobody listens."""
    with pytest.raises(SourceUnavailable, match="check the address") as caught:
        jira("http://127.0.0.1:9").create_issue("PAY", WISH, MARK)

    assert not isinstance(caught.value, Unanswered)


def complaint(**errors: str) -> Reply:
    return Reply(400, {"errorMessages": [], "errors": errors})


NOT_ON_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."


@pytest.mark.parametrize(
    ("before", "kind", "words"),
    [
        (complaint(labels=NOT_ON_SCREEN.format("labels")), AccessDenied, "put the field Labels on the screen"),
        (complaint(duedate=NOT_ON_SCREEN.format("duedate")), AccessDenied, "put the field Due date on the screen"),
        (complaint(issuetype="Specify a valid issue type"), AccessDenied, "set issue_type of [connectors.jira.acme]"),
        (complaint(project="valid project is required"), AccessDenied, "check the key of the project"),
        (complaint(customfield_7="Team is required."), AccessDenied, "make customfield_7 optional there, or set issue"),
        (Reply(400, {"errorMessages": ["No permission"]}), AccessDenied, "(400: No permission); check that the token"),
        (Reply(422, b"null"), AccessDenied, "(422: no reason given)"),
        (Reply(400, {"errors": ["odd"], "errorMessages": None}), AccessDenied, "(400: no reason given)"),
        (
            Reply(401),
            AccessDenied,
            "the token was refused (401); check JIRA_TOKEN; to make issues, grant it Create",
        ),
        (Reply(403), AccessDenied, "project PAY is forbidden (403)"),
        (Reply(404), NotThere, "project PAY was not found (404)"),
        (Reply(308, {}, {"Location": "https://127.0.0.1:9/"}), AccessDenied, "url leads elsewhere (308)"),
        (Reply(429, {}, {"Retry-After": "7"}), RateLimited, "it asks to wait 7 s"),
        (Reply(403, {}, {"Retry-After": "7"}), RateLimited, "it asks to wait 7 s"),
    ],
)
def test_a_refusal_says_what_to_do(before: Reply, kind: type[SourceError], words: str) -> None:
    """Nothing was made, and that is certain; it is not tried again either."""
    problem = refused(Desk(before=before))

    assert type(problem) is kind
    assert words in str(problem)


def test_of_a_refusal_little_is_quoted() -> None:
    """On one line; it may be long, and about many fields."""
    many = {f"customfield_{n}": f"{n} is\nrequired " * 90 for n in range(40)}
    text = str(refused(Desk(before=Reply(400, {"errors": many}))))

    assert "\n" not in text
    assert len(text) < 1000
    assert "customfield_2: 2 is required" in text
    assert "customfield_3" not in text


STATES = {
    "1": ("Open", "new"),
    "2": ("Doing", "indeterminate"),
    "3": ("Review", "indeterminate"),
    "4": ("Done", "done"),
}


def state(number: str) -> Json:
    name, category = STATES[number]
    return {"id": number, "name": name, "statusCategory": {"key": category}}


def issue(key: str, number: str, *moves: tuple[str, str, str], total: int | None = None, **fields: Any) -> Json:
    """`moves`: day of January, and the states between."""
    histories = [
        {"created": f"2026-01-{day}T09:00:00.000+0100", "items": [{"field": "status", "from": old, "to": new}]}
        for day, old, new in moves
    ]
    told = {"status": state(number), "created": "2026-01-02T09:00:00.000+0100", **fields}
    return {
        "key": key,
        "fields": told,
        "changelog": {"total": len(moves) if total is None else total, "histories": histories},
    }


def board(*issues: Json, moved: dict[str, str] | None = None) -> Callable[[str, str, Any], Reply]:
    """Jira refuses a search for what is not there, and knows by its old key what was moved."""
    there = {found["key"]: found for found in issues}

    def answer(method: str, path: str, body: Any) -> Reply:
        if path == "/rest/api/2/status":
            return Reply(200, [state(number) for number in STATES])
        if "search" not in path:
            key = path.removeprefix("/rest/api/2/issue/").partition("?")[0]
            found = there.get((moved or {}).get(key, key))
            return Reply(200, found) if found else Reply(403 if key == "PAY-13" else 404)
        wanted = re.findall(r'"([A-Z]+-\d+)"', body["jql"])
        if not set(wanted) <= there.keys():
            return Reply(400, {"errorMessages": ["An issue with key 'X' does not exist for field 'key'."]})
        return Reply(200, {"issues": [there[key] for key in wanted], "total": len(wanted)})

    return answer


def test_how_issues_stand_on_cloud() -> None:
    """State, category, since when, whether anybody has it, and how it ended; a hundred with one request."""
    many = [issue(f"PAY-{n}", "1") for n in range(10, 110)]
    first = issue("PAY-1", "2", assignee={"accountId": "a"}, statuscategorychangedate="2026-01-05T09:00:00.000+0100")
    second = issue("PAY-2", "4", assignee=None, resolution={"name": "Won't Do"})
    with serving(board(first, second, *many)) as (url, asked):
        source = jira(url, browse_url="https://acme.example/")
        found = source.progress(["PAY-1", "PAY-2"])
        assert len(source.progress([issue["key"] for issue in many])) == 100

    since = datetime(2026, 1, 5, 8, tzinfo=UTC)
    place = "https://acme.example/browse"
    assert found == {
        "PAY-1": Progress("PAY-1", f"{place}/PAY-1", "Doing", Category.STARTED, since, assigned=True, resolution=None),
        "PAY-2": Progress(
            "PAY-2", f"{place}/PAY-2", "Done", Category.DONE, None, assigned=False, resolution="Won't Do"
        ),
    }
    assert asked == ["POST /rest/api/2/search/jql"] * 2


@pytest.mark.parametrize(
    ("moves", "total", "since"),
    [
        ((("03", "1", "2"), ("05", "2", "3"), ("07", "3", "2")), None, "2026-01-03T08:00:00+00:00"),
        ((("03", "1", "2"), ("05", "2", "4"), ("07", "4", "2")), None, "2026-01-07T08:00:00+00:00"),
        ((("05", "2", "3"), ("07", "3", "2")), None, "2026-01-02T08:00:00+00:00"),
        ((("05", "2", "3"), ("07", "3", "2")), 90, None),
        ((("03", "9", "2"), ("05", "2", "3"), ("07", "3", "2")), None, None),
    ],
    ids=["begun", "begun again", "always", "history is cut", "out of a state that is gone"],
)
def test_since_when_on_data_center_is_in_its_history(
    moves: tuple[tuple[str, str, str], ...], total: int | None, since: str | None
) -> None:
    """It keeps no date of a category; unknown is None."""
    with serving(board(issue("PAY-1", "2", *moves, total=total))) as (url, _):
        found = jira(url, flavour="datacenter").progress(["PAY-1"])["PAY-1"].since

    assert (found and found.isoformat()) == since


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_what_is_gone_does_not_hide_the_others(flavour: str) -> None:
    """Deleted, out of sight, no key at all; what was moved is told by the key it was asked for."""
    issues = [issue(f"PAY-{n}", "1") for n in range(1, 9)] + [issue("CORE-4", "4")]
    with serving(board(*issues, moved={"PAY-9": "CORE-4"})) as (url, _):
        wanted = [f"PAY-{n}" for n in (1, 2, 9, 12, 3, 13, 4)]
        found = jira(url, flavour=flavour).progress([*wanted, "nonsense", 'PAY-1") OR key in ("PAY-5'])

    assert {asked: (p.key, p.category) for asked, p in found.items()} == {
        **{key: (key, "planned") for key in ("PAY-1", "PAY-2", "PAY-3", "PAY-4")},
        "PAY-9": ("CORE-4", "done"),
    }


def test_nothing_is_asked_for_nothing() -> None:
    """Whoever has no such issues costs Jira nothing; an outage is not an empty answer."""
    with serving(lambda *_: Reply(503)) as (url, asked):
        assert jira(url, flavour="datacenter").progress([]) == {}
        assert asked == []
        with pytest.raises(SourceUnavailable):
            jira(url).progress(["PAY-1"])


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_a_recorded_jira_makes_it_once(serve: Serve, flavour: str) -> None:
    """The connection is lost after the issue was made; it is found, and stands as new ones do."""
    servers = serve("--jira", str(DURACLOUD), "--jira-flavour", flavour)
    lost = {"match": {"method": "POST", "path": "issue$", "nth": [1]}, "action": {"drop_after_processing": True}}
    servers.sites["jira"].faults.set([lost])
    source = jira(servers.urls()["jira"], "DURACLOUD", flavour=flavour)
    with pytest.raises(Unanswered):
        source.create_issue("DURACLOUD", WISH, MARK)
    (made,) = servers.sites["jira"].app.created
    key = source.find_issue("DURACLOUD", MARK)
    found = source.progress([made["key"], "DURACLOUD-1", "DURACLOUD-99999"])

    assert key == made["key"]
    assert source._site.get(f"issue/{key}/properties/gemba.plan", "the mark")["value"] == {"mark": MARK}
    assert {key: (p.state, p.category, p.assigned, p.resolution) for key, p in found.items()} == {
        made["key"]: ("Open", "planned", False, None),
        "DURACLOUD-1": ("Closed", "done", True, "Fixed"),
    }


def test_what_is_sent_keeps_atlassians_contract(serve: Serve) -> None:
    """Judged by their OpenAPI document."""
    servers = serve("--jira", str(DURACLOUD))
    from contracts.jira_contract import JiraContract

    source = jira(servers.urls()["jira"], "DURACLOUD")
    verdicts: list[tuple[str, str, int, list[str]]] = []
    JiraContract().attach(source._site._connected()._session, verdicts)
    key = source.create_issue("DURACLOUD", WISH, MARK)
    source.find_issue("DURACLOUD", MARK)
    source.progress([key, "DURACLOUD-99999"])

    assert ("POST", "/rest/api/2/issue", 201) in [verdict[:3] for verdict in verdicts]
    assert [problem for *_, problems in verdicts for problem in problems if problem.startswith("request")] == []
