"""Lens: what share of the finished work and of the touch serves which key result, and what share serves none."""

from collections.abc import Mapping

import polars as pl

from bot.flow.clock import instant
from bot.flow.evidence.activity import Activity
from bot.flow.findings.sprints import Serving
from bot.flow.history.log import Log
from bot.flow.model import Stream, Window
from bot.flow.sprints.served import shares, worked_in


def serving(
    stream: Stream, activity: Activity, log: Log, served: Mapping[str, frozenset[int]], window: Window
) -> Serving | None:
    """Of what was finished and worked on in the window; None where no key result says what serves it."""
    if not stream.serving:
        return None
    cases = activity.mid.cases.select(
        "case", place=pl.lit(0), start=pl.lit(instant(window.start)), end=pl.lit(instant(window.end))
    )
    done = activity.mid.arrived(window)["case"].to_list()
    touched = [worked_in(timeline, cases).get(0, {}) for timeline in (activity.low, activity.high)]
    return shares(served, log.items, done, touched)
