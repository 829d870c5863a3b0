"""GitHub: what is kept of a pull request, and what is read out of it."""

import json
from typing import Any

import pytest

from connectors.errors import PayloadUnreadable
from connectors.github import GitHub
from connectors.github_events import keys, people_of, trim
from connectors.github_settings import GitHubSettings
from connectors.people import judged
from connectors.records import ActorKind, Event, Link, Payload, Record
from tests.connectors.github_answers import NOW, Json, github, listed, node, review, who


def happening(kind: str, at: str, **more: Any) -> Json:
    return {"__typename": kind, "id": f"{kind}{at}", "createdAt": at, "actor": who("ann"), **more}


def commit(oid: str, authored: str, committed: str, message: str = "work") -> Json:
    return {
        "commit": {
            "oid": oid,
            "authoredDate": authored,
            "committedDate": committed,
            "message": message,
            "author": {"user": None},
        }
    }


def read(raw: Json) -> list[Record]:
    return list(
        github().translate(Payload("github.acme", "acme/pay", "pull_request", raw["id"], NOW, trim(raw, ("asfgit",))))
    )


def told(raw: Json) -> list[tuple[str, str, str | None]]:
    found = sorted((r for r in read(raw) if isinstance(r, Event)), key=lambda e: (e.at, e.kind))
    return [(e.at.strftime("%d %H:%M"), str(e.kind), e.detail) for e in found]


def test_the_items_it_names_with_the_evidence() -> None:
    """Branches are written in lower case."""
    raw = node(
        commits={
            "totalCount": 1,
            **listed(commit("c1", "2026-01-05T09:00:00Z", "2026-01-05T09:00:00Z", "PAY-4: first\n\nPAY-5")),
        }
    )

    assert {(r.other, r.evidence) for r in read(raw) if isinstance(r, Link)} == {
        ("PAY-1", "title"),
        ("PAY-2", "body"),
        ("PAY-3", "branch"),
        ("PAY-4", "commit"),
        ("PAY-5", "commit"),
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("PAY-1", ["PAY-1"]),
        ("feature/pay-12-x", ["PAY-12"]),
        ("PAY-1,PAY-2", ["PAY-1", "PAY-2"]),
        ("xPAY-1", ["XPAY-1"]),
        ("PAY-1x", []),
        ("PAY1-2", ["PAY1-2"]),
        ("A-1", []),
        ("PAY-", []),
        ("", []),
        (None, []),
    ],
)
def test_keys(text: str | None, found: list[str]) -> None:
    """A project's key has at least two letters or digits and begins with a letter."""
    assert keys(text) == found


def test_reviews_and_a_dismissed_one_counts_until_it_was_dismissed() -> None:
    """A review that is still being written is nobody's business."""
    raw = node(
        reviews=listed(
            review(1, "DISMISSED", "2026-01-06T10:00:00Z"),
            {**review(2, "PENDING", ""), "submittedAt": None},
            review(3, "COMMENTED", "2026-01-08T10:00:00Z"),
        ),
        timelineItems=listed(
            happening(
                "ReviewDismissedEvent",
                "2026-01-07T10:00:00Z",
                previousReviewState="APPROVED",
                review={"id": "R1", "author": who("bob")},
            )
        ),
    )

    assert told(raw)[1:] == [
        ("06 10:00", "reviewed", "approved"),
        ("07 10:00", "dismissed", "U_bob"),
        ("08 10:00", "reviewed", "comment"),
    ]


def test_a_pull_request_may_be_born_a_draft() -> None:
    """Its first turn was to be made ready; or it still is one."""
    made_ready = node(timelineItems=listed(happening("ReadyForReviewEvent", "2026-01-06T10:00:00Z")))

    assert told(made_ready) == [
        ("05 10:00", "drafted", None),
        ("05 10:00", "opened", None),
        ("06 10:00", "ready", None),
    ]
    assert told(node(isDraft=True)) == [("05 10:00", "drafted", None), ("05 10:00", "opened", None)]
    assert told(node()) == [("05 10:00", "opened", None)]


def test_commits_say_when_work_happened_and_when_it_arrived() -> None:
    """Without an account they count as the author's of the pull request."""
    raw = node(commits={"totalCount": 1, **listed(commit("c1", "2026-01-04T09:00:00Z", "2026-01-06T09:00:00Z"))})

    assert told(raw) == [("04 09:00", "committed", "c1"), ("05 10:00", "opened", None), ("06 09:00", "pushed", "c1")]
    assert {r.actor for r in read(raw) if isinstance(r, Event)} == {"U_ann"}


def test_requests_name_people_and_teams() -> None:
    """Both can free it."""
    raw = node(
        timelineItems=listed(
            happening("ReviewRequestedEvent", "2026-01-06T10:00:00Z", requestedReviewer=who("bob")),
            happening(
                "ReviewRequestedEvent",
                "2026-01-06T11:00:00Z",
                requestedReviewer={"__typename": "Team", "id": "T_1", "slug": "payers"},
            ),
            happening("ReviewRequestRemovedEvent", "2026-01-06T12:00:00Z", requestedReviewer=who("bob")),
        )
    )

    assert told(raw)[1:] == [
        ("06 10:00", "requested", "U_bob"),
        ("06 11:00", "requested", "T_1"),
        ("06 12:00", "unrequested", "U_bob"),
    ]


def checks(state: str, *contexts: Json) -> Json:
    return {"state": state, "contexts": {"nodes": list(contexts)}}


RUN = {
    "__typename": "CheckRun",
    "status": "COMPLETED",
    "conclusion": "SUCCESS",
    "startedAt": "2026-01-05T10:01:00Z",
    "completedAt": "2026-01-05T10:09:00Z",
}


def test_checks_are_pending_from_the_first_start_to_the_last_end() -> None:
    """And end as GitHub says that they end as a whole, which may count some that are not listed."""
    status = {"__typename": "StatusContext", "state": "FAILURE", "createdAt": "2026-01-05T10:20:00Z"}

    assert told(node(statusCheckRollup=checks("SUCCESS", RUN)))[1:] == [
        ("05 10:01", "checked", "pending"),
        ("05 10:09", "checked", "ok"),
    ]
    assert told(node(statusCheckRollup=checks("FAILURE", RUN, status)))[1:] == [
        ("05 10:01", "checked", "pending"),
        ("05 10:20", "checked", "fail"),
    ]
    for state in ("PENDING", "EXPECTED"):
        assert told(node(statusCheckRollup=checks(state, RUN)))[1:] == [("05 10:01", "checked", "pending")]


def test_the_end_is_known_even_where_the_timeline_lacks_it() -> None:
    """Merging closes."""
    raw = node(
        state="MERGED", mergedAt="2026-01-09T10:00:00Z", closedAt="2026-01-09T10:00:00Z", mergeCommit={"oid": "m1"}
    )

    assert told(raw)[1:] == [("09 10:00", "closed", None), ("09 10:00", "merged", None)]


def test_ghosts_and_bots() -> None:
    """A deleted account is nobody."""
    raw = node(
        author=None,
        reviews=listed(
            {**review(1, "APPROVED", "2026-01-06T10:00:00Z"), "author": who("ai", "Bot")},
            review(2, "APPROVED", "2026-01-06T11:00:00Z", "x[bot]"),
        ),
    )

    assert [(e.actor, e.actor_kind) for e in read(raw) if isinstance(e, Event)] == [
        (None, None),
        ("U_ai", "bot"),
        ("U_x[bot]", "bot"),
    ]


def test_nothing_private_is_kept() -> None:
    """No body, no commit message."""
    raw = node(
        commits={"totalCount": 1, **listed(commit("c1", "2026-01-05T09:00:00Z", "2026-01-05T09:00:00Z", "a secret"))}
    )

    assert "secret" not in json.dumps(trim(raw))


def test_nonsense_is_refused_with_its_place() -> None:
    """The address leads there."""
    with pytest.raises(PayloadUnreadable, match=r"github\.acme pull request https://x"):
        list(
            github().translate(
                Payload("github.acme", "acme/pay", "pull_request", "PR_1", NOW, {"url": "https://x", "id": "PR_1"})
            )
        )


def test_a_long_word_is_no_key() -> None:
    """It may be a secret, and no database takes it as a key."""
    assert keys("A" * 6000 + "-1", "PAY-" + "1" * 30, "PAY-12") == ["PAY-12"]


# -- what else happens to a pull request -------------------------------------------------------------------------------


def closed(at: str, login: str = "ann", closer: Json | None = None) -> Json:
    return {**happening("ClosedEvent", at), "actor": who(login), "closer": closer}


@pytest.mark.parametrize(
    ("closing", "commit"),
    [
        (closed("2026-01-06T10:00:00Z", closer={"__typename": "Commit", "oid": "c9"}), "c9"),
        (closed("2026-01-06T10:00:00Z", login="asfgit"), None),
    ],
    ids=["by a commit", "by an account that merges"],
)
def test_what_was_merged_outside_of_github(closing: Json, commit: str | None) -> None:
    """A pull request that was closed by a commit has landed with it."""
    raw = node(state="CLOSED", closedAt="2026-01-06T10:00:00Z", timelineItems=listed(closing))

    assert told(raw)[1:] == [("06 10:00", "closed", None), ("06 10:00", "merged", commit)]


def test_closing_by_anybody_else_is_closing() -> None:
    """Also where another pull request is named as the reason."""
    closing = closed("2026-01-06T10:00:00Z", closer={"__typename": "PullRequest"})

    assert told(node(state="CLOSED", timelineItems=listed(closing)))[-1] == ("06 10:00", "closed", None)


def test_automatic_merging_is_told() -> None:
    """Whichever way it merges."""
    turns = [
        happening("AutoSquashEnabledEvent", "2026-01-06T10:00:00Z"),
        happening("AutoMergeDisabledEvent", "2026-01-07T10:00:00Z"),
    ]

    assert told(node(timelineItems=listed(*turns)))[-2:] == [
        ("06 10:00", "auto_merge_on", None),
        ("07 10:00", "auto_merge_off", None),
    ]


def test_a_review_on_behalf_of_a_team_answers_the_team() -> None:
    """GitHub tells the removal of the request in no other way."""
    team = {"id": "T1", "__typename": "Team", "slug": "payments"}
    asked = happening("ReviewRequestedEvent", "2026-01-06T10:00:00Z", requestedReviewer=team)
    given = {**review(1, "APPROVED", "2026-01-07T10:00:00Z"), "onBehalfOf": {"nodes": [{"id": "T1"}]}}

    assert told(node(timelineItems=listed(asked), reviews=listed(given)))[-3:] == [
        ("06 10:00", "requested", "T1"),
        ("07 10:00", "reviewed", "approved"),
        ("07 10:00", "unrequested", "T1"),
    ]
    assert {(p.key, p.name) for p in people_of("github.acme", node(timelineItems=listed(asked)))} == {
        ("U_ann", "ann"),
        ("T1", "payments"),
    }


def test_what_a_pull_request_reverts() -> None:
    """As GitHub's button says it, and as git does."""
    when = "2026-01-05T09:00:00Z"
    commits = {"totalCount": 1, **listed(commit("c1", when, when, "This reverts commit 1234567."))}
    raw = node(url="https://github.com/acme/pay/pull/7", body="Reverts acme/lib#12 and Reverts #13", commits=commits)

    assert [(r.other, r.evidence) for r in read(raw) if isinstance(r, Link) and r.kind == "reverts"] == [
        ("1234567", "body"),
        ("acme/lib#12", "body"),
        ("acme/pay#13", "body"),
    ]


def test_a_bot_is_told_by_its_type_its_name_and_the_configuration() -> None:
    """An AI that reviews is none the less one."""
    reviews = listed(
        *(
            review(n, "COMMENTED", "2026-01-07T10:00:00Z", login)
            for n, login in enumerate(("copilot-pull-request-reviewer", "acme-ci", "deploy-bot"))
        )
    )
    settings = GitHubSettings(token_env="T", repositories=("a/b",), bots=("acme-ci",), humans=("deploy-bot",))
    source = GitHub("github.acme", settings, lambda: NOW)
    kinds = {
        p.name: p.kind
        for p in (judged(person, source._settings) for person in people_of("github.acme", node(reviews=reviews)))
    }

    assert kinds == {
        "ann": ActorKind.HUMAN,
        "copilot-pull-request-reviewer": ActorKind.BOT,
        "acme-ci": ActorKind.BOT,
        "deploy-bot": ActorKind.HUMAN,
    }


def test_names_of_persons_are_not_in_the_payload() -> None:
    """They are handed over apart."""
    raw = node(reviews=listed(review(1, "APPROVED", "2026-01-07T10:00:00Z", "bob-the-builder")))

    assert "bob-the-builder" not in json.dumps(trim(raw)).replace("U_bob-the-builder", "")
    assert "bob-the-builder" in {person.name for person in people_of("github.acme", raw)}
