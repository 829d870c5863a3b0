"""Issues that Jira keeps of a plan: each is made once, found again, and followed.

Jira knows no key against duplicates, and an answer can be lost after the issue was made. So every issue carries a
label that follows from its mark, by which it is found (a JQL finds entity properties only where an app declares them),
and the mark itself as a property, the proof. The search is eventually consistent: a new issue is found after seconds,
seldom minutes. Sources: developer.atlassian.com, Jira Cloud REST v2, create issue; search and reconcile.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import requests

from connectors.errors import AccessDenied, NotThere, RateLimited, SourceError, reading
from connectors.jira_events import plan_label, time_of
from connectors.jira_site import Site, unanswered
from connectors.jira_survey import category_of
from connectors.records import Category, Progress, Wish
from connectors.transport import refusal

Json = dict[str, Any]

PROPERTY = "gemba.plan"
PAGE = 100
ISSUE_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[0-9]+")

SUMMARY_LIMIT, TEXT_LIMIT = 255, 32_767
"""In UTF-16 units, as Java counts. Source: support.atlassian.com, jira.text.field.character.limit."""

STANDING = ("status", "statuscategorychangedate", "assignee", "resolution", "created")
"""Keys of Jira's categories of states; a state without one is as far as nobody knows not begun."""

MOST_SAID, MOST_COMPLAINTS = 120, 3
ADVICE = {
    "labels": "put the field Labels on the screen by which issues are created there; by its label the issue is found",
    "duedate": "put the field Due date on the screen by which issues are created there",
    "description": "put the field Description on the screen by which issues are created there",
    "issuetype": "set issue_type of [connectors.{source}] to a type of the project",
    "project": "check the key of the project, and that the token in {token} may create issues there",
    "": "check that the token in {token} may create issues there, and issue_type of [connectors.{source}]",
}
"""What to do, by the field that Jira complains about."""

ADVICE |= {"pid": ADVICE["project"], "summary": ADVICE[""]}
REQUIRED = "make {field} optional there, or set issue_type of [connectors.{source}] to a type without it"


def find_issue(site: Site, scope: str, mark: str) -> str | None:
    """The key of the oldest issue of the project with the label, since whoever clones an issue clones its labels.

    The key has to be asked for: without it a search of Cloud tells only the id.
    """
    jql = f'project = "{scope}" AND labels = "{plan_label(mark)}" ORDER BY key ASC'
    with reading(f"{site.name} search of project {scope}"):
        return next((str(issue["key"]) for issue in site.search(jql, ("key",), PAGE, f"project {scope}")), None)


def create_issue(site: Site, scope: str, wish: Wish, mark: str) -> str:
    """The key of the new issue. One request, whatever comes of it.

    Raises AccessDenied or RateLimited where Jira refused, SourceUnavailable where it was not reached, and Unanswered
    where the issue may have been made.
    """
    what = f"a new issue in {scope}"
    answer = site.sent_once("issue", _request(site, scope, wish, mark), what)
    if _refuses(answer.status_code):
        raise _refused(site, scope, answer)
    key = _read(answer).get("key") if answer.ok else None
    if not isinstance(key, str) or not ISSUE_KEY.fullmatch(key):
        raise unanswered(site.name, what, answer.status_code)
    return key


def progress(site: Site, keys: Sequence[str]) -> dict[str, Progress]:
    """By the key that was asked for; one that Jira does not show is left out. One request for a hundred, if all are."""
    wanted = [key for key in dict.fromkeys(keys) if ISSUE_KEY.fullmatch(key)]
    categories = _categories(site) if wanted and site.settings.flavour == "datacenter" else {}
    found: dict[str, Progress] = {}
    for start in range(0, len(wanted), PAGE):
        for key, issue in _issues(site, wanted[start : start + PAGE]):
            with reading(f"{site.name} issue {key}"):
                found[key] = _progress(site, issue, categories)
    return found


def _issues(site: Site, keys: Sequence[str]) -> Iterator[tuple[str, Json]]:
    """Jira refuses a JQL that names an issue it does not show, and answers with the new key of one that was moved."""
    quoted = ", ".join(f'"{key}"' for key in keys)
    try:
        found = list(site.search(f"key in ({quoted}) ORDER BY key ASC", STANDING, PAGE, "the issues of the plan"))
    except NotThere:
        if len(keys) > 1:
            yield from _issues(site, keys[: len(keys) // 2])
            yield from _issues(site, keys[len(keys) // 2 :])
            return
        found = []
    with reading(f"{site.name} search of the issues of the plan"):
        by_key = {str(issue["key"]): issue for issue in found}
    for key in keys:
        issue = by_key.get(key) or site.issue(key, STANDING)
        if issue:
            yield key, issue


def _progress(site: Site, issue: Json, categories: Mapping[str, str]) -> Progress:
    fields, key = issue["fields"], str(issue["key"])
    return Progress(
        key=key,
        url=f"{site.settings.site}/browse/{key}",
        state=str(fields["status"]["name"]),
        category=category_of(fields["status"]) or Category.PLANNED,
        since=_since(issue, categories) if categories else _time(fields.get("statuscategorychangedate")),
        assigned=bool(fields.get("assignee")),
        resolution=(fields.get("resolution") or {}).get("name"),
    )


def _since(issue: Json, categories: Mapping[str, str]) -> datetime | None:
    """Data Center does not say when; the moves do, as far back as its history goes."""
    fields, changelog = issue["fields"], issue.get("changelog") or {}
    histories = changelog.get("histories", [])
    moves = [
        (time_of(history["created"]), str(change["from"]))
        for history in histories
        for change in history["items"]
        if change["field"] == "status"
    ]
    for at, left in sorted(moves, reverse=True):
        if categories.get(left) != _category(fields["status"]):
            return at if left in categories else None
    return _time(fields["created"]) if int(changelog.get("total", 0)) <= len(histories) else None


def _categories(site: Site) -> dict[str, str]:
    """The category of each state, by its id."""
    states = site.get("status", "the list of states")
    with reading(f"{site.name} list of states"):
        return {str(state["id"]): _category(state) for state in states}


def _category(state: Json) -> str:
    return str((state.get("statusCategory") or {}).get("key"))


def _time(text: str | None) -> datetime | None:
    return time_of(text) if text else None


def _request(site: Site, scope: str, wish: Wish, mark: str) -> Json:
    """Version 2 takes the text as it is; version 3 would want a document."""
    labels = ["-".join(label.split()) for label in wish.labels]
    fields = {
        "project": {"key": scope},
        "summary": _cut(" ".join(wish.title.split()), SUMMARY_LIMIT),
        "description": _cut(wish.text, TEXT_LIMIT),
        "issuetype": {"name": site.settings.issue_type},
        "labels": [*dict.fromkeys(label for label in labels if label), plan_label(mark)],
        **({"duedate": wish.due.isoformat()} if wish.due else {}),
    }
    return {"fields": fields, "properties": [{"key": PROPERTY, "value": {"mark": mark}}]}


def _cut(text: str, limit: int) -> str:
    units = text.encode("utf-16-le", "replace")
    return text if len(units) <= 2 * limit else units[: 2 * (limit - 1)].decode("utf-16-le", "ignore") + "…"


def _refuses(status: int) -> bool:
    """Whether nothing was made for certain. 303 follows what was done, and 408 may come from a gateway in between."""
    return 300 <= status < 500 and status not in (303, 408)


def _refused(site: Site, scope: str, answer: requests.Response) -> SourceError:
    status, token = answer.status_code, site.settings.token_place
    if status < 400:
        return AccessDenied(f"{site.name}: url leads elsewhere ({status}); write the address that it leads to")
    problem = refusal(site.name, f"project {scope}", status, answer.headers, token)
    if isinstance(problem, RateLimited) or status == 404:
        return problem
    if status in (401, 403):
        return AccessDenied(
            f"{problem}; to make issues, grant it Create Issues there, and a scoped token write:jira-work"
        )
    complaints = _complaints(answer)
    advice = dict.fromkeys(
        ADVICE.get(field, REQUIRED).format(field=field, source=site.name, token=token) for field, _ in complaints
    )
    says = "; ".join(f"{field}: {text}" if field else text for field, text in complaints)
    return AccessDenied(f"{site.name}: Jira makes no issue in {scope} ({status}: {says}); {'; '.join(advice)}")


def _complaints(answer: requests.Response) -> list[tuple[str, str]]:
    """A few of them, shortened: field, or nothing, and what Jira says."""
    said = _read(answer)
    errors, messages = said.get("errors"), said.get("errorMessages")
    found = list(errors.items()) if isinstance(errors, dict) else []
    found += [("", message) for message in messages] if isinstance(messages, list) else []
    short = [(str(field)[:30], " ".join(str(text).split())[:MOST_SAID].rstrip(" .")) for field, text in found]
    return short[:MOST_COMPLAINTS] or [("", "no reason given")]


def _read(answer: requests.Response) -> Json:
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
