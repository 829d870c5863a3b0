"""Jira of a simulated company, on loopback and over the vendor's own protocol.

It answers what the connector asks, in Jira's shapes, and nothing else.
"""

import re
from datetime import UTC, datetime
from typing import Any

from bot.demo.stories import Company, Fact, ItemStory, SprintStory, Tracker

Json = dict[str, Any]

FLAG, SPRINT, BOARD = "customfield_10021", "customfield_10020", 1
AGILE = "/rest/agile/1.0/"
FIRST_ID = 10_000
"""Of the issues of the first project; those of the next begin as much higher."""
JIRA_ANSWERS: Json = {
    "myself": {"displayName": "Demo bot", "timeZone": "Europe/Berlin"},
    "serverInfo": {"deploymentType": "Cloud", "version": "1001.0.0"},
    "mypermissions": {"permissions": {"BROWSE_PROJECTS": {"havePermission": True}}},
    "field": [
        {"id": FLAG, "name": "Flagged", "schema": {"custom": "multicheckboxes"}},
        {"id": SPRINT, "name": "Sprint", "schema": {"custom": "com.pyxis.greenhopper.jira:gh-sprint"}},
    ],
}


class JiraStandIn:
    """Jira Cloud: search, bulk histories, sprints, and what `gemba check` asks."""

    def __init__(self, company: Company) -> None:
        self._tracker = company.tracker
        first = {project: FIRST_ID * n for n, project in enumerate(company.tracker.projects, 1)}
        issues = {str(first[item.project] + item.number): item for item in company.items}
        self._issues = dict(sorted(issues.items(), key=lambda pair: _updated(pair[1])))
        self._sprints = {sprint.number: _sprint(sprint, company.now) for sprint in company.sprints}

    def __call__(self, path: str, arguments: Json) -> Any:
        if path.startswith(AGILE):
            return self._agile(path.removeprefix(AGILE))
        match asked := path.removeprefix("/rest/api/2/"):
            case "project/search":
                return {"values": [self._listed(key) for key in self._tracker.projects], "isLast": True}
            case "search/jql":
                return self._search(arguments)
            case "search/approximate-count":
                return {"count": self._count(arguments["jql"])}
            case "changelog/bulkfetch":
                wanted = arguments["issueIdsOrKeys"]
                return {"issueChangeLogs": [self._log(issue_id) for issue_id in wanted]}
        return JIRA_ANSWERS.get(asked) or self._project(asked)

    def _project(self, asked: str) -> Any:
        """A project, or its statuses, which are the same in all."""
        _, _, key = asked.removesuffix("/statuses").partition("project/")
        if key not in self._tracker.projects:
            return None
        statuses = [
            {"id": str(n), "name": name, "statusCategory": {"key": _category(name, self._tracker)}}
            for n, name in enumerate(self._tracker.statuses, 1)
        ]
        named = {"key": key, "name": self._tracker.projects[key]}
        return [{"name": "Story", "statuses": statuses}] if asked.endswith("/statuses") else named

    def _listed(self, key: str) -> Json:
        changed = max((_updated(i).isoformat() for i in self._issues.values() if i.project == key), default=None)
        return {"key": key, "name": self._tracker.projects[key], "insight": {"lastIssueUpdateTime": changed}}

    def _log(self, issue_id: str) -> Json:
        found = _histories(self._issues[issue_id], self._tracker, (int(issue_id) - FIRST_ID) * 1000)
        return {"issueId": issue_id, "changeHistories": found}

    def _agile(self, asked: str) -> Any:
        if asked == "board":
            return {"values": [{"id": BOARD, "type": "scrum"}], "isLast": True}
        if asked == f"board/{BOARD}/sprint":
            return {"values": list(self._sprints.values()), "isLast": True}
        return self._sprints.get(int(asked.rpartition("/")[2]))

    def _count(self, jql: str) -> int:
        kind = re.search(r"type = (\w+)", jql)
        return sum(not kind or item.type == kind[1] for _, item in self._in(jql))

    def _in(self, jql: str) -> list[tuple[str, ItemStory]]:
        """The issues of the project that is asked for, by when they changed last."""
        bounded = re.search(r'project = "?(\w+)', jql)
        if bounded is None:
            raise LookupError("the JQL is not bounded")
        if bounded[1] not in self._tracker.projects:
            raise LookupError("the value of the field 'project' does not exist")
        return [(issue_id, item) for issue_id, item in self._issues.items() if item.project == bounded[1]]

    def _search(self, arguments: Json) -> Json:
        jql = arguments["jql"]
        since = re.search(r"updated >= (\d+)", jql)
        status = re.search(r"status = (\d+)", jql)
        named = re.search(r"id in \(([^)]+)\)", jql)
        found = [
            (issue_id, item)
            for issue_id, item in self._in(jql)
            if (not since or _updated(item).timestamp() * 1000 >= int(since[1]))
            and (not status or item.moves[-1].status == self._tracker.statuses[int(status[1]) - 1])
            and (not named or issue_id in named[1].split(", "))
        ]
        found = found[::-1] if "updated DESC" in jql else found
        start, size = int(arguments.get("nextPageToken") or 0), int(arguments["maxResults"])
        more = {"nextPageToken": str(start + size)} if start + size < len(found) else {}
        return {"issues": [self._issue(*one) for one in found[start : start + size]], **more}

    def _issue(self, issue_id: str, item: ItemStory) -> Json:
        status = item.moves[-1].status
        assigned = [f.detail for f in item.facts if f.what == "assigned"]
        return {
            "id": issue_id,
            "key": item.key,
            "fields": {
                "summary": item.title,
                "issuetype": {"name": item.type},
                "status": {"id": _status_id(status, self._tracker), "name": status},
                "created": item.created.isoformat(),
                "updated": _updated(item).isoformat(),
                "labels": list(item.labels),
                "parent": {"key": item.parent} if item.parent else None,
                SPRINT: [self._sprints[number] for _, number in item.planned if number in self._sprints] or None,
                "creator": _user(item.moves[0].who),
                "assignee": _user(assigned[-1]) if assigned else None,
                "resolution": {"name": item.resolution} if item.resolution else None,
            },
        }


def _sprint(story: SprintStory, now: datetime) -> Json:
    over = story.ended <= now
    return {
        "id": story.number,
        "name": story.name,
        "goal": story.goal or "",
        "state": "closed" if over else "active",
        "startDate": _iso(story.started),
        "endDate": _iso(story.ended),
        **({"completeDate": _iso(story.ended)} if over else {}),
    }


def _histories(item: ItemStory, tracker: Tracker, first_id: int) -> list[Json]:
    """Moves and other facts as one changelog, oldest first; `created` in milliseconds, as bulkfetch sends it."""
    changes: list[tuple[datetime, str, Json]] = []
    for before, move in zip(item.moves, item.moves[1:], strict=False):
        left, entered = (_status_id(status, tracker) for status in (before.status, move.status))
        changes.append((move.at, move.who, _change("status", left, before.status, entered, move.status)))
    taken = [str(number) for _, number in item.planned]
    for n, (at, _) in enumerate(item.planned):
        old, new = (", ".join(taken[:end]) or None for end in (n, n + 1))
        moved = _change("Sprint", old, old, new, new)
        changes.append((at, tracker.planner, {**moved, "fieldId": SPRINT, "fieldtype": "custom"}))
    holder: str | None = None
    for fact in item.facts:
        changes.append((fact.at, fact.who, _fact_change(fact, holder)))
        holder = fact.detail if fact.what == "assigned" else holder
    ordered = sorted(changes, key=lambda change: change[0])
    return [
        {
            "id": str(first_id + n),
            "author": _user(who),
            "created": round(at.timestamp() * 1000),
            "items": [change],
        }
        for n, (at, who, change) in enumerate(ordered)
    ]


def _fact_change(fact: Fact, holder: str | None) -> Json:
    match fact.what:
        case "assigned":
            return _change("assignee", holder, holder, fact.detail, fact.detail)
        case "flagged":
            return {**_change("Flagged", None, None, "1", "Impediment"), "fieldId": FLAG, "fieldtype": "custom"}
        case "unflagged":
            return {**_change("Flagged", "1", "Impediment", None, None), "fieldId": FLAG, "fieldtype": "custom"}
    return _change("description", None, None, None, None)


def _change(field: str, old: str | None, old_text: str | None, new: str | None, new_text: str | None) -> Json:
    return {"field": field, "fieldId": field, "from": old, "fromString": old_text, "to": new, "toString": new_text}


def _updated(item: ItemStory) -> datetime:
    return max([item.moves[-1].at, *(fact.at for fact in item.facts), *(at for at, _ in item.planned)])


def _category(status: str, tracker: Tracker) -> str:
    if status in tracker.ends:
        return "done"
    return "new" if status == tracker.statuses[0] else "indeterminate"


def _status_id(status: str, tracker: Tracker) -> str:
    return str(tracker.statuses.index(status) + 1)


def _iso(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _user(who: str) -> Json:
    return {"accountId": who.lower().replace(" ", "-"), "displayName": who, "accountType": "atlassian"}
