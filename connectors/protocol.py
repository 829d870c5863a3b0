"""The promise every connector keeps. A new source is one file that keeps it, and one line in `registry`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from connectors.records import Check, Page, Payload, Record


class Connector(Protocol):
    """One configured source.

    `fetch`, `census`, `reread`, `states` and `check` are the only methods that use the network; they raise SourceError.
    Delivery is at least once; whoever stores must be idempotent.
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

    def census(self, scope: str) -> Mapping[str, str]:
        """Key and mark of everything that could have changed without moving its `updated_at`."""
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
