"""What would help most: only what the findings ask for, and never what is forbidden."""

from bot.flow.future.changes import GateCadence, Removal
from bot.flow.future.suggest import suggested
from tests.flow.test_future import foresight, stories, world_foresight


def test_every_suggestion_could_be_planned() -> None:
    """It reads as a change of this stream, with the waste that it reduces."""
    sight = world_foresight(0)
    found = list(suggested(sight.analysis, sight.found.stream))

    assert found
    for change in found:
        change.check(sight.found.stream)
        assert change.waste


def test_a_gate_that_meets_once_a_week_could_meet_twice_or_daily() -> None:
    """And one that is found is a matter of its calendar, not of attention."""
    sight = world_foresight(0)
    gates = [change for change in suggested(sight.analysis, sight.found.stream) if isinstance(change, GateCadence)]
    days = [change.on for change in gates if change.cadence in sight.known.cadences]

    assert "daily" in days
    assert ("tue", "fri") in days or ("mon", "thu") in days or any(len(on) == 2 for on in days if on != "daily")


def test_a_rubber_stamp_is_suggested_to_go_unless_a_law_requires_it() -> None:
    """Of eighty verdicts none changed anything; where a duty asks for it nothing is said."""
    free = foresight(stories(3, many=80))
    stages = [s.model_copy(update={"necessary": "SOX"}) if s.name == "Review" else s for s in free.found.stream.stages]
    bound = foresight(stories(3, many=80), stages=tuple(stages))

    kinds, others = ({type(c) for c in suggested(s.analysis, s.found.stream)} for s in (free, bound))
    assert Removal in kinds
    assert Removal not in others


def test_nothing_is_suggested_of_a_stream_that_shows_nothing() -> None:
    """A handful of items."""
    few = foresight(stories(3, many=3))

    assert list(suggested(few.analysis, few.found.stream)) == []
