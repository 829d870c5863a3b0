"""How much of the history stages account for, and what is told of it."""

from datetime import datetime

import pytest

from bot.check.mapping import check_links, check_mapping
from bot.flow.coverage import Coverage, cover
from bot.flow.model import Stream
from connectors.records import Check, EventKind
from tests.build import STREAM, at, issue, pull, records

HELD = issue("PAY-1", ("Open", 0), ("On hold", 6), ("Done", 8))
PLAIN = issue("PAY-2", ("Open", 1), ("In Progress", 2), ("Done", 3))


def told(found: Coverage, changed: datetime | None = None, *, local: bool = False) -> list[Check]:
    return list(check_mapping(STREAM, found, changed, local=local))


def test_a_state_that_no_stage_claims_is_weighed() -> None:
    """Two of the ten days of both items; one item was in it, since the seventh day."""
    found = cover(STREAM, records(HELD, PLAIN), at(20))
    (hint,) = told(found)

    assert [(one.state, one.items, one.since) for one in found.unclaimed] == [("jira:On hold", 1, at(6))]
    assert found.share == pytest.approx(0.2)
    assert hint.status == "hint"
    assert '20\u00a0% is in states that no stage claims: "jira:On hold" (20\u00a0%, 1 item, since 11 Jan 2026)' in (
        hint.detail
    )


def test_a_state_that_came_after_the_configuration_is_new_to_it() -> None:
    """And stands first, however little it weighs yet."""
    later = issue("PAY-4", ("Open", 9), ("Parked", 9.5), ("Done", 9.6))
    (hint,) = told(cover(STREAM, records(HELD, later), at(20)), at(8))

    assert 'claims: "jira:Parked" (1.2\u00a0%, 1 item, new since 14 Jan 2026), "jira:On hold"' in hint.detail
    assert hint.detail.count("new since") == 1


def test_everything_that_stages_claim_is_well() -> None:
    """And nothing is hinted at."""
    (line,) = told(cover(STREAM, records(PLAIN), at(20)))

    assert (line.status, line.detail) == ("ok", "all that 1 item took is in states that stages claim")


def test_states_that_no_item_was_ever_in_are_named_where_nobody_else_is_asked() -> None:
    """A turn of a pull request may just not have come yet."""
    found = cover(STREAM, records(PLAIN), at(20))
    *_, line = told(found, local=True)

    assert found.never == ("jira:In Review", "jira:Testing", "jira:Ready", "jira:Cancelled")
    assert line.detail.startswith('no item was ever in "jira:In Review", "jira:Testing"')


def test_a_trigger_that_nothing_passes_is_told() -> None:
    """Else every figure is empty, and nobody knows why."""
    late = STREAM.model_copy(update={"trigger": "Deploy"})
    (line,) = told(cover(late, records(issue("PAY-3", ("Open", 0))), at(20)))

    assert (line.status, line.section) == ("hint", "mapping")
    assert line.detail.startswith("of 1 item none came to the trigger ")


@pytest.mark.parametrize(
    ("names", "status", "advice"),
    [
        (["PAY-1"], "ok", ""),
        ([], "hint", "write the key of the issue, as PAY-12, into the branch or the title"),
        (["PAY-77"], "hint", "add the projects whose issues they name to projects and to sources"),
    ],
)
def test_pull_requests_that_name_no_issue_are_a_hint(names: list[str], status: str, advice: str) -> None:
    """With what is most often the reason."""
    request = pull(7, (EventKind.OPENED, 1.0), (EventKind.MERGED, 2.0), names=names)
    found = cover(STREAM, records(HELD, request), at(20))
    assert found.links is not None
    line = check_links(STREAM, found.links, found.items)

    assert line.status == status
    assert advice in line.detail
    assert line.detail.startswith(f"{len(names) if status == 'ok' else 0} of 1 pull request name")


def test_what_bots_open_is_not_blamed() -> None:
    """Theirs are counted apart."""
    theirs = pull(8, (EventKind.OPENED, 1.0), author="renovate[bot]")
    mine = pull(7, (EventKind.OPENED, 1.0), names=["PAY-1"])
    found = cover(STREAM, records(HELD, mine, theirs), at(20))
    assert found.links is not None
    line = check_links(STREAM, found.links, found.items)

    assert (line.status, line.detail.count("1 of 1 pull request")) == ("ok", 1)
    assert "1 more were made by bots" in line.detail


def test_the_anchor_is_counted() -> None:
    """None where there is none."""
    ready = Stream(**{**STREAM.model_dump(), "anchor": "Test"})
    come = issue("PAY-9", ("Open", 0), ("Testing", 3))

    assert [cover(each, records(HELD, come), at(9)).anchored for each in (ready, STREAM)] == [1, None]
