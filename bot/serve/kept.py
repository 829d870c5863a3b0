"""Answers that take a while: made once however many ask, beside the server, and kept while there is room.

Used from one event loop; only what makes an answer runs in a thread.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Busy(Exception):
    """So much is asked for already that another answer would come too late."""


@dataclass(frozen=True)
class Entry(Generic[V]):
    """An answer, what it was made of, and how much room it takes."""

    version: str
    value: V
    weight: int


class Kept(Generic[K, V]):
    """`room`: how much all answers may weigh together; the newest stays, whatever it weighs."""

    def __init__(
        self, works: Executor, room: int, *, weigh: Callable[[V], int] = lambda _: 1, most_asked: int = 64
    ) -> None:
        self._works, self._room, self._weigh, self._most_asked = works, room, weigh, most_asked
        self._entries: OrderedDict[K, Entry[V]] = OrderedDict()
        self._asked: dict[tuple[K, str], asyncio.Task[V]] = {}

    def newest(self, key: K) -> Entry[V] | None:
        """What was made last, of whatever version."""
        return self._entries.get(key)

    async def get(self, key: K, make: Callable[[], V], version: str = "") -> V:
        """The answer of that version. Raises Busy, and whatever making it raises, which is not kept.

        Who gives up waiting does not stop it for the others.
        """
        entry = self._entries.get(key)
        if entry is not None and entry.version == version:
            self._entries.move_to_end(key)
            return entry.value
        if (key, version) not in self._asked:
            if len(self._asked) >= self._most_asked:
                raise Busy
            task = asyncio.create_task(self._made(key, version, make))
            task.add_done_callback(heard)
            self._asked[key, version] = task
        return await asyncio.shield(self._asked[key, version])

    async def _made(self, key: K, version: str, make: Callable[[], V]) -> V:
        try:
            value = await asyncio.get_running_loop().run_in_executor(self._works, make)
        finally:
            del self._asked[key, version]
        self._entries[key] = Entry(version, value, self._weigh(value))
        self._entries.move_to_end(key)
        while len(self._entries) > 1 and sum(one.weight for one in self._entries.values()) > self._room:
            self._entries.popitem(last=False)
        return value


def heard(task: "asyncio.Future[V]") -> None:
    """What went wrong was told to all who waited, if anybody still did."""
    if not task.cancelled():
        task.exception()
