"""What does not work is noted once."""

from datetime import UTC, datetime, timedelta

from bot.store import Store

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def test_trouble_is_news_once_for_each_cause(store: Store) -> None:
    """Other numbers are no other cause."""
    begin = [
        store.troubles.begin("jira.acme/PAY", sentence, NOW, denied=False)
        for sentence in ("down, in 3 s", "down, in 40 s", "the token was refused", "the token was refused")
    ]

    assert begin == [True, False, True, False]
    assert [(one.subject, one.since) for one in store.troubles.open()] == [("jira.acme/PAY", NOW)]


def test_trouble_of_which_nobody_was_told_is_forgotten_when_it_ends(store: Store) -> None:
    """It ends once."""
    store.troubles.begin("jira.acme/PAY", "down", NOW, denied=False)

    assert [store.troubles.end("jira.acme/PAY", LATER) for _ in range(2)] == [True, False]
    assert store.troubles.all() == []


def test_the_end_of_what_was_told_is_told_too(store: Store) -> None:
    """And if it begins again before that, it begins anew."""
    store.troubles.begin("jira.acme/PAY", "refused", NOW, denied=True)
    store.troubles.told(store.troubles.all()[0], NOW)
    assert store.troubles.end("jira.acme/PAY", LATER)
    over = store.troubles.all()[0]
    assert (over.told_at, over.ended_at) == (NOW, LATER)
    assert store.troubles.open() == []
    assert store.troubles.begin("jira.acme/PAY", "refused", LATER, denied=True)
    store.troubles.told(over, LATER)

    assert [(one.since, one.told_at) for one in store.troubles.open()] == [(LATER, None)]
