"""Streams on Apache Spark: grouped by stream, Arrow in, Arrow out. Only here Spark is spoken to.

A group is one stream, so one stream is the most that a process of an executor holds. What travels is its name, what it
is asked, and its answer; the records are read where the executor is.
"""

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from bot.engines.answered import Answered
from bot.engines.kinds import Ways
from bot.errors import EngineError

SETTINGS = {
    "spark.executorEnv.POLARS_MAX_THREADS": "1",
    "spark.log.level": "ERROR",
    "spark.ui.showConsoleProgress": "false",
}
"""A task has one core, for Spark shares out the tasks; and stderr is ours."""

EXECUTORS = "see whether all executors have Gemba, of this version, in the Python that PYSPARK_PYTHON names"

NAMES, ANSWERS = "stream string", "stream string, document string, problem string"

FAULT = re.compile(r"(?:Caused by: )?[\w.$]+(?:Error|Exception): (.+)")
PYTHON = "Traceback (most recent call last)"
"""Where Python says what is wrong, the last line does."""

Task = TypeVar("Task")


def on_spark(
    work: Callable[[Task], Answered], tasks: Mapping[str, Task], ways: Ways, only_here: str | None = None
) -> Iterator[Answered]:
    """What `work`, a function of a module, answers of the named tasks, when all are done. Raises EngineError.

    `only_here`: why executors on other machines could not do it. The answers are kept by the executors, or in
    `ways.out`, and come here one part after another, so that they need no more memory here than their largest part.
    """
    _check_place(ways.master, only_here)
    with started(ways.master) as spark, _telling("Apache Spark could not analyse the streams", EXECUTORS):
        _check_place(spark.conf.get("spark.master"), only_here)
        names = spark.createDataFrame([(name,) for name in tasks], NAMES).repartition(len(tasks), "stream")
        told = names.groupBy("stream").applyInArrow(_group(work, tasks), ANSWERS)
        for row in _kept(spark, told, ways.out).toLocalIterator():
            yield Answered(*row)


def _check_place(master: str | None, only_here: str | None) -> None:
    if only_here and master and not master.startswith("local"):
        raise EngineError(f"--engine spark at {master}: {only_here}")


def _group(work: Callable[[Task], Answered], tasks: Mapping[str, Task]) -> Callable[[Any], Any]:
    """What is done with a group on an executor: a table of names in, a table of answers out."""

    def answered(group):  # type: ignore[no-untyped-def]
        import pyarrow

        answers = [work(tasks[name]) for name in group.column("stream").to_pylist()]
        texts = [pyarrow.array(column, pyarrow.string()) for column in zip(*answers, strict=True)]
        return pyarrow.table(texts, names=Answered._fields)

    return answered


def _kept(spark: Any, told: Any, out: str | None) -> Any:
    """The same, computed once, all parts at the same time."""
    from pyspark import StorageLevel
    from pyspark.errors import AnalysisException

    if out is None:
        kept = told.persist(StorageLevel.DISK_ONLY)
        kept.count()
        return kept
    try:
        told.write.parquet(out)
    except AnalysisException as problem:
        if problem.getCondition() == "PATH_ALREADY_EXISTS":
            raise EngineError(f"{out} is there already; name a folder with --out that is not") from problem
        raise
    return spark.read.parquet(out)


@contextmanager
def started(master: str | None) -> Iterator[Any]:
    """A session of Spark, for a while. Raises EngineError."""
    builder = _builder()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    place = master or "the master that it is configured for"
    with _telling(f"Apache Spark does not start at {place}", "look whether it is there, and what its log says"):
        spark = (builder.master(master) if master else builder).getOrCreate()
    try:
        yield spark
    finally:
        spark.stop()


def _builder() -> Any:
    try:
        import pandas  # noqa: F401 - Spark wants both, and tells of it late
        import pyarrow  # noqa: F401
        from pyspark.sql import SparkSession
    except ImportError as problem:
        raise EngineError("--engine spark needs PySpark, which is not here; run pip install gemba[spark]") from problem
    home = os.environ.get("JAVA_HOME")
    if not (Path(home, "bin", "java").exists() if home else shutil.which("java")):
        where = f"there is none in JAVA_HOME={home}" if home else "there is none here"
        raise EngineError(f"--engine spark needs Java 17 or newer, and {where}; install it, or set JAVA_HOME")
    return SparkSession.builder.appName("gemba")


@contextmanager
def _telling(what: str, advice: str) -> Iterator[None]:
    """Whatever Spark refuses, in a sentence."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException) as problem:
        raise EngineError(f"{what}: {_reason(str(problem))}; {advice}") from problem


def _reason(text: str) -> str:
    """The line that says most in what came from Java and Python, without the name of its class."""
    lines = [line.strip(" :") for line in text.splitlines() if line.strip(" :")]
    said = [match[1] for line in lines if (match := FAULT.match(line))]
    return (said or lines or ["it does not say why"])[-1 if PYTHON in text else 0].rstrip(".")
