"""The event log as XES (IEEE 1849-2016): a trace a case, an event each time that something entered a state.

No event says who did it (`org:resource`): teams are measured, never persons. Characters that XML cannot hold become the
replacement character.
"""

from collections.abc import Iterator, Mapping

import polars as pl

from bot.export.place import Place
from bot.export.told import Told

CASES = 5_000
"""Cases that are put into words at once."""

NOT_XML = r"[^\x09\x0A\x0D\x20-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}]"
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<global scope="trace">
<string key="concept:name" value="unknown"/>
</global>
<global scope="event">
<string key="concept:name" value="unknown"/>
<string key="lifecycle:transition" value="complete"/>
<date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>
</global>
<classifier name="Activity" keys="concept:name"/>
<classifier name="Activity and lifecycle" keys="concept:name lifecycle:transition"/>
<classifier name="Stage" keys="stage"/>
"""
MILLISECONDS, MICROSECONDS = "%Y-%m-%dT%H:%M:%S%.3f+00:00", "%Y-%m-%dT%H:%M:%S%.6f+00:00"


def write_xes(told: Told, place: Place) -> None:
    with place.file() as file:
        about = pl.DataFrame({"name": [told.found.stream.name]}).select(_string("concept:name", pl.col("name")))
        head = f'{HEAD}{about.item()}\n<string key="lifecycle:model" value="standard"/>\n'
        file.write(head.encode())
        for text in _traces(told):
            file.write(text.encode())
        file.write(b"</log>\n")


def _traces(told: Told) -> Iterator[str]:
    events, cases = told.events, _cases(told)
    exact = events.filter(pl.col("at") % 1000 != 0).is_empty()
    times = MILLISECONDS if exact else MICROSECONDS
    names: dict[int, str] = {n: told.found.log.items[n].name for n in events["item"].unique()}
    order = events.select("case").unique(maintain_order=True).with_row_index("number")
    numbered = events.join(order, on="case", how="left", maintain_order="left")
    for start in range(0, len(order), CASES):
        some = numbered.filter(pl.col("number").is_between(start, start + CASES, closed="left"))
        told_events = some.select("case", text=_event(names, times)).group_by("case", maintain_order=True)
        traces = told_events.agg(pl.col("text").str.join("\n"))
        both = traces.join(cases, on="case", how="left", maintain_order="left")
        whole = pl.format("<trace>\n{}{}\n</trace>\n", "head", "text")
        yield "".join(both.select(whole).to_series())


def _cases(told: Told) -> pl.DataFrame:
    """case, head: the attributes of its trace."""
    items = told.found.log.items
    roots = list(told.found.cases.roots)
    outcomes = told.items.select("case", "outcome")
    table = pl.DataFrame(
        [(n, items[n].name, items[n].title, items[n].type, items[n].url or None) for n in roots],
        {"case": pl.Int64, "name": pl.String, "title": pl.String, "type": pl.String, "url": pl.String},
        orient="row",
    ).join(outcomes, on="case", how="left", maintain_order="left")
    keys = {"name": "concept:name", "title": "title", "type": "type", "url": "url", "outcome": "outcome"}
    parts = [_optional(key, pl.col(column)) for column, key in keys.items()]
    return table.select("case", head=pl.concat_str(parts))


def _event(names: Mapping[int, str], times: str) -> pl.Expr:
    at = pl.from_epoch("at", "us").dt.to_string(times)
    other = pl.when(pl.col("item") != pl.col("case")).then(
        pl.col("item").replace_strict(names, default=None, return_dtype=pl.String)
    )
    parts = [
        _string("concept:name", pl.col("activity")),
        _string("lifecycle:transition", pl.col("lifecycle")),
        pl.format('<date key="time:timestamp" value="{}"/>', at),
        _optional("stage", pl.col("stage")),
        _optional("item", other),
    ]
    return pl.format("<event>{}</event>", pl.concat_str(parts))


def _string(key: str, text: pl.Expr) -> pl.Expr:
    return pl.format(f'<string key="{key}" value="{{}}"/>', _escaped(text))


def _optional(key: str, text: pl.Expr) -> pl.Expr:
    """Nothing where it is unknown."""
    return pl.when(text.is_null()).then(pl.lit("")).otherwise(_string(key, text.fill_null("")))


def _escaped(text: pl.Expr) -> pl.Expr:
    clean = text.str.replace_all(NOT_XML, "\ufffd")
    return clean.str.replace_many([*ENTITIES], [*ENTITIES.values()])
