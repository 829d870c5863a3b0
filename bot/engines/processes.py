"""Streams on processes of this machine: each takes one at a time, so memory does not grow with their number."""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Thread
from typing import TypeVar

from bot.engines.answered import Answered
from bot.errors import EngineError

AHEAD = 8
"""Streams a process that may be done before an earlier one is: so many answers are held at most."""

Task = TypeVar("Task")


def cores() -> int:
    return os.cpu_count() or 1


def on_processes(work: Callable[[Task], Answered], tasks: Iterable[Task], jobs: int) -> Iterator[Answered]:
    """What `work`, a function of a module, answers, in the order of the tasks and as it comes. Raises EngineError.

    Processes are spawned: what is forked out of a process that has used Polars may stand still for ever.
    Source: docs.pola.rs/user-guide/misc/multiprocessing.
    """
    spawn = get_context("spawn")
    heard, wanted = spawn.Pipe(duplex=False)
    pool = ProcessPoolExecutor(jobs, spawn, _begin, (max(1, cores() // jobs), heard))
    under_way: deque[Future[Answered]] = deque()
    try:
        for task in tasks:
            with _deaf():
                under_way.append(pool.submit(work, task))
            if len(under_way) > AHEAD * jobs:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    except BrokenProcessPool as problem:
        raise EngineError(
            "a process that analysed a stream was ended from outside, most likely for want of memory; "
            "choose fewer with --jobs, or give the machine more memory"
        ) from problem
    except BaseException:
        wanted.close()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes that are born here never hear Ctrl-C, which is for the one that asked; that one hears it afterwards."""
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)


def _begin(threads: int, heard: Connection) -> None:
    """Before a process takes its first stream: the cores are shared out."""
    os.environ.setdefault("POLARS_MAX_THREADS", str(threads))
    Thread(target=_end_unwanted, args=(heard,), daemon=True).start()


def _end_unwanted(heard: Connection) -> None:
    """At once, as soon as nobody waits for answers any more: the one that asked closed the other end, or was killed."""
    heard.poll(None)
    os._exit(1)
