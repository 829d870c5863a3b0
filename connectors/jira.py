"""Jira Cloud and Data Center, through python-jira.

Cloud: `search/jql` pages by token, at most 100 issues with fields; its inline changelog holds only the newest 40
entries, so histories come from `changelog/bulkfetch` (1,000 issues a request). Data Center: `search` pages by offset
and `expand=changelog`; an issue whose history was cut there says so in its doubts. Incremental: `updated >=` unquoted
epoch milliseconds, which are absolute (a quoted date is read in the account's time zone).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice
from typing import Any

from connectors.errors import NotThere, SourceError, reading
from connectors.jira_events import time_of, translate, trim
from connectors.jira_site import JiraSettings, Site
from connectors.pages import page_of
from connectors.records import Check, Page, Payload, Record, told

Json = dict[str, Any]

FIELDS = (
    "summary",
    "issuetype",
    "status",
    "created",
    "updated",
    "labels",
    "parent",
    "project",
    "creator",
    "assignee",
    "resolution",
    "resolutiondate",
    "worklog",
    "statuscategorychangedate",
)
OVERLAP = timedelta(minutes=15)
"""The search is eventually consistent, and issues move between pages while they are walked."""

SEARCH_PAGE, ID_PAGE, CENSUS_PAGE = 100, 1000, 5000


class Jira:
    """The projects of one Jira site."""

    def __init__(self, name: str, settings: JiraSettings, now: Callable[[], datetime]) -> None:
        self.name, self.scopes = name, settings.scopes
        self._settings, self._now = settings, now
        self._site = Site(name, settings)
        self._cloud = settings.flavour == "cloud"

    def fetch(self, scope: str, cursor: str | None) -> Iterator[Page]:
        """Issues by ascending `updated`. The cursor is a time; it never passes the start of the walk."""
        since = datetime.fromisoformat(cursor) - OVERLAP if cursor else None
        changed = f" AND updated >= {_epoch_ms(since)}" if since else ""
        issues = self._search(scope, changed, "updated ASC, key ASC")
        first = list(islice(issues, 1))
        started = self._site.date or self._now()
        for page in self._pages(scope, chain(first, issues)):
            reached = [min(started, payload.updated_at).isoformat() for payload in page.payloads[-1:]]
            yield replace(page, cursor=reached[0] if reached else None)
        yield Page((), started.isoformat(), complete=started)

    def census(self, scope: str) -> Mapping[str, str]:
        """The status of every issue: a migrated workflow changes it without moving `updated`."""
        statuses = sorted({str(status["id"]) for status in self._statuses(scope)})
        return {key: status for status in statuses for key in self._ids(scope, status)}

    def reread(self, scope: str, keys: Sequence[str]) -> Iterator[Page]:
        """What Jira does not know any more is left out; it refuses to be asked for it together with others."""
        for start in range(0, len(keys), SEARCH_PAGE):
            yield from self._again(scope, keys[start : start + SEARCH_PAGE])

    def translate(self, payload: Payload) -> Iterator[Record]:
        with reading(f"{payload.source} issue {payload.body.get('key') or payload.key}"):
            yield from told(translate(payload, self._settings.browse_url or self._settings.url))

    def states(self, scope: str) -> Sequence[str]:
        return sorted({str(status["name"]) for status in self._statuses(scope)})

    def check(self) -> Iterator[Check]:
        token = self._checked("token", "myself", lambda me: (True, f"accepted as {me.get('displayName', 'unknown')}"))
        yield token
        if not token.ok:
            return
        yield self._checked("flavour", "serverInfo", self._flavour)
        for scope in self.scopes:
            yield self._checked(
                f"project {scope}", f"project/{scope}", lambda found: (True, f"visible: {found.get('name')}")
            )

    def _checked(self, what: str, path: str, judge: Callable[[Json], tuple[bool, str]]) -> Check:
        try:
            with reading(f"{self.name} {what}"):
                ok, detail = judge(self._site.get(path, what))
        except SourceError as problem:
            ok, detail = False, str(problem).removeprefix(f"{self.name}: ")
        return Check(f"{self.name}: {what}", ok, detail)

    def _flavour(self, info: Json) -> tuple[bool, str]:
        found = "cloud" if info.get("deploymentType") == "Cloud" else "datacenter"
        hint = "" if found == self._settings.flavour else f'; set flavour = "{found}"'
        return not hint, f"the server is {found}{hint}"

    def _statuses(self, scope: str) -> list[Json]:
        """Of all types of issues of a project."""
        types = self._site.get(f"project/{scope}/statuses", f"project {scope}")
        with reading(f"{self.name} statuses of project {scope}"):
            return [{"id": s["id"], "name": s["name"]} for t in types for s in t["statuses"]]

    def _again(self, scope: str, keys: Sequence[str]) -> Iterator[Page]:
        try:
            yield from self._pages(scope, self._search(scope, f" AND id in ({', '.join(keys)})", "key ASC"))
        except NotThere:
            if len(keys) > 1:
                yield from self._again(scope, keys[: len(keys) // 2])
                yield from self._again(scope, keys[len(keys) // 2 :])

    def _search(self, scope: str, condition: str, order: str) -> Iterator[Json]:
        return self._site.search(
            f'project = "{scope}"{condition} ORDER BY {order}', FIELDS, SEARCH_PAGE, f"project {scope}"
        )

    def _ids(self, scope: str, status: str) -> Iterator[str]:
        jql = f'project = "{scope}" AND status = {status} ORDER BY key ASC'
        return (str(issue["id"]) for issue in self._site.search(jql, ("id",), CENSUS_PAGE, f"project {scope}"))

    def _pages(self, scope: str, issues: Iterator[Json]) -> Iterator[Page]:
        """As many issues as their histories can be asked for at once."""
        while chunk := list(islice(issues, ID_PAGE)):
            ids = [str(issue["id"]) for issue in chunk if isinstance(issue, dict) and issue.get("id")]
            histories = self._site.histories(ids, f"project {scope}") if self._cloud else {}
            make = partial(self._payload, scope, histories)
            yield page_of(chunk, make, "issue", lambda issue: f"{self.name} issue {issue.get('key')}")

    def _payload(self, scope: str, histories: Mapping[str, list[Json]], issue: Json) -> Payload:
        body = trim(issue, histories.get(str(issue["id"]), []) if self._cloud else None)
        return Payload(self.name, scope, "issue", body["id"], time_of(body["updated"]), body, body["status"]["id"])


def _epoch_ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
