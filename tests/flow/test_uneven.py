"""What differs between departments: found where it was planted, not where it was not, and never about persons."""

import json
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.flow.analyse import analyse
from bot.flow.anonymous.records import anonymised
from bot.flow.findings.uneven import Uneven, Unevenness
from bot.flow.history.log import Records
from connectors.records import Event, Item, Person, Record
from tests.build import JIRA, STREAM, issue, records, window
from tests.flow.onboarding import child, parent

GROUPS = ("Sales", "Research")
STREAM_OF_GROUPS = STREAM.model_copy(update={"item_types": ("Onboarding",), "groups": GROUPS, "anchor": "Test"})
Days = Callable[[str, int, Random], float]
"""(department, number of the hire, chance) -> when a plan is finished; it is begun on day 1 of a hire, due on day 10"""


def team(label: str, hires: int, days: Days, managers: int = 4, seed: int = 1) -> list[list[Record]]:
    """New people of a department, each with a plan that one of its managers writes."""
    random, found = Random(f"{label} {seed}"), []
    for n in range(hires):
        name, who = f"{label.upper()}-{n}", f"{label} manager {n % managers}"
        finished = days(label, n, random)
        item, *events = child(f"{name}a", name, "Plan", ("Open", n), ("In Progress", n + 1), ("Done", n + finished))
        found.append([item, *(replace(e, actor=who) for e in events if isinstance(e, Event))])
        found.append(parent(name, label, moves=(("Open", n), ("Testing", n + 10), ("Done", n + 30))))
    return found


def company(days: Days, hires: int = 12, managers: int = 4, seed: int = 1) -> Records:
    every = [part for label in GROUPS for part in team(label, hires, days, managers, seed)]
    return records(*every)


def seen(found: Records) -> Uneven:
    told = analyse(STREAM_OF_GROUPS, found, window()).uneven
    assert told is not None
    return told


def place(told: Uneven, name: str, measure: str) -> Unevenness:
    return next(p for p in told.places if (p.place, p.measure) == (name, measure))


def slow_sales(label: str, n: int, random: Random) -> float:
    return random.uniform(11, 20) if label == "Sales" else random.uniform(3, 6)


def alike(label: str, n: int, random: Random) -> float:
    return random.uniform(3, 16)


def test_what_takes_a_department_longer_is_found() -> None:
    """With both medians, what it costs, and the items behind it, the longest first."""
    told = place(seen(company(slow_sales)), "Plan", "takes")

    assert told.uneven
    assert [(g.group, g.n) for g in told.groups] == [("Research", 12), ("Sales", 12)]
    best, worst = (g.value for g in told.groups)
    assert 2 <= best <= 5
    assert 10 <= worst <= 19
    assert told.beyond == pytest.approx(12 * (worst - best))
    assert [name[:5] for name in told.items] == ["SALES"] * 12
    assert "Ask Research" in told.reason


def test_what_is_late_in_one_department_is_found() -> None:
    """Shares in time by the anchor, and the items that were not."""
    told = place(seen(company(slow_sales)), "Plan", "in time")

    assert told.uneven
    assert [(g.group, g.value) for g in told.groups] == [("Research", 1.0), ("Sales", 0.0)]
    assert (told.beyond, len(told.items)) == (12.0, 12)


def test_departments_that_are_alike_are_called_so() -> None:
    """Their figures stand there all the same."""
    told = seen(company(alike))

    assert told.groups == GROUPS
    assert not any(p.uneven for p in told.places)
    assert all(p.beyond is None and not p.items for p in told.places)
    assert "no more than chance explains" in place(told, "Plan", "takes").reason


def test_a_month_in_which_all_was_slow_proves_nothing() -> None:
    """Research came when everything took long, and Sales when nothing did: neither is behind the other."""

    def slow_later(label: str, n: int, random: Random) -> float:
        return 3 + n + random.random()

    sales = team("Sales", 24, slow_later)[: 2 * 12]
    research = team("Research", 24, slow_later)[2 * 12 :]
    told = place(seen(records(*sales, *research)), "Plan", "takes")

    assert [g.group for g in told.groups] == ["Sales", "Research"]
    assert told.groups[1].value > 2 * told.groups[0].value
    assert not told.uneven


def test_a_step_that_one_person_did_is_not_compared() -> None:
    """The figure of the department would be hers."""
    told = seen(company(slow_sales, managers=1))

    assert {p.measure for p in told.places if p.place == "Plan"} == set()
    assert told.reason == "Left out where fewer than 3 people did it for one group: Plan."


def test_a_step_that_the_same_two_did_for_all_is_compared() -> None:
    """What differs is not them."""
    desk = company(slow_sales)
    told = Records.of(desk.items, [replace(e, actor=f"desk {len(e.item) % 2}") for e in desk.events], [], [])

    assert place(seen(told), "Plan", "takes").uneven


def test_a_small_department_is_not_compared() -> None:
    """Four people are known by name."""
    few = [*team("Sales", 4, slow_sales), *team("Research", 12, slow_sales)]
    told = seen(records(*few))

    assert (told.groups, told.places) == ((), ())
    assert told.reason is not None
    assert told.reason.startswith("Not compared: Sales")


def test_the_name_of_a_person_is_no_group() -> None:
    """However many items bear it as a label."""
    found = company(slow_sales)
    named = Records.of(found.items, found.events, [], [Person(JIRA, "s1", "sales")])

    assert seen(named).places == ()
    assert "never persons" in str(seen(named).reason)


def test_labels_that_nobody_bears_and_items_that_bear_two() -> None:
    """Are said."""
    both = parent("BOTH-1", *GROUPS)
    stream = STREAM_OF_GROUPS.model_copy(update={"groups": (*GROUPS, "Suport")})
    item, *events = parent("SUP-1", "Support")
    told = analyse(stream, records(both, [item, *events], *team("Sales", 6, alike)), window()).uneven

    assert told is not None
    assert 'No item has the label "Suport"; did you mean "Support".' in str(told.reason)
    assert "With labels of several groups, 1 item counts in none." in str(told.reason)


def test_without_names_nothing_tells_which_department_it_is() -> None:
    """And every figure is the same."""
    found = company(slow_sales)
    stream, hidden = anonymised(STREAM_OF_GROUPS, found)
    told = analyse(stream, hidden, window()).uneven

    assert told is not None
    assert not any(label.casefold() in json.dumps(told.model_dump()).casefold() for label in GROUPS)
    assert [(p.p_value, p.beyond, p.uneven) for p in told.places] == [
        (p.p_value, p.beyond, p.uneven) for p in seen(found).places
    ]


@settings(max_examples=3)
@given(st.permutations(range(48)))
def test_the_order_of_delivery_does_not_matter(order: list[int]) -> None:
    """The document is the same to the letter."""
    parts = [part for label in GROUPS for part in team(label, 12, slow_sales)]

    assert seen(records(*(parts[n] for n in order))) == seen(records(*parts))


def test_a_stream_that_names_no_groups() -> None:
    """Says nothing; one that names one group is refused."""
    assert analyse(STREAM, records(issue("PAY-1", ("Open", 0), ("Done", 5))), window()).uneven is None
    with pytest.raises(ValidationError, match="labels of two or more"):
        STREAM.model_validate(STREAM.model_dump() | {"groups": ("Sales",)})


def test_items_are_parted_by_labels_in_any_case() -> None:
    """As everywhere."""
    found = company(slow_sales)
    spelt = [replace(i, labels=tuple(label.upper() for label in i.labels)) for i in found.items if isinstance(i, Item)]

    assert seen(Records.of(spelt, found.events, [], [])).places[0].uneven
