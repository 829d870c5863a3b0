"""Who may see the pages."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from bot.app.serving import access_of
from bot.config import Config, load_config
from bot.errors import ConfigError, UsageError
from bot.serve.access import COOKIE, Access, Head, local_path
from bot.serve.listening import listen
from connectors.errors import AccessDenied
from tests.commands import private
from tests.served.site import Site, a_desk, running

NOW = datetime(2026, 11, 20, tzinfo=UTC)
TOKEN = "a-token-that-nobody-guesses-easily"
GUARDED = Access(token=TOKEN, hosts=None)
PROXIED = Access(header="X-Forwarded-User", proxies=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")))


def head(peer: str | None = "127.0.0.1", **headers: str) -> Head:
    return Head(peer, {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("told", ["", "a-token", TOKEN + "x", TOKEN[:-1], "\u00e4" * 40])
def test_only_the_token_opens(told: str) -> None:
    """As a bearer, in any case of the word."""
    assert not GUARDED.allows(head(authorization=f"Bearer {told}"), NOW)
    assert GUARDED.allows(head(authorization=f"bearer {TOKEN}"), NOW)
    assert not GUARDED.allows(head(authorization=f"Basic {TOKEN}"), NOW)


def test_a_cookie_holds_until_its_day_and_is_no_token() -> None:
    """Nobody makes one that holds longer, and another token makes all of them worthless."""
    told = GUARDED.pass_until(NOW + timedelta(days=1))
    seconds, _, seal = told.partition(".")

    assert TOKEN not in told
    assert GUARDED.allows(head(cookie=f"a=b; {COOKIE}={told}"), NOW)
    assert not GUARDED.allows(head(cookie=f"{COOKIE}={told}"), NOW + timedelta(days=2))
    assert not GUARDED.allows(head(cookie=f"{COOKIE}={int(seconds) + 9}.{seal}"), NOW)
    assert not Access(token=TOKEN[::-1]).allows(head(cookie=f"{COOKIE}={told}"), NOW)
    for nonsense in ("", "x", f"{COOKIE}=", f"{COOKIE}=nan.{seal}", f"{COOKIE}={seconds}.", '{="\\'):
        assert not GUARDED.allows(head(cookie=nonsense), NOW)


def test_a_header_counts_only_from_the_proxy() -> None:
    """And only where it names somebody."""
    assert PROXIED.allows(head("10.1.2.3", x_forwarded_user="mara"), NOW)
    assert PROXIED.allows(head("fd00::1", x_forwarded_user="mara"), NOW)
    for peer in ("127.0.0.1", "11.0.0.1", "::1", None, "unix"):
        assert not PROXIED.allows(head(peer, x_forwarded_user="mara"), NOW)
    assert not PROXIED.allows(head("10.1.2.3", x_forwarded_user=" "), NOW)
    assert not PROXIED.allows(head("10.1.2.3", authorization="Bearer "), NOW)


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.org", "", "[::1", "a:b"])
def test_a_foreign_name_is_not_answered_to(host: str) -> None:
    """A site that gave its own name our address reads nothing."""
    assert not Access().knows_host(head(host=host))
    assert all(
        Access().knows_host(head(host=name)) for name in ("localhost:8765", "127.0.0.1", "[::1]:80", "LOCALHOST")
    )


@pytest.mark.parametrize(
    ("asked", "path"),
    [("/streams/A?to=1", "/streams/A?to=1"), ("//evil.example", "/"), ("/\\evil", "/"), ("https://evil.example", "/"),
     ("/a\r\nSet-Cookie: b", "/"), ("", "/"), ("javascript:alert(1)", "/")],
)  # fmt: skip
def test_after_signing_in_one_stays_here(asked: str, path: str) -> None:
    """Wherever the address says to go."""
    assert local_path(asked) == path


def test_without_a_guard_nobody_from_elsewhere_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to write; a token must be there, and not be guessed."""
    with listen("0.0.0.0", 0) as everywhere:
        with pytest.raises(UsageError, match="nothing says who may see the pages"):
            access_of(configured(tmp_path, ""), everywhere, "0.0.0.0")
        guarded = configured(tmp_path, '[serve]\ntoken_env = "GEMBA_TOKEN"')
        monkeypatch.delenv("GEMBA_TOKEN", raising=False)
        with pytest.raises(AccessDenied, match="set the environment variable GEMBA_TOKEN"):
            access_of(guarded, everywhere, "0.0.0.0")
        monkeypatch.setenv("GEMBA_TOKEN", "short")
        with pytest.raises(UsageError, match="fewer than 16 characters"):
            access_of(guarded, everywhere, "0.0.0.0")
        monkeypatch.setenv("GEMBA_TOKEN", TOKEN)
        assert access_of(guarded, everywhere, "0.0.0.0").hosts is None


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ('token = "x"', "serve.token: unknown key; did you mean"),
        ('trusted_header = "X-User"', "trusted_header needs trusted_proxies"),
        ('trusted_proxies = ["10.0.0.1"]', "trusted_proxies needs trusted_header"),
        ('trusted_header = "X-User"\ntrusted_proxies = ["10.0.0.300"]', "is no network"),
        ('hosts = ["https://gemba.example"]', "is no name of a host"),
        ('token_env = "A"\ntoken_file = "b"', "keep one"),
        ('trusted_header = "X User:"\ntrusted_proxies = ["10.0.0.1"]', "is no name of a header"),
    ],
)
def test_what_the_configuration_gets_wrong(tmp_path: Path, settings: str, fault: str) -> None:
    """In sentences, like everything else."""
    with pytest.raises(ConfigError, match=fault):
        configured(tmp_path, f"[serve]\n{settings}")


def configured(folder: Path, text: str) -> Config:
    (folder / "config.toml").write_text(text)
    return load_config(folder / "config.toml")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Behind a token, and behind a proxy that is this machine."""
    folder = tmp_path_factory.mktemp("guarded")
    private(folder / "secret", TOKEN + "\n")
    settings = '[serve]\ntoken_file = "secret"\ntrusted_header = "X-User"\ntrusted_proxies = ["127.0.0.0/8"]\n'
    with running(a_desk(folder, "Desk", more=settings)) as site:
        yield site


def test_nothing_is_told_without_the_token(guarded: Site) -> None:
    """But whether it lives; browsers are led to the page where it is entered, others are told how to send it."""
    for path in ("/", "/streams/Desk", "/streams/Desk/analysis.json", "/metrics", "/nope", "/streams/Desk/items/1"):
        found = guarded.ask(path, Authorization="Bearer wrong")
        assert (found.status, found.headers["www-authenticate"]) == (401, 'Bearer realm="gemba"')
        assert "Desk" not in found.text
    led = guarded.ask("/streams/Desk?to=2026-06-01", Accept="text/html")
    assert (led.status, led.headers["location"]) == (303, "/signin?next=%2Fstreams%2FDesk%3Fto%3D2026-06-01")
    assert guarded.ask("/healthz").status == guarded.ask("/readyz").status == guarded.ask("/signin").status == 200


def test_token_cookie_and_proxy_open(guarded: Site) -> None:
    """The token is entered once, and comes back as a cookie that no script and no other site can use."""
    wrong = guarded.ask("/signin", "POST", "token=wrong&next=/metrics")
    right = guarded.ask("/signin", "POST", f"token={TOKEN}&next=/metrics")
    cookie, *flags = right.headers["set-cookie"].split("; ")

    assert (wrong.status, "set-cookie" in wrong.headers, "That is not the token." in wrong.text) == (403, False, True)
    assert (right.status, right.headers["location"]) == (303, "/metrics")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(flags)
    assert "Secure" not in flags
    assert guarded.ask("/metrics", Cookie=cookie).status == 200
    assert guarded.ask("/metrics", Authorization=f"Bearer {TOKEN}").status == 200
    assert guarded.ask("/metrics", X_User="mara").status == 200
    assert "Secure" in guarded.ask(
        "/signin", "POST", f"token={TOKEN}", X_Forwarded_Proto="https"
    ).headers["set-cookie"]  # fmt: skip


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_everything_is_read_only(site: Site, method: str) -> None:
    """No other method is answered."""
    for path in ("/", "/streams/Payments", "/healthz", "/metrics"):
        found = site.ask(path, method)
        assert (found.status, found.headers["allow"]) == (405, "GET, HEAD")


def test_other_sites_are_refused(site: Site) -> None:
    """By whatever name they ask, and whatever they embed; a link that somebody follows is answered."""
    assert site.ask("/metrics", Host="evil.example").status == 421
    assert site.ask("/healthz", Host="10.0.0.7").status == 200
    assert site.ask("/metrics", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors").status == 403
    assert site.ask("/metrics", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate").status == 200


def test_every_answer_forbids_what_no_page_needs(site: Site) -> None:
    """Also refusals and figures."""
    for path in ("/", "/metrics", "/nope", "/healthz", "/streams/Payments/future?now=2026-11-20"):
        headers = site.ask(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "private" in headers["cache-control"]
        assert "server" not in headers
