"""Jira Cloud and Data Center, through python-jira.

Cloud: `search/jql` pages by token, at most 100 issues with fields; its inline changelog holds only the newest 40
entries, so histories come from `changelog/bulkfetch` (1,000 issues a request). Data Center: `search` pages by offset
and `expand=changelog`; where a history was cut there, the issue is asked for alone. Incremental: `updated >=` unquoted
epoch milliseconds, which are absolute (a quoted date is read in the account's time zone). A sprint begins and ends
without touching its issues, and a deletion touches nothing: both are found by the census.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice
from typing import Any

from connectors import jira_plan
from connectors.errors import NotThere, PayloadUnreadable, RateLimited, SourceUnavailable, reading
from connectors.jira_check import checked
from connectors.jira_events import people_of, time_of, translate, trim
from connectors.jira_settings import JiraSettings
from connectors.jira_site import Site
from connectors.jira_sprints import sprint_key, sprint_number, sprint_payload, sprints_in, translate_sprint
from connectors.jira_survey import categories
from connectors.pages import page_of
from connectors.people import judged
from connectors.records import (
    Budget,
    Category,
    Census,
    Check,
    ItemKind,
    Page,
    Payload,
    Person,
    Progress,
    Record,
    Wish,
    told,
)
from connectors.transport import Meter

log = logging.getLogger("gemba")

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
    "issuelinks",
    "statuscategorychangedate",
)
OVERLAP = timedelta(minutes=15)
"""The search is eventually consistent, and issues move between pages while they are walked."""

SEARCH_PAGE, ID_PAGE, CENSUS_PAGE = 100, 1000, 5000


class Jira:
    """The projects of one Jira site."""

    census_every = timedelta(hours=20)
    """Nightly, with room for a late start."""

    def __init__(self, name: str, settings: JiraSettings, now: Callable[[], datetime]) -> None:
        self.name, self.scopes = name, settings.scopes
        self._settings, self._now = settings, now
        self._meter = Meter()
        self._site = Site(name, settings, self._meter)
        self._cloud = settings.flavour == "cloud"

    @property
    def budget(self) -> Budget | None:
        """What is left of it; None where the source did not say."""
        return self._meter.budget

    def fetch(self, scope: str, cursor: str | None) -> Iterator[Page]:
        """Issues by ascending `updated`. The cursor is a time; it never passes the start of the walk."""
        since = datetime.fromisoformat(cursor) - OVERLAP if cursor else None
        changed = f" AND updated >= {_epoch_ms(since)}" if since else ""
        issues = self._search(scope, changed, "updated ASC, key ASC")
        first = list(islice(issues, 1))
        started = self._site.date or self._now()
        for page in self._pages(scope, chain(first, issues)):
            issues_read = [payload for payload in page.payloads if payload.kind == ItemKind.ISSUE]
            reached = [min(started, payload.updated_at).isoformat() for payload in issues_read[-1:]]
            yield replace(page, cursor=reached[0] if reached else None)
        yield Page((), started.isoformat(), complete=started)

    def census(self, scope: str) -> Census:
        """Every issue with its status, which a migrated workflow changes without moving `updated`; and every sprint."""
        marks = dict.fromkeys(self._ids(scope, ""), "")
        for status in sorted({str(status["id"]) for status in self._statuses(scope)}):
            marks |= {key: status for key in self._ids(scope, f" AND status = {status}") if key in marks}
        return Census(marks | self._sprint_marks(scope), whole=(ItemKind.ISSUE,))

    def _sprint_marks(self, scope: str) -> dict[str, str]:
        """Trouble with the boards does not keep issues from being counted."""
        try:
            return {payload.key: payload.mark for page in self._sprints(scope) for payload in page.payloads}
        except RateLimited:
            raise
        except (SourceUnavailable, PayloadUnreadable) as problem:
            log.warning("%s; sprints are read another time", problem)
            return {}

    def whereabouts(self, scope: str, keys: Sequence[str]) -> Mapping[str, str]:
        """An archived issue is no more found by a search, but still there."""
        with reading(f"{self.name} issues of project {scope}"):
            found = {key: self._site.project_of(key) for key in keys}
        return {key: _named(project, scope) for key, project in found.items() if project}

    def reread(self, scope: str, keys: Sequence[str]) -> Iterator[Page]:
        """What Jira does not know any more is left out; it refuses to be asked for it together with others."""
        sprints = [key for key in keys if sprint_number(key)]
        found = (self._site.sprint(str(sprint_number(key))) for key in sprints)
        yield self._sprint_page(scope, [sprint for sprint in found if sprint])
        issues = [key for key in keys if not sprint_number(key)]
        for start in range(0, len(issues), SEARCH_PAGE):
            yield from self._again(scope, issues[start : start + SEARCH_PAGE])

    def translate(self, payload: Payload) -> Iterator[Record]:
        with reading(f"{payload.source} {payload.kind} {payload.body.get('key') or payload.key}"):
            read = translate_sprint if payload.kind == ItemKind.SPRINT else translate
            yield from told(read(payload, self._settings.site))

    def states(self, scope: str) -> Sequence[str]:
        return sorted({str(status["name"]) for status in self._statuses(scope)})

    def sample(self, scope: str, most: int) -> Iterator[Page]:
        """Issues by descending `updated`, with their whole histories."""
        return self._pages(scope, islice(self._search(scope, "", "updated DESC, key ASC"), most))

    def categories(self, scope: str) -> Mapping[str, Category]:
        return categories(self._site, scope)

    def count(self, question: str) -> int:
        """Of issues that a JQL finds."""
        return self._site.count(question)

    def find_issue(self, scope: str, mark: str) -> str | None:
        return jira_plan.find_issue(self._site, scope, mark)

    def create_issue(self, scope: str, wish: Wish, mark: str) -> str:
        return jira_plan.create_issue(self._site, scope, wish, mark)

    def progress(self, keys: Sequence[str]) -> Mapping[str, Progress]:
        return jira_plan.progress(self._site, keys)

    def check(self) -> Iterator[Check]:
        return checked(self._site, self.scopes, self._now)

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
        roles = sorted(name for name in self._site.roles() if name.startswith("customfield_"))
        fields = (*FIELDS, *roles)
        return self._site.search(
            f'project = "{scope}"{condition} ORDER BY {order}', fields, SEARCH_PAGE, f"project {scope}"
        )

    def _ids(self, scope: str, condition: str) -> Iterator[str]:
        jql = f'project = "{scope}"{condition} ORDER BY key ASC'
        for issue in self._site.search(jql, ("id",), CENSUS_PAGE, f"project {scope}"):
            with reading(f"{self.name} search of project {scope}"):
                found = str(issue["id"])
            yield found

    def _pages(self, scope: str, issues: Iterator[Json]) -> Iterator[Page]:
        """As many issues as their histories can be asked for at once."""
        while chunk := list(islice(issues, ID_PAGE)):
            ids = [str(issue["id"]) for issue in chunk if isinstance(issue, dict) and issue.get("id")]
            histories = self._site.histories(ids, f"project {scope}") if self._cloud else {}
            make = partial(self._payload, scope, histories)
            page = page_of(chunk, make, ItemKind.ISSUE, lambda issue: f"{self.name} issue {issue.get('key')}")
            beside = self._sprint_page(scope, sprints_in(chunk, self._site.roles()))
            yield replace(
                page, payloads=beside.payloads + page.payloads, unreadable=page.unreadable + beside.unreadable
            )

    def _payload(
        self, scope: str, histories: Mapping[str, list[Json]], issue: Json
    ) -> tuple[Payload, Iterable[Person]]:
        issue_id = str(issue["id"])
        whole = self._completed(issue, histories.get(issue_id, []) if self._cloud else None)
        body = trim(whole, self._site.roles(), self._settings.blocking_links)
        payload = Payload(
            self.name, scope, ItemKind.ISSUE, issue_id, time_of(body["updated"]), body, body["status"]["id"]
        )
        return payload, [judged(person, self._settings) for person in people_of(self.name, whole, self._site.roles())]

    def _completed(self, issue: Json, histories: list[Json] | None) -> Json:
        """The issue with its whole history, and all its work logs where the search gave only some."""
        fields, inline, total = issue["fields"], issue.get("changelog") or {}, 0
        if histories is None:
            histories, total = inline.get("histories", []), int(inline.get("total", 0))
            if total > len(histories):
                histories = self._site.history(issue["id"]) or histories
        worklog = fields.get("worklog") or {}
        if int(worklog.get("total", 0)) > len(worklog.get("worklogs", [])):
            fields = {**fields, "worklog": self._site.worklogs(issue["id"]) or worklog}
        changelog = {"histories": histories, "missing": max(total - len(histories), 0)}
        return {**issue, "fields": fields, "changelog": changelog}

    def _sprints(self, scope: str) -> Iterator[Page]:
        """All of the project's boards, where the site has sprints."""
        if "Sprint" in self._site.roles().values():
            yield self._sprint_page(scope, self._site.sprints(scope))

    def _sprint_page(self, scope: str, sprints: Iterable[Json]) -> Page:
        def make(raw: Json) -> tuple[Payload, Iterable[Person]]:
            return sprint_payload(self.name, scope, sprint_key(scope, raw["id"]), raw), ()

        return page_of(sprints, make, ItemKind.SPRINT, lambda raw: f"{self.name} sprint {raw.get('id')}")


def _named(project: str, scope: str) -> str:
    """As it is configured, where it is the same."""
    return scope if project.casefold() == scope.casefold() else project


def _epoch_ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
