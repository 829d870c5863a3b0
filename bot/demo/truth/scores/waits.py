"""Whether the engine knows how long approvals take, how sure it is, and whether they change anything."""

from collections.abc import Iterator

from bot.demo.truth.run import Part, Run
from bot.demo.truth.scores.engine import Interval, queue_intervals, stamp_verdicts

HONEST, STAMP = 0.0495, 0.015
"""Share of visits whose outcome an approval changes, from which on it is none, and up to which it is a rubber stamp.

A little below and above the 5 % and 1 % that are planted. Where an item may be sent back only once, 4.8 % of the
visits change something: that is truly less than 5 %, and neither an honest approval nor a stamp."""

ENOUGH_VERDICTS = 200


def interval_coverage(run: Run) -> Part | None:
    """Of the stable approvals, those whose 80 % interval of the median holds the long-run median.

    Where the engine says that its interval speaks of this period alone, it claims nothing of the long run.
    """
    known = [(said, truth) for said, truth in _known(run) if said.low is not None and said.of_process]
    missed = tuple(_told(said, truth) for said, truth in known if not _holds(said, truth))
    return Part(len(known) - len(missed), len(known), missed) if known else None


def interval_claimed(run: Run) -> Part | None:
    """Of the stable approvals, those of which an interval is claimed for the long run."""
    known = list(_known(run))
    silent = tuple(_told(said, truth) for said, truth in known if said.low is None or not said.of_process)
    return Part(len(known) - len(silent), len(known), silent) if known else None


def median_bias(run: Run) -> Part | None:
    """Signed error of the median wait, each approval counting the same."""
    known = [(said, truth) for said, truth in _known(run) if said.median is not None]
    off = [((said.median or 0.0) - truth) / truth for said, truth in known]
    return Part(sum(off), len(off), tuple(_told(said, truth) for said, truth in known)) if off else None


def stamp_false(run: Run) -> Part | None:
    """Of the approvals that change as much as they should, those called rubber stamps."""
    honest = [state for state, share in run.world.truth.stamps.items() if share >= HONEST]
    verdicts = {said.state: said for said in stamp_verdicts(run.told)}
    judged = [verdicts[state] for state in honest if state in verdicts]
    wrong = tuple(f"{said.state}: {said.changed} of {said.n}" for said in judged if said.stamp)
    return Part(len(wrong), len(judged), wrong) if judged else None


def stamp_power(run: Run) -> Part | None:
    """Of the approvals that change next to nothing and were seen often, those called rubber stamps."""
    stamps = {state for state, share in run.world.truth.stamps.items() if share <= STAMP}
    judged = [v for v in stamp_verdicts(run.told) if v.state in stamps and v.n >= ENOUGH_VERDICTS]
    missed = tuple(f"{said.state}: {said.changed} of {said.n}" for said in judged if not said.stamp)
    return Part(len(judged) - len(missed), len(judged), missed) if judged else None


def _known(run: Run) -> Iterator[tuple[Interval, float]]:
    """What is said of each approval whose long-run median is known, and that."""
    for said in queue_intervals(run.told):
        if said.state in run.world.truth.waits:
            yield said, run.world.truth.waits[said.state]


def _holds(said: Interval, truth: float) -> bool:
    return said.low is not None and said.high is not None and said.low <= truth <= said.high


def _told(said: Interval, truth: float) -> str:
    low, median, high = ("?" if x is None else f"{x:.2f}" for x in (said.low, said.median, said.high))
    return f"{said.state}: {median} [{low}, {high}], true {truth:.2f}, n {said.n}"
