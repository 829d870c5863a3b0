"""The items that a page does not list at once, small enough to be in it all the same; its script unfolds them.

Deflated JSON in base64: `{"stages": [...], "labels": [[text, kind], ...], "bands": {...}, "rows": [...]}`. A row is
case, item, title, url, where, start (minutes since 1970 in UTC, null: unknown), end (null: not yet), days and days
worked on (null: unknown), returns, when its first stretch begins, and its stretches one after the other as stage, label
(negative: done again, from -1 on) and length in minutes.
"""

import base64
import json
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from bot.report.kinds import BANDS
from bot.report.page.items import Stretch, lasted, stretches, where
from bot.report.page.report import Report, plain
from bot.words import is_web, unturned

CLOSER = 0.95


class Numbers(dict[Any, int]):
    """Numbers what it is asked for, in that order."""

    def __missing__(self, key: Any) -> int:
        self[key] = len(self)
        return self[key]


def packed(report: Report, after: int, room: int) -> tuple[str, int]:
    """What comes after the first so many items, and how many there are in it: as many as the characters take."""
    left = report.listed.slice(after)
    told = _pack(report, left)
    while len(told) > max(room, 0):
        left = left.head(int(len(left) * max(room, 0) / len(told) * CLOSER))
        told = _pack(report, left)
    return told, len(left)


def _pack(report: Report, items: pl.DataFrame) -> str:
    if items.is_empty():
        return ""
    stages, labels = Numbers(), Numbers()
    spans = stretches(report.spans.join(items.select("case"), on="case", how="semi"))
    rows = [_row(row, spans.get(row["case"], []), stages, labels) for row in items.iter_rows(named=True)]
    document = {"stages": list(stages), "labels": list(labels), "bands": BANDS, "rows": rows}
    written = unturned(json.dumps(document, ensure_ascii=False, separators=(",", ":"))).encode("utf-8", "replace")
    deflated = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return base64.b64encode(deflated.compress(written) + deflated.flush()).decode()


def _row(row: Mapping[str, Any], spans: list[Stretch], stages: Numbers, labels: Numbers) -> list[Any]:
    parts: list[int] = []
    for stretch in spans:
        label = labels[(stretch.label.replace(".", ": "), stretch.kind)]
        parts += [stages[stretch.stage], -1 - label if stretch.again else label, round(stretch.days * 1440)]
    return [
        row["case"],
        row["item"],
        plain(row["title"]),
        row["url"] if is_web(row["url"]) else "",
        where(row),
        _minutes(row["start"]),
        _minutes(row["end"]),
        _tenths(lasted(row)),
        _tenths(row["active"]),
        row["returns"],
        _minutes(spans[0].start if spans else None),
        parts,
    ]


def _tenths(days: float | None) -> float | None:
    return None if days is None else round(days, 1)


def _minutes(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp() // 60)
