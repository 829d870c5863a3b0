"""Every message that a person can meet says what is wrong, and what to do."""

import re

import pytest

from bot.app.messages import Message, messages

VERBS = (
    "add|ask|check|choose|compare|configure|convert|copy|correct|download|enter|export|give|grant|install|invite|keep|"
    "leave|let|look|make|mend|move|name|open|publish|put|raise|remove|rename|report|restore|restrict|run|say|see|set|"
    "stop|take|try|turn|wait|write"
)
BEGINS = r"(?:^|[;:,.?] (?:and |or |so |then |perhaps |for others |to make issues, |of a password )?)"
REMEDY = re.compile(
    rf"{BEGINS}(?:{VERBS})\b|`gemba |(?:^|[ (])--[a-z]|: chmod |: openssl |needs? (?:either|exactly|its|a |no |\w+ = )"
    r"|(?:^|: )wants |\bmust |one of …|[Tt]here (?:are|is) …|(?:known|approvals) are|(?:it|configuration) has …"
    r"|“/gemba help” says|Begin with|stands from 0 to …"
    r"|the next run|is seen in|it is (?:looked for|tried again)|are from … to …|asks to wait|this is a fault of gemba"
)
ANSWERS = ("NotUnderstood", "Refused")
"""What is answered in Slack: sentences, some of which leave nothing to do."""

ADVISED = {"connectors/jira_plan.py", "connectors/mail_session.py"}
"""Whose advice comes from a table or from who calls."""


@pytest.fixture(scope="module")
def every() -> list[Message]:
    return messages()


def faults(found: list[Message]) -> str:
    return "\n".join(f"{one.module}:{one.line}: {one.text}" for one in found)


def test_all_are_found(every: list[Message]) -> None:
    """Of every error, however it is put together: else the other rules hold for nothing."""
    told = {one.text for one in every}

    assert len(every) > 300
    assert "…: the … is missing: set the environment variable …" in told
    assert "slack: the bot is not in {channel}; invite it there" in told
    assert "…:… cannot be listened at: …; choose another --port, or 0 for any that is free" in told
    assert any(text.startswith('the database … lacks the table "…"; stop gemba, and put the newest') for text in told)


def test_each_says_what_to_do(every: list[Message]) -> None:
    """An order, a command, an option, what there is to choose from, or that it goes on by itself."""
    passed_on = [one for one in every if one.module in ADVISED and one.text.endswith("; …")]
    done = [one for one in every if one.kind in ANSWERS and re.search(r"took … on ….$|necessary already.$", one.text)]
    bare = [one for one in every if not REMEDY.search(one.text) and one not in (*passed_on, *done)]

    assert not bare, f"say what to do:\n{faults(bare)}"
    assert len(passed_on) == 2


def test_each_names_what_it_is_about(every: list[Message]) -> None:
    """A setting is named by where it stands; everything else names itself, an option, a section or a command."""
    named = re.compile(r"…|--|`|\[|\{|slack|mail|database|stream|decision|gemba|reason|ca_file")
    apart = ("ValueError", "Check", *ANSWERS)
    nameless = [one for one in every if one.kind not in apart and not named.search(one.text)]

    assert not nameless, f"name what it is about:\n{faults(nameless)}"


def test_each_is_a_sentence_of_ours(every: list[Message]) -> None:
    """It begins small and ends without a full stop, quotes no value as Python does, and says no name of a class."""
    style = re.compile(r"^[A-Z][a-z]+ (?!\w+:)|[^.]\.$|  |\b[A-Z][a-z]+(?:Error|Exception|Denied)\b|\bNone\b")
    odd = [one for one in every if (style.search(one.text) and one.kind not in ANSWERS) or one.quotes]
    odd += [one for one in every if one.kind in ANSWERS and one.text[-1] not in ".?"]

    assert not odd, f"say it in our words:\n{faults(odd)}"


def test_a_message_without_advice_would_be_found() -> None:
    """Whoever writes "it failed" hears of it here."""
    for bare in ("… cannot be read: …", "the run of … failed", "there is no item …", "… is missing"):
        assert not REMEDY.search(bare)
