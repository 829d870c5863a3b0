"""States without ids that were renamed."""

import pytest

from bot.flow.analyse import analyse
from bot.flow.clock import instant
from bot.flow.history.log import Log, read_log
from bot.flow.model import Stage, StageKind
from connectors.records import Record
from tests.build import STREAM, at, issue, records, window


def reviewed(name: str, start: int, count: int = 6, after: str = "Testing") -> list[list[Record]]:
    """Items that pass a state of that name, one after the other."""
    return [
        issue(
            f"PAY-{start + n}",
            ("Open", start + n),
            ("In Progress", start + n + 2),
            (name, start + n + 3),
            (after, start + n + 5),
            ("Done", start + n + 6),
        )
        for n in range(count)
    ]


def read(*parts: list[Record], **claims: int) -> Log:
    return read_log(records(*parts), instant(at(200)), claims={f"jira:{name}": n for name, n in claims.items()})


def test_a_state_that_another_follows_in_its_place_was_renamed() -> None:
    """And is mapped by the name of today; it is said."""
    log = read(*reviewed("Checking", 0), *reviewed("Verifying", 50), Checking=2)

    assert log.names == {"jira:Checking": "jira:Verifying"}
    assert "jira:Checking" not in set(log.moves["state"])
    assert [d.kind for d in log.doubts] == ["renamed state"]


@pytest.mark.parametrize("start", [0, 2, 49])
def test_states_of_the_same_time_are_two(start: int) -> None:
    """One is the other's colleague, not its successor."""
    log = read(*reviewed("Checking", 0, 52), *reviewed("Verifying", start))

    assert log.names == {}


def test_states_in_different_places_are_two() -> None:
    """Though one came when the other went."""
    assert read(*reviewed("Checking", 0), *reviewed("Verifying", 50, after="In Review")).names == {}


def test_states_of_different_stages_are_two() -> None:
    """The configuration knows better."""
    assert read(*reviewed("Checking", 0), *reviewed("Verifying", 50), Checking=2, Verifying=3).names == {}


def test_four_entries_are_too_few() -> None:
    """To tell where a state has its place."""
    assert read(*reviewed("Checking", 0, 4), *reviewed("Verifying", 50)).names == {}


def test_a_batch_that_goes_from_state_to_state_was_not_renamed() -> None:
    """All enter the next one after all have left the one before."""
    states = [("Open", 0), ("In Progress", 10), ("In Review", 20), ("Testing", 30), ("Done", 40)]
    batch = [issue(f"PAY-{n}", *((state, day + n / 10) for state, day in states)) for n in range(9)]

    assert read(*batch).names == {}


def test_who_went_on_to_the_other_state_tells_that_they_are_two() -> None:
    """Though nothing entered the one any more when the other came into use."""
    early = [issue(f"PAY-{n}", ("In Progress", n), ("Unmatched", n + 1), ("Closed", n + 60)) for n in range(6)]
    late = [issue(f"PAY-{n}", ("In Progress", n), ("Closed", n + 1)) for n in range(50, 90)]

    assert read(*early, *late).names == {}


def test_the_former_name_is_enough_for_the_configuration() -> None:
    """The stage of a state that was renamed since."""
    stages = (*STREAM.stages, Stage(name="Check", kind=StageKind.APPROVAL, states=("jira:Checking",)))
    stream = STREAM.model_copy(update={"stages": (*stages[:5], stages[-1], *stages[5:-1])})
    found = analyse(stream, records(*reviewed("Checking", 0), *reviewed("Verifying", 50)), window())

    assert {queue.stage: queue.n for queue in found.queues} == {"Check": 12}
