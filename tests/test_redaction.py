"""What is told is told without secrets: those that were read, and what looks like one."""

import json
import time
from base64 import b64encode
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.redaction import redacted, redacted_field
from connectors import secrets
from connectors.secrets import remember, remember_address
from connectors.settings import TokenSettings

READ = 'hunter2/"geheim" +ü\\'


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test reads is no secret of another."""
    monkeypatch.setattr(secrets, "_forms", ())


@pytest.mark.parametrize(
    "said",
    [
        READ,
        quote(READ),
        quote(READ, safe=""),
        quote_plus(READ),
        json.dumps({"a": READ}),
        json.dumps([READ], ensure_ascii=False),
        repr([READ]),
        *(b64encode(f"{'u' * n}:{READ}".encode()).decode() for n in range(4)),
    ],
)
def test_a_secret_that_was_read_is_hidden_in_every_form(said: str) -> None:
    """In addresses, documents, programs' words and logins."""
    remember(READ)

    assert redacted(said) != said
    assert "geheim" not in redacted(said)
    assert b64encode(b"hunter2")[2:-4].decode() not in redacted(said)


def test_whatever_is_read_as_a_secret_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without that whoever reads it has to think of it."""
    monkeypatch.setenv("SOME_TOKEN", "  no-shape-of-its-own\n")
    TokenSettings(token_env="SOME_TOKEN").token("jira.acme")

    assert redacted("it is no-shape-of-its-own.") == "it is [redacted]."


def test_of_an_address_that_is_a_secret_no_part_is_told() -> None:
    """Clients log its path, and proxies its query; plain words stay words."""
    remember_address("https://cal.example/ical/team%40x/private-0a1b2c3d/basic.ics?key=4e5f6g&plain")

    assert (
        redacted('"GET /ical/x/private-0a1b2c3d/basic.ics" key 4e5f6g')
        == '"GET /ical/x/[redacted]/basic.ics" key [redacted]'
    )


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("b'\\r\\nAuthorization: Basic dXNlcjpwYXNz\\r\\nX: y'", "b'\\r\\nAuthorization: [redacted]\\r\\nX: y'"),
        ("b'\\r\\nCookie: a=b\\r\\nX: y'", "b'\\r\\nCookie: [redacted]\\r\\nX: y'"),
        ("{'Authorization': 'Bearer abc', 'X': 'y'}", "{'Authorization': '[redacted]', 'X': 'y'}"),
        ("[(b'cookie', b'a=b; c=\"d\"'), (b'x', b'y')]", "[(b'cookie', b'[redacted]'), (b'x', b'y')]"),
        ("Set-Cookie: a=b\nX-Api-Key: c\nx", "Set-Cookie: [redacted]\nX-Api-Key: [redacted]\nx"),
        ('{"access_token": "a", "b": 1}', '{"access_token": "[redacted]", "b": 1}'),
        (r'{\"token\": \"a\", \"b\": 1}', r'{\"token\": \"[redacted]\", \"b\": 1}'),
        ("sent Bearer abc.def-123", "sent Bearer [redacted]"),
        ("token 0123456789abcdef0123", "token [redacted]"),
        ("https://x.y/z?a=1&code=2&X-Amz-Signature=3#b", "https://x.y/z?a=1&code=[redacted]&X-Amz-Signature=[redacted]"),
        ("https://user:pa@ss@host/x", "https://[redacted]@host/x"),
        ("postgresql+psycopg://gemba:pass@db.acme/x", "postgresql+psycopg://gemba:[redacted]@db.acme/x"),
        ("xoxb-1-2-abc xapp-1-A-2 ghp_0123456789abcdef github_pat_11AA22_bbb", " ".join(["[redacted]"] * 4)),
        ("ATATT3xFfGF0=ABC eyJhbGciOiJI.eyJzdWIi.c2ln", "[redacted] [redacted]"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----!", "[redacted]!"),
        ("-----BEGIN PRIVATE KEY-----\\nMII", "[redacted]"),
        ("to ann.o'neil+x@acme.co.uk, bob%40acme.com", "to [address], [address]"),
        ("POST /upload/v1/ABC-1 HTTP", "POST /upload/v1/[redacted] HTTP"),
        ("https://hooks.slack.com/actions/T1/2/x", "https://hooks.slack.com/actions/[redacted]"),
    ],
)  # fmt: skip
def test_what_looks_like_a_secret_is_hidden(said: str, told: str) -> None:
    """Nobody has to have read it: it may come from a vendor."""
    assert redacted(said) == told
    assert redacted(told) == told


@pytest.mark.parametrize(
    "sentence",
    [
        "jira.acme: the token was refused (401); check JIRA_TOKEN",
        "slack: token: accepted for Acme",
        'write token_env = "GEMBA_TOKEN"; or token_file = "path"',
        "the database postgresql+psycopg://gemba:***@db.acme.com/x cannot be used",
        "Basic Authentication is not what it wants; basic authentication neither",
        "slack: the token in SLACK_BOT_TOKEN_OF_2026 lacks a scope; it needs chat:write",
        "PAY-12 has waited in Review for 25 days; see https://acme.atlassian.net/browse/PAY-12?focus=1",
    ],
)
def test_a_sentence_of_ours_stays_as_it_is(sentence: str) -> None:
    """What to do can be read."""
    assert redacted(sentence) == sentence


def test_fields_are_hidden_by_their_names_too() -> None:
    """However deep they lie; numbers stay numbers."""
    found = redacted_field(
        "found", {"job": "collect", "n": 3, "password": 1, "in": [{"client_secret": "x"}], "no": None}
    )

    assert found == {
        "job": "collect",
        "n": 3,
        "password": "[redacted]",
        "in": [{"client_secret": "[redacted]"}],
        "no": None,
    }


@given(st.text(), st.text(alphabet="abcXYZ019-_./+=&?%@:\"'\\ \n", min_size=6, max_size=40))
def test_no_text_stops_it(text: str, secret: str) -> None:
    """It raises nothing, and what was hidden is not found."""
    remember(secret)

    assert len(secret.strip()) < 6 or secret.strip() not in redacted(f"{text}{secret}{text}").replace(
        "[redacted]", "\0"
    )


@pytest.mark.parametrize(
    "hostile",
    [
        "a",
        "a@",
        "a.",
        "eyJ",
        "?a-",
        "-----BEGIN KEY-----",
        "authorization: ",
        "://a:",
        "'token': '",
        "%40",
        "\\",
        "x-a",
    ],
)
def test_a_long_text_takes_no_longer_than_its_length(hostile: str) -> None:
    """A tenth of a megabyte takes a fraction of a second, and twice as much about twice as long."""
    remember("no-shape-of-its-own")
    seconds = []
    for size in (50_000, 100_000):
        started = time.process_time()
        redacted(hostile * (size // len(hostile)))
        seconds.append(time.process_time() - started)

    assert seconds[1] < 3 * seconds[0] + 0.1
    assert seconds[1] < 1.5
