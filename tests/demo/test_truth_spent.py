"""What is said of where the time went is held against where it went."""

from dataclasses import replace

import pytest

from bot.demo.truth.run import Run
from bot.demo.truth.scores import accounts
from bot.demo.truth.scores.engine import touched
from bot.demo.truth.world import Account
from connectors.records import EventKind
from tests.build import at, change
from tests.demo.scored import but, share, world

SPENT = {
    Account.BACKLOG: 1.0,
    Account.ACTIVE: 0.5,
    Account.IDLE: 1.25,
    Account.REVIEWING: 0.25,
    Account.APPROVAL: 1.75,
    Account.DEPLOY: 1.0,
}


def spent(items: int = 30) -> dict[tuple[str, Account], float]:
    """What the states of `world` tell; testing is work, too."""
    days = SPENT | {Account.IDLE: 1.5}
    return {(f"T-{n}", account): time for n in range(items) for account, time in days.items()}


def test_time_in_the_right_accounts_is_no_error() -> None:
    """Work and idle time are one as far as states can tell, and so are a wait and the look of the reviewer."""
    run = Run(world(spent=spent()))

    assert share(accounts.decomposition(run)) == pytest.approx(0.0, abs=1e-9)


def test_a_day_in_the_wrong_account_is_a_day_of_error() -> None:
    """Of the six days of each item; over all items the errors of two cancel out."""
    off = spent(2)
    off["T-0", Account.APPROVAL], off["T-0", Account.BACKLOG] = 0.75, 2.0
    off["T-1", Account.APPROVAL], off["T-1", Account.BACKLOG] = 2.75, 0.0
    run = Run(world(2, spent=off))

    assert share(accounts.decomposition(run)) == pytest.approx(1 / 6)
    assert share(accounts.decomposition_of_totals(run)) == pytest.approx(0.0, abs=1e-9)


def test_an_item_that_the_engine_loses_is_half_an_error_and_an_import_none() -> None:
    """0.5 * sum |said - true|: what is nowhere is not found in a wrong place, too."""
    lost = spent(2) | {("GONE-1", Account.APPROVAL): 12.0}

    assert share(accounts.decomposition(Run(world(2, spent=lost)))) == pytest.approx(0.25)
    imported = Run(world(2, spent=lost, imported=frozenset({"GONE-1"})))
    assert share(accounts.decomposition(imported)) == pytest.approx(0.0, abs=1e-9)


def test_touch_is_compared_with_its_range() -> None:
    """The signed error of the middle, and whether the truth lies between the ends."""
    commits = [change("T-0", EventKind.EDITED, 1.4), change("T-0", EventKind.EDITED, 1.41)]
    lives = {"T-0": (at(0), at(6))}
    run = Run(world(1, *commits, lives=lives, touched=1.0))
    low, _, high = touched(run.told.found, lives)

    assert share(accounts.touch_contained(run)) == float(low <= 1.0 <= high) == 1.0
    assert share(accounts.touch_contained(Run(world(1, *commits, lives=lives, touched=high + 0.1)))) == 0.0


def test_touch_has_an_estimate_only_where_work_leaves_traces() -> None:
    """Without any the states only claim it, which is a bound."""
    commits = [change("T-0", EventKind.EDITED, 1.4), change("T-0", EventKind.EDITED, 1.41)]
    lives = {"T-0": (at(0), at(6))}
    run = Run(world(1, *commits, lives=lives, touched=1.0))
    found = run.told.found
    traced = replace(found, activity=replace(found.activity, traced=("jira:In Progress",)))
    _, mid, _ = touched(found, lives)

    assert accounts.touch_bias(run) is None
    assert share(accounts.touch_bias(but(run, told=replace(run.told, found=traced)))) == pytest.approx(mid - 1.0)


def test_cards_that_are_moved_late_are_judged_apart() -> None:
    """What is hours late cannot be in the right account."""
    spent = {("T-0", Account.BACKLOG): 1.0}
    punctual, late = Run(world(1, spent=spent)), Run(world(1, spent=spent, late=True))

    assert accounts.decomposition(late) is accounts.decomposition_of_late(punctual) is None
    assert accounts.decomposition_of_late(late) == accounts.decomposition(punctual) is not None


def test_the_ledger_is_held_against_starts_and_ends() -> None:
    """Exact here; a ledger that loses a hundredth is found out."""
    run = Run(world())
    whole = run.told.said.ledger
    less = run.told.said.model_copy(
        update={"ledger": whole.model_copy(update={"wastes": whole.wastes - whole.total / 100})}
    )

    assert share(accounts.ledger_error(run)) < 1e-9
    assert share(accounts.ledger_error(but(run, told=replace(run.told, said=less)))) == pytest.approx(0.01)
