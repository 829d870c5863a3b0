"""What is proposed of real projects, beside what a person who read their states by hand would configure."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.flow.history.log import Records
from bot.flow.model import Calendar
from bot.flow.proposal.known import Known
from bot.flow.proposal.propose import Proposal, propose
from connectors.eventlog import EventLog
from connectors.github import GitHub
from connectors.jira import Jira
from connectors.records import Event, Item, Link
from tests.real.conftest import DATA, github, jira
from tests.real.test_eventlogs import PM4PY, eventlog
from tests.real.test_recordings import DURACLOUD, MLS, SECP256K1, Serve

APACHE = DATA / "jira_changelogs" / "apache_issues_changelog.jsonl.gz"

Hand = Mapping[str, str]
"""state -> kind of the stage that it was given by hand, from upstream to downstream"""

TRACKED: Hand = {
    "jira:Received": "wait",
    "jira:Open": "wait",
    "jira:Reopened": "wait",
    "jira:In Progress": "work",
    "jira:Patch Available": "approval",
    "jira:In Review": "approval",
    "jira:Resolved": "done",
    "jira:Closed": "done",
}
FORGED: Hand = {
    "github:draft": "work",
    "github:changes requested": "work",
    "github:checks failed": "work",
    "github:awaiting review": "approval",
    "github:awaiting checks": "approval",
    "github:awaiting merge": "approval",
    "github:in merge queue": "approval",
    "github:merged": "done",
    "github:closed": "dropped",
}
PROBLEMS: Hand = {
    "eventlog:Queued / Awaiting Assignment": "wait",
    "eventlog:Accepted / Assigned": "wait",
    "eventlog:Accepted / In Progress": "work",
    "eventlog:Accepted / Wait": "wait",
    "eventlog:Completed / Cancelled": "dropped",
    "eventlog:Completed / Closed": "done",
}
DECLARATIONS: Hand = {
    "eventlog:Declaration SAVED by EMPLOYEE": "work",
    "eventlog:Declaration SUBMITTED by EMPLOYEE": "approval",
    "eventlog:Declaration APPROVED by PRE_APPROVER": "approval",
    "eventlog:Declaration APPROVED by ADMINISTRATION": "approval",
    "eventlog:Declaration APPROVED by BUDGET OWNER": "approval",
    "eventlog:Declaration REJECTED by ADMINISTRATION": "work",
    "eventlog:Declaration REJECTED by SUPERVISOR": "work",
    "eventlog:Declaration REJECTED by BUDGET OWNER": "work",
    "eventlog:Declaration REJECTED by PRE_APPROVER": "work",
    "eventlog:Declaration REJECTED by MISSING": "work",
    "eventlog:Declaration REJECTED by EMPLOYEE": "work",
    "eventlog:Declaration FINAL_APPROVED by SUPERVISOR": "wait",
    "eventlog:Request Payment": "wait",
    "eventlog:Payment Handled": "done",
}
RECEIPTS: Hand = {
    "eventlog:Confirmation of receipt": "wait",
    "eventlog:T02 Check confirmation of receipt": "work",
    "eventlog:T03 Adjust confirmation of receipt": "work",
    "eventlog:T04 Determine confirmation of receipt": "work",
    "eventlog:T05 Print and send confirmation of receipt": "wait",
    "eventlog:T06 Determine necessity of stop advice": "work",
    "eventlog:T10 Determine necessity to stop indication": "done",
}


def sampled(connector: Jira | GitHub | EventLog, scope: str, most: int) -> Records:
    told = [
        record
        for page in connector.sample(scope, most)
        for payload in page.payloads
        for record in connector.translate(payload)
    ]
    items, events, links = ([one for one in told if isinstance(one, kind)] for kind in (Item, Event, Link))
    return Records.of(items, events, links, [])  # type: ignore[arg-type]


def proposed(connector: Jira | GitHub | EventLog, scope: str, most: int = 1000, **said: Any) -> Proposal:
    told = sampled(connector, scope, most)
    end = max(event.at for event in told.events) + timedelta(days=1)
    found = propose(told, end, Calendar(), Known(**said))
    assert found.stream("Real", (), Calendar()).end == found.end
    return found


def agreement(found: Proposal, hand: Hand) -> tuple[int, int]:
    """How many of the states that are in both are of the same kind, and how many there are."""
    kinds = {state: one.kind.value for one in found.stages for state in one.states}
    both = [state for state in hand if state in kinds]
    return sum(kinds[state] == hand[state] for state in both), len(both)


def tracker(serve: Serve, path: Path, project: str) -> Proposal:
    if not path.is_file():
        pytest.skip(f"the recordings are not here: {path}")
    source = jira(serve("--jira", str(path)), project)
    return proposed(
        source, project, categories={f"jira:{name}": found for name, found in source.categories(project).items()}
    )


@pytest.mark.parametrize(
    ("path", "project"), [(DURACLOUD, "DURACLOUD"), (APACHE, "STORM"), (APACHE, "JENA"), (APACHE, "CB")]
)
def test_trackers(serve: Serve, path: Path, project: str) -> None:
    """Every state as by hand, and the end last."""
    right, of = agreement(found := tracker(serve, path, project), TRACKED)

    assert right == of >= 3
    assert found.stages[-1].name == found.end


@pytest.mark.parametrize(("path", "name"), [(SECP256K1, "bitcoin-core/secp256k1"), (MLS, "mlswg/mls-protocol")])
def test_change_requests(serve: Serve, path: Path, name: str) -> None:
    """The turns as by hand."""
    if not path.is_file():
        pytest.skip(f"the recordings are not here: {path}")
    assert agreement(proposed(github(serve("--github", str(path)), name), name, 300), FORGED) == (9, 9)


@pytest.mark.parametrize(
    ("file", "columns", "hand", "least"),
    [
        ("bpi13_closed.csv.gz", {"state": ["concept:name", "lifecycle:transition"], **PM4PY}, PROBLEMS, 0.75),
        ("bpi2020_DomesticDeclarations.xes.gz", {}, DECLARATIONS, 0.75),
        ("receipt.csv.gz", {"state": "concept:name", **PM4PY}, RECEIPTS, 0.4),
    ],
)
def test_event_logs(file: str, columns: Mapping[str, Any], hand: Hand, least: float) -> None:
    """Names alone and behaviour: there are no categories."""
    source = eventlog(file, **columns)
    right, of = agreement(proposed(source, source.scopes[0], 0), hand)

    assert right >= least * of >= 2
