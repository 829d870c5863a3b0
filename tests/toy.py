"""A whole source in one file: a list of requests that somebody keeps."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from connectors.errors import reading
from connectors.pages import page_of
from connectors.records import Census, Check, Event, EventKind, Item, ItemKind, Page, Payload, Record, told
from connectors.settings import SourceSettings


class ToySettings(SourceSettings):
    lists: tuple[str, ...]

    @property
    def scopes(self) -> tuple[str, ...]:
        return self.lists


class Toy:
    census_every = timedelta(days=1)

    def __init__(self, name: str, settings: ToySettings, now: Callable[[], datetime]) -> None:
        self.name, self.scopes, self._now = name, settings.scopes, now

    def fetch(self, scope: str, cursor: str | None) -> Iterator[Page]:
        raws = [
            {"id": f"R{n}", "asked": f"2026-01-0{n}T09:00:00+00:00", "done": f"2026-01-1{n}T09:00:00+00:00"}
            for n in range(1, 6)
        ]
        yield page_of(raws, lambda raw: (self._payload(scope, raw), ()), "case", lambda raw: f"{self.name} {raw['id']}")
        yield Page((), self._now().isoformat(), complete=self._now())

    def _payload(self, scope: str, raw: dict[str, str]) -> Payload:
        return Payload(self.name, scope, ItemKind.CASE, raw["id"], datetime.fromisoformat(raw["done"]), raw)

    def census(self, scope: str) -> Census:
        return Census({})

    def whereabouts(self, scope: str, keys: Sequence[str]) -> Mapping[str, str]:
        return {}

    def reread(self, scope: str, keys: Sequence[str]) -> Iterator[Page]:
        return iter(())

    def translate(self, payload: Payload) -> Iterator[Record]:
        with reading(f"{self.name} {payload.key}"):
            yield from told(self._records(payload))

    def _records(self, payload: Payload) -> Iterator[Record]:
        key = payload.body["id"]
        born, done = (datetime.fromisoformat(payload.body[name]) for name in ("asked", "done"))
        yield Item(self.name, payload.scope, key, ItemKind.CASE, key, f"Request {key}", "", born)
        yield Event(self.name, f"{key}:asked", key, born, EventKind.STATE, "Asked", "a")
        yield Event(self.name, f"{key}:done", key, done, EventKind.STATE, "Done", "d", detail="a")

    def states(self, scope: str) -> Sequence[str]:
        return "Asked", "Done"

    def check(self) -> Iterator[Check]:
        yield Check(f"{self.name}: list", ok=True, detail="there")
