"""The way to every source: verified, with a company's own authority and proxy, whatever the client."""

import os
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.config import load_config
from bot.errors import ConfigError
from connectors.calendar_settings import CalendarSettings
from connectors.calendar_site import Site as CalendarSite
from connectors.errors import SourceError, SourceUnavailable
from connectors.github_settings import GitHubSettings
from connectors.github_site import Site as GitHubSite
from connectors.jira_settings import JiraSettings
from connectors.jira_site import Site as JiraSite
from connectors.mail import Mail, MailSettings
from connectors.network import NetworkSettings, use
from connectors.slack import Slack
from connectors.slack_settings import SlackSettings
from connectors.slack_socket import Ears
from connectors.transport import Meter
from tests.proxy import proxying
from tests.serve import Reply, serving
from tests.smtp import PostOffice, certified, delivering

VARIABLES = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
)


def ask_jira(url: str) -> None:
    JiraSite("jira", JiraSettings(url=url, token_env="TOKEN", projects=("PAY",)), Meter()).get("field", "fields")


def ask_github(url: str) -> None:
    settings = GitHubSettings(api_url=f"{url}/api/v3", token_env="TOKEN", repositories=("a/b",))
    GitHubSite("github", settings, Meter()).ask("Repository", {}, "a/b")


def ask_calendar(url: str) -> None:
    settings = CalendarSettings.model_validate({"calendars": [f"{url}/x.ics"]})
    CalendarSite("calendar", settings).content(settings.scopes[0])


def ask_slack(url: str) -> None:
    Slack(SlackSettings(api_url=f"{url}/api/", token_env="TOKEN")).channel("#x")


def listen_to_slack(url: str) -> None:
    Ears(SlackSettings(api_url=f"{url}/api/", token_env="TOKEN", app_token_env="TOKEN"), print).open()


CLIENTS = [ask_jira, ask_github, ask_calendar, ask_slack, listen_to_slack]


def said(ask: Callable[[str], None], url: str) -> str:
    """What went wrong, if anything."""
    try:
        ask(url)
    except SourceError as problem:
        return str(problem)
    return ""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return certified(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(shown: tuple[ssl.SSLContext, Path]) -> Iterator[tuple[str, list[str]]]:
    """Under TLS, with a certificate of its own authority."""
    with serving(lambda *_: Reply(200, {"ok": False, "error": "x", "data": {}}), shown[0]) as found:
        yield found


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable says anything of the network."""
    monkeypatch.setenv("TOKEN", "a-secret-token")
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def as_configured(monkeypatch: pytest.MonkeyPatch, **said: object) -> None:
    found = dict(os.environ)
    use(NetworkSettings.model_validate(said), found)
    for name, value in found.items():
        monkeypatch.setenv(name, value)


TURNED_OFF = [
    {},
    {"PYTHONHTTPSVERIFY": "0", "CURL_CA_BUNDLE": "", "REQUESTS_CA_BUNDLE": "", "SSL_CERT_FILE": ""},
    {"NODE_TLS_REJECT_UNAUTHORIZED": "0", "GIT_SSL_NO_VERIFY": "1", "CURL_CA_BUNDLE": "/dev/null"},
]


@pytest.mark.parametrize("ask", CLIENTS)
@pytest.mark.parametrize("environ", TURNED_OFF)
def test_a_server_that_nobody_vouches_for_is_refused(
    ask: Callable[[str], None], environ: dict[str, str], server: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the environment says that might switch it off; it is told what to do, and nothing was sent."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    before = len(server[1])
    told = said(ask, server[0])

    assert "not trusted (self-signed certificate)" in told or environ.get("CURL_CA_BUNDLE")
    assert "[network] ca_file" in told or "no answer" in told
    assert len(server[1]) == before


@pytest.mark.parametrize("ask", CLIENTS)
def test_a_company_has_its_own_authority(
    ask: Callable[[str], None],
    server: tuple[str, list[str]],
    shown: tuple[ssl.SSLContext, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One key for all, and the public ones are believed as before."""
    as_configured(monkeypatch, ca_file=shown[1])
    before = len(server[1])
    told = said(ask, server[0])

    assert "not trusted" not in told
    assert len(server[1]) > before
    public = ssl.create_default_context(cafile=os.environ["REQUESTS_CA_BUNDLE"])
    assert public.cert_store_stats()["x509_ca"] > 50


@pytest.mark.parametrize("ask", CLIENTS)
def test_another_name_is_not_believed(
    ask: Callable[[str], None],
    server: tuple[str, list[str]],
    shown: tuple[ssl.SSLContext, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not even with the right authority."""
    as_configured(monkeypatch, ca_file=shown[1])

    assert "is not trusted (Hostname mismatch" in said(ask, server[0].replace("127.0.0.1", "localhost"))


def test_mail_believes_the_same(shown: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """And refuses the same."""
    with delivering(PostOffice(tls=shown[0])) as office:
        mail = Mail(MailSettings(host="127.0.0.1", port=office.port, sender="gemba@acme.example"))
        refused = mail.check()
        as_configured(monkeypatch, ca_file=shown[1])
        believed = mail.check()

    assert (refused.ok, believed.ok) == (False, True)
    assert "[network] ca_file" in refused.detail


@pytest.mark.parametrize("ask", CLIENTS)
@pytest.mark.parametrize("configured", [True, False])
def test_a_proxy_is_gone_through(
    ask: Callable[[str], None],
    configured: bool,
    server: tuple[str, list[str]],
    shown: tuple[ssl.SSLContext, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As the configuration or the environment names it, but to those whom NO_PROXY names; and it sees no token."""
    as_configured(monkeypatch, ca_file=shown[1])
    with proxying() as (proxy, heard):
        monkeypatch.setenv("HTTPS_PROXY", proxy.replace("//", "//user:pass@" if configured else "//"))
        through = said(ask, server[0])
        assert heard
        assert {head.split()[1] for head in heard} == {server[0].removeprefix("https://")}
        assert "a-secret-token" not in "".join(heard)
        seen = len(heard)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert said(ask, server[0]) == through
        assert len(heard) == seen


@pytest.mark.parametrize("ask", CLIENTS)
def test_a_proxy_that_is_not_there_is_told(ask: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its password."""
    monkeypatch.setenv("HTTPS_PROXY", "http://user:a-secret-word@127.0.0.1:9")
    told = said(ask, "https://127.0.0.2:9")

    assert "no answer from" in told
    assert "a-secret-word" not in told


def test_the_configuration_names_proxy_and_authority(shown: tuple[ssl.SSLContext, Path]) -> None:
    """For the whole process; this machine is reached directly, and so is whom the environment names."""
    environ = {"NO_PROXY": "old.example"}
    use(NetworkSettings(ca_file=shown[1], proxy="http://proxy:3128", no_proxy=(".acme.example",)), environ)

    assert environ["HTTPS_PROXY"] == environ["http_proxy"] == "http://proxy:3128"
    assert environ["NO_PROXY"] == "localhost,127.0.0.1,::1,old.example,.acme.example"
    assert environ["SSL_CERT_FILE"] == environ["REQUESTS_CA_BUNDLE"]
    assert shown[1].read_bytes() in Path(environ["SSL_CERT_FILE"]).read_bytes()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('ca_file = "none.pem"', "network.ca_file: .*none.pem is not usable .no such file"),
        ('ca_file = "config.toml"', "network.ca_file: .*config.toml is not usable"),
        ('proxy = "proxy:3128"', "network.proxy: is no proxy"),
        ("verify = false", "network.verify: unknown key"),
    ],
)
def test_what_cannot_be_is_told(tmp_path: Path, lines: str, words: str) -> None:
    """And verification is nothing that could be configured."""
    (tmp_path / "config.toml").write_text(f"[network]\n{lines}\n")

    with pytest.raises(ConfigError, match=words):
        load_config(tmp_path / "config.toml")


@pytest.mark.parametrize("place", ["wss://127.0.0.1:8443/link/?ticket=1", "ws://127.0.0.1:443/link/?ticket=1"])
def test_slack_is_never_listened_to_in_clear(
    place: str, shown: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client would at any port but 443."""
    as_configured(monkeypatch, ca_file=shown[1])
    reply = Reply(200, {"ok": True, "url": place})
    with serving(lambda *_: reply, shown[0]) as (url, _), pytest.raises(SourceUnavailable, match="would be encrypted"):
        listen_to_slack(url)


@pytest.mark.parametrize("ask", CLIENTS)
def test_a_token_goes_to_nobody_else(ask: Callable[[str], None]) -> None:
    """Not even where whoever is asked sends it on."""
    here: list[str] = []
    there: list[str] = []
    with serving(lambda *_: Reply(200, {"ok": False, "error": "x"}), heard=there) as (elsewhere, _):
        to = {"Location": elsewhere.replace("127.0.0.1", "localhost")}
        with serving(lambda *_: Reply(302, headers=to), heard=here) as (url, _):
            said(ask, url)

    assert any("a-secret-token" in headers for headers in here) == (ask is not ask_calendar)
    assert not any("a-secret-token" in headers for headers in there)
    assert there or ask is ask_github


def test_an_address_holds_no_login() -> None:
    """It would be told wherever the address is."""
    with pytest.raises(ValueError, match="write them where the token stands"):
        JiraSettings(url="https://me:a-secret-word@jira.example", token_env="TOKEN", projects=("PAY",))
