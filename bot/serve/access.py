"""Who may see the pages. Pure: a request's head in, a verdict out.

On this machine everybody may, as long as the configuration says nothing else. The name by which a page is asked for is
looked at, because a web site can give its own name the address of this machine (DNS rebinding).
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.serve_settings import Network

COOKIE = "gemba"
SIGNED_IN = timedelta(days=30)
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True)
class Head:
    """What is known of a request before it is answered; `peer`: the address it comes from, headers in lower case."""

    peer: str | None
    headers: Mapping[str, str]

    @property
    def host(self) -> str:
        """The name that was asked for, without a port; empty where it is none."""
        try:
            found = urlsplit(f"//{self.headers.get('host', '')}")
            name, _ = found.hostname or "", found.port
        except ValueError:
            return ""
        return f"[{name}]" if ":" in name else name

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether a page of another site asks, other than by a link that somebody follows."""
        of = self.headers.get("sec-fetch-site", "none")
        return of not in ("none", "same-origin") and self.headers.get("sec-fetch-mode") != "navigate"


@dataclass(frozen=True)
class Access:
    """`hosts`: names that are answered to; None: all, since a token is asked for whatever the name."""

    token: str | None = None
    header: str | None = None
    proxies: Sequence[Network] = ()
    hosts: frozenset[str] | None = LOOPBACK

    @property
    def is_open(self) -> bool:
        """Whether everybody who reaches it may see everything."""
        return self.token is None and self.header is None

    def knows_host(self, head: Head) -> bool:
        """Who knows the token may use any name: no web site does."""
        return self.hosts is None or head.host in self.hosts or self._by_bearer(head)

    def allows(self, head: Head, now: datetime) -> bool:
        if self.is_open:
            return True
        return self._by_proxy(head) or self._by_bearer(head) or self._by_cookie(head, now)

    def is_proxied(self, head: Head) -> bool:
        """Whether it comes from a proxy that is believed."""
        try:
            peer = ip_address(head.peer or "")
        except ValueError:
            return False
        return any(peer in network for network in self.proxies)

    def _by_proxy(self, head: Head) -> bool:
        named = self.header is not None and head.headers.get(self.header.lower(), "").strip()
        return bool(named) and self.is_proxied(head)

    def _by_bearer(self, head: Head) -> bool:
        scheme, _, told = head.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self.is_token(told.strip())

    def is_token(self, told: str) -> bool:
        """In the same time, however much of it is right."""
        return self.token is not None and hmac.compare_digest(_digest(told), _digest(self.token))

    def pass_until(self, until: datetime) -> str:
        """What a browser keeps instead of the token: until when, and a seal that only the token makes."""
        seconds = f"{until.timestamp():.0f}"
        return f"{seconds}.{self._seal(seconds)}"

    def _by_cookie(self, head: Head, now: datetime) -> bool:
        try:
            found = SimpleCookie(head.headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        seconds, _, seal = (found.value if found else "").partition(".")
        if self.token is None or not hmac.compare_digest(_digest(seal), _digest(self._seal(seconds))):
            return False
        return now.timestamp() < float(seconds)

    def _seal(self, seconds: str) -> str:
        return hmac.new((self.token or "").encode(), f"gemba {seconds}".encode(), hashlib.sha256).hexdigest()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def local_path(address: str) -> str:
    """Where to go after signing in: a place here, or else the beginning."""
    parts = urlsplit(address)
    here = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return address if here and address.isprintable() else "/"
