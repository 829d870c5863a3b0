"""Simulated streams of which the truth is known."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from statistics import mean
from zoneinfo import ZoneInfo

import pytest

from bot.demo.truth.process import Design, design
from bot.demo.truth.story import Story
from bot.demo.truth.team import Team
from bot.demo.truth.world import Account, Cadence, Change, Movers, Plan, Station, World
from bot.demo.truth.worlds import WARM_UP, long_run_waits, world
from bot.flow.model import WEEKDAYS, StageKind
from connectors.records import EventKind, check_shape
from tests.demo.truth import GATED, SEEDS, clean, histories, left, noisy


@pytest.mark.parametrize("seed", SEEDS)
def test_every_instant_of_an_item_is_on_one_account(seed: int) -> None:
    """The accounts add up to the time between trigger and delivery, or the end of the window."""
    for known in (clean(seed), noisy(seed)):
        sums: Counter[str] = Counter()
        for (item, _), days in known.truth.spent.items():
            assert days > 0
            sums[item] += days  # type: ignore[assignment]
        for item, (start, end) in known.truth.lives.items():
            lasted = ((end or known.window.end) - start) / timedelta(days=1)
            assert sums[item] == pytest.approx(lasted, abs=1e-9)
        assert set(sums) == set(known.truth.lives)


def test_the_same_seed_gives_the_same_world() -> None:
    """Whatever was simulated before, and another seed gives another."""
    again = world(1, Movers.MIXED, noisy=True, weeks=20)

    assert again == noisy(1)
    assert again.truth != noisy(2).truth


def test_who_moves_the_cards_does_not_change_what_happened() -> None:
    """Only what is recorded."""
    own, scribe = clean(1), world(1, Movers.SCRIBE, noisy=False, weeks=20)

    assert own.truth == scribe.truth
    assert own.records.events != scribe.records.events


@pytest.mark.parametrize("seed", SEEDS)
def test_the_records_have_the_shape_that_connectors_promise(seed: int) -> None:
    """They were translated, so their events know their order; and nothing is told of the future."""
    for known in (clean(seed), noisy(seed)):
        for records in (known.records.items, known.records.events, known.records.links, known.records.people):
            for record in records:
                check_shape(record)
        assert max(event.seq for event in known.records.events) > 10
        assert max(event.at for event in known.records.events) < known.window.end


@pytest.mark.parametrize("plant", [Station.APPROVAL, Station.BATCH_GATE, Station.HAND_OFF, Station.DEPLOY])
def test_many_streams_are_without_each_plant(plant: Station) -> None:
    """At least two of five, and a fair share has it."""
    designs = [design(seed, Plan(), WARM_UP, 40) for seed in range(300)]
    without = mean(all(place.kind is not plant for place in made.places) for made in designs)

    assert 0.4 <= without <= 0.75


def places_changed(made: Design) -> list[bool]:
    """Of each judge, whether he changes at least one of twenty."""
    judges = [n for n, place in enumerate(made.places) if place.kind in (Station.APPROVAL, Station.BATCH_GATE)]
    return [n in made.loops and made.loops[n].chance >= 0.05 for n in judges]


def test_many_streams_never_send_back() -> None:
    """Many have nobody who never changes anything; some leave no traces of work; about half have pull requests."""
    designs = [design(seed, Plan(), WARM_UP, 40) for seed in range(300)]

    assert 0.4 <= mean(not made.loops for made in designs) <= 0.6
    assert mean(all(places_changed(made)) for made in designs) >= 0.4
    assert 0.05 <= mean(not made.evidence for made in designs) <= 0.15
    assert 0.3 <= mean(made.pulls is not None for made in designs) <= 0.6
    assert all(5 <= made.done + 1 <= 12 for made in designs)


@pytest.mark.parametrize("wanted", [True, False])
def test_a_plan_is_kept(wanted: bool) -> None:
    """What it says is there, or is not there; and the rest is as it would have been."""
    plan = Plan(approval=wanted, gate=wanted, deploy=wanted, parking=wanted, pull_requests=wanted, loops=wanted)
    for seed in range(30):
        made = design(seed, plan, WARM_UP, 40)
        kinds = {place.kind for place in made.places}
        for kind in (Station.APPROVAL, Station.BATCH_GATE, Station.DEPLOY, Station.PARKING):
            assert (kind in kinds) is wanted
        assert bool(made.loops) is wanted
        assert (made.pulls is not None) is (wanted and made.evidence > 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_enough_items_pass_every_station(seed: int) -> None:
    """Eight to fifteen a week are delivered."""
    known = clean(seed)
    delivered = [end for _, end in known.truth.lives.values() if end]

    assert 7 <= len(delivered) / 20 <= 16
    assert all(end >= known.window.start for end in delivered)
    for state in known.truth.order[1:-1]:
        assert len(left(known, state)) >= 100


def test_a_gate_opens_at_its_appointments_only() -> None:
    """Within some hours after them: it judges one item after the other."""
    known = clean(3, GATED)
    gates = [state for state, kind in known.truth.stations.items() if kind is Station.BATCH_GATE]

    assert known.truth.cadences[gates[0]] == GATED.gate
    for at in left(known, gates[0]):
        assert (WEEKDAYS[at.weekday()], at.hour in (11, 12, 13, 14)) == ("tue", True)


@pytest.mark.parametrize("seed", SEEDS)
def test_people_work_in_the_hours_of_their_time_zone(seed: int) -> None:
    """In a clean world nothing is recorded by night or at weekends but the end of logged work."""
    known = clean(seed)
    opens, closes = known.told.calendar.hours
    zone = ZoneInfo(known.window.timezone)
    for event in known.records.events:
        local = event.at.astimezone(zone)
        assert local.weekday() < 5
        assert opens <= local.time() <= (datetime.combine(local, closes) + timedelta(minutes=3)).time()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_clean_history_tells_the_truth(seed: int) -> None:
    """Without noise every delivery is recorded when it happened, and nothing is imported, renamed, bulk or by bots."""
    known = clean(seed)
    ends = {name: events[-1].at for name, events in histories(known).items()}

    assert all(end is None or ends[name] == end for name, (_, end) in known.truth.lives.items())
    assert not [*known.truth.imported, *known.truth.bots, *known.truth.bulk, *known.truth.renamed]
    pairs = [pair for events in histories(known).values() for pair in pairwise(events)]
    assert all(after.detail == before.state_id for before, after in pairs)


def test_a_return_is_in_the_records_of_a_clean_world() -> None:
    """The item enters the state of the return when the episode begins, and is back where it was done again."""
    known = clean(3, Plan(loops=0.3, returns=False, parking=False))
    moves = histories(known)
    for episode in known.truth.episodes:
        entered = [e for e in moves[episode.item] if e.at == episode.start]
        assert [f"jira:{e.state}" for e in entered] == [episode.back_to]
        assert known.truth.order.index(episode.back_to) < known.truth.order.index(episode.origin)
    assert len(known.truth.episodes) > 50


def test_what_returns_cost_is_counted_once() -> None:
    """Episodes of an item may lie within each other; their days do not add up to more than its life."""
    known = clean(3, Plan(loops=0.5))
    cost: Counter[str] = Counter()
    for episode in known.truth.episodes:
        cost[episode.item] += episode.days or 0  # type: ignore[assignment]
    for item, (start, end) in known.truth.lives.items():
        assert cost[item] <= ((end or known.window.end) - start) / timedelta(days=1) + 1e-9


def test_a_scribe_moves_all_cards_at_the_stand_up() -> None:
    """One account, in one hour of the day; of mixed teams two moves of five."""

    def share(known: World) -> float:
        moved = [e for events in histories(known).values() for e in events[1:]]
        actors = Counter(e.actor for e in moved)
        opens = known.told.calendar.hours[0].hour
        zone = ZoneInfo(known.window.timezone)
        early = [e for e in moved if (at := e.at.astimezone(zone)).hour == opens and 30 <= at.minute <= 43]
        return max(Counter(e.actor for e in early).values()) / actors.total()

    assert share(world(1, Movers.SCRIBE, noisy=False, weeks=20)) == 1.0
    assert 0.2 < share(world(1, Movers.MIXED, noisy=False, weeks=20)) < 0.45


@pytest.mark.parametrize("seed", SEEDS)
def test_both_streams_know_every_state(seed: int) -> None:
    """Blind: all between the first and the last state is work; told: every station has its kind."""
    for plan in (None, GATED):
        known = clean(seed, plan)
        kinds = {stage.states[0]: stage.kind for stage in known.told.stages}
        assert set(kinds) == set(known.truth.stations) == {s.states[0] for s in known.blind.stages}
        assert {s.kind for s in known.blind.stages[1:-1]} == {StageKind.WORK}
        for state, station in known.truth.stations.items():
            assert (kinds[state] is StageKind.APPROVAL) == (station in (Station.APPROVAL, Station.BATCH_GATE))


def test_pull_requests_are_linked_to_items() -> None:
    """All of them in a clean world, and by far not all of them in a noisy one."""

    def linked(known: World) -> float:
        pulls = {i.key for i in known.records.items if i.kind == "pull_request"}
        return len(pulls & {link.item for link in known.records.links}) / len(pulls)

    assert linked(clean(3, GATED)) == 1.0
    assert 0.65 < linked(noisy(3, Movers.OWN, GATED)) < 0.95


def test_a_pull_request_lives_in_order() -> None:
    """Opened, then judged, then merged; in a clean world."""
    pulls = {i.key for i in clean(1, GATED).records.items if i.kind == "pull_request"}
    stages = {EventKind.OPENED: 0, EventKind.READY: 1, EventKind.REVIEWED: 1, EventKind.MERGED: 2, EventKind.CLOSED: 3}
    found = defaultdict(list)
    for event in sorted(clean(1, GATED).records.events, key=lambda e: e.at):
        if event.item in pulls and event.kind in stages:
            found[event.item].append((event.at, stages[event.kind]))

    assert len(found) > 100
    assert all(events == sorted(events) for events in found.values())
    assert any(e.detail == "changes" for e in clean(1, GATED).records.events)


def idle_share(stories: Sequence[Story]) -> float:
    """Of the working time that items were in states of work, the share in which nobody worked on them."""
    at_work = inside = 0.0
    for story in stories:
        for (at, account), (to, _) in zip(story.labels, story.labels[1:], strict=False):
            at_work += (to - at) * (account is Account.ACTIVE)
            inside += (to - at) * (account in (Account.ACTIVE, Account.IDLE))
    return 1 - at_work / inside


def test_hidden_idle_is_about_what_was_planned() -> None:
    """Work waits for people in any case, and lies about more where more is planned."""

    def share(idle: float) -> float:
        designs = [design(seed, Plan(idle=idle, loops=False), WARM_UP, 20) for seed in range(6)]
        return mean(idle_share(Team(made, Random(7)).run()) for made in designs)

    shares = [share(idle) for idle in (0.0, 0.2, 0.4, 0.6)]
    assert shares == sorted(shares)
    assert shares[0] < 0.4
    assert shares[-1] > 0.6


def test_a_change_makes_waits_shorter() -> None:
    """From its week on, at the approvals."""
    plan = Plan(approval=True, overloaded=False, change=Change(10, 0.2))
    known = clean(2, plan)
    approval = next(s for s, kind in known.truth.stations.items() if kind is Station.APPROVAL)
    waits: dict[bool, list[float]] = {True: [], False: []}
    for events in histories(known).values():
        for a, b in pairwise(events):
            if f"jira:{a.state}" == approval:
                waits[a.at >= (known.truth.changed or datetime.max.replace(tzinfo=UTC))].append(
                    (b.at - a.at) / timedelta(days=1)
                )

    assert mean(waits[True]) < 0.7 * mean(waits[False])


def test_the_long_run_agrees_with_what_is_seen() -> None:
    """About half of the visits of the stream are shorter than its median, which is known for stable judges alone."""
    known = clean(1, Plan(approval=True, overloaded=False, gate=True))
    waits = long_run_waits(known, weeks=120)
    judged = {s for s, kind in known.truth.stations.items() if kind in (Station.APPROVAL, Station.BATCH_GATE)}
    seen = defaultdict(list)
    for events in histories(known).values():
        for a, b in pairwise(events):
            seen[f"jira:{a.state}"].append((b.at - a.at) / timedelta(days=1))

    assert set(waits) == judged
    for state, median in waits.items():
        assert 0.35 < mean(days <= median for days in seen[state]) < 0.65


def test_nobody_is_touched_at_two_places_at_once() -> None:
    """People work less than their hours: the truth of work is bounded by who is there."""
    known = clean(0)
    made = design(0, Plan(), WARM_UP, 20)
    staff = sum(len(pool.people) for pool in made.pools) + 8
    active = sum(d for (_, a), d in known.truth.spent.items() if a in (Account.ACTIVE, Account.REVIEWING))

    assert 0 < known.truth.touched < staff * 5 * 30
    assert known.truth.touched == pytest.approx(active * 3, rel=1e-6)


def test_approvers_with_classes_of_priority_take_the_first_class_first() -> None:
    """Whatever their order; a mechanism that only a plan brings about."""
    plan = Plan(approval=True, overloaded=True, priority=True, loops=False)
    made = design(1, plan, WARM_UP, 20)
    approval = next(n for n, place in enumerate(made.places) if place.kind is Station.APPROVAL)
    waits = defaultdict(list)
    for story in Team(made, Random(3)).run():
        for (at, place, _), (end, _, _) in pairwise(story.moves):
            if place == approval:
                waits[story.rank].append(end - at)

    assert mean(waits[0]) < 0.7 * mean(waits[2])
    assert not design(1, Plan(), WARM_UP, 20).priority


def test_a_developer_drags_all_cards_of_an_item() -> None:
    """From its birth to the end it is one account that moves it."""
    known = world(2, Movers.DEVELOPER, noisy=False, weeks=20)

    assert {len({e.actor for e in events[1:]}) for events in histories(known).values()} <= {0, 1}


def test_more_appointments_of_a_gate_are_in_the_data() -> None:
    """From the week of the change on it opens on another weekday, too."""
    plan = Plan(gate=Cadence(("tue",), 11), change=Change(8, 0.5, "gate"))
    known = clean(1, plan)
    gate = next(state for state, kind in known.truth.stations.items() if kind is Station.BATCH_GATE)
    changed = known.truth.changed or known.window.end
    before, after = set[int](), set[int]()
    for at in left(known, gate):
        (after if at >= changed else before).add(at.weekday())

    assert before == {1}
    assert len(after) == 2


def test_a_world_without_evidence_has_moves_alone() -> None:
    """Nobody commits, edits or logs anything."""
    known = clean(0, Plan(evidence=False))
    traces = {EventKind.COMMITTED, EventKind.EDITED, EventKind.LOGGED_WORK, EventKind.REVIEWED}

    assert not traces & {event.kind for event in known.records.events}
    assert known.truth.touched > 0
