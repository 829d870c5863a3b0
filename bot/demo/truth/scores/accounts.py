"""Whether the engine knows where the time went.

States tell when an item was with somebody and when it waited for what; they tell neither how much of the time somebody
really worked on it, nor when a reviewer was at it, nor of two buffers which is a hand-off and which leads to a
deployment. So time is first compared in accounts that states can tell (SEEN), then with work split off by evidence.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain

from bot.demo.truth.run import Part, Reading, Run
from bot.demo.truth.scores.engine import spent, touched, touched_spans
from bot.demo.truth.world import Account, Movers, World
from bot.flow.clock import DAY, instant
from bot.flow.timeline.spans import Label, Outcome

WITH_SOMEBODY, BETWEEN, ASKED, TOUCHED = "with somebody", "between stages", "asked for approval", "touched"

SEEN: Mapping[Account, str] = {
    Account.ACTIVE: WITH_SOMEBODY,
    Account.IDLE: WITH_SOMEBODY,
    Account.REVIEWING: ASKED,
    Account.APPROVAL: ASKED,
    Account.HAND_OFF: BETWEEN,
    Account.DEPLOY: BETWEEN,
    Account.BACKLOG: Label.BACKLOG,
    Account.CHECKS: Label.CHECKS,
    Account.MERGE: Label.MERGE,
    Account.BLOCKED: Label.BLOCKED,
}
"""What is true, as far as states can tell it."""

SAID: Mapping[str, str] = {
    Label.WORK: WITH_SOMEBODY,
    "idle.multitask": WITH_SOMEBODY,
    "idle.absent": WITH_SOMEBODY,
    "idle.unowned": WITH_SOMEBODY,
    Label.APPROVAL: ASKED,
    Label.QUEUE: BETWEEN,
    "waiting.handoff": BETWEEN,
    Label.DEPLOY: BETWEEN,
}
"""What the engine says, in the same accounts; what does not stand here is an account of its own."""

Amounts = Mapping[tuple[str, str], float]


def decomposition(run: Run) -> Part | None:
    """The share of time that is in a wrong account, of streams whose cards are moved when it happens."""
    return None if run.world.truth.late else decomposition_of_any(run)


def decomposition_of_late(run: Run) -> Part | None:
    """The same of streams whose cards are moved the next morning or hours later."""
    by_scribe = run.world.movers in (Movers.MIXED, Movers.SCRIBE)
    return decomposition_of_any(run) if by_scribe or run.world.truth.late else None


def decomposition_of_any(run: Run) -> Part | None:
    """Total variation between true and found days by item and account."""
    return _total_variation(_seen(run.world), _said(spent(run.told.found), run.world))


def decomposition_of_totals(run: Run) -> Part | None:
    """The same over the sums of all items, where errors of opposite sign cancel out."""
    return _total_variation(_totals(_seen(run.world)), _totals(_said(spent(run.told.found), run.world)))


def decomposition_with_touch(run: Run) -> Part | None:
    """The same by item with the time that was worked as an account of its own."""
    works = (Account.ACTIVE, Account.REVIEWING)
    items = compared(run.world)
    truth = _sums(
        ((item, TOUCHED if account in works else SEEN[account]), days)
        for (item, account), days in run.world.truth.spent.items()
        if item in items
    )
    evidence = _said(touched_spans(run.told.found), run.world)
    rest = [(key, -days) for key, days in evidence.items()]
    moved = [((item, TOUCHED), days) for (item, _), days in evidence.items()]
    return _total_variation(truth, _sums(chain(_said(spent(run.told.found), run.world).items(), rest, moved)))


def touch_bias(run: Run) -> Part | None:
    """Signed error of the working days touched, of the true ones, where work leaves traces.

    Without any, nothing but the claim of the states is known, which is a bound and no estimate.
    """
    if not run.told.found.activity.traced:
        return None
    _, mid, _ = touched(run.told.found, run.world.truth.lives)
    truth = run.world.truth.touched
    return Part((mid - truth) / truth, 1, (f"said {mid:.0f}, true {truth:.0f}",)) if truth else None


def touch_contained(run: Run) -> Part | None:
    """Whether the range that is said holds the truth."""
    low, _, high = touched(run.told.found, run.world.truth.lives)
    truth = run.world.truth.touched
    inside = low <= truth <= high
    return Part(inside, 1, () if inside else (f"said {low:.0f} to {high:.0f}, true {truth:.0f}",))


def ledger_error(run: Run) -> Part | None:
    """What the accounts of the ledger are off from the presence of the items in the window, of that presence."""
    errors = [error for reading in (run.blind, run.told) if (error := _ledger_error(reading)) is not None]
    return Part(max(errors), 1) if errors else None


def _ledger_error(reading: Reading) -> float | None:
    """Presence is counted from the starts and ends of the cases alone."""
    window, whole = reading.found.window, reading.said.ledger
    first, last = instant(window.start), instant(window.end)
    cases = reading.found.timeline.cases.select("start", "end", "outcome").iter_rows()
    lives = [(start, end or last) for start, end, outcome in cases if start is not None and outcome != Outcome.NO_TIME]
    presence = sum(max(min(end, last) - max(start, first), 0) for start, end in lives) / DAY
    accounts = whole.wastes + whole.value_added + whole.necessary + whole.done
    return max(abs(accounts - presence), abs(whole.total - presence)) / presence if presence else None


def compared(world: World) -> set[str]:
    """The items whose time is known: delivered in the window or open at its end, and not imported."""
    return {item for item, _ in world.truth.spent} - world.truth.imported


def _seen(world: World) -> Amounts:
    """(item, account as states can tell it) -> true days."""
    items = compared(world)
    told = ((item, SEEN[account], days) for (item, account), days in world.truth.spent.items())
    return _sums(((item, account), days) for item, account, days in told if item in items)


def _said(by_label: Amounts, world: World) -> Amounts:
    items = compared(world)
    told = ((item, SAID.get(label, label), days) for (item, label), days in by_label.items())
    return _sums(((item, account), days) for item, account, days in told if item in items)


def _totals(amounts: Amounts) -> Amounts:
    return _sums((("all items", account), days) for (_, account), days in amounts.items())


def _sums(amounts: Iterable[tuple[tuple[str, str], float]]) -> Amounts:
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for key, days in amounts:
        sums[key] += days
    return sums


def _total_variation(truth: Amounts, said: Amounts) -> Part | None:
    """0.5 * sum |said - true| / total, a stream each counting the same; with the accounts that are off the most."""
    total = sum(truth.values())
    if not total:
        return None
    off = {key: said.get(key, 0.0) - truth.get(key, 0.0) for key in {*truth, *said}}
    by_account = sorted(_totals(off).items(), key=lambda pair: (-abs(pair[1]), pair[0]))
    missed = tuple(f"{account} {days / total:+.1%}" for (_, account), days in by_account[:4] if abs(days) > total / 500)
    return Part(0.5 * sum(abs(days) for days in off.values()) / total, 1, missed)
