"""Where each secret of the configuration comes from, and whether it is there; never what it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.config import Config
from connectors.calendar_settings import CalendarSettings
from connectors.errors import SourceError
from connectors.github_settings import GitHubSettings
from connectors.records import Check
from connectors.settings import SourceSettings, TokenSettings, secret


@dataclass(frozen=True)
class Secret:
    """It is in a variable of the environment, or else in a file."""

    owner: str
    what: str
    variable: str | None
    file: Path | None


def check_secrets(config: Config) -> Iterator[Check]:
    """A line for each: set, or what to do."""
    for one in (one for one in secrets_of(config) if one.variable or one.file):
        what, place = f"{one.owner}: {one.what}", f"the variable {one.variable}" if one.variable else str(one.file)
        try:
            secret(one.owner, one.what, one.variable, one.file)
        except SourceError as problem:
            detail = str(problem).removeprefix(f"{one.owner}: ")
            yield Check(what, ok=False, detail=detail, section="secrets")
        else:
            yield Check(what, ok=True, detail=f"is in {place}", section="secrets")


def secrets_of(config: Config) -> Iterator[Secret]:
    """All that the configuration names a place for."""
    for kind, named in config.connectors.items():
        for name, settings in named.items():
            yield from _of_source(f"{kind}.{name}", settings)
    if config.slack is not None:
        yield Secret("slack", "token", config.slack.token_env, config.slack.token_file)
        yield Secret("slack", "app-level token", config.slack.app_token_env, config.slack.app_token_file)
    if config.mail is not None:
        yield Secret("mail", "password", config.mail.password_env, config.mail.password_file)
    yield Secret("gemba serve", "token", config.serve.token_env, config.serve.token_file)
    yield Secret("database", "password", config.store.password_env, config.store.password_file)


def _of_source(owner: str, settings: SourceSettings) -> Iterator[Secret]:
    if isinstance(settings, CalendarSettings):
        for scope in settings.scopes:
            yield Secret(owner, f"address of {scope}", scope[1:] if scope.startswith("$") else None, None)
    elif isinstance(settings, TokenSettings):
        yield Secret(owner, "token", settings.token_env, settings.token_file)
    if isinstance(settings, GitHubSettings):
        yield Secret(owner, "private key", None, settings.private_key_file)
