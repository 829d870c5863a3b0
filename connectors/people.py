"""Who is a person and who is a bot: by the vendor's word, by the usual names, and by the configuration."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from connectors.records import ActorKind

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


def kind_of(name: str, said: ActorKind, bots: Sequence[str], humans: Sequence[str]) -> ActorKind:
    """What is configured counts first, then what the vendor `said`, then the usual names. `*` stands for anything."""
    if matches(name, humans):
        return ActorKind.HUMAN
    return ActorKind.BOT if said is ActorKind.BOT or matches(name, (*bots, *USUAL_BOTS)) else ActorKind.HUMAN


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whatever is written in upper or lower case."""
    return any(fnmatchcase(name.casefold(), pattern.casefold().replace("[", "[[]")) for pattern in patterns)
