"""What noise does to the histories of simulated streams."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from statistics import mean

import pytest

from tests.demo.truth import SEEDS, clean, histories, noisy


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_spoils_what_it_says(seed: int) -> None:
    """Lost moves, imports, bulk edits and robots are in the records as the truth says; the truth is the same."""
    known, calm = noisy(seed), clean(seed)
    moves = histories(known)
    gaps = [a.state_id != b.detail for events in moves.values() for a, b in pairwise(events)]
    created = {item.name: item.created_at for item in known.records.items}
    acted = Counter(event.actor for event in known.records.events)

    assert 0.01 < mean(gaps) < 0.07
    assert 0.09 < len(known.truth.imported) / sum(i.kind == "issue" for i in known.records.items) < 0.15
    brought = [moves[name][1].at - created[name] for name in known.truth.imported if len(moves[name]) > 1]
    assert min(brought) > timedelta(days=1)
    assert any(acted[bot] > 30 for bot in known.truth.bots)
    assert known.truth.order == calm.truth.order
    assert known.truth.stations == calm.truth.stations
    assert [e.days for e in known.truth.episodes] == [e.days for e in calm.truth.episodes]


@pytest.mark.parametrize("seed", SEEDS)
def test_imported_items_have_ids_out_of_order(seed: int) -> None:
    """Created long ago, known since one day: all of their past was written within minutes, by one account."""
    known = noisy(seed)
    issues = sorted((i for i in known.records.items if i.kind == "issue"), key=lambda i: int(i.key))
    behind = {b.name for a, b in pairwise(issues) if b.created_at < a.created_at}
    brought = {
        (events[0].actor, events[1].at.date())
        for name, events in histories(known).items()
        if name in known.truth.imported and len(events) > 1 and events[1].actor == events[0].actor
    }

    assert behind <= known.truth.imported
    assert len(behind) > 10
    assert len(brought) == 1


def test_every_event_of_a_bulk_edit_is_there() -> None:
    """Item and instant."""
    known = noisy(2)
    names = {item.key: item.name for item in known.records.items}
    told = {(names[event.item], event.at) for event in known.records.events}

    assert len(known.truth.bulk) > 30
    assert known.truth.bulk <= told


def test_a_renamed_state_keeps_its_identity() -> None:
    """Both names are in the history, one before the other."""
    known = next(w for w in map(noisy, range(20)) if w.truth.renamed)
    ((before, today),) = known.truth.renamed.items()
    events = [e for es in histories(known).values() for e in es if f"jira:{e.state}" in (before, today)]

    assert len({e.state_id for e in events}) == 1
    assert {f"jira:{e.state}" for e in events} == {before, today}
    assert today in known.truth.stations


@pytest.mark.parametrize("seed", SEEDS)
def test_a_service_acts_within_seconds_and_a_script_at_fixed_minutes(seed: int) -> None:
    """Both under names of people."""
    known = noisy(seed)
    names = {person.key: person.name for person in known.records.people}
    by = {bot: [e for e in known.records.events if e.actor == bot] for bot in known.truth.bots}
    seconds = {bot: {event.at.minute for event in events} for bot, events in by.items() if len(events) > 30}

    assert all(names[bot].replace("-", " ").count(" ") == 2 for bot, events in by.items() if events)
    assert min(map(len, seconds.values())) <= 2
    assert max(map(len, seconds.values())) > 20
