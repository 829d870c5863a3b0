"""Names of persons, or what stands in their place."""

import hashlib
from dataclasses import replace

from connectors.records import Person


def pseudonymous(person: Person) -> Person:
    """The same person under a name that tells nothing, and is always the same."""
    return replace(person, name=pseudonym(person.source, person.key))


def pseudonym(source: str, key: str) -> str:
    return f"person {hashlib.sha256(f'{source} {key}'.encode()).hexdigest()[:6]}"
