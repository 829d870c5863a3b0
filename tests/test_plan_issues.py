"""Planned changes as issues: made once, followed, and what that means for the change."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from bot import plans
from bot.collect import Collected
from bot.config import Config, ConfiguredStream
from bot.govern.plan import Course
from bot.plan_issues import keep_issues
from bot.store import Store
from connectors.jira import Jira
from connectors.jira_events import plan_label
from connectors.jira_settings import JiraSettings
from tests.build import STREAM, at
from tests.serve import Reply, serving
from tests.test_plans import BOX, nothing

Json = dict[str, Any]


@dataclass
class Tracker:
    """A Jira that keeps issues.

    `lost`: so many answers to a creation get lost after it was done; `meanwhile`: what happens while it searches.
    """

    lost: int = 0
    meanwhile: Callable[[], object] = lambda: None
    issues: dict[str, Json] = field(default_factory=dict)
    sent: int = 0

    def __call__(self, method: str, path: str, body: Json) -> Reply:
        if path == "/rest/api/2/issue":
            return self._create(body)
        self.meanwhile()
        wanted = body["jql"]
        found = [i for key, i in self.issues.items() if f'"{key}"' in wanted or i["fields"]["labels"][-1] in wanted]
        return Reply(200, {"issues": found})

    def _create(self, body: Json) -> Reply:
        self.sent += 1
        key = f"PAY-{len(self.issues) + 1}"
        self.issues[key] = {"id": key, "key": key, "fields": {**body["fields"], **standing("new")}}
        self.lost -= 1
        if self.lost >= 0:
            raise ConnectionResetError
        return Reply(201, {"id": "1", "key": key})

    def move(self, category: str, day: float, resolution: str | None = None) -> None:
        self.issues["PAY-1"]["fields"] |= standing(category, day, resolution)


def standing(category: str, day: float = 1, resolution: str | None = None) -> Json:
    return {
        "status": {"name": category.title(), "statusCategory": {"key": category}},
        "statuscategorychangedate": at(day).isoformat(),
        "assignee": {"accountId": "a"},
        "resolution": {"name": resolution} if resolution else None,
        "created": at(0).isoformat(),
    }


PLANNED = ConfiguredStream.model_validate(
    {**STREAM.model_dump(), "plan": [BOX.model_copy(update={"issue": "PAY"}).model_dump()]}
)


@dataclass
class Desk:
    """A store, a Jira, and a clock."""

    store: Store
    tracker: Tracker
    url: str
    day: float = 2

    def keep(self, day: float, *streams: ConfiguredStream) -> list[Collected]:
        self.day = day
        settings = JiraSettings(url=self.url, token_env="JIRA_TOKEN", projects=("PAY",))
        config = Config(streams=streams or (PLANNED,), connectors={"jira": {"acme": settings}})
        jira = Jira("jira.acme", settings, lambda: at(self.day))
        return list(keep_issues(config, [jira], self.store, lambda: at(self.day), lambda *told: nothing(told[-1])))

    @property
    def course(self) -> Course:
        return plans.courses_of(self.store, PLANNED, at(self.day))[0]


@pytest.fixture
def begin(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Tracker], Desk]]:
    monkeypatch.setenv("JIRA_TOKEN", "test-token")
    with ExitStack() as servers:
        yield lambda tracker: Desk(store, tracker, servers.enter_context(serving(tracker))[0])


def test_an_issue_that_is_asked_for_is_made_once(begin: Callable[[Tracker], Desk]) -> None:
    """However often it is collected; it says what the plan says."""
    desk = begin(Tracker())

    first, *others = [desk.keep(day) for day in (2, 3, 4)]

    assert [(found.scope, found.error) for found in first] == [('issue PAY-1 of "Box"', None)]
    assert (others, desk.tracker.sent) == ([[], []], 1)
    fields = desk.tracker.issues["PAY-1"]["fields"]
    assert (fields["summary"], fields["duedate"]) == ("Box", "2026-06-01")
    assert fields["labels"] == [plan_label("Payments/box")]
    assert fields["description"].splitlines()[:3] == [
        "A change to the stream Payments, to reduce waiting. Owned by mara.",
        "What is changed: Review answers within 1.0\u00a0d.",
        "Agreed: until 2026-03-01",
    ]


def test_a_change_keeps_its_issue_where_its_name_is_written_otherwise(begin: Callable[[Tracker], Desk]) -> None:
    """It is the same change on the plan, so no second issue is made for it."""
    desk = begin(Tracker())
    desk.keep(2)
    shouted = PLANNED.plan[0].model_copy(update={"name": "BOX"})

    assert desk.keep(3, PLANNED.model_copy(update={"plan": (shouted,)})) == []
    assert desk.tracker.sent == 1


def test_slashes_in_names_do_not_make_two_changes_one(begin: Callable[[Tracker], Desk]) -> None:
    """B/C of the stream A, and C of the stream A/B."""
    desk = begin(Tracker())
    streams = [
        PLANNED.model_copy(update={"name": stream, "plan": (PLANNED.plan[0].model_copy(update={"name": name}),)})
        for stream, name in (("A", "B/C"), ("A/B", "C"))
    ]

    assert [found.error for found in desk.keep(2, *streams)] == [None, None]
    assert desk.tracker.sent == 2


def test_where_the_answer_got_lost_it_is_looked_for_before_another_is_made(begin: Callable[[Tracker], Desk]) -> None:
    """Not at once, since a search does not find it yet."""
    desk = begin(Tracker(lost=1))

    (lost,), (soon,), *later = [desk.keep(2 + minutes / 1440) for minutes in (0, 2, 6, 8)]

    assert "was sent and may be there" in str(lost.error)
    assert "whether it was made is not known" in str(soon.error)
    assert [[found.error for found in each] for each in later] == [[None], []]
    assert (desk.tracker.sent, len(desk.tracker.issues)) == (1, 1)


def test_an_issue_that_moves_starts_and_ends_its_change(begin: Callable[[Tracker], Desk]) -> None:
    """At the time at which it was moved; taken up again it is not done any more."""
    desk = begin(Tracker())
    told = []
    for day, category in ((3, "new"), (10, "indeterminate"), (20, "done"), (30, "indeterminate")):
        desk.keep(day - 1)
        desk.tracker.move(category, day - 0.5)
        desk.keep(day)
        told.append((desk.course.status, desk.course.started_at, desk.course.done_at))

    begun = at(9.5)
    assert told == [
        ("planned", None, None),
        ("started", begun, None),
        ("done", begun, at(19.5)),
        ("started", begun, None),
    ]
    assert desk.course.issue is not None
    assert desk.course.issue.state == "Indeterminate"


def test_an_issue_that_was_done_again_meanwhile_ends_its_change_anew(begin: Callable[[Tracker], Desk]) -> None:
    """Reopened and closed between two collections."""
    desk = begin(Tracker())
    desk.keep(2)
    for day in (4, 8):
        desk.tracker.move("done", day)
        desk.keep(day + 1)

    assert (desk.course.status, desk.course.done_at) == ("done", at(8))


def test_a_claim_that_somebody_took_over_makes_nothing(begin: Callable[[Tracker], Desk]) -> None:
    """Looking for it took longer than a claim holds, and another process went on."""
    desk = begin(Tracker())
    later = at(2) + timedelta(minutes=6)
    desk.tracker.meanwhile = lambda: desk.store.outbox.claim("jira.acme/PAY", "plan Payments/box", later)

    (told,) = desk.keep(2)

    assert "another process is making the issue of Box" in str(told.error)
    assert desk.tracker.sent == 0


def test_an_issue_that_is_closed_without_being_done_drops_its_change(begin: Callable[[Tracker], Desk]) -> None:
    """By its resolution; and from then on it is not asked for."""
    desk = begin(Tracker())
    desk.keep(2)
    desk.tracker.move("done", 4, "Won't Do")
    desk.keep(5)

    assert (desk.course.status, desk.course.dropped) == ("dropped", "PAY-1 was closed as Won't Do")
    assert desk.keep(6) == []


def test_what_people_say_stands_until_the_issue_is_moved(begin: Callable[[Tracker], Desk]) -> None:
    """They ended it, and nobody moved the card."""
    desk = begin(Tracker())
    desk.keep(2)
    plans.start(desk.store, PLANNED, "Box", at(3), at(3), nothing)
    plans.finish(desk.store, PLANNED, "Box", at(4), at(4))
    desk.keep(5)
    assert desk.course.status == "done"

    desk.tracker.move("done", 6)
    desk.keep(7)
    assert (desk.course.status, desk.course.done_at) == ("done", at(4))


def test_an_issue_that_straight_away_was_done_has_its_prediction(begin: Callable[[Tracker], Desk]) -> None:
    """As known when it was moved; nothing is noted twice."""
    desk = begin(Tracker())
    desk.keep(2)
    desk.tracker.move("done", 4)
    for day in (5, 6):
        desk.keep(day)

    kinds = [step["kind"] for step in desk.store.plans.steps("Payments")]
    assert kinds == ["followed", "started", "done", "followed"]


def test_a_jira_that_refuses_is_told_and_the_plan_goes_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next collection tries again at once."""
    monkeypatch.setenv("JIRA_TOKEN", "test-token")
    complaint = Reply(400, {"errors": {"labels": "Field 'labels' cannot be set."}})

    def refusing(method: str, path: str, body: Json) -> Reply:
        return complaint if path == "/rest/api/2/issue" else Reply(200, {"issues": []})

    with serving(refusing) as (url, asked):
        desk = Desk(store, Tracker(), url)
        told = [found.error for day in (2, 2.001) for found in desk.keep(day)]

    assert len(told) == 2
    assert all("put the field Labels on the screen" in str(words) for words in told)
    assert asked.count("POST /rest/api/2/issue") == 2
