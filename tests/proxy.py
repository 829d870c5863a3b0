"""A proxy on loopback that passes on what it is asked to (RFC 9110, 9.3.6), and remembers it."""

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any


class _Tunnel(StreamRequestHandler):
    heard: list[str]

    def handle(self) -> None:
        first = self.rfile.readline().decode()
        head = [first, *iter(lambda: self.rfile.readline().decode(), "\r\n")]
        if not first.startswith("CONNECT "):
            return
        self.heard.append("".join(head))
        host, _, port = first.split()[1].rpartition(":")
        with socket.create_connection((host, int(port))) as there:
            self.wfile.write(b"HTTP/1.1 200 go on\r\n\r\n")
            self._pass_on(there)

    def _pass_on(self, there: socket.socket) -> None:
        ways = {self.connection: there, there: self.connection}
        while True:
            for one in select.select(list(ways), [], [])[0]:
                content = one.recv(1 << 16)
                if not content:
                    return
                ways[one].sendall(content)


@contextmanager
def proxying() -> Iterator[tuple[str, list[str]]]:
    """Its address, and what it was asked to connect to."""
    heard: list[str] = []
    handler: Any = type("Handler", (_Tunnel,), {"heard": heard})
    server = ThreadingTCPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", heard
    finally:
        server.shutdown()
        server.server_close()
