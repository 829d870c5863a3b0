"""Names that are mail addresses."""

import re

MAIL = re.compile(r"(?<![^\s@<(])([^\s@<(]++)@[^\s@>)]++")


def without_address(name: str) -> str:
    """Of a name that is a mail address only what stands before the @."""
    return MAIL.sub(r"\1", name)
