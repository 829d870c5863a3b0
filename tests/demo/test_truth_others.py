"""Simulated onboardings and cascades, of which the truth is known."""

from collections import defaultdict
from datetime import datetime, timedelta
from statistics import mean

import pytest

from bot.demo.truth.cascade import Cascade, cascade
from bot.demo.truth.onboarding import ANCHOR, TRAINING, Onboarding, onboarding
from connectors.records import EventKind, check_shape

SEEDS = range(6)
HIRES = [onboarding(seed, cases=100, children=seed % 2 == 0) for seed in SEEDS]
CASCADES = [cascade(seed) for seed in SEEDS]


@pytest.mark.parametrize("known", [*HIRES, *CASCADES])
def test_their_records_have_the_shape_that_connectors_promise(known: Onboarding | Cascade) -> None:
    """And every event belongs to an item, within the window."""
    keys = {item.key for item in known.records.items}
    for item in known.records.items:
        check_shape(item)
    for event in known.records.events:
        check_shape(event)
        assert event.item in keys
        assert event.at < known.window.end


def test_the_same_seed_gives_the_same_again() -> None:
    """Of both."""
    assert onboarding(1, cases=100) == HIRES[1]
    assert cascade(1) == CASCADES[1]


@pytest.mark.parametrize("known", HIRES)
def test_what_is_hard_is_never_broken(known: Onboarding) -> None:
    """And what is habit is broken in as many cases as the truth says."""
    spans, cases = known.truth.spans, known.truth.anchors
    for before, after in known.truth.hard:
        assert all(spans[case, before][1] < spans[case, after][0] for case in cases)
    for (before, after), share in known.truth.habits.items():
        assert share == mean(spans[case, after][0] < spans[case, before][1] for case in cases)
        assert (before, after) not in known.truth.hard


def test_many_habits_are_never_broken() -> None:
    """Two of five, about; so a finder of false freedom would be caught."""
    shares = [share for seed in range(40) for share in onboarding(seed, cases=40).truth.habits.values()]

    assert 0.3 < mean(share == 0 for share in shares) < 0.6
    assert max(shares) > 0.2


def test_training_is_late_in_some_worlds_only() -> None:
    """Its avoidable days are never more than it was late."""
    late = []
    for known in (onboarding(seed, cases=60) for seed in range(20)):
        for case, days in known.truth.avoidable.items():
            lateness = (known.truth.spans[case, TRAINING][1] - known.truth.anchors[case]) / timedelta(days=1)
            assert 0 <= days <= max(0.0, lateness) + 1e-9
        late.append(mean(days > 0 for days in known.truth.avoidable.values()))

    assert 0.4 < mean(share < 0.1 for share in late) < 0.95
    assert max(late) > 0.3


def test_the_first_day_is_in_the_log() -> None:
    """As a state that the person enters."""
    for known in HIRES:
        entered = {e.item: e.at for e in known.records.events if e.state == ANCHOR}
        assert entered == {case: at for case, at in known.truth.anchors.items() if at < known.window.end}


@pytest.mark.parametrize("known", CASCADES)
def test_lags_of_a_cascade_can_be_read_from_the_records(known: Cascade) -> None:
    """From the decision to the first epic under it, to the first story of one, and to work of people on a story."""
    parents = {item.name: item.parent for item in known.records.items}
    epics, stories, touched = (defaultdict[str | None, list[datetime]](list) for _ in range(3))
    for item in known.records.items:
        epics[item.parent].append(item.created_at)
        stories[parents.get(item.parent or "")].append(item.created_at)
    for event in known.records.events:
        if event.kind is EventKind.EDITED:
            touched[parents.get(parents.get(event.item) or "")].append(event.at)
    for name, decided in known.truth.decided.items():
        lags = known.truth.lags[name]
        for told, instants in ((lags.epic, epics[name]), (lags.story, stories[name]), (lags.work, touched[name])):
            after = [at for at in instants if at >= decided]
            assert told == ((min(after) - decided) / timedelta(days=1) if after else None)


@pytest.mark.parametrize("known", CASCADES)
def test_teams_reach_a_share_one_after_another(known: Cascade) -> None:
    """Four fifths never before half; some stories are orphans, some are older than the decision."""
    for lags in known.truth.lags.values():
        half, most = lags.reached(0.5), lags.reached(0.8)
        assert most is None or (half is not None and half <= most)
    assert known.truth.orphans <= {item.name for item in known.records.items if item.parent is None}
    assert known.truth.in_flight
