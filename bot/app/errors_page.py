"""docs/errors.md: every message that a person can meet, by what it is about, for whoever searches its words."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from bot.app.messages import GAP, Message, has_words

HEAD = """# What the messages mean

Every message says what is wrong, and after it what to do. `…` stands for what it names. Here they are by what they are
about, and what happens next. The page is made by `make examples` from the messages themselves. `gemba check` looks at
everything at once.

The exit status is 0 for done, 1 for failed, 2 for misused: a command line or a configuration that cannot be.
"""

TOPICS = (
    ("Slack", ("connectors/slack", "bot/notify/to_slack")),
    ("Asked in Slack", ("bot/asking/", "bot/app/asking")),
    ("The pages", ("bot/serve/asked", "bot/serve/sliders")),
    ("Mail and folders", ("connectors/mail", "bot/notify/")),
    ("Calendars", ("connectors/calendar",)),
    ("Event logs", ("connectors/eventlog",)),
    ("Key results, gates and the plan", ("bot/govern/", "bot/goals", "bot/plan", "bot/flow/future/", "bot/app/goals",
                                         "bot/app/noted", "bot/app/plans", "connectors/jira_plan")),
    ("The database", ("bot/database", "bot/store", "bot/backup", "bot/restore", "bot/integrity", "bot/leading",
                      "bot/revisions", "bot/app/care", "bot/cli/care", "bot/app/nights")),
    ("Sources and tokens", ("connectors/",)),
    ("gemba check", ("bot/check/", "bot/app/checking")),
    ("Commands", ("bot/",)),
)  # fmt: skip
FIELD = re.compile(r"\{[a-z]+\}")
CONFIGURATION = "The configuration"
ORDER = (CONFIGURATION, "Sources and tokens", "Event logs", "Calendars", "Slack", "Asked in Slack", "Mail and folders",
         "The database", "Key results, gates and the plan", "Commands", "The pages", "gemba check")  # fmt: skip

NEXT = {
    "Nothing is done, and the exit status is 2.": (
        "ConfigError",
        "ValueError",
        "UsageError",
        "BadParameter",
        "KeyError",
    ),
    "It stays so until somebody acts; everything else goes on.": ("AccessDenied", "NotThere", "SlackRefusal"),
    "It is tried again with the next run, and nothing is lost.": ("SourceUnavailable", "RateLimited", "Unanswered"),
    "That one thing is left out, and everything else counts.": ("PayloadUnreadable",),
    "The command ends with exit status 1, and nothing is half written.": (
        "NothingYet",
        "OutputError",
        "StoreError",
        "Damaged",
        "AddressError",
        "EngineError",
    ),
    "Who asks is told so, and nothing is done.": ("NotUnderstood", "Refused", "NotAsked", "NoSuchStep"),
    "A line that failed; the exit status is 1.": ("Check",),
}


def page(found: Iterable[Message]) -> str:
    """Markdown."""
    every = sorted({(ORDER.index(_topic(one)), _next(one), one.text) for one in found})
    return "".join([HEAD, *_sections(every)])


def _topic(message: Message) -> str:
    if message.kind in ("ConfigError", "ValueError") and not message.module.startswith("bot/flow/future/"):
        return CONFIGURATION
    return next(topic for topic, places in TOPICS if message.module.startswith(places))


def _next(message: Message) -> int:
    return next(n for n, kinds in enumerate(NEXT.values()) if message.kind in kinds)


def _sections(every: list[tuple[int, int, str]]) -> Iterator[str]:
    for topic, lines in groupby(every, lambda line: line[0]):
        yield f"\n## {ORDER[topic]}\n"
        for then, told in groupby(lines, lambda line: line[1]):
            yield f"\n{[*NEXT][then]}\n\n| it says | what to do |\n|---|---|\n"
            yield from (_row(text) for _, _, text in told)


def _row(said: str) -> str:
    """What is wrong stands before what to do."""
    text = FIELD.sub(GAP, said)
    wrong, mark, todo = text.partition("; ")
    if not mark:
        wrong, mark, todo = text.rpartition(": ")
    if not has_words(wrong):
        wrong, todo = text, "what it says"
    return f"| {_cell(wrong)} | {_cell(todo)} |\n"


def _cell(text: str) -> str:
    for mark in ("\\", "|", "<", "*", "_"):
        text = text.replace(mark, f"\\{mark}")
    return text
