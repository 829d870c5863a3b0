"""A server at an address: it waits for nobody for long, and ends when it is asked to."""

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import h11
from starlette.types import ASGIApp
from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.errors import AddressError

ELSEWHERE = "say --host 127.0.0.1", "choose another --port, or 0 for any that is free"
PATIENCE_S, READ_S, DRAIN_S, MOST_CONNECTIONS = 10.0, 60.0, 5, 500


class Impatient(H11Protocol):
    """Hangs up on whoever takes long to say what is wanted."""

    _hanging_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._wait()
        elif self.conn.their_state is not h11.SEND_BODY:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.their_state is h11.IDLE:
            self._wait()
        if self.transport.get_write_buffer_size():
            self.loop.call_later(READ_S, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """From the first moment on; more bytes do not make it longer."""
        if self._hanging_up is None:
            self._hanging_up = self.loop.call_later(PATIENCE_S, self._hang_up)

    def _stop_waiting(self) -> None:
        if self._hanging_up is not None:
            self._hanging_up.cancel()
            self._hanging_up = None

    def _hang_up(self) -> None:
        self.transport.close()

    def _give_up(self) -> None:
        """What nobody takes is not kept for ever."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()


class Ending(Server):
    """Ends by itself where uvicorn would raise the signal again, so that the exit status is 0."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def server(app: ASGIApp) -> Ending:
    """To be run with a socket that listens."""
    for name in ("uvicorn.error", "uvicorn.asgi"):
        logging.getLogger(name).addFilter(_without_words)
    return Ending(
        Config(
            app,
            http=Impatient,
            ws="none",
            loop="asyncio",
            lifespan="on",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_keep_alive=int(PATIENCE_S),
            timeout_graceful_shutdown=DRAIN_S,
        )
    )


def _without_words(record: logging.LogRecord) -> bool:
    """What was not foreseen is told by its place, by the application; its words may hold a secret."""
    return record.exc_info is None


def listen(host: str, port: int, elsewhere: tuple[str, str] = ELSEWHERE) -> socket.socket:
    """A socket at the address. Raises AddressError, which says what to do: where another host and port are named."""
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        found = socket.socket(family, socket.SOCK_STREAM)
    except OSError as problem:
        raise AddressError(f"{host} is no address of this machine: {problem.strerror}; {elsewhere[0]}") from problem
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(place)
        found.listen(2048)
    except OSError as problem:
        found.close()
        raise AddressError(f"{host}:{port} cannot be listened at: {problem.strerror}; {elsewhere[1]}") from problem
    return found


def is_loopback(found: socket.socket) -> bool:
    """Whether only this machine reaches it."""
    return ip_address(str(found.getsockname()[0])).is_loopback


def address_of(found: socket.socket, host: str) -> str:
    """Where a browser finds it."""
    name = f"[{host}]" if ":" in host else host
    port: Any = found.getsockname()[1]
    return f"http://{name}:{port}/"
