"""Whether changes do what was predicted of them, in long runs of the same team with the change."""

from collections.abc import Collection, Iterator
from functools import partial
from math import hypot

from bot.demo.truth.run import Part, Run
from bot.demo.truth.scores.engine import Prediction, predictions
from bot.demo.truth.world import TrueEffect

STUDENT_80 = 1.6377
"""Half an 80 % interval of what four runs tell, in standard errors (Student's t with three degrees of freedom)."""

GATES, STEPS, LOADS = ("cadence",), ("cap", "remove", "deploy", "parallel"), ("rework", "attention")
SURE = 2.0
"""Standard errors from which on the sign of a true effect is known."""


def error(run: Run, kinds: Collection[str]) -> Part | None:
    """Predicted less true effect, by the true one: how much too large the effects of these changes are said to be."""
    told = list(_told(run, kinds))
    size = sum(abs(true.days) for _, true in told)
    return Part(-sum(said.change - true.days for said, true in told), size, tuple(_words(told))) if size else None


def coverage(run: Run, kinds: Collection[str]) -> Part | None:
    """Of the intervals, those that hold the true effect, which is itself known with an error only."""
    told = list(_told(run, kinds))
    missed = [(said, true) for said, true in told if not _holds(said, true)]
    return Part(len(told) - len(missed), len(told), tuple(_words(missed))) if told else None


def right_sign(run: Run, kinds: Collection[str]) -> Part | None:
    """Of the changes whose true effect is surely one way, those that are said to go that way."""
    told = [(said, true) for said, true in _told(run, kinds) if abs(true.days) > SURE * true.error]
    wrong = [(said, true) for said, true in told if said.change * true.days < 0]
    return Part(len(told) - len(wrong), len(told), tuple(_words(wrong))) if told else None


def reproduced(run: Run) -> Part | None:
    """Days by which a lead time differs when it is replayed without a change."""
    return Part(run.foreseen.back_test.reproduced or 0.0, 1)


def tested(run: Run) -> Part | None:
    """Whether the back-test lets anything be said."""
    return Part(run.foreseen.back_test.passed, 1, (run.foreseen.back_test.reason,))


def answered(run: Run) -> Part | None:
    """Of the changes of streams whose back-test holds, those that something is said of."""
    if not run.foreseen.back_test.passed:
        return None
    changes = run.foreseen.changes
    return Part(sum(c.effect is not None for c in changes), len(changes), tuple(c.reason for c in changes if c.reason))


gate_error, step_error, load_error = (partial(error, kinds=kinds) for kinds in (GATES, STEPS, LOADS))
gate_coverage, step_coverage, load_coverage = (partial(coverage, kinds=kinds) for kinds in (GATES, STEPS, LOADS))
sign = partial(right_sign, kinds=(*GATES, *STEPS, *LOADS))
cap_error, remove_error, deploy_error, parallel_error, rework_error, attention_error = (
    partial(error, kinds=(kind,)) for kind in (*STEPS, *LOADS)
)


def _told(run: Run, kinds: Collection[str]) -> Iterator[tuple[Prediction, TrueEffect]]:
    for said, true in zip(predictions(run.foreseen), run.world.truth.effects, strict=True):
        if said is not None and true.kind in kinds:
            yield said, true


def _holds(said: Prediction, true: TrueEffect) -> bool:
    half = hypot((said.high - said.low) / 2, STUDENT_80 * true.error)
    return abs(said.change - true.days) <= half


def _words(told: Collection[tuple[Prediction, TrueEffect]]) -> Iterator[str]:
    for said, true in told:
        interval = f"{said.change:.2f} [{said.low:.2f}, {said.high:.2f}]"
        yield f"{dict(true.change)}: {interval}, true {true.days:.2f} +- {true.error:.2f}"
