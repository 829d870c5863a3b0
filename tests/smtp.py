"""A mail server on loopback (RFC 5321) that does what a test says."""

import base64
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

CREDENTIALS = base64.b64encode(b"\0gemba\0s3cret").decode()
WORDS = "s3cret and team@acme.example must not be repeated"


@dataclass
class Taken:
    """A letter that lies in the mailboxes."""

    sender: str
    to: list[str]
    content: bytes

    @property
    def letter(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)


@dataclass
class PostOffice:
    """`says`: what it answers to a verb or an address instead; `drops`: where it hangs up, one after the other.

    `taking` is called when it has a letter and did not yet answer for it, `leaving` when it has answered; `tls`: what
    it shows, from the beginning or after STARTTLS.
    """

    says: dict[str, str] = field(default_factory=dict)
    drops: list[str] = field(default_factory=list)
    offers: str = "AUTH PLAIN LOGIN"
    tls: ssl.SSLContext | None = None
    at_once: bool = False
    taking: Callable[[], None] = lambda: None
    leaving: Callable[[], None] = lambda: None
    taken: list[Taken] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    port: int = 0


class Hung(Exception):
    """The line is cut."""


class _Talk(StreamRequestHandler):
    office: PostOffice

    def handle(self) -> None:
        self.sender, self.secure = "", self.office.at_once
        self.to: list[str] = []
        try:
            if self.office.at_once:
                self._wrap()
            self._say("greeting", "220 here")
            while line := self.rfile.readline():
                self._answer(line.decode().rstrip("\r\n"))
        except (Hung, OSError):
            pass

    def _answer(self, line: str) -> None:
        verb = line[:4].upper()
        self.office.heard.append(verb + line[4:])
        address = (re.findall(r"<(.*?)>", line) or [""])[0]
        match verb:
            case "EHLO":
                tls = "250-STARTTLS\r\n" if self.office.tls and not self.secure else ""
                self._say(verb, f"250-here\r\n{tls}250-{self.office.offers}\r\n250 OK")
            case "STAR":
                self._say(verb, "220 go on")
                self._wrap()
            case "AUTH":
                self._say(verb, "235 yes" if line.endswith(CREDENTIALS) else f"535 {WORDS}")
            case "MAIL":
                self.sender, self.to = address, []
                self._say(verb, "250 OK")
            case "RCPT":
                if self._say(address if address in self.office.says else verb, "250 OK").startswith("2"):
                    self.to.append(address)
            case "DATA":
                if self._say(verb, "354 go on").startswith("354"):
                    self._take()
            case "QUIT":
                self._say(verb, "221 bye")
                raise Hung
            case _:
                self._say(verb, "250 OK")

    def _take(self) -> None:
        if self._cut("content"):
            self.rfile.readline()
            raise Hung
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise Hung
            lines.append(line[1:] if line.startswith(b".") else line)
        if not self.office.says.get("answer", "250").startswith(("4", "5")):
            self.office.taken.append(Taken(self.sender, self.to, b"".join(lines)))
        self.office.taking()
        self._say("answer", "250 taken")
        self.office.leaving()

    def _say(self, what: str, usual: str) -> str:
        if self._cut(what):
            raise Hung
        said = self.office.says.get(what, usual)
        self.wfile.write(f"{said}\r\n".encode())
        return said

    def _cut(self, what: str) -> bool:
        if self.office.drops[:1] != [what]:
            return False
        del self.office.drops[0]
        return True

    def _wrap(self) -> None:
        assert self.office.tls is not None
        self.connection = self.office.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.secure = True

    def finish(self) -> None:
        for part in (self.rfile, self.wfile, self.connection):
            part.close()


@contextmanager
def delivering(office: PostOffice) -> Iterator[PostOffice]:
    """It is open; its port stands in it."""
    handler: Any = type("Handler", (_Talk,), {"office": office})
    ThreadingTCPServer.allow_reuse_address = True
    server = ThreadingTCPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    office.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield office
    finally:
        server.shutdown()
        server.server_close()


def certified(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server on 127.0.0.1 shows, and the file that makes a machine believe it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")]),
    )
    now, here = datetime.now(UTC), x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])  # noqa: TID251
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(here, critical=False).add_extension(x509.BasicConstraints(True, None), critical=True)
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "authority.pem").write_bytes(pem)
    (folder / "server.pem").write_bytes(private + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context, folder / "authority.pem"
