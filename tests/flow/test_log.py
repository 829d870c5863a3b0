"""Records -> event log."""

from dataclasses import replace

from bot.flow.clock import instant
from bot.flow.history.log import Log, read_log
from connectors.records import ActorKind, Event, EventKind, Item, Person
from tests.build import JIRA, at, issue, records


def moves(log: Log) -> list[tuple[str, float]]:
    return [
        (state.partition(":")[2], (when - instant(at(0))) / 86_400_000_000)
        for state, when in log.moves.select("state", "at").iter_rows()
    ]


def test_what_happens_later_is_not_known() -> None:
    """A log read as of a day holds nothing after it."""
    log = read_log(records(issue("PAY-1", ("Open", 0), ("Done", 9)), issue("PAY-2", ("Open", 8))), instant(at(5)))

    assert moves(log) == [("Open", 0.0)]
    assert [i.name for i in log.items] == ["PAY-1"]


def test_a_renamed_state_has_one_name() -> None:
    """Identity is the id; the newest name counts, and the old one is known as its former name."""
    old, new = issue("PAY-1", ("Review", 0)), issue("PAY-2", ("Approval", 5))
    same = [replace(r, state_id="77") if isinstance(r, Event) else r for r in (*old, *new)]

    log = read_log(records(same), instant(at(9)))

    assert {state for state, _ in moves(log)} == {"Approval"}
    assert log.names == {"jira:Review": "jira:Approval"}


def test_two_states_of_one_name_are_mapped_by_that_name() -> None:
    """Projects repeat names under other ids."""
    first, second = issue("PAY-1", ("Open", 0)), issue("PAY-2", ("Open", 1))
    apart = [replace(r, state_id=f"{r.item}") if isinstance(r, Event) else r for r in (*first, *second)]

    assert moves(read_log(records(apart), instant(at(9)))) == [("Open", 0.0), ("Open", 1.0)]


def test_a_missing_move_is_assumed_half_way_and_said() -> None:
    """From Open to Done by a move that claims to leave Testing: somebody entered Testing unseen."""
    born, ended = [r for r in issue("PAY-1", ("Open", 0), ("Done", 10)) if isinstance(r, Event)]
    seen = issue("PAY-2", ("Testing", 0))

    log = read_log(
        records([*issue("PAY-1", ("Open", 0))[:1], born, replace(ended, detail="Testing")], seen), instant(at(20))
    )

    assert moves(log)[:3] == [("Open", 0.0), ("Testing", 5.0), ("Done", 10.0)]
    assert [(d.kind, d.items) for d in log.doubts] == [("gap", ("PAY-1",))]


def test_a_missing_move_is_assumed_where_the_usual_stays_meet() -> None:
    """Items wait six days in Open and are tested for two: of eight days with the move lost, six are of Open."""
    usual = [issue(f"PAY-{n}", ("Open", n), ("Testing", n + 6), ("Done", n + 8)) for n in range(2, 7)]
    born, ended = [r for r in issue("PAY-1", ("Open", 0), ("Done", 8)) if isinstance(r, Event)]

    lost = [*issue("PAY-1", ("Open", 0))[:1], born, replace(ended, detail="Testing")]
    log = read_log(records(lost, *usual), instant(at(20)))

    assert moves(log)[:3] == [("Open", 0.0), ("Testing", 6.0), ("Done", 8.0)]


def test_moves_of_one_instant_keep_the_order_of_the_source() -> None:
    """However they are delivered."""
    item = Item(JIRA, "PAY", "1", "issue", "PAY-1", "", "", at(0))
    states = ["Open", *(f"S{n}" for n in range(12))]
    events = [
        Event(
            JIRA,
            f"1:{n}",
            "1",
            at(0 if n == 0 else 1),
            EventKind.STATE,
            s,
            s,
            detail=states[n - 1] if n else None,
            seq=n,
        )
        for n, s in enumerate(states)
    ]

    assert [s for s, _ in moves(read_log(records([item], reversed(events)), instant(at(9))))] == states


def test_staying_is_no_move() -> None:
    """A move into the state an item is in already says nothing."""
    log = read_log(records(issue("PAY-1", ("Open", 0), ("Open", 3), ("Done", 5))), instant(at(9)))

    assert moves(log) == [("Open", 0.0), ("Done", 5.0)]


def test_what_a_connector_doubts_is_passed_on() -> None:
    """Truncated histories of several items become one doubt."""
    cut = [
        replace(r, doubts=("history cut: the 3 oldest changes are missing",)) if isinstance(r, Item) else r
        for name in ("PAY-1", "PAY-2")
        for r in issue(name, ("Open", 0))
    ]

    assert [(d.kind, d.detail, d.items) for d in read_log(records(cut), instant(at(9))).doubts] == [
        ("history", "history cut", ("PAY-1", "PAY-2"))
    ]


def test_what_was_deleted_is_left_out_and_said() -> None:
    """But not before it was."""
    kept, deleted = issue("PAY-1", ("Open", 0)), issue("PAY-2", ("Open", 0))
    gone = [replace(r, gone_at=at(5)) if isinstance(r, Item) else r for r in deleted]
    before, after = (read_log(records(kept, gone), instant(at(day))) for day in (4, 6))

    assert [item.name for item in before.items] == ["PAY-1", "PAY-2"]
    assert [item.name for item in after.items] == ["PAY-1"]
    assert [(d.kind, d.items) for d in after.doubts] == [("gone", ("PAY-2",))]


def test_a_sprint_is_no_work() -> None:
    """Items beside the flow are not in the log."""
    sprint = Item(JIRA, "PAY", "sprint/PAY/1", "sprint", "Sprint 1", "Sprint 1", "", at(0))
    begun = Event(JIRA, "s", sprint.key, at(0), EventKind.STARTED)

    log = read_log(records([sprint, begun], issue("PAY-1", ("Open", 0))), instant(at(9)))

    assert [item.name for item in log.items] == ["PAY-1"]


def test_what_is_known_of_an_account_counts_more_than_what_an_event_says() -> None:
    """A bot that is called a person in one place is one everywhere, and the other way round."""
    events = [
        Event(JIRA, n, "pay-1", at(1), EventKind.EDITED, actor=n, actor_kind=kind)
        for n, kind in (("ci", ActorKind.HUMAN), ("ann", ActorKind.BOT), ("old", ActorKind.BOT))
    ]
    people = [Person(JIRA, "ci", "CI", ActorKind.BOT), Person(JIRA, "ann", "Ann")]
    log = read_log(records(issue("PAY-1", ("Open", 0)), events, people), instant(at(9)))

    assert dict(log.events.select("actor", "human").iter_rows()) == {"ci": False, "ann": True, "old": False}


def test_the_weight_of_what_is_assumed_is_said() -> None:
    """Five of the thirty days between the moves of both items."""
    born, ended = [r for r in issue("PAY-1", ("Open", 0), ("Done", 10)) if isinstance(r, Event)]
    seen = issue("PAY-2", ("Testing", 0), ("Done", 20))
    item = issue("PAY-1", ("Open", 0))[:1]
    (gap,) = read_log(records(item, [born, replace(ended, detail="Testing")], seen), instant(at(40))).doubts

    assert "16.7% of the time between moves is assumed" in gap.detail


def test_the_order_of_the_items_is_that_of_their_creation() -> None:
    """However the store gives them, so every figure is the same each time."""
    parts = [issue(f"PAY-{n}", ("Open", n)) for n in (3, 1, 2)]

    assert [i.name for i in read_log(records(*parts), instant(at(9))).items] == ["PAY-1", "PAY-2", "PAY-3"]
