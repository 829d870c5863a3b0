"""Which GitHub is read, and what of it."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from connectors.settings import Address, ConfiguredPath, SourceSettings, TokenSettings, Word


def _an_api(url: str) -> str:
    """GitHub.com and GHE.com answer at a host of their own, Enterprise Server below a path."""
    host, _, path = url.rstrip("/").casefold().partition("://")[2].partition("/")
    if host == "github.com" or (host.endswith(".ghe.com") and not host.startswith("api.")):
        raise ValueError(f'"{url}" is where people look; write https://api.{host}')
    if "." in host and not host.startswith("api.") and not path and not host[0].isdigit():
        raise ValueError(f'"{url}" lacks the path of an Enterprise Server; write {url.rstrip("/")}/api/v3')
    return url


REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


class GitHubAccess(TokenSettings):
    """How to reach a GitHub, whatever is read there."""

    api_url: Annotated[Address, AfterValidator(_an_api)] = "https://api.github.com"
    """GHE.com: `https://api.NAME.ghe.com`; Enterprise Server: `https://HOST/api/v3`"""
    app_id: int | None = None
    """of a GitHub App, instead of a token"""
    installation_id: int | None = None
    """default: where the first repository is"""
    private_key_file: ConfiguredPath | None = None
    """the key of the App"""
    production: tuple[Word, ...] = ("prod", "production", "prod-*", "production-*", "*-prod", "*-production", "live")
    """environments that reach users; `*` stands for anything"""

    @property
    def scopes(self) -> tuple[str, ...]:
        """The repositories, if any are chosen yet."""
        return ()

    def _check_places(self) -> None:
        if self.app_id is None:
            super()._check_places()
        elif self.private_key_file is None or self.token_env or self.token_file:
            raise ValueError("an app needs private_key_file beside app_id, and no token; correct which of them are set")

    @property
    def token_place(self) -> str:
        return str(self.private_key_file) if self.app_id else super().token_place


class GitHubSettings(GitHubAccess, SourceSettings):
    """`[connectors.github.<name>]` of the configuration. Pull requests, releases and deployments of repositories."""

    repositories: Annotated[tuple[str, ...], Field(min_length=1)]
    """as `acme/pay-api`"""
    mergers: tuple[Word, ...] = ("asfgit", "bors[bot]", "pytorchmergebot")
    """accounts that close pull requests which they merged elsewhere"""

    @field_validator("repositories")
    @classmethod
    def _with_their_owners(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not REPOSITORY.fullmatch(name):
                raise ValueError(f'"{name}" is no repository; write owner/name')
        return names

    @property
    def scopes(self) -> tuple[str, ...]:
        return self.repositories
