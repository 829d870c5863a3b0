"""The weekly message: what it says of a stream."""

import pytest
from rich.console import Console

from bot.digest.compose import Context, compose
from bot.digest.lines import Link, plain
from bot.digest.text import plain_text, text
from bot.flow.analyse import analyse
from bot.flow.history.log import Records
from bot.flow.model import NotWaste
from bot.govern.key_results import KeyResult
from bot.govern.remarks import Remark, RemarkKind, Remarks
from tests.build import STREAM, at, issue, records, window
from tests.digest.said import WAITING, digest, document, sections, seen, spaced
from tests.flow.test_sprints import planned, sprint


def test_without_a_past_it_says_what_was_delivered_and_what_is_stuck_longest() -> None:
    """With who can free it, and a link to it."""
    found = digest(WAITING)

    assert spaced(plain(found.headline)) == (
        "Nothing was delivered last week. 1 item is stuck: PAY-9 (20 days; Product lead can free it)."
    )
    assert [part.url for part in found.headline if isinstance(part, Link)] == ["https://jira/PAY-9"]


def test_it_says_where_time_went_and_who_can_free_what_is_stuck() -> None:
    """In items, which people see, and in item-days, in which everything is counted."""
    found = sections(digest(WAITING))

    waiting, backlog = found["Where the time goes"]
    assert waiting.startswith("Waiting: 1.3 items at any time (9.0 item-days a week), 60 % of all time, most of it in ")
    assert waiting.endswith("Review. Longest now: PAY-9 for 20 days (Product lead can free it).")
    assert backlog.endswith("40 % of all time, most of it in Backlog.")
    assert found["Stuck, and who can free it"] == [
        "PAY-9 Title of PAY-9: in Review for 20 days, where 85 % wait less than 2 days; Product lead can free it."
    ]


def test_a_waste_that_few_items_tell_of_is_not_told() -> None:
    """Four items are an accident."""
    few = records(*(issue(f"PAY-{n}", ("Open", 0), ("In Review", 2), ("Done", 4)) for n in range(4)))

    assert "Where the time goes" not in sections(digest(few))


def test_it_says_what_the_last_sprint_left_over() -> None:
    """Of those that ended in these weeks; in the thread."""
    sprints = [r for n, day in enumerate((3, 10, 24)) for r in sprint(n, day, day + 6 if n < 2 else None)]
    taken = [planned(f"PAY-{n}", 1, 9) for n in (1, 2)]
    items = issue("PAY-1", ("Open", 0), ("Done", 12)), issue("PAY-2", ("Open", 0), ("In Progress", 9))

    assert sections(digest(records(sprints, *taken, *items)))["Sprints and signals"] == [
        "S1: 1 of 2 items that were committed are done, 0 came in between; 1 is left over."
    ]


def test_three_that_are_stuck_are_named_and_the_rest_stands_in_the_thread() -> None:
    """News come before what has been stuck for a quarter."""
    old = [issue(f"PAY-{n}", ("In Review", n)) for n in range(3)]
    new = [issue(f"PAY-{n}", ("In Review", 150 + n)) for n in range(10, 14)]
    found = sections(digest(records(*old, *new), end=180))
    lines = found["Stuck, and who can free it"]

    assert [line[:6] for line in lines[:3]] == ["PAY-10", "PAY-11", "PAY-12"]
    assert lines[3:] == ["4 more items are stuck, for up to 180 days."]
    assert [line[:6].strip() for line in found["Also stuck"]] == ["PAY-13", "PAY-0", "PAY-1", "PAY-2"]


def test_what_waits_no_longer_than_usual_is_not_stuck() -> None:
    """Nor is the backlog."""
    assert "Stuck, and who can free it" not in sections(digest(WAITING, end=9))


def remarked(kind: RemarkKind, subject: str, until: float | None = None) -> Remarks:
    day = at(until).date() if until is not None else None
    return Remarks([Remark(stream="Payments", at=at(28), by="U1", kind=kind, subject=subject, until=day, reason="r")])


def test_what_is_snoozed_is_not_stuck_until_its_day() -> None:
    """From that day on it is again."""
    for until, shown in ((29, False), (28, True)):
        context = Context(remarks=remarked(RemarkKind.SNOOZE, "item PAY-9", until))
        assert ("Stuck, and who can free it" in sections(digest(WAITING, context=context))) is shown


def test_what_somebody_takes_is_said_and_cannot_be_taken_again() -> None:
    """By a mention, which pings only who took it."""
    found = digest(WAITING, context=Context(remarks=remarked(RemarkKind.CLAIM, "item PAY-9")))

    assert "a member of the team took it on 2 Feb 2026." in sections(found)["Stuck, and who can free it"][0]
    assert [choice.takes for choice in found.choices if choice.subject == "item PAY-9"] == [False]


@pytest.mark.parametrize("said", [{"item": "PAY-9"}, {"place": "Review"}, {"place": "Review", "waste": "waiting"}])
def test_what_is_said_to_be_no_waste_is_not_stuck(said: dict[str, str]) -> None:
    """The item, or everything that waits there."""
    context = Context(not_waste=(NotWaste.model_validate({**said, "reason": "the law"}),))

    assert "Stuck, and who can free it" not in sections(digest(WAITING, context=context))


WAY = "from 6.0 d to 2.0 d; 36 % of 2026-Q1 is gone; "
FEW = "(2 of the 4 weekly values that it takes)"


def a_result(baseline: float = 6, target: float = 2, quarter: str = "2026-Q1") -> KeyResult:
    return KeyResult(objective="o", name="K", metric="lead_time.p85", baseline=baseline, target=target, quarter=quarter)


@pytest.mark.parametrize(
    ("result", "values", "expected"),
    [
        (
            a_result(),
            [6.5, 5.9, 5.2, 4.6, 4],
            "K: now 4.0 d, 50 % of the way from 6.0 d to 2.0 d; 36 % of 2026-Q1 is gone; odds 88 %: continue.",
        ),
        (
            a_result(target=4.5),
            [4, 4, 4, 4, 4],
            "K: at its target. Now 4.0 d, the target is 4.5 d; odds 71 %: continue.",
        ),
        (a_result(quarter="2026-Q2"), [4], "K: 2026-Q2 has not begun."),
        (a_result(), [7, 7], f"K: now 7.0 d, no step nearer {WAY}too early to tell {FEW}."),
        (a_result(), [], "K: lead_time.p85 has no value in these weeks."),
    ],
)
def test_a_key_result_says_how_far_it_has_come_and_how_its_time_stands(
    result: KeyResult, values: list[float], expected: str
) -> None:
    """In its own unit, with its odds; also where things move away, or where there is too little to tell."""
    assert sections(digest(WAITING, result, values=values))["Key results and gates"] == [expected]


def test_nothing_delivered_is_said_plainly() -> None:
    """Without quantiles of nothing."""
    assert plain(digest(records(issue("PAY-1", ("Open", 0)))).headline) == "Nothing was delivered last week."


@pytest.mark.parametrize("width", [60, 120])
def test_it_reads_on_a_terminal(width: int) -> None:
    """The same words, with what stands in the thread where that is wanted."""
    console = Console(width=width, force_terminal=False)
    with console.capture() as captured:
        console.print(text(digest(WAITING), thread=True))

    words = " ".join(captured.get().split())
    assert "Product lead can free it" in words
    assert "one item for one day" in words


def test_as_plain_text_links_are_addresses() -> None:
    """Of a mail that is read without pictures."""
    assert "- PAY-9 <https://jira/PAY-9> Title of PAY-9: in Review" in plain_text(digest(WAITING))


def stories(after: float) -> Records:
    """An item a day for a year; the last quarter waits so many days for its review."""
    days = [(n, n + 1.0, n + 1 + (after if n >= 270 else 4.0) * (0.5 + n % 5 / 4)) for n in range(364)]
    return records(
        *(
            issue(f"PAY-{n}", *[m for m in (("Open", n), ("In Review", asked), ("Done", done)) if m[1] < 364])
            for n, asked, done in days
        )
    )


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (1.5, "half of the items within 2.5 days, before 5 days: better, by more than chance explains ("),
        (4.0, "half of the items within 5 days, before 5 days: no different, as far as can be told."),
    ],
)
def test_it_says_whether_things_got_better_only_where_that_is_more_than_chance(after: float, expected: str) -> None:
    """And what it was before, and how much less it is at least and at most."""
    analysis = analyse(STREAM, stories(after), window(273, 364))
    found = sections(compose(document(analysis)))["Compared with before"]

    assert found[0].startswith(f"Lead time, last 13 weeks: {expected}")
    assert found[1].endswith("no different, as far as can be told.")


def test_too_little_to_compare_is_passed_over() -> None:
    """In a young stream nothing is said of before."""
    assert "Compared with before" not in sections(digest(WAITING))


def test_every_queue_and_loop_and_doubt_stands_in_the_thread() -> None:
    """With what the words mean."""
    found = compose(seen(WAITING))

    assert [reply.name for reply in found.replies] == ["queues", "items", "doubts"]
    assert sections(found)["Every queue, in 4 weeks"] == [
        "Review: half wait up to 2 days, 85 % up to 2 days; 1 item waits now; 36 item-days."
    ]
    assert (
        "Item-day: one item for one day. Seven item-days a week are one item that waits all the time."
        in (sections(found)["What the words mean"])
    )
