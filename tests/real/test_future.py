"""The back-test by rolling origin on real logs: whether the replay would have told the next quarter."""

from datetime import UTC, datetime, timedelta
from statistics import mean

from bot.flow.analyse import read
from bot.flow.findings.future import BackTest
from bot.flow.future.changes import GateCadence, Planned
from bot.flow.future.foresee import Foresight, foresee
from bot.flow.history.log import Records
from bot.flow.model import Calendar, StageKind, Stream, Window
from bot.flow.reconstruct import Reconstruction, reconstruct
from bot.store import Store
from connectors.records import Event, Item, Link
from tests.real.conftest import collected, github, jira
from tests.real.test_eventlogs import eventlog, payloads
from tests.real.test_recordings import DURACLOUD, SECP256K1
from tests.real.test_streams import ISSUES, PULLS, Serve, reconstruction, stage

QUARTER = timedelta(weeks=13)
DECLARATIONS = (
    stage("Submitted", StageKind.APPROVAL, "eventlog:Declaration SUBMITTED by EMPLOYEE"),
    stage(
        "Rejected",
        StageKind.WORK,
        *(f"eventlog:Declaration REJECTED by {by}" for by in ("ADMINISTRATION", "BUDGET OWNER", "EMPLOYEE")),
        *(f"eventlog:Declaration REJECTED by {by}" for by in ("MISSING", "PRE_APPROVER", "SUPERVISOR")),
        "eventlog:Declaration SAVED by EMPLOYEE",
    ),
    stage(
        "Approved",
        StageKind.APPROVAL,
        *(f"eventlog:Declaration APPROVED by {by}" for by in ("ADMINISTRATION", "BUDGET OWNER", "PRE_APPROVER")),
    ),
    stage("Final", StageKind.WAIT, "eventlog:Declaration FINAL_APPROVED by SUPERVISOR"),
    stage("Requested", StageKind.APPROVAL, "eventlog:Request Payment"),
    stage("Paid", StageKind.DONE, "eventlog:Payment Handled"),
)


def rolled(done: Reconstruction, last: datetime, quarters: int) -> list[BackTest]:
    """Quarter by quarter back from a day; those that could be tested."""
    sight = Foresight(done, read(done))
    assert sight.back_test.reproduced == 0
    found = [sight.back_test_at(last - n * QUARTER) for n in range(quarters)]
    return [test for test in found if test.coverage is not None]


def coverage(tests: list[BackTest]) -> float:
    return mean(test.coverage or 0.0 for test in tests)


def declarations() -> Reconstruction:
    connector = eventlog("bpi2020_DomesticDeclarations.xes.gz")
    told = [record for payload in payloads(connector) for record in connector.translate(payload)]
    records = Records.of(
        [r for r in told if isinstance(r, Item)],
        [r for r in told if isinstance(r, Event)],
        [r for r in told if isinstance(r, Link)],
        [],
    )
    calendar = Calendar(timezone="Europe/Amsterdam")
    stream = Stream(name="real", sources=("x/y",), end="Paid", stages=DECLARATIONS, calendar=calendar)
    end = datetime(2019, 1, 8, tzinfo=UTC)
    return reconstruct(stream, records, Window(start=end - 2 * QUARTER, end=end))


def test_the_declarations_of_a_university() -> None:
    """Seven quarters: eight of ten lie inside eight of ten, and nearly every quarter would have been told."""
    done = declarations()
    tests = rolled(done, done.window.end, 7)

    assert len(tests) == 7
    assert 0.75 <= coverage(tests) <= 0.85
    assert sum(test.passed for test in tests) >= 6


def test_paid_every_day_instead_of_on_mondays_and_thursdays() -> None:
    """A payment waits three and a half days, one of which is the notice; daily saves most of the rest."""
    done = declarations()
    daily = Planned("daily", GateCadence(cadence="Requested", on="daily"))
    told = foresee(done, read(done), [daily])
    effect = told.changes[0].effect

    assert told.back_test.passed
    assert effect is not None, told.changes[0].reason
    assert -2.5 < effect.mean.low < effect.mean.high < -1


def test_issues_of_a_project_that_changes(serve: Serve, lite: Store) -> None:
    """Releases come when they come: of no quarter that can be tested would anything be predicted, and each says why."""
    collected(lite, jira(serve("--jira", str(DURACLOUD)), "DURACLOUD"))
    done = reconstruction(lite, ISSUES, ("jira.real", "DURACLOUD"))
    tests = rolled(done, datetime(2014, 1, 1, tzinfo=UTC), 12)

    assert len(tests) == 4
    assert not any(test.passed for test in tests)
    assert all(test.reason for test in tests)


def test_pull_requests_of_a_library(serve: Serve, lite: Store) -> None:
    """Volunteers: what would be predicted of is what lies inside its interval, the rest is refused."""
    collected(lite, github(serve("--github", str(SECP256K1)), "bitcoin-core/secp256k1"))
    done = reconstruction(lite, PULLS, ("github.real", "bitcoin-core/secp256k1"))
    tests = rolled(done, datetime(2023, 1, 1, tzinfo=UTC), 30)

    assert len(tests) == 3
    assert [test.passed for test in tests] == [False, False, True]
    assert 0.7 <= (tests[-1].coverage or 0) <= 0.9
