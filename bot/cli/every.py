"""`gemba analyse --all`: its options, and how it answers."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bot.engines.kinds import Engine, Ways
from bot.errors import UsageError

Every = Annotated[bool, typer.Option("--all", help="Every stream; with --json a document a line.")]
Jobs = Annotated[
    int | None, typer.Option("--jobs", metavar="N", min=1, help="With --all: how many at once. Default: one a core.")
]
OnEngine = Annotated[Engine | None, typer.Option("--engine", help="With --all: this machine, or Apache Spark.")]
Master = Annotated[
    str | None,
    typer.Option("--master", metavar="URL", help="Where Spark is, as spark://HOST:7077. Default: as it is configured."),
]
RecordsIn = Annotated[
    Path | None,
    typer.Option(
        "--records", metavar="FOLDER", help="Let Spark read the records there, where they are put as Parquet."
    ),
]
FindingsTo = Annotated[
    str | None, typer.Option("--out", metavar="FOLDER", help="Let Spark write the documents there, as Parquet.")
]


def ways_of(
    engine: Engine | None, jobs: int | None, master: str | None, records: Path | None, out: str | None
) -> Ways | None:
    """How all streams are to be carried; None: nothing is said of it. Raises UsageError for what contradicts."""
    of_spark = {"--master": master, "--records": records, "--out": out}
    given = [name for name, value in of_spark.items() if value is not None]
    if given and engine is not Engine.SPARK:
        raise UsageError(f"{given[0]} is for Spark; add --all --engine spark")
    if jobs is not None and engine is Engine.SPARK:
        raise UsageError("--jobs is for this machine; with --engine spark leave it out, since the cluster has the say")
    return None if engine is None and jobs is None else Ways(engine or Engine.LOCAL, jobs, master, records, out)


def analyse_every(config: Path, wanted: Any, ways: Ways, *, as_json: bool) -> None:
    """A document or a row for each stream; what is wrong with one is said, and then the exit status is 1."""
    from bot import terminal
    from bot.app.many import analyse_all
    from bot.cli.reading import bars
    from bot.config import load_config
    from bot.report.streams_text import Row, row, streams_text

    rows: list[Row] = []
    failed = False
    with bars() as tell:
        for answered in analyse_all(load_config(config), wanted, ways):
            tell("streams", 1)
            if answered.document is None:
                failed = True
                terminal.say(f"{answered.stream}: {answered.problem}", alarming=True)
            elif as_json:
                terminal.answer_line(answered.document)
            else:
                rows.append(row(answered.document))
    if ways.out is not None:
        terminal.say(f"written to {ways.out}")
    if rows:
        terminal.out.print(streams_text(rows, terminal.out.width))
    if failed:
        raise typer.Exit(1)
