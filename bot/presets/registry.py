"""The presets, one line each: `<name>.toml` beside this file, and in names.toml other names of its states."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any

DUMMIES = {
    "jira": "https://jira.example",
    "github": "https://api.github.com",
    "slack": "https://slack.example/api/",
    "quarter": "2030-Q1",
    "due": "2030-01-15",
}
"""What stands in a template's places where nothing is asked."""


@dataclass(frozen=True)
class Preset:
    """A stream as it commonly is. `typical`: the waste that it is known for, in words."""

    name: str
    title: str
    typical: str

    @property
    def template(self) -> str:
        """A whole configuration with {placeholders} for what a site has, to be filled by `str.format_map`."""
        return _text(f"{self.name}.toml")

    def config(self) -> dict[str, Any]:
        """The template as it is parsed, with dummies in its places."""
        return tomllib.loads(self.template.format_map(DUMMIES))

    def stream(self) -> Mapping[str, Any]:
        """Its `[[streams]]` table (where there are several, the first), whose states have their usual names, too.

        These are for recognising the states of a site: no site has all of them.
        """
        stream: dict[str, Any] = self.config()["streams"][0]
        usual = tomllib.loads(_text("names.toml"))[self.name]
        stages = [{**s, "states": [*s["states"], *_of_jira(usual.get(s["name"], ()))]} for s in stream["stages"]]
        return {**stream, "stages": stages}


def _of_jira(names: tuple[str, ...]) -> list[str]:
    return [f"jira:{name}" for name in names]


def _text(name: str) -> str:
    return files("bot.presets").joinpath(name).read_text("utf-8")


SOFTWARE = Preset(
    "software-delivery",
    "from a requested feature to its deployment",
    "rework from testing after hand-offs, a queue for approval between design and development that no time-box bounds, "
    "and deployments by hand on appointed days",
)
ONBOARDING = Preset(
    "hr-onboarding",
    "from a signed offer to a productive colleague",
    "equipment provisioned in sequence that could be in parallel, compliance training that comes after the first day, "
    "and preparation by managers that depends on the department",
)
STRATEGY = Preset(
    "strategic-planning",
    "from a decision on strategy to teams that work on it",
    "weeks between decided and worked on, initiatives that no work is connected with, and work that serves no goal",
)
STAGE_GATE = Preset(
    "stage-gate",
    "from a business case through its gates to the launch",
    "queues before gates that meet seldom, time spent on getting ready for them, and rework that they send back",
)

PRESETS: Mapping[str, Preset] = MappingProxyType({p.name: p for p in (SOFTWARE, ONBOARDING, STRATEGY, STAGE_GATE)})
