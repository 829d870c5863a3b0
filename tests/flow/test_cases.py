"""Items and change requests -> cases."""

from dataclasses import replace

from bot.flow.clock import instant
from bot.flow.history.log import Records, read_log
from bot.flow.timeline.cases import Cases, build_cases
from connectors.records import EventKind, Item, Link
from tests.build import GITHUB, STREAM, at, issue, pull, records

OPENED = (EventKind.OPENED, 1.0)


def joined(found: Records) -> tuple[Cases, dict[str, str]]:
    """The cases, and for each joined pull request the item and evidence."""
    log = read_log(found, instant(at(50)))
    cases = build_cases(STREAM, log, found.links)
    rows = cases.members.drop_nulls("evidence").iter_rows()
    return cases, {log.items[n].name: f"{log.items[case].name} by {evidence}" for case, n, evidence in rows}


def test_a_pull_request_joins_the_item_it_names() -> None:
    """And the evidence is kept."""
    _, links = joined(records(issue("PAY-1", ("Open", 0)), pull(7, OPENED, names=["PAY-1"])))

    assert links == {"acme/pay#7": "PAY-1 by branch"}


def test_only_the_strongest_evidence_counts() -> None:
    """A branch for PAY-1 whose body says "see also PAY-2" is work on PAY-1."""
    found = records(
        issue("PAY-1", ("Open", 0)),
        issue("PAY-2", ("Open", 0)),
        pull(7, OPENED, names=["PAY-1"]),
        [Link(GITHUB, "PR7", "PAY-2", "implements", "body")],
    )

    assert joined(found)[1] == {"acme/pay#7": "PAY-1 by branch"}


def test_one_pull_request_may_serve_several_items() -> None:
    """Branch and title are as strong as each other."""
    found = records(
        issue("PAY-1", ("Open", 0)),
        issue("PAY-2", ("Open", 0)),
        pull(7, OPENED, names=["PAY-1"]),
        [Link(GITHUB, "PR7", "PAY-2", "implements", "title")],
    )
    cases, _ = joined(found)

    assert cases.links is not None
    assert (cases.links.linked, cases.links.items_with_change_request) == (1, 2)


def test_an_item_is_found_by_its_former_key() -> None:
    """PAY-1 was OLD-9 when the branch was made."""
    moved = [replace(r, aliases=("OLD-9",)) if isinstance(r, Item) else r for r in issue("PAY-1", ("Open", 0))]

    assert joined(records(moved, pull(7, OPENED, names=["OLD-9"])))[1] == {"acme/pay#7": "PAY-1 by branch"}


def test_why_others_are_not_joined_is_said() -> None:
    """Each for a reason: it names nothing, something unknown, or a bot made it."""
    found = records(
        issue("PAY-1", ("Open", 0)),
        pull(1, OPENED),
        pull(2, OPENED, names=["PAY-99"]),
        pull(3, OPENED, names=["UTF-8"]),
        pull(4, OPENED, author="renovate[bot]"),
    )
    cases, links = joined(found)

    assert links == {}
    assert cases.links is not None
    assert cases.links.unlinked == {
        "name no item": 2,
        "name an item that was not collected": 1,
        "were made by a bot": 1,
    }
    assert [d.kind for d in cases.doubts] == ["unlinked change request"]


def test_without_a_tracker_each_pull_request_is_a_case() -> None:
    """A stream of one repository."""
    cases, _ = joined(records(pull(1, OPENED), pull(2, OPENED)))

    assert len(cases.roots) == 2
    assert cases.links is None


def test_an_item_and_its_parent_are_a_doubt() -> None:
    """The same time would count twice."""
    cases, _ = joined(
        records(issue("PAY-1", ("Open", 0), item_type="Epic"), issue("PAY-2", ("Open", 0), parent="PAY-1"))
    )

    assert [(d.kind, d.items) for d in cases.doubts] == [("nested items", ("PAY-1",))]


def test_item_types_choose() -> None:
    """Only stories, and no doubt any more."""
    log = read_log(
        records(issue("PAY-1", ("Open", 0), item_type="Epic"), issue("PAY-2", ("Open", 0), parent="PAY-1")),
        instant(at(5)),
    )
    cases = build_cases(STREAM.model_copy(update={"item_types": ("Story",)}), log, [])

    assert [log.items[n].name for n in cases.roots] == ["PAY-2"]
    assert cases.doubts == ()
