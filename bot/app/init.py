"""What `gemba init` does: what a site shows, streams drafted from samples of it, and a configuration."""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain, count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from bot.app.clock import clock
from bot.app.recorded import records_of
from bot.app.wiring import connector_of, opened
from bot.config import Config, ConfiguredStream, load_config, read_config, scopes_of
from bot.config_faults import sentence
from bot.errors import NothingYet, OutputError, UsageError
from bot.files import put
from bot.flow.model import Calendar
from bot.flow.proposal.known import Known
from bot.flow.proposal.propose import propose
from bot.flow.proposal.stages import ProposedStage
from bot.presets import PRESETS
from bot.setup.draft import Draft, drafted, gathered
from bot.setup.patch import Addition, additions, patched
from bot.setup.sample import Progress, Sample, Source, sample, sampled, together, validated
from bot.setup.written import config_text
from bot.words import listed
from connectors.errors import SourceError
from connectors.eventlog_settings import EventLogSettings
from connectors.eventlog_survey import columns_of
from connectors.github_settings import GitHubAccess
from connectors.github_survey import repositories
from connectors.jira_settings import JiraAccess
from connectors.jira_survey import flavour_of, projects, timezone_of
from connectors.protocol import Surveyed
from connectors.records import Place

MOST = {"jira": 1000, "github": 300}
"""Items of a sample: for Jira as many as their histories are given at once, for GitHub about ten requests."""
PEEK, MOST_PEEKED = 25, 10
"""Pull requests of so many repositories, from which is seen whether they belong to a project."""

PARTS_OF_HOSTS = ("www", "jira", "issues", "api", "github", "ghe", "git")

MILESTONES = ("anchor", "decided")


@dataclass(frozen=True)
class Site:
    """A Jira or a GitHub that can be asked, as its table of the configuration, and what it shows."""

    kind: str
    name: str
    settings: Mapping[str, Any]
    places: tuple[Place, ...]
    timezone: str | None = None


def open_jira(url: str, email: str | None, token: Mapping[str, Any], folder: Path) -> Site:
    """Raises UsageError for an address that is none, SourceError where it does not answer or refuses."""
    settings: dict[str, Any] = {"url": url, **({"email": email} if email else {}), **token}
    name = name_of(url, "site")
    access = validated(JiraAccess, f"jira.{name}", settings, folder)
    flavour = flavour_of(f"jira.{name}", access)
    if flavour != "cloud":
        settings = {"url": url, "flavour": flavour, **token}
    elif email is None:
        raise UsageError(
            f"{url} is Jira Cloud, whose tokens want the address of their account; say --email, or JIRA_EMAIL"
        )
    access = validated(JiraAccess, f"jira.{name}", settings, folder)
    return Site("jira", name, settings, tuple(projects(f"jira.{name}", access)), timezone_of(f"jira.{name}", access))


def open_github(api_url: str | None, token: Mapping[str, Any], folder: Path) -> Site:
    """Raises as `open_jira`."""
    settings = {**({"api_url": api_url} if api_url else {}), **token}
    name = name_of(api_url, "site") if api_url else "site"
    access = validated(GitHubAccess, f"github.{name}", settings, folder)
    return Site("github", name, settings, tuple(repositories(f"github.{name}", access)))


def name_of(url: str, otherwise: str) -> str:
    """What a site is called in the configuration, after its host."""
    host = urlsplit(url).hostname or ""
    parts = [part for part in host.split(".") if part not in PARTS_OF_HOSTS]
    first = re.sub(r"[^A-Za-z0-9_-]+", "-", parts[0]).strip("-") if parts else ""
    return first if first and not first.isdigit() and first != "localhost" else otherwise


def source_of(site: Site, chosen: Sequence[str], folder: Path) -> Source:
    """Raises UsageError for what is no project, or no repository."""
    key = "projects" if site.kind == "jira" else "repositories"
    source = Source(site.kind, site.name, {**site.settings, key: list(chosen)}, folder)
    source.connector(clock)
    return source


def as_called(chosen: Sequence[str], site: Site) -> list[str]:
    """What was chosen, in the capitals that the site has."""
    known = {place.scope.casefold(): place.scope for place in site.places}
    return [known.get(scope.casefold(), scope) for scope in chosen]


def that_name(project: str, site: Site, folder: Path) -> list[str]:
    """The repositories whose newest pull requests name issues of a project, of those that were pushed to last."""
    found = []
    for place in site.places[:MOST_PEEKED]:
        connector = source_of(site, [place.scope], folder).connector(clock)
        seen = sample(connector, place.scope, PEEK, lambda _scope, _more: None)
        prefixes = {link.other.rpartition("-")[0].upper() for link in seen.records.links if link.kind == "implements"}
        found += [place.scope] if project.upper() in prefixes else []
    return found


def samples_of(sources: Sequence[Source], progress: Progress) -> list[Sample]:
    """Of everything that was chosen, in memory."""
    return [one for source in sources for one in sampled(source, clock, MOST.get(source.kind, 0), progress)]


def drafts_of(
    samples: Sequence[Sample], calendar: Calendar, named: Callable[[str], str], preset: str | None
) -> tuple[list[Draft], list[str]]:
    """The streams that the samples make, and why some make none. `named`: what to call a place."""
    found: list[Draft] = []
    refused: list[str] = []
    for group in gathered(samples):
        draft = drafted(group, _unused(named(group[0].place), found), calendar, clock(), vocabulary(preset))
        if isinstance(draft, str):
            refused.append(draft)
        else:
            apart = _apart(group, samples)
            found.append(replace(draft, remarks=(*draft.remarks, *apart), extra=_milestones(draft, preset)))
    return found, refused


def _apart(group: Sequence[Sample], samples: Sequence[Sample]) -> list[str]:
    """Why a repository is a stream of its own, where projects were chosen, too."""
    projects = [one.place.rpartition("/")[2] for one in samples if one.kind == "jira"]
    if group[0].kind != "github" or not projects:
        return []
    return [f"hardly any of its pull requests names an issue of {listed(projects)}, so it is a stream of its own"]


def _unused(name: str, drafts: Sequence[Draft]) -> str:
    taken = {draft.stream.name.casefold() for draft in drafts}
    numbered = (f"{name} {n}" for n in count(2))
    return next(one for one in chain([name], numbered) if one.casefold() not in taken)


def vocabulary(preset: str | None) -> dict[str, ProposedStage]:
    """Name of a state in lower case -> the stage that a preset gives it."""
    if preset is None:
        return {}
    found = {}
    for stage in PRESETS[preset].stream()["stages"]:
        settings = tuple((key, stage[key]) for key in ("time_box", "value_adding", "necessary") if key in stage)
        for state in stage["states"]:
            name = state.partition(":")[2].casefold()
            found[name] = ProposedStage(stage["name"], stage["kind"], (), (), "sure", settings)
    return found


def _milestones(draft: Draft, preset: str | None) -> dict[str, object]:
    """The anchor and the decision of a preset, where the stream has that stage."""
    if preset is None:
        return {}
    table, stages = PRESETS[preset].stream(), {stage.name for stage in draft.stream.stages}
    return {key: table[key] for key in MILESTONES if table.get(key) in stages}


def config_of(sources: Sequence[Source], drafts: Sequence[Draft], calendar: Calendar, zone_from: str) -> str:
    """The configuration as it would be written."""
    return config_text(sources, drafts, calendar, clock().date(), zone_from)


def written(path: Path, sources: Sequence[Source], drafts: Sequence[Draft], calendar: Calendar, zone_from: str) -> None:
    """The configuration."""
    keep(path, config_of(sources, drafts, calendar, zone_from))


def log_name(path: Path) -> str:
    """What a log is called in the configuration, after its file."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", path.name.partition(".")[0]).strip("-") or "log"


def log_columns(path: Path, given: Mapping[str, str | None]) -> dict[str, object]:
    """As `columns_of`; raises UsageError for a file that is no log."""
    try:
        return columns_of(path, given)
    except ValidationError as problem:
        raise UsageError(sentence(problem.errors()[0], EventLogSettings)) from problem


def told_apart(drafts: Sequence[Draft]) -> list[str]:
    """What a command wants for each stream: its name where there are several, a day where nothing happens any more."""
    named = [f" --stream {shlex.quote(draft.stream.name)}" if len(drafts) > 1 else "" for draft in drafts]
    ends = [draft.window.end for draft in drafts]
    quiet = [f" --now {end:%Y-%m-%d}" if clock() - end > timedelta(days=1) else "" for end in ends]
    return [name + day for name, day in zip(named, quiet, strict=True)]


def keep(path: Path, text: str) -> None:
    """What does not load is not written. Raises OutputError, and ConfigError."""
    try:
        read_config(path, text)
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path, text.encode())
    except UnicodeEncodeError as problem:
        raise OutputError(
            f"{path} cannot be written: a name from the source holds half a character; rename it there"
        ) from problem
    except OSError as problem:
        raise OutputError(f"{path} cannot be written: {problem.strerror}; name another file with --config") from problem


@dataclass(frozen=True)
class News:
    """What the sources have by now that the configuration does not say."""

    additions: tuple[Addition, ...]
    unseen: Mapping[str, Sequence[str]]
    """stream -> states of its sources that no stage claims and no item was in yet"""
    troubles: tuple[str, ...]


def news_of(path: Path, progress: Progress) -> tuple[News, str, str]:
    """With the text of the configuration as it is, and as it would be."""
    config = load_config(path)
    found = [_news(config, stream, progress) for stream in config.streams]
    every = tuple(change for news in found for change in news.additions)
    unseen = {name: states for news in found for name, states in news.unseen.items()}
    before = path.read_bytes().decode()
    troubles = tuple(dict.fromkeys(trouble for news in found for trouble in news.troubles))
    return News(every, unseen, troubles), before, patched(before, every) if every else before


def _news(config: Config, stream: ConfiguredStream, progress: Progress) -> News:
    categories, troubles = _categories(config, stream)
    proposal = propose(_history(config, stream, progress), clock(), stream.calendar, Known(categories))
    claimed = set(stream.claims)
    unseen = {stream.name: [state for state in proposal.not_seen if state not in claimed]}
    return News(tuple(additions(stream, proposal)), unseen if unseen[stream.name] else {}, troubles)


def _history(config: Config, stream: ConfiguredStream, progress: Progress) -> Any:
    """All that was collected, or else a sample."""
    try:
        with opened(config) as store:
            return records_of(config, store, stream)
    except NothingYet:
        connectors = [(connector_of(config, source), scope) for source, scope in scopes_of(stream)]
        found = [
            sample(connector, scope, MOST.get(connector.name.partition(".")[0], 0), progress)
            for connector, scope in connectors
            if isinstance(connector, Surveyed)
        ]
        return together(found)


def _categories(config: Config, stream: ConfiguredStream) -> tuple[dict[str, Any], tuple[str, ...]]:
    found: dict[str, Any] = {}
    troubles: list[str] = []
    for source, scope in scopes_of(stream):
        connector = connector_of(config, source)
        if isinstance(connector, Surveyed):
            try:
                told = connector.categories(scope)
            except SourceError as problem:
                troubles.append(f"{problem}; its states are judged by their names and histories alone")
                continue
            found |= {f"{source.partition('.')[0]}:{state}": category for state, category in told.items()}
    return found, tuple(troubles)
