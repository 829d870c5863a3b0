"""Who is called what, and where a word of the process names somebody."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.flow.anonymous.series import ranked
from bot.flow.history.log import Records
from connectors.records import ActorKind, EventKind, Person

Place = tuple[str, str]
"""(source, key)"""

NAMING_PEOPLE = (EventKind.REQUESTED, EventKind.UNREQUESTED, EventKind.DISMISSED, EventKind.ASSIGNED)

COMMON = """
admin agent analysis approval approver backlog board bot build business check client code customer deploy dev
developer development design done draft engineer engineering finance group human lead legal manager marketing member
merge office open operations ops owner payments platform product progress project quality ready release request
resources review reviewer sales security service stage support system team test tester testing triage user wait
waiting work
"""
PROCESS_WORDS = frozenset(COMMON.split())
"""Words that name no person, though an account or a part of its name is spelt so."""

SHORTEST_NAME = 3


def numbered_people(records: Records) -> dict[Place, str]:
    """Everybody who did something or was asked to, in the order of the sources' own names for them."""
    places = {(person.source, person.key) for person in records.people}
    for event in records.events:
        if event.actor is not None:
            places.add((event.source, event.actor))
        if event.kind in NAMING_PEOPLE and event.detail is not None:
            places.add((event.source, event.detail))
    numbers = ranked((f"{source}\n{key}" for source, key in places), "Person ")
    return {(source, key): numbers[f"{source}\n{key}"] for source, key in places}


def by_name(people: Sequence[Person], numbers: Mapping[Place, str]) -> dict[str, str]:
    """Name -> pseudonym: whoever is called alike in several sources is so still."""
    found: dict[str, str] = {}
    for person in sorted(people, key=lambda one: numbers[one.source, one.key]):
        if person.name:
            found.setdefault(person.name.casefold(), numbers[person.source, person.key])
    return found


def personal(people: Iterable[Person]) -> re.Pattern[str] | None:
    """What finds persons in a word of the process: whole names, accounts, given names and family names."""
    words = {word for person in people if person.kind is ActorKind.HUMAN for word in _words(person)}
    if not words:
        return None
    longest = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)", re.I)


def _words(person: Person) -> Iterator[str]:
    """Of a name that looks like one of a person also its parts; not what is a word of the process."""
    parts = person.name.split()
    is_personal = len(parts) > 1 and all(part[:1].isupper() and part.isalpha() for part in parts)
    for word in (person.name, person.key, *(parts if is_personal else ())):
        if len(word) >= SHORTEST_NAME and word.casefold() not in PROCESS_WORDS and not word.isdigit():
            yield word
