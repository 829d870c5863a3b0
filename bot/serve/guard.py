"""What every request passes: who asks and by which name, what the answer forbids browsers, and a line in the log."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from time import monotonic
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.serve.access import Access, Head
from bot.words import tame

log = logging.getLogger("gemba")

SAFE = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "private, no-cache",
    "Vary": "Cookie",
}
"""On every answer that does not say otherwise; `no-cache` keeps a page, and asks each time whether it still holds."""

HEALTH = ("/healthz", "/readyz")
"""Asked by whatever name, and whoever asks."""
READING = ("GET", "HEAD")

Answered = Callable[[str, int, float], None]
Refuse = Callable[[int, str], Response]


class Guard:
    """Around the whole application. `refuse` makes the page that says no."""

    def __init__(
        self, app: ASGIApp, access: Access, clock: Callable[[], datetime], answered: Answered, refuse: Refuse
    ) -> None:
        self._app, self._access, self._clock, self._answered, self._refuse = app, access, clock, answered, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = monotonic(), 500

        async def safely(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in SAFE.items():
                    headers.setdefault(name, value)
            await send(message)

        head = head_of(scope)
        scope["secure"] = self._access.is_proxied(head) and head.headers.get("x-forwarded-proto") == "https"
        try:
            await (self._verdict(scope, head) or self._app)(scope, receive, safely)
        finally:
            seconds = monotonic() - started
            self._answered(route_of(scope), status, seconds)
            log.info("%s %s %s %.0f ms", scope["method"], tame(scope["path"])[:200], status, seconds * 1000)

    def _verdict(self, scope: Scope, head: Head) -> Response | None:
        """What is answered instead; None: it may be answered."""
        path, method = scope["path"], scope["method"]
        if path in HEALTH and method in READING:
            return None
        if not self._access.knows_host(head):
            return self._refuse(421, "These pages are not asked for by that name; name it in hosts of [serve].")
        if head.is_from_elsewhere:
            return self._refuse(403, "Another site asked for this; open it yourself.")
        if method not in READING and (path, method) != ("/signin", "POST"):
            refused = self._refuse(405, "Everything here can be read, and nothing can be written.")
            refused.headers["Allow"] = ", ".join(READING)
            return refused
        if path == "/signin" or path.startswith("/static/") or self._access.allows(head, self._clock()):
            return None
        return self._who_are_you(scope, head)

    def _who_are_you(self, scope: Scope, head: Head) -> Response:
        if self._access.token is None:
            return self._refuse(403, "These pages are behind a proxy that knows who asks; ask there.")
        if "text/html" in head.headers.get("accept", ""):
            wanted = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
            return RedirectResponse(f"/signin?next={quote(wanted, safe='')}", 303)
        refused = self._refuse(401, "These pages are behind a token; send it as Authorization: Bearer.")
        refused.headers["WWW-Authenticate"] = 'Bearer realm="gemba"'
        return refused


def head_of(scope: Scope) -> Head:
    """Of a header that came twice the first counts for nothing: both are joined, as the standard has it."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, told = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {told}" if key in headers else told
    return Head(scope["client"][0] if scope.get("client") else None, headers)


def route_of(scope: Mapping[str, object]) -> str:
    """The kind of page, for counting; it names neither stream nor item."""
    return str(getattr(scope.get("endpoint"), "__name__", "none")).strip("_")
