"""Who is a person and who is a bot: by the vendor's word, by the usual names, and by the configuration."""

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

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
    """As a person or a bot: what is configured counts first, then what was said before, then the usual names."""
    said_bot = person.kind is ActorKind.BOT or matches(person.name, (*settings.bots, *USUAL_BOTS))
    is_bot = said_bot and not matches(person.name, settings.humans)
    configured = matches(person.name, (*settings.bots, *settings.humans))
    return replace(person, kind=ActorKind.BOT if is_bot else ActorKind.HUMAN, configured=configured)


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whatever is written in upper or lower case; `*` stands for anything."""
    return any(fnmatchcase(name.casefold(), pattern.casefold().replace("[", "[[]")) for pattern in patterns)
