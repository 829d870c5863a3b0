"""What `gemba analyse --all` does: every stream by itself, on processes of this machine or on Apache Spark."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.app.analysis import analyse_stream
from bot.app.wiring import Wanted, clock, opened, window_of
from bot.config import Config
from bot.engines.answered import Answered
from bot.engines.kinds import Ways
from bot.engines.processes import cores, on_processes
from bot.errors import NothingYet, StoreError, UsageError, place_of
from connectors.errors import AccessDenied


@dataclass(frozen=True)
class Task:
    """A stream to be analysed; of the configuration only what concerns it, since it travels."""

    config: Config
    wanted: Wanted

    @property
    def name(self) -> str:
        return self.config.streams[0].name


def analyse_all(config: Config, wanted: Wanted, ways: Ways) -> Iterator[Answered]:
    """Every stream as of the same instant, in the order of the configuration, as it comes.

    Raises UsageError, StoreError and EngineError; what is wrong with one stream stands in its answer.
    """
    tasks = tasks_of(config, wanted)
    with opened(config):
        pass  # so that the store is there, and at its revision, before many come at once
    yield from on_processes(answer, tasks, min(ways.jobs or cores(), len(tasks)))


def tasks_of(config: Config, wanted: Wanted) -> Sequence[Task]:
    if not config.streams:
        raise UsageError("the configuration has no stream; add [[streams]]")
    seen = replace(wanted, now=wanted.now or clock())
    for stream in config.streams:
        window_of(stream, seen)
    return [
        Task(config.model_copy(update={"streams": (stream,), "digests": ()}), replace(seen, stream=stream.name))
        for stream in config.streams
    ]


def answer(task: Task) -> Answered:
    """The document of one stream, the same as `gemba analyse --stream` prints."""
    try:
        document = analyse_stream(task.config, task.wanted).to_json()
        return Answered(task.name, json.dumps(document, ensure_ascii=False), None)
    except (AccessDenied, NothingYet, StoreError) as problem:
        return Answered(task.name, None, str(problem))
    except Exception as problem:  # noqa: BLE001 - what nobody foresaw in one stream must not end the others
        return Answered(task.name, None, unforeseen(problem))


def unforeseen(problem: Exception) -> str:
    return f"it could not be analysed ({place_of(problem)}), and this is a fault of gemba; report it with that place"
