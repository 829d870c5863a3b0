"""How to ask Jira: the requests that python-jira has no method for, sent through its session."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from threading import local
from typing import Any

import requests
from urllib3.exceptions import NewConnectionError

from connectors.errors import AccessDenied, NotThere, SourceUnavailable, Unanswered, reading
from connectors.jira_settings import JiraAccess
from connectors.network import in_words, untrusted
from connectors.pages import Onward
from connectors.transport import TIMEOUT_S, Meter, patiently, refusal, server_time, unreachable

Json = dict[str, Any]

HISTORIES_PAGE, WORKLOGS_PAGE, AGILE_PAGE = 10_000, 5000, 50
MOST_STEPS_BACK = 20

GATEWAY = "https://api.atlassian.com/ex/jira/"
"""Where tokens with scopes and of service accounts are taken. Source: support.atlassian.com, scoped API tokens."""

ROLES = {
    "com.pyxis.greenhopper.jira:gh-sprint": "Sprint",
    "com.pyxis.greenhopper.jira:gh-epic-link": "Epic Link",
    "com.atlassian.jpo:jpo-custom-field-parent": "Parent Link",
    "com.atlassian.servicedesk.approvals-plugin:sd-approvals": "Approvals",
}
"""What a field is for, by the type of the plug-in that made it; its name and id differ from site to site."""


class Site(local):
    """One Jira. Every thread has its own connection, and its own idea of the time there."""

    def __init__(self, name: str, settings: JiraAccess, meter: Meter) -> None:
        self.name, self.settings, self._meter = name, settings, meter
        self.date: datetime | None = None
        self._client: Any = None
        self._roles: dict[str, str] | None = None

    def get(self, path: str, what: str, api: str = "api/2") -> Any:
        return patiently(lambda: self._ask("GET", path, None, what, api))

    def roles(self) -> dict[str, str]:
        """Id and name of every field with a role of its own -> the role."""
        if self._roles is None:
            fields = self.get("field", "the list of fields")
            with reading(f"{self.name} list of fields"):
                found = [(str(field["id"]), str(field["name"]), self._role(field)) for field in fields]
            self._roles = {key: role for field_id, name, role in found if role for key in (name, field_id)}
        return self._roles

    def _role(self, field: Json) -> str | None:
        custom = (field.get("schema") or {}).get("custom")
        if custom and field["name"] == self.settings.flag_field:
            return "Flagged"
        return ROLES.get(str(custom))

    def search(self, jql: str, fields: Sequence[str], size: int, what: str) -> Iterator[Json]:
        """All issues that match, page by page; on Data Center with as much of their history as fits inline."""
        return (self._search_cloud if self.settings.flavour == "cloud" else self._search_datacenter)(
            {"jql": jql, "fields": list(fields), "maxResults": size}, what
        )

    def histories(self, ids: list[str], what: str) -> dict[str, list[Json]]:
        """Every change of every named issue (Cloud). An issue may be split over pages."""
        found: dict[str, list[Json]] = {}
        body: Json = {"issueIdsOrKeys": ids, "maxResults": HISTORIES_PAGE}
        with reading(f"{self.name} histories of {what}"):
            for answer in self._by_token("changelog/bulkfetch", body, what, "issueChangeLogs"):
                for log in answer["issueChangeLogs"]:
                    found.setdefault(str(log["issueId"]), []).extend(log["changeHistories"])
        return found

    def history(self, issue_id: str) -> list[Json]:
        """The changes of one issue (Data Center, which cuts them less here than in a search)."""
        issue = self._known(f"issue/{issue_id}?fields=summary&expand=changelog", f"the history of issue {issue_id}")
        return issue["changelog"]["histories"] if issue else []

    def worklogs(self, issue_id: str) -> Json | None:
        """All of an issue; a search embeds only the first twenty."""
        path = f"issue/{issue_id}/worklog?startAt=0&maxResults={WORKLOGS_PAGE}"
        found: Json | None = self._known(path, f"the work logs of issue {issue_id}")
        return found

    def project_of(self, issue_id: str) -> str | None:
        """Where an issue is; None where Jira does not know it, or does not show it."""
        issue = self._known(f"issue/{issue_id}?fields=project", f"issue {issue_id}")
        return str(issue["fields"]["project"]["key"]) if issue else None

    def _known(self, path: str, what: str) -> Any:
        try:
            return self.get(path, what)
        except NotThere:
            return None

    def issue(self, key: str, fields: Sequence[str]) -> Json | None:
        """One issue, on Data Center with its history; None where Jira does not know it, or does not show it.

        Data Center refuses with 403 what it does not show, so an issue is asked for alone only with a token that was
        just accepted.
        """
        expand = "" if self.settings.flavour == "cloud" else "&expand=changelog"
        try:
            found: Json = self.get(f"issue/{key}?fields={','.join(fields)}{expand}", f"issue {key}")
        except AccessDenied:
            return None
        return found

    def sprints(self, project: str) -> Iterator[Json]:
        """Of all boards of a project, each once. A site without Jira Software has none."""
        seen = set[str]()
        for board in self._agile(f"board?projectKeyOrId={project}&"):
            for sprint in self._agile(f"board/{board.get('id')}/sprint?") if board.get("type") != "kanban" else ():
                number = str(sprint.get("id"))
                if number not in seen:
                    seen.add(number)
                    yield sprint

    def shows_boards(self) -> bool:
        """Whether the token may read boards."""
        try:
            self.get("board?maxResults=1", "the boards", "agile/1.0")
        except AccessDenied:
            return False
        return True

    def sprint(self, sprint_id: str) -> Json | None:
        try:
            found: Json = self.get(f"sprint/{sprint_id}", f"sprint {sprint_id}", "agile/1.0")
        except AccessDenied:
            return None
        return found

    def _agile(self, path: str) -> Iterator[Json]:
        """Source: developer.atlassian.com, Jira Software REST: pages of 50, an end by `isLast`."""
        start, last, onward = 0, False, Onward(f"{self.name}: the boards")
        while not last:
            try:
                answer = self.get(f"{path}startAt={start}&maxResults={AGILE_PAGE}", "the boards", "agile/1.0")
            except AccessDenied:
                return
            with reading(f"{self.name} boards"):
                values, last = list(answer["values"]), bool(answer.get("isLast", True))
            onward.to(values)
            yield from (value for value in values if isinstance(value, dict))
            start, last = start + len(values), last or not values

    def page_cap(self, project: str, wanted: int) -> int:
        """How many issues the server gives at once, of so many that are wanted."""
        path = "search/jql" if self.settings.flavour == "cloud" else "search"
        body = {"jql": f'project = "{project}" ORDER BY key ASC', "fields": ["summary"], "maxResults": wanted}
        answer = self._post(path, body, f"project {project}", "issues")
        more = answer.get("nextPageToken") or int(answer.get("total", 0)) > len(answer["issues"])
        return len(answer["issues"]) if more else wanted

    def count(self, jql: str) -> int:
        """How many issues match; Cloud knows it only nearly, and refuses a JQL that restricts nothing.

        Source: developer.atlassian.com, Jira Cloud REST, search/approximate-count; Data Center counts with a search.
        """
        cloud = self.settings.flavour == "cloud"
        path, holds = ("search/approximate-count", "count") if cloud else ("search", "total")
        body: Json = {"jql": jql} if cloud else {"jql": jql, "maxResults": 0, "fields": ["id"]}
        try:
            answer = patiently(lambda: self._ask("POST", path, body, f"the JQL {jql}"))
        except NotThere as problem:
            raise NotThere(
                f"{self.name}: the JQL {jql} was refused; try it in the search of Jira, and restrict it to something"
            ) from problem
        with reading(f"{self.name} count of {jql}"):
            return int(answer[holds])

    def _search_cloud(self, body: Json, what: str) -> Iterator[Json]:
        """Source: developer.atlassian.com, Jira Cloud REST, search/jql; there is no total."""
        for answer in self._by_token("search/jql", body, what, "issues"):
            yield from answer["issues"]

    def _search_datacenter(self, body: Json, what: str) -> Iterator[Json]:
        """Each page begins with the last issue of the one before.

        Where that one stands elsewhere, issues moved while they were walked; where it is gone, the walk goes back.
        """
        expand = [] if body["fields"] == ["id"] else ["changelog"]
        start, last, total, steps_back = 0, None, 1, 0
        while start < total:
            answer = self._post("search", body | {"startAt": start, "expand": expand}, what, "issues")
            with reading(f"{self.name} search of {what}"):
                issues, total = answer["issues"], int(answer["total"])
                ids = [issue.get("id") if isinstance(issue, dict) else None for issue in issues]
            if last is not None and last not in ids:
                steps_back += 1
                if steps_back > MOST_STEPS_BACK:
                    raise SourceUnavailable(f"{self.name}: {what} changes while it is read; try again later")
                start, last = max(start - max(len(issues), 1), 0), None
                continue
            yield from issues[ids.index(last) + 1 if last is not None else 0 :]
            if start + len(issues) >= total or len(issues) <= (last is not None):
                return
            start, last = start + len(issues) - 1, ids[-1]

    def _by_token(self, path: str, body: Json, what: str, holds: str) -> Iterator[Json]:
        token, onward = None, Onward(f"{self.name}: the answers for {what}")
        while True:
            answer = self._post(path, body | ({"nextPageToken": token} if token else {}), what, holds)
            yield answer
            token = answer.get("nextPageToken")
            if not token:
                return
            onward.to(token)

    def _post(self, path: str, body: Json, what: str, holds: str) -> Json:
        answer: Json = patiently(lambda: self._ask("POST", path, body, what))
        if not isinstance(answer, dict) or not isinstance(answer.get(holds), list):
            raise SourceUnavailable(f"{self.name}: the answer for {what} is not Jira's; check that url leads to a Jira")
        return answer

    def _ask(self, method: str, path: str, body: Json | None, what: str, api: str = "api/2") -> Any:
        url = self._url(path, api)
        try:
            answer = self._sent(method, url, body)
        except requests.RequestException as problem:
            raise unreachable(self.name, url, problem) from problem
        self._meter.read(answer.headers)
        if answer.ok:
            self.date = server_time(answer.headers)
            return self._read(answer, url)
        if answer.status_code in (404, 410) and path.startswith(("search", "changelog")):
            raise AccessDenied(
                f"{self.name}: {url} is not there ({answer.status_code}); check url, and that flavour is right "
                f'(it is "{self.settings.flavour}")'
            )
        raise refusal(self.name, what, answer.status_code, answer.headers, self.settings.token_place)

    def _read(self, answer: requests.Response, url: str) -> Any:
        """Python refuses numbers of thousands of digits, and what is nested thousands deep."""
        try:
            return answer.json()
        except (ValueError, RecursionError) as problem:
            raise SourceUnavailable(
                f"{self.name}: {url} did not answer in JSON; check that url leads to a Jira"
            ) from problem

    def sent_once(self, path: str, body: Json, what: str) -> requests.Response:
        """The answer to a POST that makes something, whatever it says: never sent again, nor to where it is redirected.

        Raises Unanswered, or SourceUnavailable where no connection came about.
        """
        url = self._url(path)
        try:
            return self._sent("POST", url, body, follow=False)
        except requests.RequestException as problem:
            if _never_sent(problem) or untrusted(problem):
                raise unreachable(self.name, url, problem) from problem
            raise unanswered(self.name, what, in_words(problem)) from problem

    def _sent(self, method: str, url: str, body: Json | None, *, follow: bool = True) -> requests.Response:
        """python-jira's session repeats lost writes, and fails over refusals of a shape that it does not know.

        The one that it is derived from does neither.
        """
        session = self._connected()._session
        return requests.Session.request(session, method, url, json=body, timeout=TIMEOUT_S, allow_redirects=follow)

    def _url(self, path: str, api: str = "api/2") -> str:
        return f"{self.settings.url.rstrip('/')}/rest/{api}/{path}"

    def gateway(self) -> str | None:
        """The address for scoped tokens of a Cloud site, which everybody may ask for."""
        site = re.match(r"https://[^/]+", self.settings.url)
        if site is None or self.settings.url.startswith(GATEWAY):
            return None
        try:
            answer = requests.get(f"{site[0]}/_edge/tenant_info", timeout=TIMEOUT_S)
            return f"{GATEWAY}{answer.json()['cloudId']}"
        except (requests.RequestException, ValueError, KeyError, TypeError, RecursionError):
            return None

    def _connected(self) -> Any:
        if self._client is None:
            from jira import JIRA

            token, email = self.settings.token(self.name), self.settings.email
            auth: Json = {"basic_auth": (email, token)} if email else {"token_auth": token}
            self._client = JIRA(
                options={"server": self.settings.url.rstrip("/"), "rest_api_version": "2"},
                timeout=TIMEOUT_S,
                max_retries=0,
                get_server_info=False,
                **auth,
            )
        return self._client


def unanswered(source: str, what: str, how: object) -> Unanswered:
    return Unanswered(
        f"{source}: {what} was sent and may be there, but no usable answer came ({how}); "
        "it is looked for before it is sent again"
    )


def _never_sent(problem: requests.RequestException) -> bool:
    """Source: requests.readthedocs.io, exceptions: after ConnectTimeout it is safe to try again."""
    reason = getattr(next(iter(problem.args), None), "reason", None)
    return isinstance(problem, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)
