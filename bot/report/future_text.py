"""What changes would do, on a terminal."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.flow.findings.future import BackTest, Future, FutureState, Moved
from bot.report.future_map import FutureMap, notes, sure, words_of
from bot.report.map_layout import UNNAMED
from bot.words import UNKNOWN, amount, count, day, duration, signed_days

NOTHING = (
    "Nothing is planned that could be replayed: name a change with --change, or ask with --suggest what would help."
)


def future_text(state: FutureState, *, suggest: bool) -> RenderableType:
    """The changes, what would help most if that was asked for, and whether the past was told right."""
    window = state.window
    days = f"{day(window.start, window.timezone)} to {day(window.last, window.timezone)}"
    replayed = f"{count(state.items, 'delivered item')}, replayed as if it had been so"
    every = (*state.changes, *((state.together,) if state.together else ()))
    return Group(
        Text.assemble((state.stream.name, "bold"), f" · {days} · {replayed}"),
        *_titled("What changes would do", every),
        *(_suggestions(state) if suggest else [Text(NOTHING)] if not every else []),
        Text(),
        Text(back_test(state.back_test)),
    )


def back_test(found: BackTest) -> str:
    """One line."""
    if found.coverage is None:
        return f"Back-test: {found.reason}. So nothing is predicted."
    if not found.passed:
        return f"Back-test failed: {found.reason}. So nothing is predicted."
    against = f"CRPS {found.score:.2f}, of the weeks before as they were {found.naive:.2f}"
    return f"Back-test held: {found.reason}; {against}."


def futures(changes: Sequence[Future]) -> RenderableType:
    """A table of changes with their effect, or why there is none."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("", "against", "mean lead time", "change", "80 % interval", "85 % within", "item-days a week", ""):
        table.add_column(name)
    for each in changes:
        table.add_row(*(Text(cell) for cell in _row(each)))
    return table


def future_map_text(found: FutureMap) -> RenderableType:
    """The current and the future state side by side."""
    (now, then), unit = found.ladders, found.ladders[0].unit
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("stage")
    for name in ("works\nnow", "\nafter", "waits\nnow", "\nafter", "\ndifference"):
        table.add_column(name, justify="right", no_wrap=True)
    for stage, a, b in zip(found.effect.stages, now.steps, then.steps, strict=True):
        cells = (a.works_told, b.works_told, a.waits_told, b.waits_told, unit.signed(b.ticks - a.ticks))
        table.add_row(stage.name or UNNAMED, *cells)
    sums = (
        now.whole.works_told,
        then.whole.works_told,
        now.whole.waits_told,
        then.whole.waits_told,
        unit.signed(then.whole.ticks - now.whole.ticks),
    )
    table.add_row("sum", *sums, style="bold")
    changes = (Text(f"{n}. {words_of(each)}") for n, each in enumerate(found.changes, start=1))
    head = Text.assemble((found.state.stream.name, "bold"), f": mean lead time {now.whole.total} → {then.whole.total}")
    return Group(
        head, *changes, Text(), table, Text(), Text(sure(found)), *(Text(n, style="dim") for n in notes(found))
    )


def _titled(title: str, changes: Sequence[Future]) -> list[RenderableType]:
    return [Text(), Text(title, style="bold"), futures(changes)] if changes else []


def _suggestions(state: FutureState) -> list[RenderableType]:
    if state.suggestions:
        return _titled("What would help most, each alone", state.suggestions)
    why = "" if state.back_test.passed else ", since the back-test fails"
    return [Text(), Text(f"Nothing is suggested{why or ': nothing that was found would help by more than chance'}.")]


def _row(each: Future) -> Iterator[str]:
    yield each.what if each.name in (each.what, "all together") or not each.name else f"{each.name} ({each.what})"
    yield each.waste or "several"
    if each.effect is None:
        yield from (UNKNOWN, UNKNOWN, "", "", "", f"cannot be told: {each.reason}")
        return
    mean, p85 = each.effect.mean, each.effect.p85
    yield f"{duration(mean.before)} → {duration(mean.after)}"
    yield ("at least " if each.at_least else "") + signed_days(mean.change)
    yield _interval(mean)
    yield f"{duration(p85.before)} → {duration(p85.after)}"
    yield amount(each.effect.item_days_per_week)
    yield count(each.items, "item")


def _interval(moved: Moved) -> str:
    return f"{signed_days(moved.low)} to {signed_days(moved.high)}"
