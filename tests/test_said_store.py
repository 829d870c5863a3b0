"""What people said, kept by several workers on one database."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from bot.asking.questions import NotUnderstood
from bot.asking.remarking import check_new, row_of
from bot.database import Row
from bot.govern.remarks import Remark, RemarkKind, Remarks
from bot.store import Store
from tests.build import at


def claim(by: str) -> Remark:
    return Remark(stream="Payments", at=at(1), by=by, kind=RemarkKind.CLAIM, subject="item PAY-1")


def keep(url: str, request: str, by: str) -> str:
    store, said = Store.open(url), claim(by)

    def judge(rows: Sequence[Row]) -> None:
        check_new(said, Remarks.of(rows), "UTC")

    try:
        return "kept" if store.said.remark(request, row_of(said, "C1"), said.at, judge) else "known"
    except NotUnderstood as refused:
        return str(refused).partition(" took")[0]
    finally:
        store.close()


def test_of_many_workers_that_get_one_request_one_keeps_it(store: Store, store_url: str) -> None:
    """The others know that it was done."""
    with ThreadPoolExecutor(8) as workers:
        found = list(workers.map(lambda _: keep(store_url, "e1", "U1"), range(8)))

    assert sorted(found) == ["kept", *["known"] * 7]
    assert [row["number"] for row in store.said.remarks("Payments", at(2))] == [1]


def test_of_many_who_take_something_at_once_one_does(store: Store, store_url: str) -> None:
    """The others are told so, and nothing is kept of them, so that they can be answered."""
    with ThreadPoolExecutor(8) as workers:
        found = list(workers.map(lambda n: keep(store_url, f"e{n}", f"U{n}"), range(8)))
    (row,) = store.said.remarks("Payments", at(2))

    assert sorted(found) == [*["Somebody else"] * 7, "kept"]
    assert sum(store.said.hear(f"e{n}", at(2)) for n in range(8)) == 7
    assert not store.said.hear(str(row["request"]), at(2))
