"""Due times: claimed by one, renewed, taken over from the dead."""

from datetime import UTC, datetime, timedelta
from threading import Thread

from bot.run_store import LEASE, Claim
from bot.store import Store

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def claimed(store: Store, due: datetime, at: datetime) -> Claim:
    found = store.runs.claim("digest", due, at)
    assert found is not None
    return found


def test_a_due_time_is_claimed_once(store: Store) -> None:
    """By whoever comes first; given back, it can be claimed again."""
    first = claimed(store, NOW, LATER)
    assert store.runs.claim("digest", NOW, LATER) is None
    assert store.runs.claim("digest", LATER, LATER)
    store.runs.release(first)
    store.runs.finish(claimed(store, NOW, LATER), LATER, "posted")

    assert store.runs.is_done("digest", NOW)
    assert store.runs.last_ended() == {"digest": LATER}


def test_a_claim_that_was_taken_over_is_not_given_back(store: Store) -> None:
    """Nor finished or renewed, by who had it before; and what is finished is not given back by anybody."""
    old = claimed(store, NOW, LATER)
    later = LATER + LEASE + timedelta(seconds=1)
    new = claimed(store, NOW, later)
    store.runs.release(old)
    store.runs.finish(old, later, "posted")
    assert not store.runs.renew(old, later)
    assert not store.runs.is_done("digest", NOW)
    assert store.runs.renew(new, later)
    store.runs.finish(new, later, "posted")
    store.runs.release(new)

    assert store.runs.is_done("digest", NOW)


def test_a_claim_that_is_renewed_is_not_taken_over(store: Store) -> None:
    """As long as it is; then whoever held it died."""
    claim = claimed(store, NOW, NOW)
    assert store.runs.renew(claim, NOW + LEASE)

    assert store.runs.claim("digest", NOW, NOW + 2 * LEASE) is None
    assert store.runs.claim("digest", NOW, NOW + 2 * LEASE + timedelta(seconds=1))


def test_many_who_claim_at_once_are_told_apart(store: Store) -> None:
    """One wins."""
    won: list[bool] = []
    threads = [Thread(target=lambda: won.append(store.runs.claim("digest", NOW, LATER) is not None)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(won) == [False] * 7 + [True]
