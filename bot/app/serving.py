"""What `gemba serve` does until it is stopped."""

import asyncio
import json
import os
import socket
import sys
import webbrowser
from collections.abc import Callable
from functools import partial
from hashlib import sha256

from bot.app.analysis import map_picture, study
from bot.app.clock import clock
from bot.app.reports import studied_html
from bot.app.wiring import Wanted, opened
from bot.config import Config, scopes_of
from bot.errors import NothingYet, StoreError, UsageError
from bot.goal_store import Noted
from bot.report.studied import Studied
from bot.serve.access import LOOPBACK, Access
from bot.serve.application import application
from bot.serve.desk import Desk
from bot.serve.given import Given, Look, Read
from bot.serve.listening import address_of, is_loopback, listen, server
from bot.serve_settings import SHORTEST

Say = Callable[[str], None]

GUARD = """write who may see the pages into the configuration:
[serve]
token_env = "GEMBA_TOKEN"                  # a secret of 16 characters or more, or token_file
or, behind a reverse proxy that knows who asks:
[serve]
trusted_header = "X-Forwarded-User"
trusted_proxies = ["10.0.0.7"]"""


def serve_forever(config: Config, host: str, port: int, say: Say, *, show: bool = False) -> None:
    """Answer until SIGTERM or SIGINT. Raises AddressError, AccessDenied and UsageError before it begins.

    What is being looked at when it ends is not waited for.
    """
    if not config.streams:
        raise UsageError("there is no stream to show; add a [[streams]] table")
    with listen(host, port) as listening:
        access = access_of(config, listening, host)
        address = address_of(listening, host)
        say(f"serving {address}; stop with Ctrl-C")
        if show:
            webbrowser.open(address)
        desk = Desk(given(config))
        asyncio.run(server(application(desk.given, access, desk)).serve([listening]))
    say("stopped")
    sys.stderr.flush()
    os._exit(0)


def access_of(config: Config, listening: socket.socket, host: str) -> Access:
    """Raises UsageError where anybody could see everything, or the token can be guessed."""
    settings = config.serve
    if not settings.is_guarded and not is_loopback(listening):
        raise UsageError(f"{host} can be reached from elsewhere, and nothing says who may see the pages; {GUARD}")
    token = settings.token()
    if token is not None and len(token) < SHORTEST:
        raise UsageError(f"the token of [serve] has fewer than {SHORTEST} characters; make one: openssl rand -hex 32")
    named = LOOPBACK | {host.lower(), *settings.hosts}
    anything = token is not None and settings.trusted_header is None and not settings.hosts
    return Access(token, settings.trusted_header, settings.proxies, None if anything else named)


def given(config: Config) -> Given:
    """Everything from the store, opened anew for each question so that nothing can be written."""
    return Given(
        streams=config.streams,
        clock=clock,
        study=partial(_study, config, []),
        version=partial(_version, config),
        reads=partial(reads, config),
        missing=partial(missing, config),
        report=studied_html,
        picture=lambda studied, dark: map_picture(config, studied.document, dark=dark),
    )


def _study(config: Config, memory: list[Noted], look: Look) -> Studied:
    return study(config, Wanted(look.stream, look.start, look.end, look.now), memory)


def _version(config: Config, name: str) -> str:
    """Of all that an analysis is made from: what was read to its end, and what people noted."""
    stream = config.stream(name)
    with opened(config, read_only=True) as store:
        scopes = [(scope, store.complete_at(scope), store.cursor(scope)[1]) for scope in scopes_of(stream)]
        noted = [
            store.said.remarks(stream.name, clock()),
            store.plans.steps(stream.name),
            store.goals.readings(stream.name),
            store.goals.gate_records(stream.name),
            [*store.goals.definitions(stream.name).items()],
        ]
    return sha256(json.dumps([scopes, noted], default=str).encode()).hexdigest()


def reads(config: Config) -> list[Read]:
    every = dict.fromkeys(scope for stream in config.streams for scope in scopes_of(stream))
    with opened(config, read_only=True) as store:
        return [Read(*scope, store.complete_at(scope)) for scope in every]


def missing(config: Config) -> str | None:
    try:
        with opened(config, read_only=True):
            return None
    except (NothingYet, StoreError) as problem:
        return str(problem)
