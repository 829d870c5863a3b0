"""Mail, by SMTP: handed over to a server, once for its key as far as mail can promise that.

A server whose answer is lost may have taken a message (RFC 1047), and cannot be asked. So a message keeps its
Message-ID however often it is handed over, by which mail systems know it for the same (RFC 5322, 3.6.4).
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage, MIMEPart
from ipaddress import ip_address
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from connectors.errors import SourceError
from connectors.records import Check
from connectors.settings import ConfiguredPath, Settings, VariableName, Word, secret

ATOM, LABEL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
MAIL_ADDRESS = re.compile(rf"{ATOM}(?:\.{ATOM})*@{LABEL}(?:\.{LABEL})*")
"""A dot-atom at a domain (RFC 5321, 4.1.2), in ASCII: a domain of other letters is written as xn--…"""

HOST = re.compile(rf"{LABEL}(?:\.{LABEL})*\.?")
PORTS = {"starttls": 587, "tls": 465, "none": 25}
ENCODED = "=?"
"""How a word begins that stands for others (RFC 2047): a subject is said, not decoded. Of what it stands for, even line
breaks get into the header with Python before 3.12.5 (CVE-2024-6923)."""

NAMED = 12
"""Characters of what stands for an address."""


class MailSettings(Settings):
    """`[mail]` of the configuration. The server through which digests are mailed."""

    host: str
    """the server"""
    port: int | None = Field(default=None, ge=1, le=65535)
    """default: 587, with `tls` 465, with `none` 25"""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """`none` only inside a machine or a trusted network, and without a password"""
    sender: str
    """the address that sends"""
    user: Word | None = None
    """if the server wants a login"""
    password_env: VariableName | None = None
    """the variable that holds the password"""
    password_file: ConfiguredPath | None = None
    """or the file that holds it"""

    @field_validator("host")
    @classmethod
    def _a_host(cls, host: str) -> str:
        if not HOST.fullmatch(host) and _loopback(host) is None:
            raise ValueError(f'"{host}" is no host; write for example "mail.acme.example", and its port as port = 587')
        return host

    @field_validator("sender")
    @classmethod
    def _an_address(cls, sender: str) -> str:
        if not MAIL_ADDRESS.fullmatch(sender):
            raise ValueError(f'"{sender}" is no mail address; write it as NAME@HOST, without a name around it')
        return sender

    @model_validator(mode="after")
    def _whole_login(self) -> "MailSettings":
        places = [place for place in (self.password_env, self.password_file) if place is not None]
        if len(places) > 1:
            raise ValueError("needs either password_env or password_file, not both")
        if (self.user is None) != (not places):
            raise ValueError("needs a user and password_env (or password_file), or none of them")
        if self.user is not None and self.security == "none" and not _is_here(self.host):
            raise ValueError('a password is not sent in clear; write security = "starttls" or "tls"')
        return self

    @property
    def asked_port(self) -> int:
        """As configured, or the usual one (RFC 8314, RFC 6409, RFC 5321)."""
        return self.port or PORTS[self.security]

    @property
    def place(self) -> str:
        """Where the server is, for messages."""
        return f"{self.host}:{self.asked_port}"

    @property
    def password_place(self) -> str:
        """Where a person looks for the password, for messages."""
        return self.password_env or str(self.password_file)

    @property
    def domain(self) -> str:
        """Of the sender."""
        return self.sender.rpartition("@")[2]

    def password(self) -> str:
        """Raises AccessDenied with the variable or file that is missing."""
        return secret("mail", "password", self.password_env, self.password_file)


def _loopback(host: str) -> bool | None:
    """None where it is no number of a machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return None


def _is_here(host: str) -> bool:
    return host.casefold() == "localhost" or bool(_loopback(host))


def nameless(address: str) -> str:
    """What stands for an address where none may be kept."""
    return hashlib.sha256(address.casefold().encode()).hexdigest()[:NAMED]


@dataclass(frozen=True)
class Letter:
    """What is mailed: in words, and as a page which may show a picture by `cid:` and the Message-ID."""

    id: str
    at: datetime
    subject: str
    text: str
    page: str = ""
    picture: bytes | None = None


class Mail:
    """One server, and who sends."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    def id(self, key: str) -> str:
        """The Message-ID of a key, without its brackets: always the same."""
        said = hashlib.sha256(f"{self._settings.sender} {key}".encode()).hexdigest()
        return f"gemba.{said[:32]}@{self._settings.domain}"

    def hand_over(
        self, letter: Letter, shown: Sequence[str], to: Sequence[str], begin: Callable[[Sequence[str]], None]
    ) -> Mapping[str, int]:
        """Mail it to some of those whom it shows as its readers; whom the server refused, with its number.

        `begin` is called with all others right before the server gets the letter. Raises Unanswered where it has got
        all of it and does not say what became of it, and another SourceError where it was mailed to nobody.
        """
        from connectors.mail_session import handed_over, opened

        content = self._written(letter, shown).as_bytes()
        with opened(self._settings) as session:
            return handed_over(session, self._settings, content, to, begin)

    def check(self) -> Check:
        """Connect, log in, and mail nothing."""
        from connectors.mail_session import answering, opened

        what = f"mail: {self._settings.place}"
        try:
            with opened(self._settings) as session:
                return Check(what, ok=True, detail=answering(session, self._settings))
        except SourceError as problem:
            return Check(what, ok=False, detail=str(problem))

    def _written(self, letter: Letter, shown: Sequence[str]) -> EmailMessage:
        """As text and as a page, in ASCII on the way. Nobody's machine answers it (RFC 3834)."""
        from email.headerregistry import Address
        from email.policy import SMTP
        from email.utils import format_datetime

        policy = SMTP.clone(cte_type="7bit")
        found = EmailMessage(policy)
        found["Message-ID"] = f"<{letter.id}>"
        found["Date"] = format_datetime(letter.at)
        found["From"] = Address("Gemba", addr_spec=self._settings.sender)
        found["To"] = tuple(Address(addr_spec=address) for address in shown)
        found["Subject"] = letter.subject.replace(ENCODED, " ".join(ENCODED))
        found["Auto-Submitted"] = "auto-generated"
        found["X-Auto-Response-Suppress"] = "All"
        found.set_content(letter.text)
        if letter.page:
            found.add_alternative(letter.page, subtype="html")
            *_, page = found.iter_parts()
            if letter.picture is not None and isinstance(page, MIMEPart):
                about: dict[str, Any] = {"cid": f"<{letter.id}>", "disposition": "inline", "filename": "map.png"}
                page.add_related(letter.picture, "image", "png", **about)
        return found
