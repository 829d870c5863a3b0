"""A stream as it is looked at: with its names, or with none but those of stages and states."""

from dataclasses import dataclass, replace

from bot.app.recorded import records_of
from bot.app.wiring import Wanted, opened, stream_with_remarks, window_of
from bot.config import Config, ConfiguredStream
from bot.flow.anonymous.names import Names
from bot.flow.anonymous.records import anonymised
from bot.flow.history.log import Records
from bot.flow.model import Window
from bot.flow.reconstruct import Reconstruction, reconstruct
from bot.goals import gate_context
from bot.govern.anonymous import (
    GoalNames,
    anonymous_context,
    anonymous_course,
    anonymous_gate,
    anonymous_item,
    anonymous_key_result,
)
from bot.govern.gates import GateContext
from bot.govern.plan import Course
from bot.plans import courses_of
from bot.standing import Asked, Standing, standing
from bot.store import Store


@dataclass(frozen=True)
class Seen:
    """What is shown of a stream: its configuration, its records, and what was reconstructed from them.

    `names`: what everything is called instead; None: it is called what it is called.
    """

    stream: ConfiguredStream
    records: Records
    found: Reconstruction
    names: GoalNames | None


@dataclass(frozen=True)
class Goals:
    """What is wanted of a stream, and what became of it so far."""

    standing: Standing
    context: GateContext
    courses: tuple[Course, ...]


def see_stream(config: Config, wanted: Wanted, *, anonymise: bool = False) -> Seen:
    """As it was in the window."""
    with opened(config) as store:
        asked = asked_records(config, store, wanted)
    return look(*asked, anonymise=anonymise)


def asked_records(config: Config, store: Store, wanted: Wanted) -> tuple[ConfiguredStream, Records, Window]:
    stream = stream_with_remarks(config, store, wanted)
    return stream, records_of(config, store, stream), window_of(stream, wanted)


def look(stream: ConfiguredStream, records: Records, window: Window, *, anonymise: bool = False) -> Seen:
    if not anonymise:
        return Seen(stream, records, reconstruct(stream, records, window), None)
    names = Names(stream, records)
    goals = GoalNames(names)
    shown, told = anonymised(stream, records, names)
    nameless = shown.model_copy(
        update={
            "key_results": tuple(anonymous_key_result(result, goals) for result in stream.key_results),
            "gates": tuple(anonymous_gate(gate, goals) for gate in stream.gates),
            "plan": tuple(anonymous_item(item, goals) for item in stream.plan),
        }
    )
    return Seen(nameless, told, reconstruct(nameless, told, window), goals)


def goals_of(store: Store, asked: Asked, names: GoalNames | None) -> Goals:
    """What is kept is kept by the real names."""
    stream, end = asked.stream, asked.now
    goals = Goals(standing(store, asked), gate_context(store, stream), courses_of(store, stream, end))
    return _nameless(goals, names) if names else goals


def _nameless(goals: Goals, names: GoalNames) -> Goals:
    known = goals.standing
    courses = tuple(anonymous_course(each, names) for each in goals.courses)
    told = replace(
        known,
        configured=[anonymous_key_result(result, names) for result in known.configured],
        readings={names.key_result(name): found for name, found in known.readings.items()},
        late=[names.key_result(name) for name in known.late],
        plan=courses,
        helps={names.names.text(metric): moved for metric, moved in known.helps.items()},
    )
    return Goals(told, anonymous_context(goals.context, names), courses)
