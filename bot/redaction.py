"""Whatever is told, told without secrets and addresses of people: the secrets that were read, and what looks like one.

No pattern looks at a character more often than a fixed number of times, so that nobody can stop the bot with a text.
"""

import re
from collections.abc import Mapping
from typing import Any

from connectors.secrets import HIDDEN, without_secrets

ADDRESS = "[address]"

HEADERS = r"(?:proxy-)?authorization|(?:set-)?cookie|x-[a-z]{1,12}-key|(?:x-)?[a-z]{0,12}-?auth-token|private-token"
SECRETS = (
    r"tokens?|access_?token|refresh_?token|id_?token|secret|client_?secret|passw(?:or)?d|passphrase|passwd|pwd|"
    r"api_?key|access_?key|private_?key|signature|credentials?|jwt|assertion|ticket"
)
QUERY = rf"(?:[\w.-]{{0,30}}[-_.])?(?:{SECRETS})|code|key|sig|auth|session|sid|trigger_id"

BEGIN = r"(?:\b|(?<=\\[nrt]))"
"""Of a word, also after a line break that is spelt out."""

UNQUOTED = rf"\g<name>\g<sep>{HIDDEN}"
QUOTED = rf"\g<name>\g<sep>\g<q>{HIDDEN}"

OPENED = r"""(?P<q>\\{0,4}["'])"""
REST = r"(?:(?!(?P=q))[^\r\n])*+"
"""From a quotation mark, which may be escaped, to the next one of its kind."""

KEY = r"-----BEGIN [A-Z0-9 ]{0,40}KEY-----(?:(?!-----(?:BEGIN|END))[\s\S])*+(?:-----END [A-Z0-9 ]{0,40}-----)?"
"""A private key, also cut off, also with its line breaks spelt out."""

TOKENS = (
    r"xox[a-z]{1,2}-[\w-]{5,}+|xapp-[\w-]{5,}+|xwfp-[\w-]{5,}+",  # Slack
    r"gh[opsur]_\w{16,}+|github_pat_\w{10,}+|glpat-[\w-]{10,}+",  # GitHub, GitLab
    r"A(?:TA|TC|TS)TT[\w=-]{10,}+|ATBB\w{20,}+|AKIA[0-9A-Z]{16}",  # Atlassian, AWS
    r"(?:(?<![\w-])|(?<=\\[nrt]))eyJ[\w-]{8,}+\.[\w-]{2,}+(?:\.[\w-]*+)?",  # signed ones (RFC 7519)
)

SHAPES = (
    (KEY, HIDDEN),
    # headers as programs show them, {"Authorization": "..."} and (b'cookie', b'...'), and as they are sent
    (
        rf"(?i)(?P<name>{BEGIN}(?:{HEADERS}))(?P<sep>\\{{0,4}}[\"']\s{{0,3}}[:=,]\s{{0,3}}[\[(]?b?){OPENED}{REST}",
        QUOTED,
    ),
    (rf"(?i)(?P<name>{BEGIN}(?:{HEADERS}))(?P<sep>\s{{0,3}}[:=]\s{{0,3}})(?:[^\r\n\\]|\\(?![rn]))++", UNQUOTED),
    # documents, settings and queries: "access_token": "...", password=..., ?code=...
    (rf"(?i)(?P<name>(?:{SECRETS}))(?P<sep>\\{{0,4}}[\"']\s{{0,3}}[:=,]\s{{0,3}}b?){OPENED}{REST}", QUOTED),
    (rf"(?i)(?P<name>(?:{SECRETS}))(?P<sep>=[\"']?)[^\s&\"'<>]++", UNQUOTED),
    (rf"(?i)(?P<name>[?&;](?:{QUERY}))(?P<sep>=)[^\s&\"'<>]++", UNQUOTED),
    # schemes of a login (RFC 9110), and GitHub's own
    (rf"(?i){BEGIN}(?P<name>bearer)(?P<sep>\s{{1,3}})[\w.~+/=-]{{6,}}+", UNQUOTED),
    (r"\b(?P<name>(?i:basic))(?P<sep>\s{1,3})(?=[A-Za-z]?+[a-z]{0,80}+[A-Z0-9+/=])[\w+/=-]{6,}+", UNQUOTED),
    (r"(?i)\b(?P<name>token)(?P<sep>\s{1,3})(?=[A-Za-z_.-]{0,80}\d)[\w.~+/=-]{16,}+", UNQUOTED),
    # names and passwords in addresses; *** stands for a password already
    (r"(?i)(?P<name>https?)(?P<sep>://)[^/?#\s\"'<>]{1,400}(?=@)", UNQUOTED),
    (r"(?P<name>://[^/?#\s\"'<>:@]{0,100})(?P<sep>:)(?!\*\*\*@)[^/?#\s\"'<>]{1,400}(?=@)", UNQUOTED),
    ("|".join(TOKENS), HIDDEN),
    # addresses at which Slack takes an answer or a file from whoever knows them
    (r"(?P<name>/(?:upload/v\d{1,2}|commands|actions|services|workflows))(?P<sep>/)[\w-][^\s\"'<>]*+", UNQUOTED),
    # which values PostgreSQL was given (postgresql.org, 53.8, error fields)
    (r"(?m)^(?P<name>DETAIL|CONTEXT)(?P<sep>:\s{0,3}).++", UNQUOTED),
    # addresses of people
    (r"(?<![\w.+'-])(?<!//)[\w.+'-]++(?:@|%40|&#64;)(?:[\w-]++\.)++[A-Za-z][\w-]*+", ADDRESS),
)
"""What a secret looks like, and what stands in its place."""

COMPILED = tuple((re.compile(shape), instead) for shape, instead in SHAPES)
SECRET_NAME = re.compile(rf"(?i){HEADERS}|(?:[\w.-]{{0,30}}[-_.])?(?:{SECRETS})")


def redacted(text: str) -> str:
    """Raises nothing, and changes nothing that was redacted before."""
    found = without_secrets(text)
    for shape, instead in COMPILED:
        found = shape.sub(instead, found)
    return found


def redacted_field(name: str, value: Any) -> Any:
    """A value of a document: numbers, truth and nothing stay, everything else is told in words."""
    if value is None or isinstance(value, bool | int | float):
        return HIDDEN if value is not None and SECRET_NAME.fullmatch(name) else value
    if SECRET_NAME.fullmatch(name):
        return HIDDEN
    if isinstance(value, Mapping):
        return {redacted(str(key)): redacted_field(str(key), one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted_field(name, one) for one in value]
    return redacted(str(value))
