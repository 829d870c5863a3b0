"""Listening to Slack while `gemba run` runs: a thread that keeps the connection, and one that answers in order."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from threading import Event, Thread

from bot.app.asking import Desk
from bot.config import Config
from bot.errors import StoreError, place_of
from connectors.errors import SourceError
from connectors.slack import Slack
from connectors.slack_socket import Ears, Request

log = logging.getLogger("gemba")

BEHIND = "digests may not show what was said lately"

LOOK_S, AGAIN_S = 20.0, 60.0


@contextmanager
def listening(config: Config) -> Iterator[None]:
    """While the block runs, if an app-level token is configured; what was asked by then is still answered."""
    if config.slack is None or config.slack.app is None:
        yield
        return
    stopped, asked = Event(), Queue[Request | None]()
    desk = Desk(config, Slack(config.slack))

    def hear(request: Request) -> None:
        if not desk.opens(request):
            asked.put(request)

    ears = Ears(config.slack, lambda request: attempt(hear, request))
    listens, answers = Thread(target=_keep_open, args=(ears, stopped)), Thread(target=_answer, args=(desk, asked))
    for thread in (listens, answers):
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        listens.join()
        asked.put(None)
        answers.join()


def _keep_open(ears: Ears, stopped: Event) -> None:
    """What goes wrong is said once, and that it works again."""
    said: str | None = ""
    while not stopped.is_set():
        said = _look(ears, said)
        stopped.wait(LOOK_S)
    ears.close()


def _look(ears: Ears, said: str | None) -> str | None:
    """What is wrong; None where nothing is, and empty before it was looked for the first time."""
    try:
        if not ears.is_open():
            ears.open()
    except SourceError as problem:
        if said != str(problem):
            log.error("%s", problem)
        return str(problem)
    if said is not None:
        log.info("listening to Slack%s", " (recovered)" if said else "")
    return None


def _answer(desk: Desk, asked: "Queue[Request | None]") -> None:
    """Until there is nothing that could still be asked."""
    _surely(desk.catch_up, BEHIND)
    while True:
        try:
            request = asked.get(timeout=AGAIN_S)
        except Empty:
            _surely(desk.try_again, BEHIND)
            continue
        if request is None:
            return
        attempt(desk.work, request)


def attempt(work: Callable[[Request], None], request: Request) -> None:
    """Whatever goes wrong with one request, the next is answered."""
    _surely(lambda: work(request), "a question from Slack was not answered")


def _surely(work: Callable[[], None], failed: str) -> None:
    """Or a line in the log."""
    try:
        work()
    except (SourceError, StoreError) as problem:
        log.error("%s: %s", failed, problem)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the others are answered
        log.error("%s: %s", failed, place_of(problem))
