"""Streams on processes of this machine: each takes one at a time, so memory does not grow with their number."""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
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
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (max(1, cores() // jobs),))
    under_way: deque[Future[Answered]] = deque()
    try:
        for task in tasks:
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
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(threads: int) -> None:
    """Before a process takes its first stream: Ctrl-C is for the one that asked, and the cores are shared out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault("POLARS_MAX_THREADS", str(threads))
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Where the one that asked was killed nobody would ever tell the others to end."""
    asked = parent_process()
    if asked is not None:
        asked.join()
        os._exit(1)
