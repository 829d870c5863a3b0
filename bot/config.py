"""config.toml -> a frozen `Config`. Unknown keys are refused by name, with the nearest known one."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import PrivateAttr, ValidationError, field_validator, model_validator

from bot.config_faults import Location, sentence
from bot.config_secrets import held
from bot.errors import ConfigError
from bot.flow.future.changes import read_change
from bot.flow.model import Calendar, Court, Frozen, Serves, StageKind, Stream, Waste, Weekday
from bot.govern.gates import Gate
from bot.govern.key_results import KeyResult
from bot.govern.metrics import check_metric
from bot.govern.plan import PlanItem
from bot.run_settings import (
    BackupConfig,
    HealthConfig,
    PrivacyConfig,
    RetentionConfig,
    ScheduleConfig,
    StoreConfig,
    TimeOfDay,
)
from bot.serve_settings import ServeSettings
from bot.words import count, did_you_mean
from bot.written import written
from connectors.jira_settings import PROJECT_KEY
from connectors.mail import MAIL_ADDRESS, MailSettings, nameless
from connectors.network import NetworkSettings, in_words, use
from connectors.people import judged
from connectors.records import Person
from connectors.registry import CONNECTORS
from connectors.settings import ConfiguredPath, SourceSettings
from connectors.slack_settings import SlackSettings

NOT_DELIVERED = (
    "won't do",
    "won't fix",
    "wont fix",
    "duplicate",
    "cannot reproduce",
    "can't reproduce",
    "declined",
    "invalid",
    "not a bug",
    "not a problem",
    "incomplete",
    "rejected",
    "abandoned",
    "obsolete",
    "cancelled",
    "canceled",
)
"""Resolutions that close an item without delivering it, as Jira sites commonly name them."""


class DigestConfig(Frozen):
    """A weekly message to a channel of Slack, by mail, or as a page in a folder."""

    stream: str
    """of which it tells"""
    channel: str | None = None
    """the channel of Slack, by its name, or by its id, as a private one must be"""
    mail: tuple[str, ...] = ()
    """or the addresses to which it is mailed"""
    folder: ConfiguredPath | None = None
    """or where a page a week is put"""
    day: Weekday = "mon"
    """on a holiday the next working day of the week"""
    at: TimeOfDay = "09:00"
    """in the zone of the stream"""
    quiet: Literal["line", "silent", "full"] = "line"
    """what a week without news is: one line, nothing, or as any other"""

    @property
    def place(self) -> str:
        """Where it goes, in words that name nobody."""
        if self.mail:
            return f"mail to {count(len(self.mail), 'address', 'addresses')}"
        return self.channel or str(self.folder)

    @property
    def mark(self) -> str:
        """What tells its place from all others; it names nobody, either."""
        return f"mail {nameless(' '.join(sorted(self.mail)))}" if self.mail else self.place

    @model_validator(mode="after")
    def _one_place(self) -> "DigestConfig":
        if (self.channel is not None) + bool(self.mail) + (self.folder is not None) != 1:
            raise ValueError(
                'a digest goes to one place; write channel = "#payments", mail = ["..."] or folder = "digests"'
            )
        return self

    @field_validator("mail")
    @classmethod
    def _addresses(cls, mail: tuple[str, ...]) -> tuple[str, ...]:
        for address in mail:
            if not MAIL_ADDRESS.fullmatch(address):
                raise ValueError(f'"{address}" is no mail address; write it as NAME@HOST, without a name around it')
        return mail


class ConfiguredStream(Stream):
    """One product, from a trigger to a delivery, with what is to become of it."""

    not_delivered: tuple[str, ...] = NOT_DELIVERED
    """resolutions that close an item without delivering it; default: the usual ones, as Duplicate"""
    key_results: tuple[KeyResult, ...] = ()
    """what is to be reached"""
    plan: tuple[PlanItem, ...] = ()
    """what is to be changed"""
    gates: tuple[Gate, ...] = ()
    """where it is decided whether to go on"""

    @property
    def serving(self) -> Mapping[str, Serves]:
        return {result.name: result.serves for result in self.key_results if result.serves}

    @model_validator(mode="after")
    def _measurable(self) -> "ConfiguredStream":
        stages = [s.name for s in self.stages[: self.position(self.end)] if s.kind is not StageKind.DROPPED]
        approvals = [stage.name for stage in self.stages if stage.kind is StageKind.APPROVAL]
        queues: list[str] = [*approvals, Court.AWAITING_REVIEW]
        names: dict[str, list[str]] = {"stages": stages, "queues": queues, "wastes": list(Waste)}
        for result in self.key_results:
            if result.metric is not None:
                check_metric(result.metric, names)
        return self

    @model_validator(mode="after")
    def _goals_have_names(self) -> "ConfiguredStream":
        for what, found in (("key results", self.key_results), ("gates", self.gates), ("changes", self.plan)):
            names = [goal.name.casefold() for goal in found]
            for goal in found:
                if names.count(goal.name.casefold()) > 1:
                    raise ValueError(f'two {what} are called "{goal.name}"; rename one')
        return self

    @model_validator(mode="after")
    def _gates_judge(self) -> "ConfiguredStream":
        known = [result.name for result in self.key_results]
        for gate in self.gates:
            for name in gate.key_results:
                if name not in known:
                    near = did_you_mean(name, known)
                    wrong = f'the gate "{gate.name}" judges "{name}", which is no key result'
                    raise ValueError(f"{wrong}{near or '; name one of its stream, or add it there'}")
            if not known or (gate.on and not gate.judges(self.key_results, gate.on)):
                of = f" of the quarter of {gate.on} or of the one before" if gate.on else ""
                raise ValueError(
                    f'the gate "{gate.name}" judges nothing, for there is no key result{of}; '
                    "add [[streams.key_results]]"
                )
        return self

    @model_validator(mode="after")
    def _traced(self) -> "ConfiguredStream":
        for item in self.plan:
            if item.change:
                try:
                    read_change(item.change, item.waste, self)
                except ValueError as problem:
                    raise ValueError(f'plan "{item.name}": {problem}') from problem
        return self


class Config(Frozen):
    """Everything in config.toml."""

    store: StoreConfig = StoreConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    privacy: PrivacyConfig = PrivacyConfig()
    retention: RetentionConfig = RetentionConfig()
    calendar: Calendar = Calendar()
    connectors: Mapping[str, Mapping[str, SourceSettings]] = {}
    streams: tuple[ConfiguredStream, ...] = ()
    slack: SlackSettings | None = None
    mail: MailSettings | None = None
    digests: tuple[DigestConfig, ...] = ()
    serve: ServeSettings = ServeSettings()
    backup: BackupConfig | None = None
    health: HealthConfig | None = None
    network: NetworkSettings = NetworkSettings()
    _digest: str = PrivateAttr("")

    @property
    def digest(self) -> str:
        """Of the file it was read from; empty where it was read from none."""
        return self._digest

    @field_validator("streams")
    @classmethod
    def _apart(cls, streams: tuple[ConfiguredStream, ...]) -> tuple[ConfiguredStream, ...]:
        names = [stream.name.casefold() for stream in streams]
        for stream in streams:
            if names.count(stream.name.casefold()) > 1:
                raise ValueError(f'two streams are called "{stream.name}"; rename one')
        return streams

    @model_validator(mode="after")
    def _digests_name_streams(self) -> "Config":
        for digest in self.digests:
            self.stream(digest.stream)
            if digest.channel is not None and self.slack is None:
                raise ValueError("digests are configured but [slack] is missing; add it, with token_env or token_file")
            if digest.mail and self.mail is None:
                raise ValueError("a digest goes by mail but [mail] is missing; add it, with host and sender")
        return self

    @model_validator(mode="after")
    def _counted_somewhere(self) -> "Config":
        for stream in self.streams:
            for result in stream.key_results:
                if result.jql is not None:
                    self.counter(stream, result)
        return self

    @model_validator(mode="after")
    def _tracked_somewhere(self) -> "Config":
        for stream in self.streams:
            for item in stream.plan:
                if item.issue is not None:
                    self.tracker(item, stream)
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """`<kind>.<name>` of every connector."""
        return tuple(f"{kind}.{name}" for kind, named in self.connectors.items() for name in named)

    def tracker(self, item: PlanItem, stream: ConfiguredStream) -> tuple[str, str]:
        """The connector and the project in which the issue of a change is made. Raises ValueError where none is."""
        named, _, project = (item.issue or "").rpartition("/")
        if not PROJECT_KEY.fullmatch(project):
            raise ValueError(f'plan "{item.name}": issue = "{item.issue}" is no project; write PAY, or jira.acme/PAY')
        return self._jira(stream, named or None, f'plan "{item.name}"', "keeps it, as jira.acme/PAY"), project

    def counter(self, stream: ConfiguredStream, result: KeyResult) -> str:
        """The connector that counts what a JQL finds. Raises ValueError where it is not plain which."""
        return self._jira(stream, result.source, f'key result "{result.name}"', "counts, with source")

    def _jira(self, stream: ConfiguredStream, named: str | None, what: str, how: str) -> str:
        """The named one, or the only one that the stream reads, or that there is."""
        every = [f"jira.{name}" for name in self.connectors.get("jira", {})]
        read = [name for name in every if any(source == name for source, _ in scopes_of(stream))] or every
        if named is None and len(read) == 1:
            return read[0]
        if named not in every:
            wanted = f'"{named}" is no Jira' if named else f"say which Jira {how}"
            raise ValueError(f"{what}: {wanted}; there are {', '.join(every) or 'none'}")
        return named

    def stream(self, name: str | None) -> ConfiguredStream:
        """The named stream, or the only one. Raises ValueError with the names there are."""
        if name is None and len(self.streams) == 1:
            return self.streams[0]
        names = {stream.name.casefold(): stream for stream in self.streams}
        if name is None or name.casefold() not in names:
            wanted = f'there is no stream "{name}"' if name else "choose a stream with --stream"
            raise ValueError(
                f"{wanted}; the configuration has {', '.join(s.name for s in self.streams) or 'none: add [[streams]]'}"
            )
        return names[name.casefold()]

    def judged(self, person: Person) -> Person:
        """As a bot, too, if the configuration has come to say so since the name was read; or as none."""
        kind, _, name = person.source.partition(".")
        return judged(person, self.connectors[kind][name])


def scopes_of(stream: Stream) -> list[tuple[str, str]]:
    """(source, project or repository) of everything the stream reads."""
    return [(source.partition("/")[0], source.partition("/")[2]) for source in stream.sources]


def load_config(path: Path) -> Config:
    """Raises ConfigError. From then on this process reaches the network as `[network]` says."""
    config, is_open = _read(path)
    secrets = [*held(config.store.url, config.network.proxy, config.connectors)]
    if secrets and is_open:
        raise ConfigError(
            [f"{path}: {place}, and other users of this machine can read it: chmod 600 {path}" for place in secrets]
        )
    try:
        use(config.network)
    except ValueError as problem:
        raise ConfigError([f"{path}: network.{problem}"]) from problem
    return config


def _read(path: Path) -> tuple[Config, bool]:
    """With whether others can read it, too."""
    try:
        found = written(path)
    except FileNotFoundError as problem:
        raise ConfigError(
            [f"there is no {path}: run gemba init to have it written, or name another file with --config"]
        ) from problem
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(
            [f"{path} cannot be read ({in_words(problem)}); name a file that this account may read, in UTF-8"]
        ) from problem
    config = read_config(path, found.text)
    config._digest = found.digest
    return config, found.is_open


def read_config(path: Path, text: str) -> Config:
    """What the text would say as the file of that path. Raises ConfigError."""
    try:
        found = tomllib.loads(text)
    except (ValueError, RecursionError) as problem:
        raise ConfigError(
            [f"{path} is not valid TOML: {problem}; correct that line (toml.io says how it is written)"]
        ) from problem
    return _validated(path, found)


def _validated(path: Path, found: dict[str, Any]) -> Config:
    connectors, faults = _connectors(found.pop("connectors", {}), path.parent)
    streams = found.get("streams")
    inherited: set[Location] = set()
    for number, stream in enumerate(streams if isinstance(streams, list) else ()):
        if isinstance(stream, dict) and "calendar" not in stream:
            stream["calendar"] = found.get("calendar", {})
            inherited.add(("streams", number, "calendar"))
        if isinstance(stream, dict) and isinstance(stream.get("sources"), list):
            stream["sources"] = [scope for source in stream["sources"] for scope in _spelt_out(source, connectors)]
    try:
        config = Config.model_validate({**found, "connectors": connectors}, context={"folder": path.parent})
    except ValidationError as problem:
        faults += [sentence(error, Config) for error in problem.errors() if error["loc"][:3] not in inherited]
    if not faults:
        faults = [*_unknown_sources(config), *_unknown_states(config)]
    if faults:
        raise ConfigError([f"{path}: {fault}" for fault in dict.fromkeys(faults)])
    return _beside(config, path.parent)


def _unknown_sources(config: Config) -> Iterator[str]:
    known = [
        f"{kind}.{name}/{scope}"
        for kind, named in config.connectors.items()
        for name, settings in named.items()
        for scope in settings.scopes
    ]
    for stream in config.streams:
        for source in stream.sources:
            if source not in known:
                near = did_you_mean(source, known)
                yield f'stream "{stream.name}" reads "{source}", which no connector collects{near}'


def _unknown_states(config: Config) -> Iterator[str]:
    """States of a source that there is not, and turns of a change request that there are not."""
    for stream in config.streams:
        for state in _named_states(stream):
            kind, _, name = state.partition(":")
            if kind not in CONNECTORS:
                near = did_you_mean(kind, CONNECTORS)
                yield f'stream "{stream.name}": the state "{state}" is of no known source{near}'
            elif not CONNECTORS[kind].names_states and name not in set(Court):
                known = f"{did_you_mean(name, Court)}; known are {', '.join(Court)}"
                yield f'stream "{stream.name}": "{state}" is no state of {kind}{known}'


def _named_states(stream: Stream) -> Iterator[str]:
    """Of its stages, and of its milestones where these are no stages."""
    yield from (state for stage in stream.stages for state in stage.states)
    names = [stage.name for stage in stream.stages]
    yield from (m for m in (stream.anchor, stream.decided) if m is not None and m not in names)


def _connectors(found: object, folder: Path) -> tuple[dict[str, dict[str, SourceSettings]], list[str]]:
    """`[connectors.<kind>.<name>]`, each read by the settings of its kind."""
    read: dict[str, dict[str, SourceSettings]] = {}
    faults: list[str] = []
    for kind, name, table in _named_tables(found):
        if kind not in CONNECTORS:
            faults.append(
                f"connectors.{kind}: there is no such kind of source{did_you_mean(kind, CONNECTORS)}; "
                f"known are {', '.join(CONNECTORS)}"
            )
            continue
        try:
            settings = CONNECTORS[kind].settings.model_validate(table, context={"folder": folder})
            read.setdefault(kind, {})[name] = settings
        except ValidationError as problem:
            faults += [sentence(e, CONNECTORS[kind].settings, ("connectors", kind, name)) for e in problem.errors()]
    return read, faults


def _spelt_out(source: object, connectors: Mapping[str, Mapping[str, SourceSettings]]) -> list[object]:
    """A source without a scope stands for all it has."""
    kind, _, name = str(source).partition(".")
    settings = connectors.get(kind, {}).get(name)
    return [f"{source}/{scope}" for scope in settings.scopes] if settings else [source]


def _named_tables(found: object) -> Iterator[tuple[str, str, object]]:
    for kind, named in found.items() if isinstance(found, dict) else ():
        for name, table in named.items() if isinstance(named, dict) else ((kind, named),):
            yield kind, name, table


def _beside(config: Config, folder: Path) -> Config:
    """A relative SQLite path starts at the configuration file."""
    prefix, _, path = config.store.url.partition(":///")
    if prefix != "sqlite" or path in ("", ":memory:") or Path(path).is_absolute():
        return config
    return config.model_copy(update={"store": StoreConfig(url=f"sqlite:///{(folder / path).resolve()}")})
