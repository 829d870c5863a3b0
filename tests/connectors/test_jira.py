"""Jira: what is kept of an issue, and what is read out of it."""

import json

import pytest

from connectors.errors import PayloadUnreadable
from connectors.jira_events import people_of, trim
from connectors.people import judged
from connectors.records import ActorKind, Event, EventKind, Item, Link, Payload
from tests.connectors.jira_answers import ANN, NOW, ROLES, Json, events, history, issue, jira, moved, read

WORKED = issue(
    history(1, "2026-01-06T09:00:00.000+0000", moved("1", "2")),
    history(2, "2026-01-08T09:00:00.000+0000", moved("2", "3")),
)


def test_the_first_state_is_what_the_first_change_left() -> None:
    """No history tells it; times are in UTC."""
    assert events(WORKED, EventKind.STATE) == [
        ("05 08:00", "Open", None),
        ("06 09:00", "In Progress", "1"),
        ("08 09:00", "Done", "2"),
    ]


def test_an_issue_that_never_moved_is_where_it_was_born() -> None:
    """The current status is the first."""
    assert events(issue(), EventKind.STATE) == [("05 08:00", "Done", None)]


def test_a_move_that_no_history_tells_is_a_doubt() -> None:
    """The status says Done, the last change led to In Progress."""
    raw = issue(history(1, "2026-01-06T09:00:00.000+0000", moved("1", "2")))

    assert events(raw, EventKind.STATE)[-1] == ("09 10:00", "Done", "2")
    assert [r.doubts for r in read(raw) if isinstance(r, Item)] == [
        ("the status that it has is not the last one in its history",)
    ]


def test_a_resolved_issue_without_any_history() -> None:
    """Nobody knows where it was before it was resolved."""
    raw = issue(resolutiondate="2026-01-08T10:00:00.000+0000")

    assert events(raw, EventKind.STATE) == [("05 08:00", "unknown", None), ("08 10:00", "Done", None)]
    assert [r.doubts for r in read(raw) if isinstance(r, Item)] == [
        ("the status that it has is not the last one in its history",)
    ]


def test_a_field_of_the_site_is_not_the_one_of_the_system() -> None:
    """Somebody made a field "status" of their own."""
    raw = issue(history(1, "2026-01-06T09:00:00.000+0000", {**moved("1", "3"), "fieldtype": "custom"}))

    assert events(raw, EventKind.STATE) == [("05 08:00", "Done", None)]


def test_cut_work_logs_are_a_doubt() -> None:
    """Jira embeds twenty."""
    raw = issue(worklog={"total": 57, "worklogs": []})

    assert [r.doubts for r in read(raw) if isinstance(r, Item)] == [("work logs cut: 57 are missing",)]


def test_histories_without_an_id_are_told_apart() -> None:
    """By their time."""
    raw = issue(
        {**history(0, "2026-01-06T09:00:00.000+0000", moved("1", "2")), "id": None},
        {**history(0, "2026-01-08T09:00:00.000+0000", moved("2", "3")), "id": None},
    )

    assert len({e.id for e in read(raw) if isinstance(e, Event) and e.kind is EventKind.STATE}) == 3


@pytest.mark.parametrize(
    "fields",
    [
        {"resolutiondate": "0001-01-01T00:00:00.000+0100"},
        {"worklog": {"worklogs": [{"id": "1", "started": "9999-12-31T23:00:00.000+0000", "timeSpentSeconds": 10**15}]}},
        {"summary": {"not": "text"}},
        {"labels": [{"not": "text"}]},
    ],
)
def test_odd_values_make_one_issue_unreadable(fields: Json) -> None:
    """Not the whole collection impossible."""
    with pytest.raises(PayloadUnreadable, match="PAY-1"):
        read(issue(**fields))


def test_a_cut_history_is_a_doubt() -> None:
    """Jira Data Center keeps the newest hundred; where it was before them nobody knows."""
    raw = issue(
        history(
            1,
            "2026-01-06T09:00:00.000+0000",
            moved("1", "2"),
        ),
        status={"id": "2", "name": "In Progress"},
    )
    raw["changelog"]["missing"] = 40

    assert events(raw, EventKind.STATE) == [("05 08:00", "unknown", None), ("06 09:00", "In Progress", "1")]
    assert [r.doubts for r in read(raw) if isinstance(r, Item)] == [("history cut: the 40 oldest changes are missing",)]


def test_a_history_that_begins_before_the_issue_is_a_doubt() -> None:
    """Imported issues have such; the first state is as old as the first change."""
    raw = issue(history(1, "2026-01-01T09:00:00.000+0000", moved("1", "3")))

    assert events(raw, EventKind.STATE)[0] == ("01 09:00", "Open", None)
    assert "its history begins before its creation" in next(r.doubts for r in read(raw) if isinstance(r, Item))


def test_assignments_with_the_first_one() -> None:
    """Who held it at the beginning is in no history either."""
    change = {"field": "assignee", "from": "a1", "fromString": "Ann", "to": "b2", "toString": "Bob"}

    assert events(issue(history(1, "2026-01-06T09:00:00.000+0000", change), assignee=ANN), EventKind.ASSIGNED) == [
        ("05 08:00", None, "a1"),
        ("06 09:00", None, "b2"),
    ]
    people = people_of("jira.acme", issue(history(1, "2026-01-06T09:00:00.000+0000", change)), ROLES)
    assert {(person.key, person.name) for person in people} == {("a1", "Ann"), ("b2", "Bob")}


def test_resolutions_with_their_history() -> None:
    """Or, without one, with when it was resolved."""
    changes = [
        {"field": "resolution", "from": None, "to": "1", "toString": "Fixed"},
        {"field": "resolution", "from": "1", "to": None, "toString": None},
    ]
    raw = issue(*(history(n, f"2026-01-0{n + 5}T09:00:00.000+0000", change) for n, change in enumerate(changes, 1)))
    silent = issue(resolution={"name": "Duplicate"}, resolutiondate="2026-01-08T10:00:00.000+0000")

    assert events(raw, EventKind.RESOLVED) == [("06 09:00", None, "Fixed"), ("07 09:00", None, None)]
    assert events(silent, EventKind.RESOLVED) == [("08 10:00", None, "Duplicate")]


def test_flags_edits_logged_work_and_former_keys() -> None:
    """An edited label is no work, an edited description is."""
    raw = issue(
        history(
            1, "2026-01-06T09:00:00.000+0000", {"field": "Flagged", "from": None, "to": "1", "toString": "Impediment"}
        ),
        history(
            2,
            "2026-01-06T10:00:00.000+0000",
            {"field": "Flagged", "from": "1", "fromString": "Impediment", "to": None, "toString": ""},
        ),
        history(
            3,
            "2026-01-06T11:00:00.000+0000",
            {"field": "description", "fromString": "old secret", "toString": "new secret"},
            {"field": "labels"},
        ),
        history(4, "2026-01-06T12:00:00.000+0000", {"field": "Key", "fromString": "OLD-9", "toString": "PAY-1"}),
        worklog={
            "worklogs": [
                {
                    "id": "7",
                    "author": ANN,
                    "started": "2026-01-06T13:00:00.000+0000",
                    "timeSpentSeconds": 3600,
                    "comment": "a secret",
                }
            ]
        },
    )

    assert events(raw, EventKind.BLOCKED, EventKind.UNBLOCKED, EventKind.EDITED, EventKind.LOGGED_WORK) == [
        ("06 09:00", None, "flag"),
        ("06 10:00", None, "flag"),
        ("06 11:00", None, "description"),
        ("06 14:00", None, "3600"),
    ]
    assert [r.aliases for r in read(raw) if isinstance(r, Item)] == [("OLD-9",)]


def test_apps_are_bots_and_deleted_people_nobody() -> None:
    """A history may have no author."""
    app = {"accountId": "z9", "displayName": "Automation", "accountType": "app"}
    raw = issue(
        history(1, "2026-01-06T09:00:00.000+0000", moved("1", "2"), author=app),
        history(2, "2026-01-07T09:00:00.000+0000", moved("2", "3"), author=None),
    )

    assert [e.actor_kind for e in read(raw) if isinstance(e, Event)] == [ActorKind.HUMAN, ActorKind.BOT, None]


def test_nothing_private_is_kept() -> None:
    """No description, no comment, no address, no avatar; also not inside the history."""
    raw = issue(
        history(
            3,
            "2026-01-06T11:00:00.000+0000",
            {"field": "description", "fromString": "a secret", "toString": "a secret"},
        ),
        comment={"comments": [{"body": "a secret", "author": ANN}]},
    )
    kept = json.dumps(trim(raw, ROLES, ()))

    for private in ("secret", "ann@acme", "http://x", "Ann"):
        assert private not in kept


def test_times_of_bulk_histories_are_milliseconds_or_seconds() -> None:
    """As numbers; elsewhere they are texts."""
    for created in (1767690000000, 1767690000):
        body = trim(issue(history(1, created, moved("1", "3"))), ROLES, ())  # type: ignore[arg-type]
        assert body["histories"][0]["created"] == "2026-01-06T09:00:00.000+00:00"


def test_nonsense_is_refused_with_its_place() -> None:
    """Not skipped, and not a stack trace."""
    with pytest.raises(PayloadUnreadable, match=r"jira.acme issue PAY-1: its shape is not known \(KeyError 'hi"):
        list(jira().translate(Payload("jira.acme", "PAY", "issue", "10001", NOW, {"key": "PAY-1", "id": "1"})))


# -- what else happens to an issue -------------------------------------------------------------------------------------


def linked(old: str | None, new: str | None, phrase: str = "This issue is blocked by") -> Json:
    said = {"fromString": old and f"{phrase} {old}", "toString": new and f"{phrase} {new}"}
    return {"field": "Link", "from": old, "to": new, **said}


def test_a_link_to_what_blocks_is_a_block_until_it_is_taken_away() -> None:
    """Any other link only relates, as does being what blocks."""
    raw = issue(
        history(1, "2026-01-06T09:00:00.000+0000", linked(None, "PAY-3")),
        history(2, "2026-01-07T09:00:00.000+0000", linked(None, "PAY-4", "This issue relates to")),
        history(3, "2026-01-08T09:00:00.000+0000", linked("PAY-3", None)),
        issuelinks=[
            {"type": {"inward": "is blocked by", "outward": "blocks"}, "inwardIssue": {"key": "PAY-5"}},
            {"type": {"inward": "is blocked by", "outward": "blocks"}, "outwardIssue": {"key": "PAY-6"}},
        ],
    )

    assert events(raw, EventKind.BLOCKED) == [("06 09:00", None, "PAY-3")]
    assert events(raw, EventKind.UNBLOCKED) == [("08 09:00", None, "PAY-3")]
    assert [(r.other, r.kind) for r in read(raw) if isinstance(r, Link)] == [
        ("PAY-5", "blocks"),
        ("PAY-6", "relates"),
    ]


def test_what_caused_an_issue_is_linked() -> None:
    """What it caused itself, and any other link, only relates."""
    kind = {"inward": "is caused by", "outward": "causes"}
    raw = issue(
        issuelinks=[
            {"type": kind, "inwardIssue": {"key": "PAY-5"}},
            {"type": kind, "outwardIssue": {"key": "PAY-6"}},
            {"type": {"inward": "relates to", "outward": "relates to"}, "inwardIssue": {"key": "PAY-7"}},
        ]
    )

    assert [(r.other, r.kind) for r in read(raw) if isinstance(r, Link)] == [
        ("PAY-5", "causes"),
        ("PAY-6", "relates"),
        ("PAY-7", "relates"),
    ]


def test_a_flag_is_known_by_its_field_whatever_it_is_called() -> None:
    """On Cloud the change names the field's id."""
    flag = {"field": "Markiert", "fieldId": "customfield_9", "fieldtype": "custom", "toString": "Impediment"}
    body = trim(issue(history(1, "2026-01-06T09:00:00.000+0000", flag)), {"customfield_9": "Flagged"}, ())
    payload = Payload("jira.acme", "PAY", "issue", "10001", NOW, body)

    assert [e.detail for e in jira().translate(payload) if isinstance(e, Event) and e.kind is EventKind.BLOCKED] == [
        "flag"
    ]


def test_approvals_of_a_service_desk() -> None:
    """Who was asked, and how they decided."""
    approval = {
        "id": "7",
        "createdDate": {"epochMillis": 1767690000000},
        "completedDate": {"epochMillis": 1767776400000},
        "approvers": [{"approver": ANN, "approverDecision": "declined"}],
    }
    raw = issue(customfield_2=[approval])

    assert events(raw, EventKind.REQUESTED, EventKind.REVIEWED) == [
        ("06 09:00", None, "a1"),
        ("07 09:00", None, "changes"),
    ]
    pending = issue(customfield_2=[{**approval, "completedDate": None, "approvers": [{"approver": ANN}]}])
    assert events(pending, EventKind.REVIEWED) == []


def test_an_approval_that_is_decided_asks_nobody_any_more() -> None:
    """One of two was enough; both are known by name."""
    bob = {**ANN, "accountId": "b2", "displayName": "Bob"}
    approval = {
        "id": "7",
        "createdDate": {"epochMillis": 1767690000000},
        "completedDate": {"epochMillis": 1767776400000},
        "approvers": [{"approver": ANN, "approverDecision": "approved"}, {"approver": bob}],
    }
    raw = issue(customfield_2=[approval])

    assert events(raw, EventKind.REVIEWED, EventKind.UNREQUESTED) == [
        ("07 09:00", None, "approved"),
        ("07 09:00", None, "b2"),
    ]
    assert {p.name for p in people_of("jira.acme", raw, ROLES)} == {"Ann", "Bob"}


@pytest.mark.parametrize(
    ("fields", "parent"),
    [
        ({"parent": {"key": "PAY-7"}}, "PAY-7"),
        ({"customfield_8": "PAY-8"}, "PAY-8"),
        ({"customfield_9": {"key": "PAY-9"}}, "PAY-9"),
        ({}, None),
    ],
)
def test_the_parent_in_any_edition(fields: Json, parent: str | None) -> None:
    """Cloud has one field; Data Center one for epics and one for what is above them."""
    roles = {"customfield_8": "Epic Link", "customfield_9": "Parent Link"}

    assert trim(issue(**fields), roles, ())["parent"] == parent


def test_who_is_taken_for_a_bot() -> None:
    """By the vendor's word, by the usual names, and as configured."""
    app = {**ANN, "accountId": "b1", "displayName": "Deploy", "accountType": "app"}
    usual = {**ANN, "accountId": "b2", "displayName": "Automation for Jira"}
    named = {**ANN, "accountId": "b3", "displayName": "Nightly import"}
    not_one = {**ANN, "accountId": "h1", "displayName": "Release-bot"}
    raw = issue(
        *(history(n, "2026-01-06T09:00:00.000+0000", author=a) for n, a in enumerate((app, usual, named, not_one)))
    )
    settings = jira(bots=("nightly*",), humans=("Release-bot",))._settings
    found = {p.key: judged(p, settings).kind for p in people_of("jira.acme", raw, ROLES)}

    assert found == {
        "a1": ActorKind.HUMAN,
        "b1": ActorKind.BOT,
        "b2": ActorKind.BOT,
        "b3": ActorKind.BOT,
        "h1": ActorKind.HUMAN,
    }


@pytest.mark.parametrize(
    "odd",
    [
        {"customfield_1": [None, 12, {"id": 3}]},
        {"customfield_1": 12},
        {"customfield_2": {"not": "a list"}},
        {"issuelinks": [{"inwardIssue": {"key": "PAY-9"}}]},
    ],
)
def test_odd_things_beside_the_flow_are_a_doubt(odd: Json) -> None:
    """They do not keep the issue out."""
    doubts = next(r.doubts for r in read(issue(**odd)) if isinstance(r, Item))

    assert doubts == ("a sprint, link or approval of it could not be read",)
