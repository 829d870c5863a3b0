"""Vendors who plant canaries: in all they answer, and in how they refuse.

The first part of the path says how they behave: `good`, `echo` (401, and all that they were sent, back), `redirect` (to
an address with the token in it) or `broken` (500, and all back).
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, urlsplit

MARK = "c4n4ry"
ADDRESS = "someone@mail.c4n4ry.test"
PLANTS: dict[str, Any] = {
    "emailAddress": ADDRESS,
    "email": ADDRESS,
    "bodyText": f"{MARK} in a body",
    "comment": {"comments": [{"body": f"{MARK} in a comment", "author": {"emailAddress": ADDRESS}}]},
    "avatarUrls": {"48x48": f"https://avatars.test/{MARK}.png?token={MARK}"},
    "avatarUrl": f"https://avatars.test/{MARK}.png?token={MARK}",
}
TEXTS = ("body", "description", "message", "messageHeadline")
NAMES = ("displayName",)

Answer = Callable[[str, str, bytes, str], tuple[int, bytes]]
"""(method, path, body, type of the body) -> status, JSON"""


def planted(found: Any) -> Any:
    """The same document with a canary wherever a vendor could put one."""
    if isinstance(found, list):
        return [planted(part) for part in found]
    if not isinstance(found, dict):
        return found
    texts = {key: f"{found.get(key) or ''} {MARK} {ADDRESS}" for key in TEXTS if isinstance(found.get(key, ""), str)}
    names = {key: f"{found[key]} <{ADDRESS}>" for key in NAMES if key in found}
    return PLANTS | {key: planted(part) for key, part in found.items()} | texts | names


def forwarded(address: str) -> Answer:
    """To a stand-in."""

    def answer(method: str, path: str, body: bytes, kind: str) -> tuple[int, bytes]:
        connection = HTTPConnection(urlsplit(address).netloc, timeout=30)
        connection.request(method, path, body, {"Content-Type": kind})
        reply = connection.getresponse()
        content = reply.read()
        connection.close()
        return reply.status, content

    return answer


class _Quiet(ThreadingHTTPServer):
    """Says nothing of whoever hangs up."""

    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        pass


@contextmanager
def planting(answer: Answer) -> Iterator[tuple[str, list[bytes]]]:
    """The address, and every body that was received."""
    received: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply()

        def do_POST(self) -> None:
            self._reply()

        def _reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            received.append(body)
            mode, _, path = self.path.removeprefix("/").partition("/")
            back = json.dumps({"ok": False, "error": str(self.headers), "errorMessages": [str(self.headers), MARK]})
            match mode:
                case "good":
                    status, content = answer(self.command, f"/{path}", body, self.headers.get("Content-Type", ""))
                    self._send(status, _planted(content))
                case "redirect":
                    token = quote(self.headers.get("Authorization", MARK))
                    self._send(302, b"{}", Location=f"/broken/login?token={token}&code={MARK}")
                case _:
                    self._send(500 if mode == "broken" else 401, back.encode())

        def _send(self, status: int, content: bytes, **headers: str) -> None:
            sent = {"Content-Length": str(len(content)), "Content-Type": "application/json", **headers}
            sent |= {"Set-Cookie": f"session={MARK}", "X-Echo": self.headers.get("Authorization", MARK)}
            self.send_response_only(status)
            for name, value in sent.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
            pass

    server = _Quiet(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", received
    finally:
        server.shutdown()
        server.server_close()


def _planted(content: bytes) -> bytes:
    try:
        return json.dumps(planted(json.loads(content))).encode()
    except ValueError:
        return content
