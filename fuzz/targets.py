"""All that reads what others wrote. A target takes bytes, and raises where a parser does what it must not."""

from collections.abc import Callable, Mapping

from fuzz import people, sources
from fuzz.mutations import mutated_bytes, mutated_json

Target = Callable[[bytes], None]

TARGETS: Mapping[str, Target] = {
    "jira_cloud": sources.jira_cloud,
    "jira_datacenter": sources.jira_datacenter,
    "jira_kept": sources.jira_kept,
    "github": sources.github,
    "github_kept": sources.github_kept,
    "slack_answers": sources.slack_answers,
    "headers": sources.headers,
    "csv": sources.csv,
    "xes": sources.xes,
    "ics": sources.ics,
    "config": people.config,
    "change": people.change,
    "slash_command": people.slash_command,
    "slack_request": people.slack_request,
    "times": people.times,
    "metric": people.metric,
    "names": people.names,
    "kept": people.kept,
    "address": people.address,
}
JSON = ("jira_cloud", "jira_datacenter", "jira_kept", "github", "github_kept", "slack_answers", "slack_request", "kept")
"""Whose inputs are JSON, and are changed as such."""


def mutation(target: str) -> Callable[..., bytes]:
    """How inputs of a target are changed."""
    return mutated_json if target in JSON else mutated_bytes
