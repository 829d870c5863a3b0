"""What a reconstruction concluded of each case, kept for `bot.app.concluded`."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from bot.app.concluded import database_of, made_by
from bot.app.seen import Seen
from bot.config import Config, scopes_of
from bot.flow.clock import DAY, WorkClock, instant
from bot.flow.explain.stories import holders, stories
from bot.flow.findings.explained import Numbered
from bot.flow.history.beside import BESIDE
from bot.flow.history.log import GONE, Records
from bot.flow.model import Stream
from bot.flow.reconstruct import Reconstruction
from bot.flow.timeline.spans import Label, Outcome
from bot.kept_cases import State, conclude, concluded, state_of

AHEAD = 400 * DAY
"""So long working hours are known after what was concluded."""

SAYS = ("case", "item", "state", "court", "label", "visit", "owner")


def state_before(config: Config, stream: Stream) -> State | None:
    """Of what is kept, to be looked at before it is read; None where nothing can be kept."""
    database = _database(config)
    return state_of(database, _sources(stream)) if database and config.digest else None


def keep(config: Config, before: State | None, seen: Seen) -> None:
    """All cases, if nothing was changed meanwhile, and nothing is known of that has not happened yet."""
    found, database = seen.found, _database(config)
    last, end = _last(seen.records), instant(found.window.end)
    if before is None or database is None or last is None or last >= end or not is_settled(found):
        return
    about = {"by": made_by(config.digest), "state": before.mark, "last": last, "until": end + AHEAD}
    if _is_known(database, seen.stream, about) or state_before(config, seen.stream) != before:
        return
    tables = {"names": _names(found), "cases": _cases(found)}
    conclude(database, seen.stream.name, {**about, **_calendar(found, end), "sources": _sources(seen.stream)}, tables)


def _is_known(database: Path, stream: Stream, about: Mapping[str, Any]) -> bool:
    """The same is kept, and for a while yet."""
    kept = concluded(database, stream.name)
    same = kept is not None and all(kept.about[name] == about[name] for name in ("by", "state", "last"))
    return same and kept is not None and about["until"] - kept.about["until"] < AHEAD // 2


def _calendar(found: Reconstruction, end: int) -> dict[str, Any]:
    """Working hours since the first of what is open began to be where it is."""
    since = [at for at in (found.timeline.current()["start"].min(), end) if isinstance(at, int)]
    clock = WorkClock(found.stream.calendar, min(since), end + AHEAD)
    hours = clock.hours(min(since), end + AHEAD).tolist()
    return {"hours": hours, "timezone": found.stream.calendar.timezone, "working_day": clock.day}


def _database(config: Config) -> Path | None:
    return database_of(config.store.url, Path())


def _sources(stream: Stream) -> list[str]:
    return sorted({source for source, _ in scopes_of(stream)})


def _last(records: Records) -> int | None:
    """When the last of what is known happened; sprints and meetings, which may be planned, explain nothing."""
    items, events = records.items.frame, records.events.frame
    counts = ~items["kind"].is_in([*BESIDE])
    happened = events["at"].filter(counts.gather(events["item"]))
    ends = (happened, *items.filter(counts).select("created_at", "gone_at"))
    return max((at for at in (times.max() for times in ends) if isinstance(at, int)), default=None)


def is_settled(found: Reconstruction) -> bool:
    """Whether time alone changes nothing but how long open cases have been where they are.

    It would where an open case was taken up outside of working hours, as far as a stay in a state tells how usual
    traces of work are there (`bot.flow.evidence.activity`): it counts as ended until working time has passed.
    """
    going = found.timeline.cases.filter(pl.col("outcome") == Outcome.OPEN).select("case")
    spans = found.timeline.spans.join(going, on="case", how="semi", maintain_order="left")
    changed = pl.any_horizontal([pl.col(name).ne_missing(pl.col(name).shift(1)) for name in SAYS])
    runs = spans.with_columns(run=changed.cum_sum()).group_by("run", maintain_order=True)
    told = runs.agg(pl.col("case", "state", "label", "visit").first(), pl.col("worked").sum())
    last = pl.col("case").ne_missing(pl.col("case").shift(-1))
    works = told.with_columns(last=last).filter(pl.col("label") == Label.WORK)
    fresh = works.filter("last", pl.col("worked") == 0).select("case", "state", "visit")
    before = works.filter(~pl.col("last"), pl.col("worked") > 0)
    return not len(fresh.join(before, on=["case", "state", "visit"], how="semi"))


def _cases(found: Reconstruction) -> pl.DataFrame:
    """A row a case, and who can free it."""
    told = stories(found)
    free = holders(found, told.filter("open")["case"])
    schema: Mapping[str, Any] = {"case": pl.Int64, "holders": pl.List(pl.List(pl.String))}
    named = pl.DataFrame([(case, [list(one) for one in each]) for case, each in free.items()], schema, orient="row")
    return told.join(named, on="case", how="left").with_columns(pl.col("holders").fill_null([]))


def _names(found: Reconstruction) -> pl.DataFrame:
    """By what each case is called, as `explain` looks for it; not what else that may mean."""
    cases = dict(found.cases.members.select("item", "case").iter_rows())
    gone = {name for doubt in found.log.doubts if doubt.kind == GONE for name in doubt.items}
    other = {*gone, *(word.upper() for word in Numbered)}
    items = found.log.items.frame.select("url", "aliases", "name").iter_rows()
    known = {name.casefold(): cases.get(n) for n, told in enumerate(items) for name in _called(*told)}
    rows = [(name, case) for name, case in known.items() if case is not None and name.upper() not in other]
    return pl.DataFrame(rows, {"known": pl.String, "case": pl.Int64}, orient="row")


def _called(url: str, aliases: Iterable[str], name: str) -> Iterator[str]:
    yield from (url, *aliases, name)
