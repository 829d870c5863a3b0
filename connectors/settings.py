"""What every source is configured with. Each connector adds its own keys."""

import os
import re
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from connectors.errors import AccessDenied
from connectors.private_files import read_private
from connectors.secrets import remember


def beside_the_configuration(path: Path, info: ValidationInfo) -> Path:
    if "\0" in str(path):
        raise ValueError("holds a character that no path has (NUL); remove it")
    return Path((info.context or {}).get("folder", ".")) / path


ConfiguredPath = Annotated[Path, AfterValidator(beside_the_configuration)]
"""A path relative to the configuration file, which the validation context names as `folder`."""


ADDRESS = re.compile(r"https?://[^/\s]+")
LOGIN = re.compile(r"https?://[^/\s]*@")
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")


def _web_address(url: str) -> str:
    if LOGIN.match(url):
        raise ValueError("holds a name or a password before the @; write them where the token stands, not here")
    if not ADDRESS.match(url):
        raise ValueError(f'"{url}" is no address; write https:// and the name of a host first')
    return url


Address = Annotated[str, AfterValidator(_web_address)]
"""Where a source is asked."""


def is_zone(name: str) -> bool:
    """Whether it names a time zone (IANA)."""
    try:
        return bool(ZoneInfo(name))
    except (LookupError, ValueError, OSError):
        return False


def _known_zone(name: str) -> str:
    if not is_zone(name):
        raise ValueError(f'"{name}" is no time zone; write for example "Europe/Berlin"')
    return name


ZoneName = Annotated[str, AfterValidator(_known_zone)]
"""A time zone, as the IANA calls it."""


Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""A text that says something."""


class Settings(BaseModel):
    """Frozen, and refuses keys it does not know. Its validator is made when it is used first."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def _a_name(name: str) -> str:
    if not VARIABLE.fullmatch(name):
        raise ValueError("wants the name of an environment variable, for example JIRA_TOKEN, not the token itself")
    return name


VariableName = Annotated[str, AfterValidator(_a_name)]
"""An environment variable that holds a secret."""


class TokenSettings(Settings):
    """A source that wants a token, from the environment or from a file; never from the configuration itself."""

    token_env: VariableName | None = None
    """the variable that holds the token"""
    token_file: ConfiguredPath | None = None
    """or the file that holds it, which nobody else can read"""

    @model_validator(mode="after")
    def _one_place(self) -> "TokenSettings":
        self._check_places()
        return self

    def _check_places(self) -> None:
        if (self.token_env is None) == (self.token_file is None):
            raise ValueError("needs either token_env (the name of a variable) or token_file (a path)")

    def token(self, owner: str, environ: Mapping[str, str] = os.environ) -> str:
        """The secret. Raises AccessDenied with the variable or file that is missing."""
        return secret(owner, "token", self.token_env, self.token_file, environ)

    @property
    def token_place(self) -> str:
        """Where a person looks for the token, for messages."""
        return self.token_env or str(self.token_file)


class SourceSettings(Settings):
    """A source that is collected."""

    bots: tuple[Word, ...] = ()
    """accounts that are bots though one does not see it; `*` stands for anything"""
    humans: tuple[Word, ...] = ()
    """accounts that are none, whatever their name"""

    @property
    @abstractmethod
    def scopes(self) -> tuple[str, ...]:
        """Projects, repositories, calendars or logs."""


def secret(
    owner: str, what: str, variable: str | None, path: Path | None, environ: Mapping[str, str] = os.environ
) -> str:
    """What is kept in a variable or a file. Raises AccessDenied with what is missing, or can be read by others."""
    found = environ.get(variable, "") if variable else read_private(path, owner, what) if path else ""
    if not found.strip():
        place = f"set the environment variable {variable}" if variable else f"write it to {path}"
        raise AccessDenied(f"{owner}: the {what} is missing: {place}")
    remember(found)
    return found.strip()
