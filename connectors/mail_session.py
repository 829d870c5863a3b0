"""A conversation with a mail server (RFC 5321); whatever goes wrong in it becomes an error that says what to do.

Of what the server says only the number is told: its words may hold names and secrets.
"""

import re
import smtplib
import ssl
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from connectors.errors import AccessDenied, SourceError, SourceUnavailable, Unanswered
from connectors.mail import MailSettings
from connectors.transport import patiently, unreachable

TIMEOUT_S, CONTENT_S, ANSWER_S, LEAVE_S = 30.0, 60.0, 180.0, 5.0
"""Seconds for a command and its answer, for sending the letter, for what becomes of it, and for a farewell.

The RFC would wait ten minutes for what becomes of it; whoever sends has five for all of it.
"""

Session = smtplib.SMTP

AVAILABLE, BUSY, REFUSED = range(200, 300), range(400, 500), range(500, 600)
ANSWERS = (*AVAILABLE, *BUSY, *REFUSED)
GO_AHEAD, CLOSING = 354, 421


@contextmanager
def opened(settings: MailSettings) -> Iterator[Session]:
    """Connected, under TLS if so configured, and logged in. Raises SourceError."""
    password = settings.password() if settings.user else ""
    session = patiently(lambda: _opened(settings, password))
    try:
        yield session
        _leave(session)
    finally:
        session.close()


def _opened(settings: MailSettings, password: str) -> Session:
    with _talking(settings, "the connection", "ask whether this machine may send through it"):
        session = _connected(settings)
    try:
        _greet(session, settings)
        if settings.security == "starttls":
            with _talking(settings, "STARTTLS", 'if it serves TLS on a port of its own, write security = "tls"'):
                session.starttls(context=ssl.create_default_context())
            _greet(session, settings)
        if settings.user is not None:
            _log_in(session, settings, settings.user, password)
    except BaseException:
        session.close()
        raise
    return session


def _connected(settings: MailSettings) -> Session:
    """It says the sender's domain for its name: a container's own is none that a server takes for one."""
    where, name = (settings.host, settings.asked_port), settings.domain
    if settings.security == "tls":
        return smtplib.SMTP_SSL(*where, name, timeout=TIMEOUT_S, context=ssl.create_default_context())
    return smtplib.SMTP(*where, name, timeout=TIMEOUT_S)


def _greet(session: Session, settings: MailSettings) -> None:
    with _talking(settings, "the greeting", "ask whether this machine may send through it"):
        session.ehlo_or_helo_if_needed()


def _log_in(session: Session, settings: MailSettings, user: str, password: str) -> None:
    """The password's letters stand in the error that is raised for those that are not ASCII, so it is not kept."""
    place = settings.password_place
    with _talking(settings, "the login", f"check user and {place}"):
        try:
            session.login(user, password)
        except UnicodeError:
            wrong = f"mail: user and password must be ASCII; choose others, and put the password in {place}"
            raise AccessDenied(wrong) from None
        except ValueError as problem:
            raise _no_server(settings) from problem


def _leave(session: Session) -> None:
    """What was to be done is done, so nothing that goes wrong now matters."""
    with suppress(OSError):
        _wait(session, LEAVE_S)
        session.quit()


def handed_over(
    session: Session,
    settings: MailSettings,
    content: bytes,
    to: Sequence[str],
    begin: Callable[[Sequence[str]], None],
) -> Mapping[str, int]:
    """See `Mail.hand_over`."""
    with _talking(settings, "the sender", "check sender, and whether it wants a user and a password"):
        _expect(session.mail(settings.sender), AVAILABLE)
        answers = {address: _asked(session, address) for address in to}
    refused = {address: code for address, code in answers.items() if code not in AVAILABLE}
    if len(refused) < len(answers):
        with _talking(settings, "the letter", "it may be too large or be taken for spam; ask who runs the server"):
            _expect(session.docmd("DATA"), (GO_AHEAD,))
        begin([address for address in to if address not in refused])
        _send(session, settings, content)
    return refused


def _asked(session: Session, address: str) -> int:
    """Whether an address is taken. The server that says goodbye has refused none."""
    code, words = session.rcpt(address)
    if code == CLOSING or code not in ANSWERS:
        raise smtplib.SMTPResponseException(code, words)
    return code


def _send(session: Session, settings: MailSettings, content: bytes) -> None:
    """Until its last line has gone out, nothing can have been mailed."""
    with _talking(settings, "the letter", "it may be too large or be taken for spam; ask who runs the server"):
        _wait(session, CONTENT_S)
        session.send(_stuffed(content))
        _wait(session, ANSWER_S)
        try:
            code, words = session.getreply()
        except OSError as problem:
            raise _unanswered(settings) from problem
        if code not in ANSWERS:
            raise _unanswered(settings)
        _expect((code, words), AVAILABLE)


def _unanswered(settings: MailSettings) -> Unanswered:
    return Unanswered(
        f"mail: {settings.place} has got the letter and did not say what became of it, so it may have been mailed; "
        "the next run hands it over once more, under the same Message-ID"
    )


def _stuffed(content: bytes) -> bytes:
    """A line that begins with a dot gets another one, and a lone dot is the end (RFC 5321, 4.5.2)."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    ended = lines if lines.endswith(b"\r\n") else lines + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", ended) + b".\r\n"


def answering(session: Session, settings: MailSettings) -> str:
    """That it still answers, and how it is talked to."""
    with _talking(settings, "a question", "ask who runs the server"):
        _expect(session.noop(), AVAILABLE)
    version = session.sock.version() if isinstance(session.sock, ssl.SSLSocket) else None
    way = f"answers under {version}" if version else "answers in clear"
    return f"{way} and accepts the login" if settings.user else f"{way}, without a login"


def _wait(session: Session, seconds: float) -> None:
    if session.sock is not None:
        session.sock.settimeout(seconds)


def _expect(answer: tuple[int, bytes], codes: Collection[int]) -> None:
    if answer[0] not in codes:
        raise smtplib.SMTPResponseException(*answer)


@contextmanager
def _talking(settings: MailSettings, what: str, advice: str) -> Iterator[None]:
    """`what` is asked of the server, and `advice` what to do where it refuses that."""
    try:
        yield
    except ssl.SSLCertVerificationError as problem:
        raise AccessDenied(
            f"mail: the certificate of {settings.place} is not trusted ({problem.verify_message}); check host, and "
            "name the authority that signed it, as your company's, in [network] ca_file"
        ) from problem
    except ssl.SSLError as problem:
        raise SourceUnavailable(
            f"mail: {settings.place} does not speak TLS as expected; check port and security"
        ) from problem
    except smtplib.SMTPResponseException as problem:
        raise _refusal(settings, what, problem.smtp_code, advice) from problem
    except smtplib.SMTPServerDisconnected as problem:
        raise SourceUnavailable(
            f"mail: {settings.place} hung up at {what}; check port and security, or try again later"
        ) from problem
    except smtplib.SMTPException as problem:
        raise AccessDenied(f"mail: {settings.place} does not offer {what}; {advice}") from problem
    except OSError as problem:
        raise unreachable("mail", settings.place, problem) from problem


def _refusal(settings: MailSettings, what: str, code: int, advice: str) -> SourceError:
    """By the first digit of its number (RFC 5321, 4.2.1)."""
    if code in REFUSED:
        return AccessDenied(f"mail: {settings.place} refused {what} ({code}); {advice}")
    if code in BUSY:
        return SourceUnavailable(f"mail: {settings.place} put off {what} ({code}); try again later")
    return _no_server(settings)


def _no_server(settings: MailSettings) -> SourceUnavailable:
    return SourceUnavailable(f"mail: {settings.place} does not answer as a mail server; check host, port and security")
