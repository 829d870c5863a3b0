"""The promise every connector keeps. A new source is one file that keeps it, and one line in `registry`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Protocol, runtime_checkable

from connectors.records import Budget, Category, Census, Check, Page, Payload, Progress, Record, Wish


class Connector(Protocol):
    """One configured source.

    `fetch`, `census`, `reread`, `whereabouts`, `states` and `check` are the only methods that use the network; they
    raise SourceError. Several threads may ask for different scopes at once. Delivery is at least once; whoever stores
    must be idempotent.
    """

    @property
    def name(self) -> str:
        """`<kind>.<name>` of the configuration, e.g. jira.acme."""
        ...

    @property
    def scopes(self) -> Sequence[str]:
        """Projects or repositories; each has its own cursor."""
        ...

    def fetch(self, scope: str, cursor: str | None) -> Iterator[Page]:
        """All that changed since the cursor (None: everything), in pages that can each be kept at once."""
        ...

    @property
    def census_every(self) -> timedelta:
        """How often to look for silent changes; zero: in every run."""
        ...

    def census(self, scope: str) -> Census:
        """What could have changed, or gone, without moving its `updated_at`."""
        ...

    def whereabouts(self, scope: str, keys: Sequence[str]) -> Mapping[str, str]:
        """In which scope each of those is that the source still knows, however hidden from a census."""
        ...

    def reread(self, scope: str, keys: Sequence[str]) -> Iterator[Page]:
        """The named payloads anew."""
        ...

    def translate(self, payload: Payload) -> Iterator[Record]:
        """Pure: the records in a payload. Raises `PayloadUnreadable`."""
        ...

    def states(self, scope: str) -> Sequence[str]:
        """What the states are called that items of the scope can be in; nothing where the source names none."""
        ...

    def check(self) -> Iterator[Check]:
        """What works, what does not, and what to do."""
        ...


@runtime_checkable
class Metered(Protocol):
    """A source that tells how much it may still be asked."""

    @property
    def budget(self) -> Budget | None:
        """As its last answer said; None where it did not say."""
        ...


@runtime_checkable
class Surveyed(Protocol):
    """A source of which it can be seen, before anything is configured, what its items went through."""

    def sample(self, scope: str, most: int) -> Iterator[Page]:
        """The items that were changed last, at most so many, with all that happened to them. Raises SourceError."""
        ...

    def categories(self, scope: str) -> Mapping[str, Category]:
        """How far along an item is in each state, where the source says so. Raises SourceError."""
        ...


@runtime_checkable
class Counting(Protocol):
    """A source that can count what a question in its own language finds."""

    def count(self, question: str) -> int:
        """One request. Raises SourceError."""
        ...


@runtime_checkable
class Tracking(Protocol):
    """A source in which issues can be made, each one once, and followed. All of it raises SourceError.

    `mark` is what an issue is made for, and the same in every attempt. Whoever makes issues notes the attempt before,
    looks with `find_issue` where an earlier one may have come through, and only then calls `create_issue`.
    """

    def find_issue(self, scope: str, mark: str) -> str | None:
        """The key of the issue that was made for the mark; one made within the last minutes may not be found yet."""
        ...

    def create_issue(self, scope: str, wish: Wish, mark: str) -> str:
        """The key of a new issue.

        Sent once. Raises Unanswered where it may have been made, and another SourceError where it was not.
        """
        ...

    def progress(self, keys: Sequence[str]) -> Mapping[str, Progress]:
        """How each stands, by the key that was asked for; what the source does not show any more is left out."""
        ...
