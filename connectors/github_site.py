"""How to ask GitHub: one GraphQL document (github.graphql), sent through PyGithub's requester."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from threading import local
from typing import Any

import requests

from connectors.errors import AccessDenied, RateLimited, SourceError, SourceUnavailable, reading
from connectors.github_settings import GitHubAccess
from connectors.pages import Onward
from connectors.settings import secret
from connectors.transport import TIMEOUT_S, Meter, patiently, refusal, retry_after, server_time, unreachable

Json = dict[str, Any]

SECONDARY_PAUSE_S = 60.0
"""What GitHub recommends where its secondary limit names no time."""


class TooMuch(SourceError):
    """GitHub gave up on what it was asked for; less may pass."""


class StaleCursor(SourceError):
    """A place in a list that is no more."""


class Site(local):
    """One GitHub. Every thread has its own connection, and its own idea of the time there."""

    def __init__(self, name: str, settings: GitHubAccess, meter: Meter) -> None:
        self.name, self.settings, self._meter = name, settings, meter
        self.date: datetime | None = None
        self.granted: list[str] | None = None
        """scopes of a classic token; others do not tell"""
        self.withheld: set[tuple[str, str]] = set()
        """(repository, what the token may not read of it)"""
        self.withheld_told: set[tuple[str, str]] = set()
        self.troubled: set[str] = set()
        """pull requests that could not be read since the last one that could"""
        self._requester: Any = None

    def pages(self, operation: str, variables: Json, path: tuple[str, str], scope: str) -> Iterator[list[Json]]:
        """The nodes of a connection, page by page."""
        for parent in self.parents(operation, variables, path, scope):
            yield [node for node in parent[path[1]]["nodes"] if node]

    def parents(self, operation: str, variables: Json, path: tuple[str, str], scope: str) -> Iterator[Json]:
        """What holds the connection, for each page of it."""
        after, more, onward = variables.get("after"), True, Onward(f"{self.name}: the pages of repository {scope}")
        while more:
            parent = self.parent(operation, variables | {"after": after}, path, scope)
            onward.to(parent)
            yield parent
            more, after = (parent[path[1]]["pageInfo"][key] for key in ("hasNextPage", "endCursor"))

    def connection(self, operation: str, variables: Json, path: tuple[str, str], scope: str) -> Json:
        """`nodes` and `pageInfo` at a path of the answer."""
        found: Json = self.parent(operation, variables, path, scope)[path[1]]
        return found

    def parent(self, operation: str, variables: Json, path: tuple[str, str], scope: str) -> Json:
        """What holds the connection at a path of the answer."""

        def attempt() -> Json:
            parent = self._visible(self._ask_once(operation, variables, scope), scope).get(path[0])
            if not isinstance(parent, dict) or not _is_connection(parent.get(path[1])):
                raise SourceUnavailable(
                    f"{self.name}: GitHub left out {path[1]} of repository {scope}; try again later"
                )
            return {**parent}

        return patiently(attempt)

    def ask(self, operation: str, variables: Json, scope: str) -> Json:
        """The `data` of the answer. Raises AccessDenied where a repository is not visible."""
        return patiently(lambda: self._visible(self._ask_once(operation, variables, scope), scope))

    def _visible(self, data: Json, scope: str) -> Json:
        if "repository" in data and data["repository"] is None:
            raise AccessDenied(
                f"{self.name}: repository {scope} was not found; check its name, and that the token in "
                f"{self.settings.token_place} may see it"
            )
        return data

    def _ask_once(self, operation: str, variables: Json, scope: str) -> Json:
        from github import GithubException
        from jwt import PyJWTError

        body = {"query": document(), "operationName": operation, "variables": variables}
        try:
            requester = self._connected()
            headers, answer = requester.requestJsonAndCheck("POST", requester.graphql_url, input=body)
        except GithubException as problem:
            raise self._refusal(problem, scope, _divisible(variables)) from problem
        except PyJWTError as problem:
            what = f"{self.settings.token_place} is no private key that can be used; download a new one"
            raise AccessDenied(f"{self.name}: {what}") from problem
        except (requests.RequestException, ValueError, RecursionError) as problem:
            raise unreachable(self.name, self.settings.api_url, problem) from problem
        self.date = server_time(headers)
        self._meter.read(headers)
        self.granted = _listed(headers.get("x-oauth-scopes"))
        with reading(f"{self.name} answer for repository {scope}"):
            return self._data(answer, headers, scope, _divisible(variables))

    def _refusal(self, problem: Any, scope: str, divisible: bool) -> SourceError:
        headers = problem.headers or {}
        self._meter.read(headers)
        if problem.status in (502, 504) and divisible:
            return TooMuch(f"{self.name}: repository {scope} took too long ({problem.status})")
        if problem.status == 403 and headers.get("x-ratelimit-remaining") == "0":
            return self._spent(headers)
        if problem.status in (403, 429) and "secondary rate limit" in str(problem.data).lower():
            wait = retry_after(headers) or SECONDARY_PAUSE_S
            return RateLimited(f"{self.name}: too many requests; it asks to wait {wait:.0f} s", retry_after_s=wait)
        return refusal(self.name, f"repository {scope}", problem.status, headers, self.settings.token_place)

    def _spent(self, headers: Mapping[str, str]) -> RateLimited:
        until = datetime.fromtimestamp(_seconds(headers.get("x-ratelimit-reset")), UTC)
        wait = retry_after(headers) or max((until - (self.date or until)).total_seconds(), 0.0)
        return RateLimited(
            f"{self.name}: the hourly quota is used up until {until:%H:%M} UTC; the next run goes on from here",
            retry_after_s=wait or None,
        )

    def _data(self, answer: Any, headers: Mapping[str, str], scope: str, divisible: bool) -> Json:
        """GraphQL answers 200 with errors beside the data; what is not refused for a known reason is not trusted.

        Source: docs.github.com/graphql, rate and query limits.
        """
        errors = answer.get("errors") or []
        kinds = {error.get("type") for error in errors}
        if kinds & {"RATE_LIMIT", "RATE_LIMITED"}:
            raise self._spent(headers)
        if "INVALID_CURSOR_ARGUMENTS" in kinds:
            raise StaleCursor(f"{self.name}: the place in the list of repository {scope} is gone; try again")
        self.withheld |= {(scope, _place(error)) for error in errors if error.get("type") == "FORBIDDEN"}
        if kinds - {"NOT_FOUND", "FORBIDDEN"}:
            gave_up = f"{self.name}: GitHub gave up on a part of repository {scope}"
            raise TooMuch(gave_up) if divisible else SourceUnavailable(f"{gave_up}; try again later")
        if not isinstance(answer.get("data"), dict):
            raise SourceUnavailable(f"{self.name}: GitHub's answer for repository {scope} has no data; try again later")
        data: Json = answer["data"]
        return data

    def _connected(self) -> Any:
        if self._requester is None:
            from github import Auth, Github

            app = self.settings.app_id is not None
            auth = self._installation() if app else Auth.Token(self.settings.token(self.name))
            self._requester = Github(auth=auth, **self._manners()).requester
        return self._requester

    def _manners(self) -> Json:
        """No retries and no pauses of the client's own."""
        return {
            "base_url": self.settings.api_url.rstrip("/"),
            "timeout": int(TIMEOUT_S[1]),
            "retry": None,
            "seconds_between_requests": 0,
            "seconds_between_writes": 0,
        }

    def _installation(self) -> Any:
        """An app as it is installed where the repositories are; its token renews itself."""
        from github import Auth, GithubIntegration

        app = Auth.AppAuth(int(self.settings.app_id or 0), self._private_key())
        number = self.settings.installation_id
        if number is None:
            owner, _, name = self.settings.scopes[0].partition("/")
            number = GithubIntegration(auth=app, **self._manners()).get_repo_installation(owner, name).id
        return app.get_installation_auth(number)

    def _private_key(self) -> str:
        path = self.settings.private_key_file
        key = secret(self.name, "private key", None, path)
        if "PRIVATE KEY-----" not in key or "ENCRYPTED" in key:
            raise AccessDenied(f"{self.name}: {path} is no private key as GitHub hands it out; download a new one")
        return key


def _is_connection(found: object) -> bool:
    """Whether it holds a page of a list, and says where the next one is; what GitHub cannot give is null."""
    match found:
        case {"nodes": [*nodes], "pageInfo": {"hasNextPage": _, "endCursor": _}}:
            return all(node is None or isinstance(node, dict) for node in nodes)
    return False


def owner_and_name(scope: str) -> Json:
    """A repository, as variables of an operation."""
    owner, _, name = scope.partition("/")
    return {"owner": owner, "name": name}


def _divisible(variables: Json) -> bool:
    """Whether less could be asked for."""
    return int(variables.get("size", len(variables.get("ids", ())))) > 1


def _seconds(text: str | None) -> int:
    """Since 1970; 0 for what is no time."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 12 else 0


def _listed(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",")]


def _place(error: Json) -> str:
    """The field that an error is about."""
    names = [part for part in error.get("path") or [] if isinstance(part, str)]
    return names[-1] if names else "a part"


@cache
def document() -> str:
    """All operations and fragments."""
    return files("connectors").joinpath("github.graphql").read_text("utf-8")
