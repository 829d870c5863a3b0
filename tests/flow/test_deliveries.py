"""Change requests that wait for a release or a deployment after they were merged."""

from collections.abc import Sequence

from bot.flow.analyse import analyse
from bot.flow.model import Stage, StageKind, Stream
from bot.flow.reconstruct import reconstruct
from connectors.records import Event, EventKind, Item, Link, Record
from tests.build import GITHUB, at, issue, pull, records, window

STAGES = (
    Stage(name="Review", kind=StageKind.APPROVAL, states=("github:awaiting review",)),
    Stage(name="Deploy", kind=StageKind.WAIT, states=("github:merged", "github:released")),
    Stage(name="Live", kind=StageKind.DONE, states=("github:deployed",)),
)
LIVE = Stream(name="Payments", sources=("github.acme/acme/pay",), end="Live", stages=STAGES)
SHIPPED = LIVE.model_copy(
    update={
        "stages": (
            STAGES[0],
            STAGES[1].model_copy(update={"states": ("github:merged",)}),
            STAGES[2].model_copy(update={"states": ("github:released",)}),
        )
    }
)
REQUEST = pull(1, (EventKind.OPENED, 0), (EventKind.MERGED, 2, "ann", "c1"))


def delivery(
    key: str, day: float, *commits: str, result: str | None = None, labels: Sequence[str] = ()
) -> list[Record]:
    kind = EventKind.DEPLOYED if result else EventKind.RELEASED
    item = Item(
        GITHUB, "acme/pay", key, "deployment" if result else "release", key, key, "", at(day), labels=(*labels,)
    )
    happened = Event(GITHUB, f"{key}:1", key, at(day), kind, detail=result or commits[0])
    return [item, happened, *(Link(GITHUB, key, commit, "contains", "api") for commit in commits)]


def lead_days(stream: Stream, *parts: Sequence[Record]) -> list[float]:
    cases = reconstruct(stream, records(REQUEST, *parts), window(0, 50)).timeline.cases.filter(outcome="delivered")
    return [float(days) for days in (cases["end"] - cases["start"]) / 86_400_000_000]


def test_a_change_request_is_delivered_with_the_first_release_that_contains_it() -> None:
    """Later ones contain it, too; earlier ones and previews do not count."""
    releases = (
        delivery("v2", 7, "c2", "c1"),
        delivery("v1", 5, "c1", "c0"),
        delivery("v0", 1, "c0"),
        delivery("v1-rc", 3, "c1", labels=["preview"]),
    )

    assert lead_days(SHIPPED, *releases) == [5.0]
    assert lead_days(SHIPPED) == []


def test_it_is_delivered_with_the_first_deployment_to_production_that_succeeds() -> None:
    """Not to a preview, and not with one that fails."""
    deployments = (
        delivery("d1", 3, "c1", result="ok"),
        delivery("d2", 4, "c1", result="fail", labels=["production"]),
        delivery("d3", 6, "c1", result="ok", labels=["production"]),
        delivery("d4", 9, "c1", result="ok", labels=["production"]),
    )

    assert lead_days(LIVE, *deployments, delivery("v1", 5, "c1")) == [6.0]


def test_a_stream_that_asks_for_neither_ends_as_before() -> None:
    """Merged is merged."""
    merged = STAGES[2].model_copy(update={"states": ("github:merged",)})
    stream = LIVE.model_copy(update={"stages": (STAGES[0], merged)})

    assert lead_days(stream, delivery("v1", 5, "c1"), delivery("d", 6, "c1", result="ok", labels=["production"])) == [
        2.0
    ]


def test_a_card_waits_for_the_deployment_of_its_change_request() -> None:
    """Until it is there; then the card's own state is shown again."""
    card = issue("PAY-1", ("In Progress", 0), ("Done", 9))
    stages = (
        Stage(name="Build", kind=StageKind.WORK, states=("jira:In Progress", "github:awaiting review")),
        Stage(name="Deploy", kind=StageKind.WAIT, states=("github:merged",)),
        Stage(name="Done", kind=StageKind.DONE, states=("jira:Done", "github:deployed")),
    )
    stream = Stream(name="P", sources=("jira.acme/PAY",), end="Done", stages=stages)
    request = pull(1, (EventKind.OPENED, 0), (EventKind.MERGED, 2, "ann", "c1"), names=["PAY-1"])
    live = delivery("d", 6, "c1", result="ok", labels=["production"])
    spans = reconstruct(stream, records(card, request, live), window(0, 50)).timeline.spans

    assert [
        (state, (end - start) / 86_400_000_000)
        for state, start, end in spans.select("state", "start", "end").iter_rows()
    ] == [("github:awaiting review", 2.0), ("github:merged", 4.0)]


def test_how_often_is_deployed_and_released_is_counted() -> None:
    """Inside the window; of what nothing tells, nothing is said."""
    deployments = [delivery(f"d{day}", day, "c1", result="ok", labels=["production"]) for day in (1, 8, 9, 60)]
    failed = delivery("f", 10, "c1", result="fail", labels=["production"])
    found = analyse(LIVE, records(REQUEST, *deployments, failed), window(7, 21))

    assert found.deployments is not None
    assert (found.deployments.n, found.deployments.per_week) == (2, 1.0)
    assert found.releases is None
