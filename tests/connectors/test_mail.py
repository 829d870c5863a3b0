"""Mail: what goes over the line, and what is said where it does not."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.errors import AccessDenied, SourceError, SourceUnavailable, Unanswered
from connectors.mail import MAIL_ADDRESS, Letter, Mail, MailSettings, nameless
from tests.smtp import PostOffice, certified, delivering

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
TEAM = ("team@acme.example", "mara@acme.example")
GOOD: dict[str, Any] = {"host": "127.0.0.1", "security": "none", "sender": "gemba@acme.example"}
LOGIN: dict[str, Any] = {"user": "gemba", "password_env": "MAIL_PASSWORD"}


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "s3cret")


def mail(office: PostOffice, **more: Any) -> Mail:
    return Mail(MailSettings(**{**GOOD, "port": office.port, **more}))


def letter(
    subject: str = "Zahlungen: Woche bis 22. Mai – gut", text: str = "Größe\n.\n..x\n.\n", **more: Any
) -> Letter:
    return Letter("one@acme.example", NOW, subject, text, **more)


def hand_over(office: PostOffice, what: Letter | None = None, **more: Any) -> Any:
    return mail(office, **more).hand_over(what or letter(), TEAM, TEAM, lambda _: None)


def test_a_letter_has_words_a_page_and_a_picture_in_it() -> None:
    """Nothing on the way is beyond ASCII, lines of dots stay, and no machine is asked to answer."""
    with delivering(PostOffice()) as office:
        assert hand_over(office, letter(page='<p>Größe<img src="cid:one@acme.example">', picture=b"\x89PNG")) == {}

    (taken,) = office.taken
    parts = [part.get_content_type() for part in taken.letter.walk()]
    assert (taken.sender, taken.to, taken.content.isascii()) == ("gemba@acme.example", [*TEAM], True)
    assert taken.letter["Subject"] == "Zahlungen: Woche bis 22. Mai – gut"
    assert taken.letter["To"] == ", ".join(TEAM)
    assert taken.letter["Message-ID"] == "<one@acme.example>"
    assert taken.letter["Auto-Submitted"] == "auto-generated"
    assert parts == ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"]
    assert [p["Content-ID"] for p in taken.letter.walk() if p["Content-ID"]] == ["<one@acme.example>"]
    body = taken.letter.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r", "") == "Größe\n.\n..x\n.\n"


def test_a_letter_of_words_only_is_one_part() -> None:
    """And lines that begin with a dot are as they were, though they go over the line as they are."""
    with delivering(PostOffice()) as office:
        hand_over(office, letter(text=".\n.a\nb\n..\n"))

    assert office.taken[0].letter.get_content().replace("\r", "") == ".\n.a\nb\n..\n"
    assert b"\r\n.\r\n.a\r\nb\r\n..\r\n" in office.taken[0].content


@pytest.mark.parametrize("subject", ["a\nBcc: eve@evil.example", "a\r\n\r\nbody", "a\rX: y", "ä" * 99 + "\nBcc: e@e.e"])
def test_no_line_break_gets_into_a_header(subject: str) -> None:
    """Whoever forgets to remove it mails nothing."""
    with delivering(PostOffice()) as office, pytest.raises(ValueError, match="linefeed or carriage return"):
        hand_over(office, letter(subject))

    assert office.heard == []


@pytest.mark.parametrize("at_once", [True, False])
def test_the_way_is_encrypted_before_anything_is_said(
    at_once: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the beginning, or after STARTTLS; the certificate must be of an authority that the machine knows."""
    shown, authority = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with delivering(PostOffice(tls=shown, at_once=at_once)) as office:
        hand_over(office, security="tls" if at_once else "starttls", **LOGIN)

    assert len(office.taken) == 1
    assert [line[:4] for line in office.heard].index("AUTH") > (
        0 if at_once else [*map(str.strip, office.heard)].index("STARTTLS")
    )


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_of_nobody_is_refused(security: str, tmp_path: Path) -> None:
    """Before the password is said."""
    with (
        delivering(PostOffice(tls=certified(tmp_path)[0], at_once=security == "tls")) as office,
        pytest.raises(AccessDenied, match=r"certificate of 127.0.0.1:\d+ is not trusted \(self-signed certificate\)"),
    ):
        hand_over(office, security=security, **LOGIN)

    assert not any(line.startswith("AUTH") for line in office.heard)


def test_a_server_without_tls_gets_nothing_in_clear() -> None:
    """Somebody on the way may have taken the offer out."""
    with delivering(PostOffice()) as office, pytest.raises(AccessDenied, match="does not offer STARTTLS"):
        hand_over(office, security="starttls", **LOGIN)

    assert [line[:4] for line in office.heard] == ["EHLO"]


@pytest.mark.parametrize(
    ("says", "kind", "words"),
    [
        ({"AUTH": "535 WORDS"}, AccessDenied, "refused the login (535); check user and MAIL_PASSWORD"),
        ({"AUTH": "454 WORDS"}, SourceUnavailable, "put off the login (454); try again later"),
        ({"MAIL": "550 WORDS"}, AccessDenied, "refused the sender (550); check sender"),
        ({"MAIL": "451 WORDS"}, SourceUnavailable, "put off the sender (451)"),
        ({"RCPT": "421 WORDS"}, SourceUnavailable, "put off the sender (421)"),
        ({"DATA": "451 WORDS"}, SourceUnavailable, "put off the letter (451)"),
        ({"answer": "552 WORDS"}, AccessDenied, "refused the letter (552); it may be too large"),
        ({"answer": "452 WORDS"}, SourceUnavailable, "put off the letter (452)"),
        ({"greeting": "554 WORDS"}, AccessDenied, "refused the connection (554); ask whether this machine"),
        ({"greeting": "421 WORDS"}, SourceUnavailable, "put off the connection (421)"),
        ({"greeting": "HTTP/1.1 400 WORDS"}, SourceUnavailable, "does not answer as a mail server; check host, port"),
        ({"AUTH": "334 WORDS"}, SourceUnavailable, "does not answer as a mail server; check host, port"),
    ],
)
def test_refusals_say_what_to_do(says: dict[str, str], kind: type[SourceError], words: str) -> None:
    """Sorted by whether waiting helps; nothing that the server said is repeated but its number."""
    says = {verb: said.replace("WORDS", "s3cret team@acme.example") for verb, said in says.items()}
    with delivering(PostOffice(says)) as office, pytest.raises(kind) as problem:
        hand_over(office, **LOGIN)

    assert words in str(problem.value)
    assert "s3cret" not in str(problem.value)
    assert "team@" not in str(problem.value)
    assert not office.taken


@pytest.mark.parametrize("where", ["greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"])
def test_who_is_cut_off_before_the_end_of_a_letter_has_mailed_nothing(where: str) -> None:
    """So it may be tried again; where nothing was asked yet, that is done at once."""
    with delivering(PostOffice(drops=[where] * 9)) as office, pytest.raises(SourceUnavailable) as problem:
        hand_over(office, **LOGIN)

    assert not isinstance(problem.value, Unanswered)
    assert not office.taken
    assert len(office.drops) == (6 if where in ("greeting", "EHLO", "AUTH") else 8)


@pytest.mark.parametrize("office", [PostOffice(drops=["answer"]), PostOffice({"answer": "garbage"})])
def test_who_is_cut_off_after_it_may_have_mailed_it(office: PostOffice) -> None:
    """It is not tried again here, and said to be unknown."""
    with delivering(office), pytest.raises(Unanswered, match="so it may have been mailed"):
        hand_over(office)

    assert len(office.taken) == 1


def test_a_server_that_only_hangs_on_farewell_has_mailed_it() -> None:
    """What was taken is taken."""
    with delivering(PostOffice(drops=["QUIT"])) as office:
        assert hand_over(office) == {}


def test_a_server_that_says_nothing_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that wants TLS from the beginning says nothing."""
    monkeypatch.setattr("connectors.mail_session.TIMEOUT_S", 0.05)
    office, words = PostOffice({"greeting": "220-still"}), "hung up at the connection; check port and security"
    with delivering(office), pytest.raises(SourceUnavailable, match=words):
        hand_over(office)


def test_nobody_at_home_is_told() -> None:
    """With where it was tried."""
    with delivering(PostOffice()) as office:
        pass
    with pytest.raises(SourceUnavailable, match=rf"no answer from 127.0.0.1:{office.port} \(connection refused\)"):
        hand_over(office)


def test_refused_addresses_are_told_and_the_others_get_it() -> None:
    """Who begins is told whom it goes to before it goes."""
    begun: list[Any] = []
    with delivering(PostOffice({TEAM[0]: "550 no"})) as office:
        assert mail(office).hand_over(letter(), TEAM, TEAM, lambda to: begun.append((to, len(office.taken)))) == {
            TEAM[0]: 550
        }

    assert (office.taken[0].to, begun) == ([TEAM[1]], [([TEAM[1]], 0)])


def test_who_does_not_begin_sends_nothing() -> None:
    """The server has said that it waits, and is left."""

    def begin(_: Any) -> None:
        raise SourceUnavailable("another")

    with delivering(PostOffice()) as office, pytest.raises(SourceUnavailable, match="another"):
        mail(office).hand_over(letter(), TEAM, TEAM, begin)

    assert (office.heard[-1], office.taken) == ("DATA", [])


def test_a_password_that_cannot_be_said_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's error would show it."""
    monkeypatch.setenv("MAIL_PASSWORD", "größe")
    with delivering(PostOffice()) as office, pytest.raises(AccessDenied, match="must be ASCII") as problem:
        hand_over(office, **LOGIN)

    assert "größe" not in str(problem.value)
    assert problem.value.__cause__ is None


def test_a_missing_password_is_told_before_anybody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the variable that is to hold it."""
    monkeypatch.delenv("MAIL_PASSWORD")
    with delivering(PostOffice()) as office, pytest.raises(AccessDenied) as problem:
        hand_over(office, **LOGIN)

    assert str(problem.value) == "mail: the password is missing: set the environment variable MAIL_PASSWORD"
    assert office.heard == []


def test_check_logs_in_and_mails_nothing() -> None:
    """And says what to do where that fails."""
    with delivering(PostOffice()) as office:
        found = mail(office, **LOGIN).check()
        office.says["AUTH"] = "535 no"
        wrong = mail(office, **LOGIN).check()

    assert (found.what, found.ok, found.detail) == (
        f"mail: 127.0.0.1:{office.port}",
        True,
        "answers in clear and accepts the login",
    )
    assert (wrong.ok, "check user and MAIL_PASSWORD" in wrong.detail) == (False, True)
    assert not [line for line in office.heard if line[:4] in ("MAIL", "RCPT", "DATA")]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"user": "gemba"}, "needs a user and password_env"),
        ({"password_file": "p"}, "needs a user and password_env"),
        ({**LOGIN, "password_file": "p"}, "either password_env or password_file, not both"),
        ({**LOGIN, "host": "mail.acme.example"}, "a password is not sent in clear"),
        ({"host": "https://mail.acme.example"}, "is no host"),
        ({"host": "mail.acme.example:587"}, "is no host"),
        ({"host": "a\nb"}, "is no host"),
        ({"sender": "Gemba <gemba@acme.example>"}, "is no mail address"),
        ({"sender": "gemba@acme.example\n"}, "is no mail address"),
        ({"port": 0}, "greater than or equal to 1"),
    ],
)
def test_settings_that_cannot_work_are_refused(more: dict[str, Any], words: str) -> None:
    """With what would be right."""
    with pytest.raises(ValidationError, match=words):
        MailSettings(**{**GOOD, **more})


def test_ports_are_the_usual_ones() -> None:
    """Unless one is said; a password in clear may go as far as this machine."""
    settings = MailSettings(**{**GOOD, **LOGIN, "host": "::1"})
    usual = [settings.model_copy(update={"security": s}).asked_port for s in ("starttls", "tls", "none")]

    assert usual == [587, 465, 25]
    assert MailSettings(**GOOD, port=2525).asked_port == 2525


@pytest.mark.parametrize("text", ["a@b", "a.b+c@x-y.example", "o'neil@acme.example"])
def test_addresses_are_known(text: str) -> None:
    """As people have them."""
    assert MAIL_ADDRESS.fullmatch(text)


@pytest.mark.parametrize(
    "text",
    [
        "a@b\n",
        "a b@c",
        "a@b>",
        "a..b@c",
        ".a@b",
        "a@-b",
        "ä@b",
        "a@ä.de",
        "a\x00@b",
        "a@b@c",
        "<a@b>",
        "a@b,c@d",
        "@",
        "",
    ],
)
def test_what_is_no_address_is_not_taken_for_one(text: str) -> None:
    """Nothing that a server or a header could take for more than one address."""
    assert not MAIL_ADDRESS.fullmatch(text)


def test_what_stands_for_an_address_does_not_tell_it() -> None:
    """It is the same however the address is written."""
    assert nameless("Team@acme.example") == nameless("team@acme.example") != nameless("mara@acme.example")
    assert len(nameless(TEAM[0])) == 12


def test_a_key_has_one_message_id() -> None:
    """Whichever machine mails it; another key has another."""
    one, other = (Mail(MailSettings(**GOOD)) for _ in range(2))

    assert one.id("Payments W01") == other.id("Payments W01") != one.id("Payments W02")
    assert one.id("a\nb>").endswith("@acme.example")


def test_who_is_cut_off_within_a_letter_has_mailed_nothing() -> None:
    """Whether all of it had gone out, and so might have been mailed, the line does not always tell."""
    with delivering(PostOffice(drops=["content"])) as office, pytest.raises(SourceUnavailable):
        hand_over(office, letter(text="x" * 100_000))

    assert not office.taken
