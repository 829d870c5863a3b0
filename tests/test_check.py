"""The configuration, held against what the sources say."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.check import check_states
from bot.config import ConfiguredStream
from bot.flow.model import Stage, StageKind
from connectors.jira import Jira
from connectors.jira_site import JiraSettings
from connectors.records import Check
from tests.serve import Reply, serving

STREAM = ConfiguredStream(
    name="Payments",
    sources=("jira.a/PAY", "jira.b/OPS"),
    end="Done",
    stages=(
        Stage(name="Build", kind=StageKind.WORK, states=("jira:In Progress", "jira:Doing", "jira:Once")),
        Stage(name="Done", kind=StageKind.DONE, states=("jira:Done",)),
    ),
)


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_TOKEN", "secret")


def checked(a: Sequence[str] | None, b: Sequence[str], seen: Sequence[str] = ("Once",)) -> list[Check]:
    """What is said where one site has these statuses (None: it fails), and another one those."""

    def answer(statuses: Sequence[str] | None) -> Any:
        named = [{"id": str(n), "name": name} for n, name in enumerate(statuses or ())]
        return lambda *_: Reply(404) if statuses is None else Reply(200, [{"statuses": named}])

    with serving(answer(a)) as (first, _), serving(answer(b)) as (second, _):
        sites = [
            Jira(name, JiraSettings(url=url, token_env="JIRA_TOKEN", projects=(scope,)), lambda: datetime.now(UTC))  # noqa: TID251
            for name, url, scope in (("jira.a", first, "PAY"), ("jira.b", second, "OPS"))
        ]
        return list(check_states([STREAM], sites, {"Payments": seen}))


def test_a_state_of_one_site_need_not_be_one_of_the_other() -> None:
    """Nor need one that was there once be there still."""
    assert checked(["In Progress", "Done"], ["Doing", "Done", "Waiting"]) == [
        Check(
            'jira: states of "Payments"', ok=True, detail='all are there; no stage claims "Waiting": add them to stages'
        )
    ]


def test_what_is_nowhere_is_named() -> None:
    """With what was probably meant."""
    (found,) = checked(["In progress", "Done"], ["Doing"], seen=())

    assert not found.ok
    assert found.detail == (
        'there is no "In Progress"; did you mean "In progress"?, no "Once"; there are "Doing", "Done", "In progress"'
    )


def test_a_site_that_fails_is_told_and_nothing_more() -> None:
    """The other lines are not lost."""
    (found,) = checked(None, ["Doing"])

    assert not found.ok
    assert "project PAY was not found (404)" in found.detail
