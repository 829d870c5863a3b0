"""The secrets that this process has read, so that whatever is told can be told without them."""

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from threading import Lock
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

HIDDEN = "[redacted]"

SHORTEST = 6
"""Characters from which a secret is looked for everywhere; of less, too much would be hidden that is none."""

LINE = 16
"""Characters from which a line of a longer secret is one by itself."""

PLAIN = re.compile(r"[a-z]{1,12}([-_.][a-z]{1,12}){0,3}")
"""A part of an address that cannot be taken for a secret."""

_forms: tuple[str, ...] = ()
_one_by_one = Lock()


def remember(secret: str | None) -> None:
    """From now on it is hidden, in whatever form it is said."""
    global _forms  # noqa: PLW0603 - what a process has read is the process's
    if secret is None or len(secret.strip()) < SHORTEST:
        return
    with _one_by_one:
        _forms = tuple(sorted({*_forms, *_said(secret.strip())}, key=len, reverse=True))


def remember_address(url: str) -> None:
    """Whoever knows the address may read what is there: it, and its parts as clients and proxies tell them."""
    remember(url)
    for part in secret_parts(url):
        remember(part)


def secret_parts(url: str) -> list[str]:
    """The parts of an address by which it may be a secret. An address that is none has none."""
    try:
        found = urlsplit(url)
    except ValueError:
        return []
    values = [found.query, *(value for _, value in parse_qsl(found.query))]
    parts = [found.username, found.password, *values, found.fragment, *found.path.split("/")]
    return [part for part in parts if part and not PLAIN.fullmatch(part)]


def without_secrets(text: str) -> str:
    """In time that grows with the text and with the number of secrets."""
    for form in _forms:
        text = text.replace(form, HIDDEN)
    return text


def _said(secret: str) -> Iterator[str]:
    """As it is, as addresses, documents and programs write it, and as a login encodes it (RFC 7617)."""
    lines = [line for line in secret.splitlines() if len(line) >= LINE] if "\n" in secret else []
    for one in (secret, unquote(secret), *lines):
        yield from (one, quote(one), quote(one, safe=""), quote_plus(one), html.escape(one), repr(one)[1:-1])
        yield from (json.dumps(one)[1:-1], json.dumps(one, ensure_ascii=False)[1:-1])
        yield from _encoded(one.encode("utf-8", "surrogatepass"))


def _encoded(secret: bytes) -> Iterator[str]:
    """In base64, wherever in a longer text it stands: what of its letters does not depend on its neighbours."""
    for before in range(3):
        first, last = -(-before * 8 // 6), (before + len(secret)) * 8 // 6
        for encode in (b64encode, urlsafe_b64encode):
            found = encode(bytes(before) + secret).decode()[first:last]
            if len(found) >= SHORTEST:
                yield found
