"""The joined data sets, written as recordings that the replay servers can serve: issues and pull requests."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def rows(path: Path) -> list[Json]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def write_issues(found: Iterable[Json], target: Path) -> Path:
    """Raw Jira issues with their transitions as history."""
    states: dict[str, str] = {}
    target.write_text(
        "\n".join(json.dumps(_issue(number, row, states)) for number, row in enumerate(found, 1)), "utf-8"
    )
    return target


def write_pulls(found: Iterable[Json], repository: str, target: Path) -> Path:
    """Raw pull requests; the title names the issues, for that is how Apache's bot knows them."""
    stories: dict[int, list[Json]] = defaultdict(list)
    keys: dict[int, list[str]] = defaultdict(list)
    commits: dict[int, list[Json]] = defaultdict(list)
    for row in found:
        known = [event for event in row.get("pr_events", ()) if event["pr"]]
        for event in known:
            stories[event["pr"]].append(event)
        for number in {event["pr"] for event in known}:
            keys[number].append(row["key"])
        for commit in row["commits"]:
            for number in commit["pr_numbers"]:
                commits[number].append(commit)
                stories.setdefault(number, [])
    records = [_pull(n, repository, story, keys[n], commits[n]) for n, story in sorted(stories.items())]
    target.write_text("\n".join(json.dumps(record) for record in records), "utf-8")
    return target


def _issue(number: int, row: Json, states: dict[str, str]) -> Json:
    def state(name: str) -> str:
        return states.setdefault(name, str(len(states) + 1))

    histories = [
        {
            "id": str(number * 1000 + n),
            "created": t["at"],
            "author": _user(t.get("by")),
            "items": [
                {
                    "field": "status",
                    "fieldtype": "jira",
                    "from": state(t["from"]),
                    "fromString": t["from"],
                    "to": state(t["to"]),
                    "toString": t["to"],
                }
            ],
        }
        for n, t in enumerate(row.get("transitions", ()))
    ]
    updated = max([row["created"], row["resolved"] or row["created"], *(h["created"] for h in histories)])
    return {
        "id": str(number),
        "key": row["key"],
        "fields": {
            "summary": row["key"],
            "issuetype": {"id": "1", "name": row["type"], "subtask": False},
            "created": row["created"],
            "updated": updated,
            "status": {"id": state(row["status"]), "name": row["status"]},
            "resolution": {"id": "1", "name": row["resolution"]} if row["resolution"] else None,
            "resolutiondate": row["resolved"],
            "project": {"id": row["key"].partition("-")[0], "key": row["key"].partition("-")[0], "name": "x"},
        },
        "changelog": {"histories": histories},
    }


def _pull(number: int, repository: str, told: list[Json], keys: list[str], commits: list[Json]) -> Json:
    story = sorted({(e["at"], e["kind"], e["actor"]) for e in told})
    dates = [_utc(at) for at, _, _ in story] + [_utc(c["commit_date"]) for c in commits]
    opened = next((_utc(at) for at, kind, _ in story if kind == "opened"), min(dates))
    closed = [(_utc(at), actor) for at, kind, actor in story if kind == "closed"][-1:]
    author = next((actor for _, kind, actor in story if kind == "opened"), "unknown")
    events = [
        _event(number * 1000 + n, *happening)
        for n, happening in enumerate(story)
        if happening[1] in ("review_comment", "closed")
    ]
    events += [
        {
            "event": "committed",
            "sha": c["sha"],
            "message": c["subject"],
            "author": {"date": _utc(c["author_date"])},
            "committer": {"date": _utc(c["commit_date"])},
        }
        for c in commits
    ]
    return {
        "pull": {
            "id": number,
            "number": number,
            "node_id": f"PR_{number}",
            "title": " ".join(keys) or f"Pull {number}",
            "body": None,
            "state": "closed" if closed else "open",
            "user": _login(author),
            "labels": [],
            "created_at": opened,
            "updated_at": max([opened, *dates]),
            "closed_at": closed[0][0] if closed else None,
            "merged_at": None,
            "merged": False,
            "merge_commit_sha": None,
            "draft": False,
            "assignees": [],
            "requested_reviewers": [],
            "requested_teams": [],
            "head": {"ref": f"pull-{number}", "sha": f"{number:040x}"},
            "base": {"ref": "master", "sha": "0" * 40, "repo": {"full_name": repository}},
        },
        "events": events,
        "comments": [],
    }


def _event(identity: int, at: str, kind: str, actor: str) -> Json:
    if kind == "closed":
        return {"id": identity, "event": "closed", "created_at": _utc(at), "actor": _login(actor), "commit_id": None}
    return {
        "id": identity,
        "event": "reviewed",
        "submitted_at": _utc(at),
        "user": _login(actor),
        "state": "commented",
        "commit_id": None,
    }


def _login(name: str) -> Json:
    return {"login": name, "id": int.from_bytes(name.encode()[-4:], "big"), "type": "User"}


def _user(name: str | None) -> Json | None:
    return {"name": name, "displayName": name, "active": True} if name else None


def _utc(text: str) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
