"""What somebody wants to know, out of the words after the command."""

import pytest

from bot.asking.questions import ASKED, NotUnderstood, Question, question

ONE, TWO = ("Payments",), ("Pay", "Pay Later", "Ops")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Question("Payments", "status")),
        ("  STUCK ", Question("Payments", "stuck")),
        ("explain  PAY-12", Question("Payments", "explain", "PAY-12")),
        ("why “Design approval”", Question("Payments", "why", "Design approval")),
        ("Payments: gate Quarter", Question("Payments", "gate", "Quarter")),
        ("payments", Question("Payments", "status")),
    ],
)
def test_words_are_a_question(text: str, expected: Question) -> None:
    """Upper or lower case, with or without the name of the stream; nothing asks how it stands."""
    assert question(text, ONE) == expected


@pytest.mark.parametrize(
    ("text", "stream"), [("Pay stuck", "Pay"), ("pay later stuck", "Pay Later"), ("Ops: stuck", "Ops")]
)
def test_of_several_streams_the_longest_name_counts(text: str, stream: str) -> None:
    """One name may begin another."""
    assert question(text, TWO) == Question(stream, "stuck")


@pytest.mark.parametrize(
    ("text", "streams", "words"),
    [
        ("stuk", ONE, '“stuk” is nothing that can be asked; did you mean "stuck"? “/gemba help” says what can.'),
        ("xyzzy", ONE, "“xyzzy” is nothing that can be asked; “/gemba help” says what can."),
        ("explain", ONE, "“/gemba explain” needs the key of an item, such as PAY-12."),
        ("stuck", TWO, "Which stream? Begin with its name: Pay, Pay Later or Ops, for example “/gemba Pay stuck”."),
    ],
)
def test_what_is_no_question_is_told_what_would_be_one(text: str, streams: tuple[str, ...], words: str) -> None:
    """In a sentence."""
    with pytest.raises(NotUnderstood, match=r".") as problem:
        question(text, streams)

    assert str(problem.value) == words


def test_everything_that_can_be_asked_is_understood() -> None:
    """With something to ask about."""
    assert [question(f"{name} x", ONE).asked for name in ASKED] == [*ASKED]
    assert question("help", TWO) == Question("", "help")
