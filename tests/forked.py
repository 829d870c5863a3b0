"""A command in a process of its own, forked where the libraries that it takes are loaded already.

It imports all of gemba by itself; only what others wrote, which takes most of a start, is there. Retries do not pause.
"""

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path

import stamina

LIBRARIES = (
    "alembic.command", "apscheduler.schedulers.background", "fontTools.ttLib", "github", "holidays", "jinja2", "jira",
    "numpy", "polars", "psycopg", "pydantic", "resvg_py", "rich.console", "rich.progress", "scipy.stats", "slack_sdk",
    "sqlalchemy", "sqlmodel", "stamina", "starlette.applications", "typer", "uvicorn",
)  # fmt: skip

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(list(LIBRARIES))


def forked(words: Sequence[str], folder: Path, environ: Mapping[str, str], out: Path, err: Path, timeout_s: int) -> int:
    """Its exit status; what it says is in the files then."""
    child = CONTEXT.Process(target=_command, args=(words, folder, environ, out, err))
    child.start()
    child.join(timeout_s)
    if child.exitcode is None:
        child.kill()
        child.join()
        raise TimeoutError(f"gemba {' '.join(words)}: {err.read_text('utf-8')}")
    status = child.exitcode
    child.close()
    return status


def _command(words: Sequence[str], folder: Path, environ: Mapping[str, str], out: Path, err: Path) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))  # noqa: SIM115
    sys.argv = ["gemba", *words]
    stamina.set_testing(True, attempts=3, cap=True)
    from bot.cli import main

    main()


def forked_each(
    commands: Sequence[Sequence[str]], folder: Path, environ: Mapping[str, str], told: Path, timeout_s: int
) -> None:
    """One after the other in one process; `told` gets a line of JSON for each: its status, and what it said."""
    child = CONTEXT.Process(target=_commands, args=(commands, folder, environ, told))
    child.start()
    child.join(timeout_s)
    if child.exitcode is None:
        child.kill()
        child.join()
        raise TimeoutError(f"after {told.read_text('utf-8')}")
    child.close()


def _commands(commands: Sequence[Sequence[str]], folder: Path, environ: Mapping[str, str], told: Path) -> None:
    out, err = told.with_suffix(".out"), told.with_suffix(".err")
    for words in commands:
        try:
            _command(words, folder, environ, out, err)
            status: object = 0
        except SystemExit as end:
            status = end.code or 0
        sys.stdout.flush()
        sys.stderr.flush()
        with told.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"status": status, "said": err.read_text("utf-8")}) + "\n")
