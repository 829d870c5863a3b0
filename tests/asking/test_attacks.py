"""What nobody asks by accident: it is refused in a sentence, and never kept."""

import json
from datetime import date
from typing import Any

import pytest

from bot.asking.forms import form, read_value
from bot.asking.questions import NotUnderstood, Question, question
from bot.asking.remarking import remark_of
from bot.digest.blocks import value_of
from bot.govern.remarks import Remark, RemarkKind, Remarks, is_subject
from connectors.slack_socket import Request
from tests.build import at

POISONED = (
    "item ",
    "item  ",
    "plan ",
    "waste ",
    "waste boredom at Review",
    "waste waiting",
    "waste waiting at ",
    "PAY-1",
)


def remark(action: str, subject: str, **fields: str) -> Remark:
    about = tuple({"about": subject, "reason": "r", **fields}.items())
    request = Request("e1", "form", "U1", "T1", "T1", "C1", action=action, fields=about)
    return remark_of(request, "Payments", [subject], at(10))


@pytest.mark.parametrize("subject", POISONED)
@pytest.mark.parametrize("action", ["take 0", "snooze", "not_waste"])
def test_what_there_cannot_be_is_not_kept(action: str, subject: str) -> None:
    """It would be there in every analysis from then on."""
    assert not is_subject(subject)
    with pytest.raises(NotUnderstood):
        remark(action, subject)


@pytest.mark.parametrize("subject", POISONED)
def test_what_was_kept_and_cannot_be_understood_stops_no_analysis(subject: str) -> None:
    """It excuses nothing; what stands beside it does."""
    said = [_said(1, subject, "r"), _said(2, "item PAY-2", "  "), _said(3, "item PAY-3", "r")]

    assert [one.item for one in Remarks(said).not_waste] == ["PAY-3"]


def _said(number: int, subject: str, reason: str) -> Remark:
    kind = RemarkKind.NOT_WASTE
    return Remark(number=number, stream="P", at=at(number), by="U1", kind=kind, subject=subject, reason=reason)


@pytest.mark.parametrize(("weeks", "until"), [("2", 29), ("0", 22), ("9" * 5000, 22), ("٣", 22), ("-1", 22), ("x", 22)])
def test_a_snooze_is_as_long_as_was_offered(weeks: str, until: int) -> None:
    """Or else a week."""
    assert remark("snooze", "item PAY-1", weeks=weeks).until == date(2026, 1, until)


@pytest.mark.parametrize("reason", ["", " \n", "\u200b", "\u202e", "...", "\0"])
def test_a_reason_has_letters(reason: str) -> None:
    """What is not seen explains nothing."""
    with pytest.raises(NotUnderstood, match="reason"):
        remark("not_waste", "item PAY-1", reason=reason)


def test_a_reason_is_no_longer_than_its_field() -> None:
    """Whatever is sent; it is shown among the doubts."""
    assert len(remark("not_waste", "item PAY-1", reason="word " * 9000).reason) <= 300


@pytest.mark.parametrize("value", ["[" * 2000, "9" * 5000, "[" * 90 + "]" * 90, '{"a": ' * 400, "\ud800", "NaN"])
def test_a_value_that_is_deep_or_broken_is_about_nothing(value: str) -> None:
    """Nor does it end in an error."""
    assert read_value(value) == ("", [])
    assert form("why", "C1", value) is None


def test_a_form_holds_slacks_limits_whatever_the_button_says() -> None:
    """100 options of 1 to 75 characters with values of at most 150, none twice."""
    subjects = [
        "item ",
        "item \n",
        *(f"item {n}" for n in range(300)),
        "item 1",
        f"item {'x' * 140}",
        f"item {'x' * 200}",
    ]
    shown: Any = form("why", "C1", json.dumps(["Payments", *subjects[:2], *reversed(subjects)]))
    options = shown["blocks"][0]["element"]["options"]

    assert len(options) == len({one["value"] for one in options}) == 100
    assert all(1 <= len(one["text"]["text"]) <= 75 and len(one["value"]) <= 150 for one in options)


def test_a_form_keeps_what_the_button_says_within_slacks_limit() -> None:
    """3,000 characters come back with a form."""
    value = value_of("é" * 100, [f"item {'é' * 30}{n}" for n in range(50)])
    shown: Any = form("why", "C0123456789", value)

    assert len(shown["private_metadata"]) <= 3000
    assert read_value(shown["private_metadata"].partition(" ")[2]) == read_value(value)


@pytest.mark.parametrize("text", ["x" * 10_000, "explain " + "é " * 5000, "why \0" + "x" * 600, "“" * 2000])
def test_what_is_too_long_is_no_question(text: str) -> None:
    """It is answered in a sentence that does not repeat it."""
    with pytest.raises(NotUnderstood) as refused:
        question(text, ("Payments",))

    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("text", ["why “”", 'explain ""', "why \0", "explain \u202e"])
def test_nothing_in_quotes_is_nothing(text: str) -> None:
    """It is asked for what is missing."""
    with pytest.raises(NotUnderstood, match="needs the"):
        question(text, ("Payments",))


@pytest.mark.parametrize(
    ("text", "streams", "expected"),
    [
        ("STRASSE stuck", ("Straße", "Weg"), Question("Straße", "stuck")),
        ("straße stuck", ("STRASSE", "Weg"), Question("STRASSE", "stuck")),
        ("Zu\u0308rich map", ("Zürich", "Bern"), Question("Zürich", "map")),
        ("a b stuck", ("A  B", "A"), Question("A  B", "stuck")),
        ("a:stuck", ("A  B", "A"), Question("A", "stuck")),
        ("Pay stuck", ("Pay stuck", "Pay"), Question("Pay stuck", "status")),
        ("מסלול stuck", ("מסלול", "Pay"), Question("מסלול", "stuck")),
        ("\0Pay\0 stuck\0", ("Pay", "P"), Question("Pay", "stuck")),
    ],
)
def test_a_stream_is_known_however_it_is_written(text: str, streams: tuple[str, ...], expected: Question) -> None:
    """In any case, form of Unicode and spacing, and whichever name begins another."""
    assert question(text, streams) == expected
