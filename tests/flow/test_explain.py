"""The items behind a number."""

import pytest
from hypothesis import given, settings

from bot.flow.analyse import read
from bot.flow.explain.loop import explain_loop
from bot.flow.explain.names import listing
from bot.flow.explain.queue import explain_queue
from bot.flow.explain.timelines import explain
from bot.flow.explain.waste import RULES, explain_waste
from bot.flow.findings.analysis import Analysis
from bot.flow.findings.explained import Numbered
from bot.flow.history.log import Records
from bot.flow.model import Waste
from bot.flow.reconstruct import Reconstruction, reconstruct
from connectors.records import EventKind as K
from connectors.records import Verdict
from tests.build import STREAM, at, change, issue, pull, records, window
from tests.flow.test_analyse import logs

RETURNED = issue("PAY-1", ("In Progress", 0), ("Testing", 3), ("In Progress", 4), ("Testing", 7), ("Done", 9))


def seen(found: Records, start: float = 0, end: float = 100) -> tuple[Reconstruction, Analysis]:
    known = reconstruct(STREAM, found, window(start, end))
    return known, read(known)


@settings(max_examples=20)
@given(logs())
def test_every_explanation_sums_to_the_number_it_explains(found: Records) -> None:
    """Queues, loops and wastes; and no waste is left out."""
    known, analysis = seen(found, 3, 20)

    for queue in analysis.queues:
        told = explain_queue(known, analysis, queue.stage)
        assert sum(visit.cost for visit in told.visits) == pytest.approx(queue.cost)
        assert len(told.visits) == len(queue.items)
    for one in listing(analysis, Numbered.LOOP).known:
        for loop in explain_loop(known, analysis, one.name).loops:
            assert sum(back.cost for back in loop.returns) == pytest.approx(loop.figures.cost)
            assert len({back.item for back in loop.returns}) == loop.figures.items
    wastes = [explain_waste(known, analysis, waste) for waste in Waste]
    assert sum(waste.cost for waste in wastes) == pytest.approx(analysis.ledger.wastes)
    for waste in wastes:
        assert sum(item.cost for item in waste.items) == pytest.approx(waste.account.mid)
        assert sum(place.cost for place in waste.places) == pytest.approx(waste.cost)


def test_a_queue_tells_its_visits_the_longest_first() -> None:
    """Since when, until when, whether it still waits and for whom; its cost is only what lies in the window."""
    first = issue("PAY-1", ("In Progress", 0), ("In Review", 2), ("Testing", 12), ("Done", 13))
    second = issue("PAY-2", ("In Progress", 0), ("In Review", 17))
    told = explain_queue(*seen(records(first, second, change("PAY-2", K.ASSIGNED, 1.0, "mara")), 10, 20), "  review ")

    assert told.name == "Review"
    assert told.why.startswith("it is configured as an approval. In Review: ")
    assert [(v.item, v.waited, v.cost, v.waiting, v.end, v.holders) for v in told.visits] == [
        ("PAY-1", 10.0, 2.0, False, at(12), ()),
        ("PAY-2", 3.0, 3.0, True, None, ("mara",)),
    ]


def test_a_loop_tells_its_returns() -> None:
    """When it went back and when that was made good; by both places, by its origin or by its kind."""
    known, analysis = seen(records(RETURNED, issue("PAY-2", ("In Progress", 0), ("Done", 2))), 0, 8)
    for name in ("Test back to Build", "test", "rework"):
        (loop,) = explain_loop(known, analysis, name).loops
        (back,) = loop.returns

        assert loop.name == "Test back to Build"
        assert (back.item, back.at, back.until, back.days, back.cost) == ("PAY-1", at(4), None, 4.0, 4.0)


def test_a_return_inside_another_is_told_apart() -> None:
    """From day 4 until it has passed the test on day 9; two of these days are those of what the review sent back."""
    built = ("In Progress", 0), ("In Review", 2), ("Testing", 3), ("In Progress", 4), ("In Review", 5)
    moves = *built, ("In Progress", 6), ("In Review", 7), ("Testing", 8), ("Done", 9)
    loops = explain_loop(*seen(records(issue("PAY-1", *moves))), "rework").loops

    assert [(loop.name, b.days, b.nested) for loop in loops for b in loop.returns] == [
        ("Test back to Build", 3.0, False),
        ("Review back to Build", 2.0, True),
    ]


def test_a_span_has_its_days_and_its_working_days() -> None:
    """From Friday noon to Monday noon: half a day and half a day."""
    known, _ = seen(records(issue("PAY-1", ("Open", 0), ("In Progress", 4 + 13 / 24), ("Done", 7 + 13 / 24))))
    spans = explain(known, "PAY-1").spans

    assert [(span.stage, span.working_days) for span in spans] == [("Backlog", 4.5), ("Build", 1.0)]
    assert spans[1].days == pytest.approx(3.0)


def test_a_review_round_is_asked_for_by_its_kind() -> None:
    """In the plural, too."""
    changes, approved = Verdict.CHANGES.value, Verdict.APPROVED.value
    rounds = pull(1, (K.OPENED, 1.0), (K.REVIEWED, 2.0, "bob", changes), (K.PUSHED, 4.0), names=["PAY-1"])
    more = pull(1, (K.OPENED, 1.0), (K.REVIEWED, 5.0, "bob", approved), (K.MERGED, 6.0))[3:]
    known, analysis = seen(records(issue("PAY-1", ("In Progress", 0)), rounds, more))
    (loop,) = explain_loop(known, analysis, "review rounds").loops

    assert [(back.item, back.at) for back in loop.returns] == [("PAY-1", at(2))]


def test_a_waste_says_its_rule_and_where_each_item_lost_its_days() -> None:
    """The items that cost most first."""
    items = [issue(f"PAY-{n}", ("In Review", 0), ("Ready", n), ("Done", 3 * n)) for n in (1, 2)]
    told = explain_waste(*seen(records(*items)), "Waiting")

    assert told.rule == RULES[Waste.WAITING]
    assert [(p.place, p.cost, p.items) for p in told.places] == [("Deploy", 6.0, 2), ("Review", 3.0, 2)]
    assert [(i.item, i.cost, [p.place for p in i.places]) for i in told.items] == [
        ("PAY-2", 6.0, ["Deploy", "Review"]),
        ("PAY-1", 3.0, ["Deploy", "Review"]),
    ]


def test_a_waste_that_cost_nothing_has_no_items() -> None:
    """It is known all the same."""
    told = explain_waste(*seen(records(RETURNED)), "over-processing")

    assert (told.cost, told.items, told.low, told.grade) == (0.0, (), None, None)


def test_unknown_names_are_answered_with_the_nearest() -> None:
    """Or with all there are."""
    known, analysis = seen(records(RETURNED, issue("PAY-2", ("In Review", 0))))

    with pytest.raises(KeyError, match=r'there is no queue "Reveiw" in this window; did you mean "Review"'):
        explain_queue(known, analysis, "Reveiw")
    with pytest.raises(KeyError, match=r"it is one of Test, Test back to Build or rework"):
        explain_loop(known, analysis, "Nowhere")
    with pytest.raises(KeyError, match=r'did you mean "inventory"'):
        explain_waste(known, analysis, "inventary")


def test_there_is_nothing_to_explain_in_an_empty_window() -> None:
    """No queue is a sentence, not a fault."""
    known, analysis = seen(records(issue("PAY-1", ("Open", 0))), 0, 1)

    assert listing(analysis, Numbered.QUEUE).known == ()
    with pytest.raises(KeyError, match="there is no loop in this window"):
        explain_loop(known, analysis, "Test")


def test_an_open_item_says_who_can_free_it() -> None:
    """One that is over waits for nobody."""
    held = change("PAY-1", K.ASSIGNED, 1.0, "mara"), change("PAY-2", K.ASSIGNED, 1.0, "mara")
    items = issue("PAY-1", ("In Progress", 0), ("In Review", 2)), issue("PAY-2", ("In Progress", 0), ("Done", 2))
    known, _ = seen(records(*items, *held))

    assert explain(known, "PAY-1").holders == ("mara",)
    assert explain(known, "PAY-2").holders == ()


def test_an_item_that_is_set_aside_is_not_called_flagged() -> None:
    """A state that is left for where the item came from is parking; a flag is a block."""
    parked = [
        issue(f"PAY-{n}", ("In Progress", n), ("On hold", n + 1), ("In Progress", n + 2), ("Done", n + 3))
        for n in range(8)
    ]
    flagged = [*issue("PAY-9", ("In Progress", 0), ("Done", 9)), *change("PAY-9", K.BLOCKED, 2)]
    done = reconstruct(STREAM, records(*parked, flagged), window())

    assert [s.evidence[-1] for s in explain(done, "PAY-3").spans if s.label == "blocked"] == [
        "set aside: items go back from there to where they were"
    ]
    assert [s.evidence[-1] for s in explain(done, "PAY-9").spans if s.label == "blocked"] == ["it is blocked"]
