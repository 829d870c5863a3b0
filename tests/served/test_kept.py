"""Answers that take a while are made once for all who ask."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from bot.serve.kept import Busy, Kept


@pytest.fixture
def works() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as found:
        yield found


def test_all_who_ask_at_once_share_one_answer(works: ThreadPoolExecutor) -> None:
    """Though one of them gives up."""
    made: list[str] = []
    go = Event()

    def make() -> str:
        go.wait()
        made.append("made")
        return "answer"

    async def ask() -> list[str | BaseException]:
        kept: Kept[str, str] = Kept(works, 3)
        asking = [asyncio.create_task(kept.get("a", make)) for _ in range(50)]
        await asyncio.sleep(0.01)
        asking[0].cancel()
        go.set()
        return await asyncio.gather(*asking, return_exceptions=True)

    found = asyncio.run(ask())
    assert made == ["made"]
    assert isinstance(found[0], asyncio.CancelledError)
    assert found[1:] == ["answer"] * 49


def test_what_was_not_asked_for_lately_makes_room(works: ThreadPoolExecutor) -> None:
    """By what it weighs; the newest stays however heavy it is."""

    async def ask() -> list[list[str]]:
        kept: Kept[str, str] = Kept(works, 5, weigh=len)
        seen = []
        for name in ("aa", "bb", "aa", "cc", "dddddddd", "e"):
            await kept.get(name, lambda name=name: name)  # type: ignore[misc]
            seen.append([n for n in ("aa", "bb", "cc", "dddddddd", "e") if kept.newest(n)])
        return seen

    assert asyncio.run(ask())[3:] == [["aa", "cc"], ["dddddddd"], ["e"]]


def test_a_new_version_replaces_the_old(works: ThreadPoolExecutor) -> None:
    """And what went wrong is tried again."""
    answers = iter(["1", "no", "2"])

    def make() -> int:
        return int(next(answers))

    async def ask() -> list[int]:
        kept: Kept[str, int] = Kept(works, 3)
        first = [await kept.get("a", make, "1"), await kept.get("a", make, "1")]
        with pytest.raises(ValueError, match="invalid literal"):
            await kept.get("a", make, "2")
        return [*first, await kept.get("a", make, "2")]

    assert asyncio.run(ask()) == [1, 1, 2]


def test_too_much_at_once_is_refused(works: ThreadPoolExecutor) -> None:
    """Rather than answered when nobody waits any more."""
    go = Event()

    async def ask() -> None:
        kept: Kept[int, bool] = Kept(works, 3, most_asked=2)
        asking = [asyncio.create_task(kept.get(n, go.wait)) for n in range(2)]
        await asyncio.sleep(0.01)
        with pytest.raises(Busy):
            await kept.get(9, go.wait)
        go.set()
        await asyncio.gather(*asking)

    asyncio.run(ask())
