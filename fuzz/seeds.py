"""What is usual: small inputs to begin with. Recordings of real systems join them where they are at hand."""

import gzip
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from fuzz.sources import stored

Json = dict[str, Any]

SHARED = Path(os.environ.get("GEMBA_SHARED", Path(__file__).parents[2] / "shared")) / "data"
LARGEST = 30_000
"""Bytes of a recording that is worth to begin with."""

MOST = 40

ANN: Json = {"accountId": "a1", "displayName": "Ann", "accountType": "atlassian"}
BOB: Json = {"key": "bob", "name": "bob", "displayName": "Bob"}
HISTORIES: list[Json] = [
    {"id": "7", "created": "2026-01-06T10:00:00.000+0200", "author": ANN, "items": [
        {"field": "status", "from": "1", "fromString": "Open", "to": "2", "toString": "In Progress"}]},
    {"id": "8", "created": 1767780000000, "author": BOB, "items": [
        {"field": "assignee", "from": None, "to": "bob", "toString": "Bob"},
        {"field": "Flagged", "fieldtype": "custom", "fieldId": "customfield_3", "toString": "Impediment"},
        {"field": "Sprint", "fieldtype": "custom", "fieldId": "customfield_1", "from": "", "to": "12, 13"},
        {"field": "Link", "to": "PAY-3", "toString": "This issue is blocked by PAY-3"},
        {"field": "resolution", "from": None, "to": "1", "toString": "Done"},
        {"field": "Key", "fromString": "OLD-1", "toString": "PAY-1"}]},
]  # fmt: skip
SPRINT: Json = {
    "id": 12, "name": "Sprint 12", "goal": "Refunds", "state": "closed", "startDate": "2026-01-05T09:00:00.000Z",
    "endDate": "2026-01-19T09:00:00.000Z", "completeDate": "2026-01-20T10:00:00.000Z",
}  # fmt: skip
ISSUE: Json = {
    "id": "10001", "key": "PAY-1", "changelog": {"total": 2, "histories": HISTORIES}, "fields": {
        "summary": "Refund", "issuetype": {"name": "Story"}, "project": {"key": "PAY"}, "creator": ANN, "assignee": BOB,
        "status": {"id": "3", "name": "Done", "statusCategory": {"key": "done"}}, "parent": {"key": "PAY-9"},
        "created": "2026-01-05T10:00:00.000+0200", "updated": "2026-01-09T10:00:00.000+0000", "labels": ["x"],
        "resolution": {"name": "Done"}, "resolutiondate": "2026-01-09T10:00:00.000+0000",
        "statuscategorychangedate": "2026-01-09T10:00:00.000+0000",
        "worklog": {"total": 2, "worklogs": [
            {"id": "5", "author": ANN, "started": "2026-01-07T10:00:00.000+0000", "timeSpentSeconds": 60}]},
        "issuelinks": [{"type": {"inward": "is blocked by"}, "inwardIssue": {"key": "PAY-3"}},
                       {"type": {"outward": "relates to"}, "outwardIssue": {"key": "PAY-4"}}],
        "customfield_1": [SPRINT, "com.atlassian.greenhopper.service.sprint.Sprint@1f[id=13,state=ACTIVE,name=A, b,goal=<null>]"],
        "customfield_2": [{"id": "1", "createdDate": {"epochMillis": 1767780000000}, "completedDate": {
            "epochMillis": 1767790000000}, "approvers": [{"approver": ANN, "approverDecision": "approved"}]}],
    },
}  # fmt: skip
JIRA: Json = {
    "field": [
        {"id": "customfield_1", "name": "Sprint", "schema": {"custom": "com.pyxis.greenhopper.jira:gh-sprint"}},
        {"id": "customfield_2", "name": "Approvals",
         "schema": {"custom": "com.atlassian.servicedesk.approvals-plugin:sd-approvals"}},
        {"id": "customfield_3", "name": "Flagged", "schema": {"custom": "multicheckboxes"}},
    ],
    "search": {"issues": [ISSUE], "total": 1, "count": 3},
    "changelog/bulkfetch": {"issueChangeLogs": [{"issueId": "10001", "changeHistories": HISTORIES}]},
    "issue/": ISSUE | {"worklogs": ISSUE["fields"]["worklog"]["worklogs"], "total": 1},
    "status": [{"id": "3", "name": "Done", "statusCategory": {"key": "done"}}],
    "project/PAY/statuses": [{"name": "Story", "statuses": [{"id": "3", "name": "Done"}]}],
    "project/PAY": {"key": "PAY", "name": "Payments"},
    "mypermissions": {"permissions": {"BROWSE_PROJECTS": {"havePermission": True}}},
    "myself": {"displayName": "Bot"}, "serverInfo": {"deploymentType": "Cloud", "version": "1"},
    "board": {"values": [{"id": 5, "type": "scrum"}], "isLast": True},
    "board/": {"values": [SPRINT], "isLast": True}, "sprint/": SPRINT,
    "headers": {"Date": "Fri, 17 Apr 2026 12:00:00 GMT"},
}  # fmt: skip

NO_MORE: Json = {"hasNextPage": False, "endCursor": None}
WHO: Json = {"__typename": "User", "login": "ann", "id": "U_ann"}
PULL: Json = {
    "id": "PR_7", "number": 7, "title": "PAY-1 Refund", "body": "Reverts #6. see PAY-2", "isDraft": False,
    "url": "https://github.example/acme/pay/pull/7", "state": "MERGED", "createdAt": "2026-04-05T10:00:00Z",
    "updatedAt": "2026-04-17T10:00:00Z", "mergedAt": "2026-04-16T10:00:00Z", "closedAt": "2026-04-16T10:00:00Z",
    "headRefName": "feature/pay-3", "headRefOid": "f" * 40, "author": WHO, "mergeCommit": {"oid": "e" * 40},
    "labels": {"nodes": [{"name": "bug"}]},
    "reviews": {"pageInfo": NO_MORE, "nodes": [{"id": "R1", "state": "APPROVED", "submittedAt": "2026-04-15T10:00:00Z",
        "author": WHO, "comments": {"totalCount": 2}, "onBehalfOf": {"nodes": [{"id": "T1"}]}}]},
    "commits": {"totalCount": 1, "pageInfo": NO_MORE, "nodes": [{"commit": {"oid": "d" * 40, "message": "PAY-5 x",
        "authoredDate": "2026-04-05T10:00:00Z", "committedDate": "2026-04-06T10:00:00Z", "author": {"user": WHO}}}]},
    "statusCheckRollup": {"state": "SUCCESS", "contexts": {"nodes": [
        {"startedAt": "2026-04-15T10:00:00Z", "completedAt": "2026-04-15T11:00:00Z"}, {"createdAt": "2026-04-15T10:30:00Z"}]}},
    "timelineItems": {"pageInfo": NO_MORE, "nodes": [
        {"__typename": "ReviewRequestedEvent", "id": "E1", "createdAt": "2026-04-14T10:00:00Z", "actor": WHO,
         "requestedReviewer": {"__typename": "Team", "slug": "core", "id": "T1"}},
        {"__typename": "ReviewDismissedEvent", "id": "E2", "createdAt": "2026-04-15T12:00:00Z", "actor": WHO,
         "review": {"id": "R1", "author": WHO}, "previousReviewState": "APPROVED"},
        {"__typename": "ClosedEvent", "id": "E3", "createdAt": "2026-04-16T10:00:00Z", "actor": WHO,
         "closer": {"oid": "e" * 40}},
        {"__typename": "MergedEvent", "id": "E4", "createdAt": "2026-04-16T10:00:00Z", "actor": WHO}]},
}  # fmt: skip
BUILT: Json = {
    "id": "C1",
    "oid": "e" * 40,
    "history": {"pageInfo": NO_MORE, "nodes": [{"oid": "e" * 40}, {"oid": "d" * 40}]},
}
GITHUB: Json = {
    name: {"data": {"repository": {"pullRequests": {"pageInfo": NO_MORE, "nodes": [PULL]}, "merged": {"nodes": [PULL]}}}}
    for name in ("Pulls", "Names", "Open")
} | {
    "Again": {"data": {"nodes": [PULL]}},
    "Deliveries": {"data": {"repository": {"url": "https://github.example/acme/pay",
        "releases": {"pageInfo": NO_MORE, "nodes": [
            {"id": f"RE_{n}", "tagName": f"v{n}", "url": f"https://x/v{n}", "createdAt": f"2026-04-0{n}T10:00:00Z",
             "publishedAt": f"2026-04-0{n}T11:00:00Z", "isDraft": False, "isPrerelease": n == 2, "tagCommit": BUILT}
            for n in (3, 2, 1)]},
        "deployments": {"pageInfo": NO_MORE, "nodes": [
            {"id": "DE_1", "environment": "production", "createdAt": "2026-04-03T10:00:00Z", "commit": BUILT,
             "statuses": {"nodes": [{"state": "SUCCESS", "createdAt": "2026-04-03T11:00:00Z"}]}}]}}}},
    "Environment": {"data": {"repository": {"deployments": {"pageInfo": NO_MORE, "nodes": []}}}},
    "MoreHistory": {"data": {"node": {"history": BUILT["history"]}}},
    "More": {"data": {"node": {name: {"pageInfo": NO_MORE, "nodes": []} for name in ("reviews", "commits", "timelineItems")}}},
    "Visible": {"data": {"repository": {"id": "R", "viewerPermission": "READ"}, "viewer": {"login": "bot"},
        "rateLimit": {"limit": 5000, "remaining": 4999}}},
    "headers": {"date": "Fri, 17 Apr 2026 12:00:00 GMT", "x-oauth-scopes": "repo", "x-ratelimit-reset": "1767780000"},
}  # fmt: skip
REFUSED: Json = {**GITHUB, "Pulls": {"errors": [{"type": "RATE_LIMITED"}], "data": {}}}
FORBIDDEN: Json = {**GITHUB, "Open": {"errors": [{"type": "FORBIDDEN", "path": ["repository", "x"]}], "data": {}}}
PAGED: Json = {**GITHUB, "Pulls": {"data": {"repository": {"pullRequests": {
    "pageInfo": {"hasNextPage": True, "endCursor": "a"}, "nodes": [PULL]}}}}}  # fmt: skip

SLACK: Json = {
    "auth_test": {"team_id": "T1", "team": "Acme"},
    "conversations_list": {"channels": [{"id": "C1", "name": "payments"}], "response_metadata": {"next_cursor": ""}},
    "conversations_history": {"messages": [{"ts": "1.2", "metadata": {
        "event_type": "gemba_digest", "event_payload": {"key": "key", "mark": "m", "file": "F1"}}}]},
    "files_info": {"file": {"mimetype": "image/png"}},
}  # fmt: skip

MEMBER: Json = {"user": {"id": "U1", "team_id": "T1"}, "team": {"id": "T1"}, "channel": {"id": "C1"}, "trigger_id": "t"}
VALUE = json.dumps(["Payments", "item PAY-1", "plan Box", "waste waiting at Review"])
REQUESTS: list[Json] = [
    {"type": "slash_commands", "payload": {"user_id": "U1", "team_id": "T1", "channel_id": "C1", "text": "stuck"}},
    *({"type": "interactive", "payload": {"type": "block_actions", **MEMBER, "actions": [
        {"action_id": action, "value": VALUE}]}} for action in ("take 0", "snooze", "not_waste", "why")),
    *({"type": "interactive", "payload": {"type": "view_submission", **MEMBER, "view": {
        "private_metadata": f"C1 {VALUE}", "callback_id": action, "state": {"values": {
            "about": {"about": {"selected_option": {"value": "item PAY-1"}}},
            "weeks": {"weeks": {"selected_option": {"value": "2"}}},
            "reason": {"reason": {"value": "it is a duty"}}}}}}} for action in ("snooze", "not_waste", "why")),
]  # fmt: skip

ROWS = "a,Open,{0},Ann\na,Done,{1},build-bot\nb,Open,{0},\n"
CSV = (
    b"\x00case,state,at,who\n" + ROWS.format("2026-01-05T09:00:00Z", "2026-01-07T09:00:00+02:00").encode(),
    b"\x01case;state;at\na;Ge\xc3\xb6ffnet;2026-03-29 02:30:00\na;Zu;1767225600000\n",
    "\x01case,state,at\nä,Geöffnet – für Müller,2026-01-05\n".encode("cp1252"),
    "\x01case,state,at\nä,Geöffnet,2026-01-05 09:00:00 UTC\n".encode("utf-16"),
    b"\x02case\tstate\tat\twho\na\tOpen\t1767225600.5\tAnn\n",
    b"\x03case,state,at,who\n" + ROWS.format("05.01.2026 09:00", "07.01.2026 10:30").encode(),
    b"\x04case;state;at\na;Open;2026-01-05T09:00:00+0100\n",
    b"\x05case,state,at,who\n" + ROWS.format("2026-01-05T09:00:00Z", "2026-01-07T09:00:00Z").encode(),
    b"\x83" + gzip.compress(b"case,state,at,who\na,Open,2026-01-05T09:00:00Z,Ann\n", mtime=0),
    b'\x00case,state,at,who\n"a\nb","Op""en",2026-01-05T09:00:00Z,"\n',
)
TRACE = (
    '<trace><string key="concept:name" value="a"/><event><string key="concept:name" value="Open"/>'
    '<string key="org:resource" value="Ann"/><date key="time:timestamp" value="2026-01-05T09:00:00.000+01:00"/></event>'
    '<event><string key="concept:name" value="Done"/><date key="time:timestamp" value="2026-01-06T09:00:00Z"/></event></trace>'
)
XES = (
    f'\x00<?xml version="1.0" encoding="UTF-8"?><log xmlns="http://www.xes-standard.org/">{TRACE}{TRACE}</log>'.encode(),
    f'\x01<log xes.version="1.0">{TRACE}<trace/></log>'.encode(),
    b"\x02" + gzip.compress(f"<log>{TRACE}</log>".encode(), mtime=0),
    f'\x00<!DOCTYPE log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><log>&b;{TRACE}</log>'.encode(),
    f'\x00<!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/hostname">]><log>&x;{TRACE}</log>'.encode(),
    f'\x00<!DOCTYPE log SYSTEM "http://127.0.0.1:9/x.dtd"><log>{TRACE}</log>'.encode(),
    f'\x00<?xml version="1.0" encoding="utf-16"?><log>{TRACE}</log>'.encode("utf-16"),
    f'\x04<log><extension name="x"/><list key="y"><values/></list>{TRACE.replace("Z", "")}</log>'.encode(),
)


def _calendar(*lines: str, head: str = "") -> bytes:
    event = (
        "BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Stand-up\r\n"
        + "\r\n".join(lines)
        + "\r\nEND:VEVENT\r\n"
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n{head}{event}END:VCALENDAR\r\n".encode()


BERLIN = "DTSTART;TZID=Europe/Berlin:20260316T090000"
ZONE = (
    "BEGIN:VTIMEZONE\r\nTZID:Odd\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)
MOVED = (
    "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID;TZID=Europe/Berlin:20260323T090000\r\n"
    "DTSTART;TZID=Europe/Berlin:20260323T110000\r\nDTEND;TZID=Europe/Berlin:20260323T113000"
)
ICS = (
    _calendar(BERLIN, "DURATION:PT30M", "RRULE:FREQ=WEEKLY", "ATTENDEE:mailto:a@x", "ORGANIZER:mailto:b@x"),
    _calendar(
        BERLIN,
        "DTEND;TZID=Europe/Berlin:20260316T100000",
        "RRULE:FREQ=DAILY;COUNT=30",
        "EXDATE:20260317T080000Z",
        MOVED,
    ),
    _calendar("DTSTART:20260410T090000", "DTEND:20260410T100000", head="X-WR-TIMEZONE:America/New_York\r\n"),
    _calendar("DTSTART;VALUE=DATE:20260410", "RRULE:FREQ=MONTHLY;BYDAY=1MO;UNTIL=20300101T000000Z"),
    _calendar(
        "DTSTART;TZID=Odd:20260410T090000", "DURATION:PT1H", "RDATE:20260411T070000Z,20260412T070000Z", head=ZONE
    ),
    _calendar(
        "DTSTART:20000101T000000Z", "DTEND:20000101T010000Z", "RRULE:FREQ=HOURLY;INTERVAL=1;BYHOUR=1,2,3;BYSETPOS=1"
    ),
    _calendar("DTSTART:00010101T000000Z", "DTEND:99991231T235959Z", "RRULE:FREQ=YEARLY", "STATUS:CANCELLED"),
    _calendar("DTSTART:00010102T000000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY"),
    _calendar("DTSTART:20000101T000000Z", "DTEND:20260410T010000Z", "RRULE:FREQ=HOURLY;COUNT=9999"),
    _calendar("DTSTART:20260401T000000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
    _calendar("DTSTART:20260401T000000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=MO;BYSETPOS=9"),
)

CHANGES = (
    b'cap = "Review", at = "24h", waste = "waiting"',
    b'{ cadence = "Board", on = ["mon", "thu"], hour = 10, waste = "waiting", name = "More often" }',
    b'deploy = "Deploy", on = "daily", waste = "waiting"',
    b'remove = "Review", share = 0.5, waste = "over-processing"',
    b'rework = "Review", by = 0.3, waste = "defects"',
    b'attention = "Review", times = 2, waste = "waiting"',
    b'parallel = ["Review", "Board"], waste = "waiting"',
    b'cap = "jira:In Review", at = 1979-05-27T07:32:00, compliance = nan, waste = "waiting"',
)
CONFIG = (Path(__file__).parents[1] / "config.example.toml").read_bytes()
TABLES = (
    b'[connectors.eventlog.x]\npath = "x.csv"\ncase = "c"\nstate = ["s", "l"]\nat = "t"\nat_format = "%d.%m"\nencoding = "cp1252"\n'
    b'[connectors.calendar.m]\ncalendars = ["m.ics", "$CAL", "https://x.example/a.ics"]\nstatus_meetings = ["stand-?up"]\n'
    b'timezone = "Europe/Berlin"\n[serve]\ntoken_env = "T"\ntrusted_header = "X-User"\ntrusted_proxies = ["10.0.0.0/8"]\n'
    b'hosts = ["a.example"]\n[mail]\nhost = "mail.example"\nport = 587\nsender = "a@b.example"\nuser = "u"\npassword_env = "P"\n',
    b'[store]\nurl = "sqlite:///x.db"\n[calendar]\ntimezone = "UTC"\nholidays = [2026-12-24]\nworking_hours = "09:00-17:00"\n'
    b'[schedule]\ncollect_every = "90m"\n[connectors.jira.a]\nurl = "https://a.example"\ntoken_env = "T"\nprojects = ["PAY"]\n'
    b'[[streams]]\nname = "P"\nsources = ["jira.a"]\nend = "Done"\nstages = [{name = "Review", kind = "approval", states = '
    b'["jira:R"], time_box = "24h"}, {name = "Done", kind = "done", states = ["jira:D"]}]\n'
    b'[[streams.key_results]]\nobjective = "O"\nname = "K"\nmetric = \'queues["Review"].wait.p50\'\nbaseline = 14.0\ntarget = 3.0\n'
    b'quarter = "2026-Q4"\nserves = {pattern = "deploy"}\n[[streams.gates]]\nname = "G"\non = 2026-12-18\ncontinue_at = 0.6\n'
    b'stop_below = 0.2\n[[streams.plan]]\nname = "B"\nwaste = "waiting"\nowner = "m"\ndue = 2026-12-15\nissue = "PAY"\n'
    b'change = { cap = "Review", at = "24h" }\nmilestones = [{ name = "x", due = 2026-12-01 }]\n',
)
COMMANDS = (
    b"", b"stuck", b"Payments explain PAY-1", "Zahlungen für alle: why waiting".encode(), b"stuck stuck", b"help",
    "gate “Quarter”".encode(), b"payments  MAP", "\u2068Payments\u2069 status".encode(),
)  # fmt: skip
TIMES = (
    b"2026-01-31\n2026-03-31\n2026-04-01", b"2026-01-31T09:00\n2026-01-31T09:00:00+01:00\n", b"\n\n2026-03-29T02:30",
    b"2199-12-31T23:59:59.999999-12:00\n1971-01-01\n", b"20260131T0900\n2026-W01-1\n",
)  # fmt: skip
METRICS = (
    b"lead_time.p85",
    b'queues["Review"].wait.p50',
    b"rework.share",
    b'wastes["waiting"].cost_per_week',
    b"age.n",
)
HEADERS = (
    b"Date: Fri, 17 Apr 2026 12:00:00 GMT\nRetry-After: 30", b"date: Fri, 17 Apr 2026 12:00:00 GMT\nretry-after: "
    b"Fri, 17 Apr 2026 12:10:00 -0000", b"Retry-After: 1e9\nDate: 17 Apr 26 12:00 EST",
)  # fmt: skip
ADDRESSES = (
    b"/", b"/streams/Payments?from=2026-01-31&to=2026-02-28&now=2026-03-01T09:00", b"/streams/Payments/analysis.json",
    b"/streams/Payments/future?cap%3AReview=3&suggest=1", b"/streams/Payments/future/answer?attention%3AReview=2",
    b"/streams/Payments/future.json?cap:Review=1", b"/streams/Payments/items?key=PAY-1", b"/streams/Payments/items/PAY-1",
    b"/streams/Payments/explain/PAY-2.json\nIf-None-Match: \"x\"", b"/streams/~~A~B", b"/static/pages.css", b"/metrics",
    b"/signin\ncontent-type: application/x-www-form-urlencoded\n\ntoken=tttttttttttttttt&next=/streams", b"/healthz",
    b"/streams/Payments/map.svg?dark\nCookie: gemba=1767780000.abc; x=\"y\"\nAuthorization: Bearer x\nSec-Fetch-Site: none",
)  # fmt: skip
TOLD: Json = {
    "end": "2026-04-13", "quiet": False, "news": {"x": {"what": "x", "at": "2026-04-06"}}, "stuck": ["PAY-1"],
    "expected": {"at_least": 3, "week": "2026-04-13"}, "came_true": [True, False],
}  # fmt: skip


def _json(*found: Any) -> Callable[[], Iterable[bytes]]:
    return lambda: [json.dumps(one).encode() for one in found]


def _as_they_are(found: Iterable[bytes]) -> Callable[[], Iterable[bytes]]:
    return lambda: found


def _kept(of: str, answers: Json) -> Callable[[], Iterable[bytes]]:
    """Payloads as they are stored, made of the usual answers."""
    return lambda: (json.dumps(one).encode() for one in stored(of, json.dumps(answers).encode()))


SEEDS: Mapping[str, Callable[[], Iterable[bytes]]] = {
    "jira_cloud": _json(JIRA, JIRA | {"search": {"issues": [ISSUE], "nextPageToken": "x", "count": 3}}),
    "jira_datacenter": _json(JIRA, JIRA | {"search": {"issues": [ISSUE, ISSUE | {"id": "2"}], "total": 4}}),
    "jira_kept": _kept("jira", JIRA),
    "github": _json(GITHUB, REFUSED, FORBIDDEN, PAGED),
    "github_kept": _kept("github", GITHUB),
    "slack_answers": _json(SLACK),
    "headers": _as_they_are(HEADERS),
    "csv": _as_they_are(CSV),
    "xes": _as_they_are(XES),
    "ics": _as_they_are(ICS),
    "config": _as_they_are((CONFIG, *TABLES)),
    "change": _as_they_are(CHANGES),
    "slash_command": _as_they_are(COMMANDS),
    "slack_request": _json(*REQUESTS),
    "times": _as_they_are(TIMES),
    "metric": _as_they_are(METRICS),
    "names": _as_they_are((b"PAY-1", b"Review", b"waiting", b"rework", b"Review to Build")),
    "kept": _json(TOLD),
    "address": _as_they_are(ADDRESSES),
}
RECORDED = {"ics": ("ics", "*.ics", b""), "xes": ("eventlogs", "*.xes*", b"\0"), "csv": ("eventlogs", "*.csv*", b"\0")}
"""Where recordings for a target are, and the byte that says how they are read."""


def seeds(target: str) -> list[bytes]:
    """Always the same, in the same order."""
    return list(SEEDS[target]())


def recorded(target: str) -> list[bytes]:
    """Small ones of those that are at hand; they are part of no checkout."""
    folder, pattern, before = RECORDED.get(target, ("", "", b""))
    found = sorted((SHARED / folder).rglob(pattern)) if folder and SHARED.is_dir() else []
    small = [path for path in found if path.is_file() and path.stat().st_size <= LARGEST]
    return [before + path.read_bytes() for path in small[:MOST]]
