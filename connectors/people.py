"""Who is a person and who is a bot: by the vendor's word, by the usual names, and by the configuration."""

import re
from collections.abc import Iterable
from dataclasses import replace
from fnmatch import translate
from functools import cache

from connectors.addresses import without_address
from connectors.pages import fingerprint
from connectors.records import ActorKind, Person
from connectors.settings import SourceSettings

USUAL_BOTS = (
    "*[bot]",
    "*-bot",
    "*_bot",
    "bot-*",
    "*-robot",
    "automation for jira",
    "jira automation",
    "github-actions*",
    "dependabot*",
    "renovate*",
    "greenkeeper*",
    "snyk*",
    "codecov*",
    "sonarcloud*",
    "sonarqube*",
    "jenkins*",
    "travis-ci*",
    "circleci*",
    "mergify*",
    "kodiakhq*",
    "bors*",
    "asfgit",
    "copilot*",
    "coderabbit*",
    "greptile*",
    "sourcery-ai*",
    "gemini-code-assist*",
    "cursor-agent*",
    "devin-ai-integration*",
    "ellipsis-dev*",
    "graphite-app*",
    "korbit-ai*",
    "qodo-*",
    "codiumai*",
)
"""Accounts that automate, review or write by themselves, as they are commonly called."""


def judged(person: Person, settings: SourceSettings) -> Person:
    """As a person or a bot: what is configured counts first, then what was said before, then the usual names.

    Of a name that is a mail address only what stands before the @ is kept.
    """
    said_bot = person.kind is ActorKind.BOT or matches(person.name, (*settings.bots, *USUAL_BOTS))
    is_bot = said_bot and not matches(person.name, settings.humans)
    configured = matches(person.name, (*settings.bots, *settings.humans))
    kind = ActorKind.BOT if is_bot else ActorKind.HUMAN
    return replace(person, name=without_address(person.name), kind=kind, configured=configured)


def identity(account: str) -> str:
    """By what an account is known. For a login that is a mail address stands always the same other text."""
    return fingerprint(account) if "@" in account else account


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whatever is written in upper or lower case; `*` stands for anything."""
    found = tuple(patterns)
    return bool(found) and _any_of(found).match(name.casefold()) is not None


@cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One expression for all, since each account of each item is looked at."""
    return re.compile("|".join(translate(pattern.casefold().replace("[", "[[]")) for pattern in patterns))
