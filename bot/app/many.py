"""What `gemba analyse --all` does: every stream by itself, on processes of this machine or on Apache Spark."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.app.analysis import analyse_stream, documented
from bot.app.clock import clock
from bot.app.recorded import records_of
from bot.app.shipped import ship, shipped
from bot.app.wiring import Wanted, opened, stream_with_remarks, window_of
from bot.config import Config
from bot.engines.answered import Answered
from bot.engines.kinds import Engine, Ways
from bot.engines.processes import cores, on_processes
from bot.engines.spark import on_spark
from bot.errors import NothingYet, OutputError, StoreError, UsageError, place_of
from bot.flow.analyse import read
from bot.flow.reconstruct import reconstruct
from bot.govern.document import Document
from bot.govern.gates import GateContext
from connectors.errors import AccessDenied


@dataclass(frozen=True)
class Task:
    """A stream to be analysed; of the configuration only what concerns it, since it travels.

    `records`: the folder of its records, in place of the store.
    """

    config: Config
    wanted: Wanted
    records: Path | None = None

    @property
    def name(self) -> str:
        return self.config.streams[0].name


def analyse_all(config: Config, wanted: Wanted, ways: Ways) -> Iterator[Answered]:
    """Every stream as of the same instant, in the order of the configuration, as it comes; of Spark in any order.

    Raises UsageError, StoreError, OutputError and EngineError; what is wrong with one stream stands in its answer.
    """
    tasks = tasks_of(config, wanted)
    with opened(config):
        pass  # so that the store is there, and at its revision, before many come at once
    if ways.engine is Engine.LOCAL:
        yield from on_processes(answer, tasks, min(ways.jobs or cores(), len(tasks)))
    elif ways.records is None:
        yield from on_spark(answer, {task.name: task for task in tasks}, ways, _only_here(config))
    else:
        yield from _through_folder(tasks, ways, ways.records)


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


def _only_here(config: Config) -> str | None:
    """Why executors on other machines could not read the records."""
    if not config.store.url.startswith("sqlite"):
        return None
    return (
        "executors on other machines cannot read a SQLite store; move it to PostgreSQL, as docs/data-care.md says, "
        "or name a folder that all of them read with --records"
    )


def _through_folder(tasks: Sequence[Task], ways: Ways, folder: Path) -> Iterator[Answered]:
    """Put the records of one stream after another there, then let Spark read them."""
    there: dict[str, Task] = {}
    for number, task in enumerate(tasks):
        try:
            there[task.name] = _put(task, folder.resolve() / f"{number:05d}")
        except NothingYet as problem:
            yield Answered(task.name, None, str(problem))
    if there:
        yield from on_spark(answer, there, ways)


def _put(task: Task, folder: Path) -> Task:
    with opened(task.config) as store:
        stream = stream_with_remarks(task.config, store, task.wanted)
        ship(records_of(task.config, store, stream), folder)
    return replace(task, config=task.config.model_copy(update={"streams": (stream,)}), records=folder)


def answer(task: Task) -> Answered:
    """The document of one stream, the same as `gemba analyse --stream` prints."""
    try:
        return Answered(task.name, json.dumps(_document(task).to_json(), ensure_ascii=False), None)
    except (AccessDenied, NothingYet, OutputError, StoreError) as problem:
        return Answered(task.name, None, str(problem))
    except Exception as problem:  # noqa: BLE001 - what nobody foresaw in one stream must not end the others
        return Answered(task.name, None, unforeseen(problem))


def _document(task: Task) -> Document:
    """From records alone it has no goals and no plan, for what is kept of them lies in the store."""
    if task.records is None:
        return analyse_stream(task.config, task.wanted)
    stream = task.config.streams[0]
    found = reconstruct(stream, shipped(task.records), window_of(stream, task.wanted))
    without_goals = stream.model_copy(update={"key_results": (), "gates": (), "plan": ()})
    return documented(without_goals, found, read(found), (), GateContext(), ())[1]


def unforeseen(problem: Exception) -> str:
    return f"it could not be analysed ({place_of(problem)}), and this is a fault of gemba; report it with that place"
