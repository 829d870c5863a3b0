"""One policy for time-outs, retries and rate limits, and one wording for refusals, whatever the vendor's client.

The clients' own retries are switched off (python-jira repeats writes and waits too short, PyGithub sleeps for an hour):
a connector turns what its client raises into an error of `connectors.errors`, and `patiently` decides by its class.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar

import stamina
from stamina.instrumentation import RetryDetails

from connectors.errors import AccessDenied, NotThere, RateLimited, SourceError, SourceUnavailable, Unanswered
from connectors.network import in_words, untrusted
from connectors.records import Budget

log = logging.getLogger("gemba.patience")
"""Of every new attempt: for who looks on."""

TIMEOUT_S = (5.0, 60.0)
"""Seconds to connect and seconds to wait for an answer."""

ATTEMPTS = 5
LONGEST_WAIT_S = 60.0
"""A source that asks for more than this is left alone until the next run."""

CLOCKS_APART = timedelta(minutes=2)

Answer = TypeVar("Answer")


class Meter:
    """What the last answer of a source said of it, whichever thread asked.

    Source: docs.github.com, rate limits; developer.atlassian.com, rate limiting: the same two headers.
    """

    budget: Budget | None = None

    def read(self, headers: Mapping[str, str]) -> None:
        left, limit = (header(headers, f"x-ratelimit-{name}") or "" for name in ("remaining", "limit"))
        if left.isascii() and left.isdecimal() and limit.isascii() and limit.isdecimal():
            self.budget = Budget(int(left), int(limit))


def patiently(ask: Callable[[], Answer]) -> Answer:
    """Ask again while the source is unavailable: a few times, with growing pauses, or as long as it asks for.

    What may have been done already is not sent again.
    """
    return _PATIENCE(ask)


def _pause(error: Exception) -> bool | float:
    if not isinstance(error, SourceUnavailable) or isinstance(error, Unanswered):
        return False
    if error.retry_after_s is None:
        return True
    return error.retry_after_s if error.retry_after_s <= LONGEST_WAIT_S else False


def _tell(details: RetryDetails) -> None:
    log.warning("%s; trying again in %.0f s", details.caused_by, details.wait_for)


stamina.instrumentation.set_on_retry_hooks([_tell])
_PATIENCE = stamina.RetryingCaller(
    attempts=ATTEMPTS, timeout=4 * LONGEST_WAIT_S, wait_initial=0.5, wait_max=20.0, wait_jitter=1.0
).on(_pause)


def refusal(source: str, what: str, status: int, headers: Mapping[str, str], token_place: str) -> SourceError:
    """The error for an HTTP status, in one sentence that says what to do.

    Nothing of the answer is quoted: it may hold secrets.
    """
    wait = retry_after(headers)
    match status:
        case 401:
            return AccessDenied(f"{source}: the token was refused (401); check {token_place}")
        case 429:
            return RateLimited(
                f"{source}: too many requests (429); it asks to wait {_seconds(wait)}", retry_after_s=wait
            )
        case 403 if wait is not None:
            return RateLimited(
                f"{source}: too many requests (403); it asks to wait {_seconds(wait)}", retry_after_s=wait
            )
        case 403:
            return AccessDenied(
                f"{source}: {what} is forbidden (403); grant the token in {token_place} the permission or scope"
            )
        case 404 | 410:
            return NotThere(
                f"{source}: {what} was not found ({status}); check the name and the address, and that the "
                f"token in {token_place} may see it"
            )
        case _ if status >= 500:
            return SourceUnavailable(f"{source}: {what} failed at the source ({status}); try again later")
    kind = NotThere if status == 400 else AccessDenied
    return kind(f"{source}: {what} was refused ({status}); check its name, and that the token may see it")


def unreachable(source: str, url: str, problem: Exception) -> SourceError:
    """No usable answer at all; or none that may be believed, which waiting does not change."""
    why = untrusted(problem)
    if why is not None:
        return AccessDenied(
            f"{source}: the certificate of {_host(url)} is not trusted ({why}); check the address, and name the "
            "authority that signed it, as your company's, in [network] ca_file"
        )
    place = (
        "the address, the network and the proxy" if "Proxy" in type(problem).__name__ else "the address and the network"
    )
    return SourceUnavailable(f"{source}: no answer from {url} ({in_words(problem)}); check {place}")


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0] or url


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header, given as a number or as a date (RFC 9110, 10.2.3)."""
    value = header(headers, "retry-after")
    if value is None:
        return None
    if value.isascii() and value.isdecimal():
        return float(value)
    until, there = _http_date(value), server_time(headers)
    return max((until - there).total_seconds(), 0.0) if until and there else None


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """The Date header, in UTC."""
    value = header(headers, "date")
    return _http_date(value) if value else None


def clocks(there: datetime | None, here: datetime) -> tuple[bool, str]:
    """Whether a source's clock agrees with ours, and how far they are apart."""
    if there is None:
        return True, "the source does not tell its time"
    apart = abs(there - here)
    told = f"{apart.total_seconds():.0f} s apart"
    return (True, told) if apart <= CLOCKS_APART else (False, f"{told}; set this machine's clock (NTP)")


def _http_date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def header(headers: Mapping[str, str], name: str) -> str | None:
    """By its name in lower case."""
    return next((v for k, v in headers.items() if k.lower() == name), None)


def _seconds(wait: float | None) -> str:
    return f"{wait:.0f} s" if wait is not None else "a while"
