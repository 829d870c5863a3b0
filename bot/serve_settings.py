"""`[serve]`: who may see the pages of `gemba serve`."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import AfterValidator, model_validator

from connectors.settings import ConfiguredPath, Settings, VariableName, secret

HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
SHORTEST = 16
"""Characters of a token that nobody guesses."""

Network = IPv4Network | IPv6Network


def _header_name(name: str) -> str:
    if not HEADER.fullmatch(name):
        raise ValueError(f'"{name}" is no name of a header; write for example "X-Forwarded-User"')
    return name


def _network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError as problem:
        raise ValueError(f'"{text}" is no network; write for example "10.0.0.0/8" or "10.0.0.7"') from problem
    return text


def _host_name(name: str) -> str:
    if not HOST.fullmatch(name):
        raise ValueError(f'"{name}" is no name of a host; write for example "gemba.acme.example", without a port')
    return name.lower()


class ServeSettings(Settings):
    """A token that whoever asks must know, or a header that a reverse proxy sets once it knows who asks; or both."""

    token_env: VariableName | None = None
    """the variable that holds the token; 16 characters at least"""
    token_file: ConfiguredPath | None = None
    """or the file that holds it"""
    trusted_header: Annotated[str, AfterValidator(_header_name)] | None = None
    """or the header that a reverse proxy sets once it knows who asks, and takes away where it was sent to it"""
    trusted_proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = ()
    """the addresses or networks of these proxies"""
    hosts: tuple[Annotated[str, AfterValidator(_host_name)], ...] = ()
    """names by which the pages are asked for, beside those of this machine"""

    @model_validator(mode="after")
    def _complete(self) -> "ServeSettings":
        if self.token_env is not None and self.token_file is not None:
            raise ValueError("has both token_env and token_file; keep one")
        if self.trusted_header is not None and not self.trusted_proxies:
            raise ValueError('trusted_header needs trusted_proxies = ["10.0.0.7"]: whose header is believed')
        if self.trusted_proxies and self.trusted_header is None:
            raise ValueError('trusted_proxies needs trusted_header = "X-Forwarded-User": the header that they set')
        return self

    @property
    def is_guarded(self) -> bool:
        """Whether it says who may see the pages."""
        return bool(self.token_env or self.token_file or self.trusted_header)

    @property
    def proxies(self) -> tuple[Network, ...]:
        return tuple(ip_network(text) for text in self.trusted_proxies)

    def token(self) -> str | None:
        """The secret, if there is to be one. Raises AccessDenied where it is missing."""
        if self.token_env is None and self.token_file is None:
            return None
        return secret("gemba serve", "token", self.token_env, self.token_file)
