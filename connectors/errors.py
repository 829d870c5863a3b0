"""What can go wrong at a source, sorted by what happens next. The text says what to do.

SourceError
  + SourceUnavailable    try again later; nothing is lost
    - RateLimited        the source says when
    - Unanswered         it may have been done: look for it before it is sent again
  + AccessDenied         a person must act: token, permission, name of a scope
    - NotThere           what was named is not there (any more)
  + PayloadUnreadable    it is kept, or asked for again with the next census; `gemba replay` reads what is kept
"""

from collections.abc import Iterator
from contextlib import contextmanager


class SourceError(Exception):
    """Something is wrong at a source."""


class SourceUnavailable(SourceError):
    """The source did not answer, or not as it should; the next run asks again."""

    retry_after_s: float | None = None


class RateLimited(SourceUnavailable):
    """The source asks to wait."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unanswered(SourceUnavailable):
    """It was sent and no answer came, so it may have been done: look for it, after a while, before it is sent again."""


class AccessDenied(SourceError):
    """Token, permission or name is wrong; waiting does not help."""


class NotThere(AccessDenied):
    """The request names something that the source does not know."""


class PayloadUnreadable(SourceError):
    """Something came in a shape that is not known."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"cannot read {place}: {problem}")


UNSHAPED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What goes wrong where something has not the shape it is taken to have, or is nested without an end."""


REPORT = "report it with this sentence, and run `gemba replay` with the gemba that mends it"


@contextmanager
def reading(place: str) -> Iterator[None]:
    """Whatever goes wrong inside because of the shape of what is read becomes PayloadUnreadable with its place."""
    try:
        yield
    except UNSHAPED as problem:
        told = f"its shape is not known ({type(problem).__name__} {problem}); {REPORT}"
        raise PayloadUnreadable(place, told) from problem
