"""What people do with buttons and forms: what becomes of it, and what cannot be."""

import json
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.asking.forms import form, read_value
from bot.asking.questions import NotUnderstood
from bot.asking.remarking import check_new, check_open, confirmed, remark_of
from bot.digest.blocks import value_of
from bot.flow.model import NotWaste, Waste
from bot.govern.remarks import Remark, RemarkKind, Remarks
from connectors.slack_socket import Request
from tests.build import at
from tests.digest.said import WAITING, seen

SUBJECTS = ["item PAY-1", "plan Box", "waste waiting at Review"]
VALUE = value_of("Payments", SUBJECTS)


def request(action: str, **fields: str) -> Request:
    return Request("e1", "form", "U1", "T1", "T1", "C1", action=action, value=VALUE, fields=tuple(fields.items()))


def remark(action: str, *subjects: str, **fields: str) -> Remark:
    return remark_of(request(action, **fields), "Payments", subjects or SUBJECTS, at(10))


def options(found: dict[str, Any] | None, block: str) -> list[str]:
    assert found is not None
    (chosen,) = (b for b in found["blocks"] if b["block_id"] == block)
    return [option["value"] for option in chosen["element"]["options"]]


def test_a_form_offers_what_it_fits() -> None:
    """Items can be snoozed; wastes can be excused and asked for, too."""
    assert options(form("snooze", "C1", VALUE), "about") == ["item PAY-1"]
    assert options(form("not_waste", "C1", VALUE), "about") == ["item PAY-1", "waste waiting at Review"]
    assert options(form("snooze", "C1", VALUE), "weeks") == ["1", "2", "4"]
    assert form("snooze", "C1", value_of("Payments", ["plan Box"])) is None


@pytest.mark.parametrize("value", ["", "null", "{", "[]", "[1]", json.dumps({"a": 1})])
def test_a_value_that_is_not_ours_is_about_nothing(value: str) -> None:
    """Nor does it end in an error."""
    assert read_value(value) == ("", [])


def test_what_was_done_is_kept_with_who_did_it() -> None:
    """A claim, a snooze of so many weeks, an excuse with its reason."""
    claim = remark("take 0", "item PAY-1")
    snooze = remark("snooze", about="item PAY-1", weeks="2")
    excuse = remark("not_waste", about="waste waiting at Review", reason=" the law\n")

    assert (claim.kind, claim.subject, claim.by) == (RemarkKind.CLAIM, "item PAY-1", "U1")
    assert (snooze.kind, snooze.until) == (RemarkKind.SNOOZE, date(2026, 1, 29))
    assert (excuse.kind, excuse.reason) == (RemarkKind.NOT_WASTE, "the law")
    assert [confirmed(one).split(";")[0] for one in (claim, snooze, excuse)] == [
        "You take PAY-1",
        "PAY-1 is not named as stuck before 2026-01-29.",
        "Waiting at Review counts as necessary from now on",
    ]


@pytest.mark.parametrize(
    ("action", "fields", "words"),
    [
        ("not_waste", {"about": "item PAY-1", "reason": "  "}, "needs a reason"),
        ("snooze", {"about": "item PAY-2"}, "cannot be done any more"),
        ("snooze", {"about": "waste waiting at Review"}, "cannot be done any more"),
        ("delete", {"about": "item PAY-1"}, "cannot be done any more"),
        ("snooze", {}, "cannot be done any more"),
    ],
)
def test_what_was_not_offered_cannot_be_done(action: str, fields: dict[str, str], words: str) -> None:
    """Whatever is sent."""
    with pytest.raises(NotUnderstood, match=words):
        remark(action, **fields)


def kept(number: int, kind: RemarkKind, subject: str, **more: Any) -> Remark:
    return Remark(number=number, stream="Payments", at=at(number), by=f"U{number}", kind=kind, subject=subject, **more)


def test_of_what_was_said_the_last_counts_unless_it_was_withdrawn() -> None:
    """Then the one before does."""
    said = [kept(1, RemarkKind.CLAIM, "item PAY-1"), kept(2, RemarkKind.CLAIM, "item PAY-1")]
    withdrawn = [*said, kept(3, RemarkKind.WITHDRAWN, "2", reason="r")]

    assert [(r.by if (r := Remarks(some).taken("item PAY-1")) else None) for some in (said, withdrawn, [])] == [
        "U2",
        "U1",
        None,
    ]


def test_what_is_no_waste_is_said_as_the_configuration_says_it() -> None:
    """Of an item, or of a waste at its place, whose name may hold the word between them."""
    said = [
        kept(1, RemarkKind.NOT_WASTE, "item PAY-1", reason="a"),
        kept(2, RemarkKind.NOT_WASTE, "waste waiting at Stay at home", reason="b"),
    ]

    assert Remarks(said).not_waste == (
        NotWaste(item="PAY-1", reason="a"),
        NotWaste(waste=Waste.WAITING, place="Stay at home", reason="b"),
    )


def test_what_is_snoozed_wakes_on_its_day() -> None:
    """Not before."""
    remarks = Remarks([kept(1, RemarkKind.SNOOZE, "item PAY-1", until=date(2026, 1, 20))])

    assert remarks.sleeps("PAY-1", date(2026, 1, 19))
    assert not remarks.sleeps("PAY-1", date(2026, 1, 20))
    assert not remarks.sleeps("PAY-2", date(2026, 1, 1))


def test_what_is_done_is_neither_taken_nor_snoozed() -> None:
    """A button may be old; what was waste while it was open can still be excused."""
    document = seen(WAITING)
    for done in (remark("take 0", "item PAY-1"), remark("snooze", "item PAY-1", about="item PAY-1")):
        with pytest.raises(NotUnderstood, match="PAY-1 is not open any more"):
            check_open(done, document)

    with pytest.raises(NotUnderstood, match="Box is not open"):
        check_open(remark("take 0", "plan Box"), document)
    check_open(remark("take 0", "item PAY-9"), document)
    check_open(remark("not_waste", "item PAY-1", about="item PAY-1", reason="a law"), document)


def test_who_was_first_keeps_it_unless_it_was_withdrawn() -> None:
    """A claim and an excuse; a snooze can be made longer."""
    said = [kept(n, kind, "item PAY-1") for n, kind in enumerate(RemarkKind, 1)]
    claim, excuse = remark("take 0"), remark("not_waste", about="item PAY-1", reason="a law")
    for one, words in ((claim, "took PAY-1 on 6 Jan"), (excuse, "PAY-1 counts as necessary already")):
        with pytest.raises(NotUnderstood, match=words):
            check_new(one, Remarks(said), "UTC")
        check_new(one, Remarks([*said, kept(9, RemarkKind.WITHDRAWN, "1"), kept(10, RemarkKind.WITHDRAWN, "3")]), "UTC")

    check_new(remark("snooze", about="item PAY-1"), Remarks(said), "UTC")


def test_a_snooze_ends_on_the_day_of_those_who_are_told() -> None:
    """In the evening of UTC it is tomorrow in Auckland."""
    found = request("snooze", about="item PAY-1", weeks="1")
    evening = at(10) + timedelta(hours=20)
    ends = [
        remark_of(found, "Payments", SUBJECTS, evening, zone).until for zone in (None, ZoneInfo("Pacific/Auckland"))
    ]

    assert ends == [date(2026, 1, 22), date(2026, 1, 23)]
