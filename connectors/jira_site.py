"""How to ask Jira: the requests that python-jira has no method for, sent through its session."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

import requests

from connectors.errors import AccessDenied, SourceUnavailable, reading
from connectors.settings import Address, SourceSettings
from connectors.transport import TIMEOUT_S, patiently, refusal, server_time, unreachable

Json = dict[str, Any]

HISTORIES_PAGE = 10_000
MOST_STEPS_BACK = 20


class JiraSettings(SourceSettings):
    """`[connectors.jira.<name>]` of the configuration."""

    url: Address
    browse_url: Address | None = None
    flavour: Literal["cloud", "datacenter"] = "cloud"
    email: str | None = None
    projects: tuple[str, ...]

    @property
    def scopes(self) -> tuple[str, ...]:
        return self.projects


class Site:
    """One Jira."""

    def __init__(self, name: str, settings: JiraSettings) -> None:
        self.name, self.settings = name, settings
        self.date: datetime | None = None
        self._client: Any = None

    def get(self, path: str, what: str) -> Any:
        return patiently(lambda: self._ask("GET", path, None, what))

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
        token, seen = None, set[str]()
        while True:
            answer = self._post(path, body | ({"nextPageToken": token} if token else {}), what, holds)
            yield answer
            token = answer.get("nextPageToken")
            if not token:
                return
            if token in seen:
                raise SourceUnavailable(f"{self.name}: the answers for {what} repeat themselves; try again later")
            seen.add(token)

    def _post(self, path: str, body: Json, what: str, holds: str) -> Json:
        answer: Json = patiently(lambda: self._ask("POST", path, body, what))
        if not isinstance(answer, dict) or not isinstance(answer.get(holds), list):
            raise SourceUnavailable(f"{self.name}: the answer for {what} is not Jira's; check that url leads to a Jira")
        return answer

    def _ask(self, method: str, path: str, body: Json | None, what: str) -> Any:
        from jira import JIRAError

        client = self._connected()
        url = f"{self.settings.url.rstrip('/')}/rest/api/2/{path}"
        try:
            answer = client._session.request(method, url, **({"json": body} if body is not None else {}))
            self.date = server_time(answer.headers)
            return answer.json()
        except JIRAError as problem:
            headers = problem.response.headers if problem.response is not None else {}
            if problem.status_code in (404, 410) and path.startswith(("search", "changelog")):
                raise AccessDenied(
                    f"{self.name}: {url} is not there ({problem.status_code}); check url, and that flavour is right "
                    f'(it is "{self.settings.flavour}")'
                ) from problem
            raise refusal(self.name, what, problem.status_code or 500, headers, self.settings.token_place) from problem
        except requests.exceptions.JSONDecodeError as problem:
            raise SourceUnavailable(
                f"{self.name}: {url} did not answer in JSON; check that url leads to a Jira"
            ) from problem
        except requests.RequestException as problem:
            raise unreachable(self.name, url, problem) from problem

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
