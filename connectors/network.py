"""The way to all sources: whom they are believed by, beside the public authorities, and through which proxy.

It is said once for the process, in the variables where every client looks it up: requests (Jira, GitHub, calendars),
urllib (Slack) and OpenSSL (Slack, mail). Verification cannot be switched off.
"""

import os
import re
import socket
import ssl
import sys
from collections.abc import Iterator, MutableMapping
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

from pydantic import AfterValidator

from connectors.settings import ConfiguredPath, Settings

PROXY = re.compile(r"https?://[^/\s]+/?")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
EXCEPT = ("NO_PROXY", "no_proxy")
AUTHORITIES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
HERE = ("localhost", "127.0.0.1", "::1")


def _a_proxy(url: str) -> str:
    if not PROXY.fullmatch(url):
        raise ValueError('is no proxy; write for example "http://proxy.acme.example:3128"')
    return url


class NetworkSettings(Settings):
    """`[network]` of the configuration. The way to all sources and to Slack."""

    ca_file: ConfiguredPath | None = None
    """authorities that are trusted beside the public ones, in PEM; for mail, too"""
    proxy: Annotated[str, AfterValidator(_a_proxy)] | None = None
    """default: `HTTPS_PROXY` and `NO_PROXY` of the environment; not for mail"""
    no_proxy: tuple[str, ...] = ()
    """hosts and domains that are reached without it"""


def use(network: NetworkSettings, environ: MutableMapping[str, str] = os.environ) -> None:
    """From now on, for this process. Raises ValueError with what is wrong with `ca_file`."""
    if network.proxy is not None:
        said = [host for name in EXCEPT for host in environ.get(name, "").split(",") if host]
        environ.update(dict.fromkeys(PROXIES, network.proxy))
        environ.update(dict.fromkeys(EXCEPT, ",".join(dict.fromkeys((*HERE, *said, *network.no_proxy)))))
    if network.ca_file is not None:
        environ.update(dict.fromkeys(AUTHORITIES, _with_public_ones(network.ca_file)))


def proxy_of(url: str) -> str | None:
    """Through which an address is reached; None where it is reached directly."""
    from requests.utils import get_environ_proxies, select_proxy

    return select_proxy(url, get_environ_proxies(url))


def untrusted(problem: BaseException) -> str | None:
    """Why a certificate was not believed, if that is what went wrong somewhere below."""
    return next((one.verify_message for one in _causes(problem) if isinstance(one, ssl.SSLCertVerificationError)), None)


def in_words(problem: BaseException) -> str:
    """What went wrong somewhere below, as a person says it."""
    causes = list(_causes(problem))
    if any(isinstance(one, socket.gaierror) for one in causes):
        return "the name of the host is not known"
    if any(isinstance(one, TimeoutError) or "Timeout" in type(one).__name__ for one in causes):
        return "nothing came in time"
    if any(isinstance(one, UnicodeError) for one in causes):
        return "it is no text in UTF-8"
    said = next((one.strerror for one in causes if isinstance(one, OSError) and one.errno and one.strerror), None)
    return said.lower() if said else CAMEL.sub(" ", type(problem).__name__).lower()


def _causes(problem: BaseException) -> Iterator[BaseException]:
    """The clients wrap what went wrong in their own errors, each in another place."""
    waiting, seen = [problem], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            inner = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
            waiting += [part for part in inner if isinstance(part, BaseException)]


@cache
def _with_public_ones(ca_file: Path) -> str:
    """The path of what holds both, as long as the process is."""
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(ca_file)
        return _kept(Path(DEFAULT_CA_BUNDLE_PATH).read_bytes() + b"\n" + ca_file.read_bytes())
    except (OSError, ValueError) as problem:
        why = in_words(problem)
        raise ValueError(f"ca_file: {ca_file} is not usable ({why}); name a file of certificates in PEM") from problem


def _kept(content: bytes) -> str:
    """On Linux it lies in memory, where nobody clears it away as from /tmp. Source: memfd_create(2)."""
    if sys.platform == "linux":
        number = os.memfd_create("gemba-authorities")
        with os.fdopen(number, "wb", closefd=False) as file:
            file.write(content)
        return f"/proc/self/fd/{number}"
    with NamedTemporaryFile(prefix="gemba-", suffix=".pem", delete=False) as kept:
        kept.write(content)
    return kept.name
