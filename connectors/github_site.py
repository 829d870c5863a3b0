"""How to ask GitHub: one GraphQL document (github.graphql), sent through PyGithub's requester."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import requests

from connectors.errors import AccessDenied, RateLimited, SourceError, SourceUnavailable, reading
from connectors.settings import Address, SourceSettings
from connectors.transport import TIMEOUT_S, patiently, refusal, retry_after, server_time, unreachable

Json = dict[str, Any]

SECONDARY_PAUSE_S = 60.0
"""What GitHub recommends where its secondary limit names no time."""


class GitHubSettings(SourceSettings):
    """`[connectors.github.<name>]` of the configuration."""

    api_url: Address = "https://api.github.com"
    repositories: tuple[str, ...]

    @property
    def scopes(self) -> tuple[str, ...]:
        return self.repositories


class TooMuch(SourceError):
    """GitHub gave up on what it was asked for; less may pass."""


class StaleCursor(SourceError):
    """A place in a list that is no more."""


class Site:
    """One GitHub."""

    def __init__(self, name: str, settings: GitHubSettings) -> None:
        self.name, self.settings = name, settings
        self.date: datetime | None = None
        self.withheld: set[tuple[str, str]] = set()
        """(repository, what the token may not read of it)"""
        self._requester: Any = None

    def pages(self, operation: str, variables: Json, path: tuple[str, str], scope: str) -> Iterator[list[Json]]:
        """The nodes of a connection, page by page."""
        after = variables.get("after")
        while True:
            connection = self.connection(operation, variables | {"after": after}, path, scope)
            yield [node for node in connection["nodes"] if node]
            if not connection["pageInfo"]["hasNextPage"]:
                return
            after = connection["pageInfo"]["endCursor"]

    def connection(self, operation: str, variables: Json, path: tuple[str, str], scope: str) -> Json:
        """`nodes` and `pageInfo` at a path of the answer."""

        def attempt() -> Json:
            parent = self._visible(self._ask_once(operation, variables, scope), scope).get(path[0])
            found = parent.get(path[1]) if isinstance(parent, dict) else None
            if not isinstance(found, dict) or not isinstance(found.get("nodes"), list) or not found.get("pageInfo"):
                raise SourceUnavailable(
                    f"{self.name}: GitHub left out {path[1]} of repository {scope}; try again later"
                )
            return found

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

        requester = self._connected()
        body = {"query": document(), "operationName": operation, "variables": variables}
        try:
            headers, answer = requester.requestJsonAndCheck("POST", requester.graphql_url, input=body)
        except GithubException as problem:
            raise self._refusal(problem, scope, _divisible(variables)) from problem
        except (requests.RequestException, json.JSONDecodeError) as problem:
            raise unreachable(self.name, self.settings.api_url, problem) from problem
        self.date = server_time(headers)
        with reading(f"{self.name} answer for repository {scope}"):
            return self._data(answer, headers, scope, _divisible(variables))

    def _refusal(self, problem: Any, scope: str, divisible: bool) -> SourceError:
        headers = problem.headers or {}
        if problem.status in (502, 504) and divisible:
            return TooMuch(f"{self.name}: repository {scope} took too long ({problem.status})")
        if problem.status == 403 and headers.get("x-ratelimit-remaining") == "0":
            return self._spent(headers)
        if problem.status in (403, 429) and "secondary rate limit" in str(problem.data).lower():
            wait = retry_after(headers) or SECONDARY_PAUSE_S
            return RateLimited(f"{self.name}: too many requests; it asks to wait {wait:.0f} s", retry_after_s=wait)
        return refusal(self.name, f"repository {scope}", problem.status, headers, self.settings.token_place)

    def _spent(self, headers: Mapping[str, str]) -> RateLimited:
        until = datetime.fromtimestamp(int(headers.get("x-ratelimit-reset") or 0), UTC)
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

            auth = Auth.Token(self.settings.token(self.name))
            client = Github(
                base_url=self.settings.api_url.rstrip("/"),
                auth=auth,
                timeout=int(TIMEOUT_S[1]),
                retry=None,
                seconds_between_requests=0,
                seconds_between_writes=0,
            )
            self._requester = client.requester
        return self._requester


def _divisible(variables: Json) -> bool:
    """Whether less could be asked for."""
    return int(variables.get("size", len(variables.get("ids", ())))) > 1


def _place(error: Json) -> str:
    """The field that an error is about."""
    names = [part for part in error.get("path") or [] if isinstance(part, str)]
    return names[-1] if names else "a part"


@cache
def document() -> str:
    """All operations and fragments."""
    return files("connectors").joinpath("github.graphql").read_text("utf-8")
