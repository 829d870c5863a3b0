"""Whether the replay would have told the weeks that it was not shown."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from bot.flow.clock import DAY, Instants
from bot.flow.findings.future import BackTest
from bot.flow.future.replay import Replay, Rule
from bot.flow.future.segments import Flags
from bot.flow.statistics.intervals import Values
from bot.flow.statistics.prediction import Judged, crps, judged, survival_masses
from bot.words import amount, count, share

WEEK = 7 * DAY
TESTED, TRAINED = 13, 52
"""Weeks that are told, and weeks before them that are shown."""

SHORTEST = 3
"""Of a history that is short, the last third is told."""

FEWEST_TRAINED, FEWEST_TESTED = 20, 20
DRAWS = 2000
COVERED = (0.70, 0.90)
WORSE, BY_CHANCE = 1.05, 0.01


@dataclass(frozen=True)
class Begun:
    """Cases that began in a span of time: how long each was followed, in microseconds, and whether it ended then."""

    cases: Instants
    starts: Instants
    lasted: Values
    ended: Flags


def back_test(replay: Replay, rules: list[Rule], cases: pl.DataFrame, end: int) -> BackTest:
    """`cases`: case, start, end, open; `rules`: what holds whatever is changed; `end`: up to when all is known."""
    reproduced = _reproduced(replay, rules)
    since = max(int(cases["start"].min() or end), end - (TESTED + TRAINED) * WEEK)  # type: ignore[arg-type]
    weeks = min(float(TESTED), (end - since) / WEEK / SHORTEST)
    cut = end - round(weeks * WEEK)
    before, after = _begun(cases, since, cut, cut), _begun(cases, cut, end, end)
    counts = {
        "weeks": weeks,
        "trained": int(before.ended.sum()),
        "tested": int(after.ended.sum()),
        "open": int((~after.ended).sum()),
        "reproduced": reproduced,
    }
    few = _too_few(before, after)
    if few:
        return BackTest.model_validate({"passed": False, "reason": few, **counts})
    drawn = _drawn(replay, rules, before, after)
    found = judged(drawn / DAY, after.lasted / DAY, after.ended)
    naive = crps(_recent(cases, cut) / DAY, after.lasted / DAY, after.ended)
    faults = list(_faults(found, naive, reproduced))
    told = f"{share(found.coverage)} of what began in the last {count(round(weeks), 'week')} was inside eight of ten"
    return BackTest.model_validate(
        {
            "passed": not faults,
            "coverage": found.coverage,
            "score": found.score,
            "naive": naive,
            "uniform": found.uniform,
            "reason": "; ".join(faults) or told,
            **counts,
        }
    )


def _reproduced(replay: Replay, rules: list[Rule]) -> float:
    apart = np.abs(replay.ends(rules) - replay.segments.ends)
    return float(apart.max(initial=0)) / DAY


def _begun(cases: pl.DataFrame, first: int, last: int, known: int) -> Begun:
    """Those that began in between, as they were known at an instant."""
    rows = cases.filter(pl.col("start").is_between(first, last, closed="left")).sort("start", "case")
    over = ~rows["open"].to_numpy() & (rows["end"].to_numpy() < known)
    until = np.where(over, rows["end"].to_numpy(), known)
    starts = rows["start"].to_numpy()
    return Begun(rows["case"].to_numpy(), starts, (until - starts).astype(np.float64), over)


def _too_few(before: Begun, after: Begun) -> str:
    if int(before.ended.sum()) < FEWEST_TRAINED:
        few = count(int(before.ended.sum()), "item was", "items were")
        return f"it cannot be tested: {few} begun and delivered before the last weeks; it takes {FEWEST_TRAINED}"
    if int(after.ended.sum()) < FEWEST_TESTED:
        few = count(int(after.ended.sum()), "item was", "items were")
        return f"it cannot be tested: {few} begun and delivered in the last weeks; it takes {FEWEST_TESTED}"
    return ""


def _drawn(replay: Replay, rules: list[Rule], before: Begun, after: Begun) -> Values:
    """How long items of before would take that begin when those of after did; infinite: longer than any was seen."""
    random = np.random.default_rng(0)
    mass = survival_masses(before.lasted, before.ended)
    rest = max(1.0 - float(mass.sum()), 0.0)
    chosen = random.choice(len(mass) + 1, DRAWS, p=np.append(mass, rest) / (mass.sum() + rest))
    starts = after.starts[random.integers(0, len(after.starts), DRAWS)]
    known = chosen < len(mass)
    rows = np.searchsorted(replay.segments.cases, before.cases[chosen[known]])
    found = np.full(DRAWS, np.inf)
    found[known] = replay.ends(rules, 0, rows, starts[known]) - starts[known]
    return found


def _recent(cases: pl.DataFrame, cut: int) -> Values:
    """Lead times of what was delivered in as many weeks before, or of all before where that is little."""
    ended = cases.filter(~pl.col("open") & (pl.col("end") < cut)).sort("end", "case")
    recent = ended.filter(pl.col("end") >= cut - TESTED * WEEK)
    rows = recent if len(recent) >= FEWEST_TRAINED else ended.tail(FEWEST_TRAINED)
    return (rows["end"] - rows["start"]).to_numpy().astype(np.float64)


def _faults(found: Judged, naive: float, reproduced: float) -> list[str]:
    faults = []
    if reproduced > 0:
        faults.append(f"without a change a lead time differs by {amount(reproduced)} days")
    if not COVERED[0] <= found.coverage <= COVERED[1]:
        faults.append(f"{share(found.coverage)} of what came was inside the interval that should hold 80 %")
    if found.score > WORSE * naive:
        faults.append(f"it tells less than the lead times of the weeks before (CRPS {found.score:.2f} to {naive:.2f})")
    if found.uniform <= BY_CHANCE:
        faults.append("what came does not spread over what was predicted as it should")
    return faults
