"""Reports of small streams, and what stands in them."""

import re
from collections.abc import Sequence
from html import unescape

from bot.app.analysis import documented
from bot.app.reports import report_of
from bot.config import ConfiguredStream
from bot.flow.analyse import read
from bot.flow.history.log import Records
from bot.flow.reconstruct import reconstruct
from bot.govern.gates import GateContext
from bot.govern.remarks import Remarks
from bot.report.page.report import Report
from bot.report.studied import Studied
from connectors.records import EventKind as K
from connectors.records import Record
from tests.build import STREAM, change, issue, records, window

MOVES = (("Open", 0), ("In Progress", 2), ("In Review", 4), ("Testing", 7), ("Ready", 8), ("Done", 10))
BACK = (("Open", 0), ("In Progress", 1), ("Testing", 4), ("In Progress", 6), ("Testing", 9), ("Done", 12))


def moved(name: str, start: float, moves: Sequence[tuple[str, float]]) -> list[Record]:
    return issue(name, *((state, start + day) for state, day in moves))


def some(number: int = 30) -> Records:
    """So many items: delivered as planned, sent back, still waiting for approval, or begun."""
    ways = (MOVES, BACK, MOVES[:3], MOVES[:2])
    told = [moved(f"PAY-{n}", n, ways[0 if n < number // 2 else n % 4]) for n in range(number)]
    return records(*told, change("PAY-2", K.ASSIGNED, 4.0, "mara"))


def report(found: Records, start: float = 7, end: float = 49, zone: str = "UTC", **changed: object) -> Report:
    """Of so many days after the first Monday; `changed`: what of the stream is otherwise."""
    stream = ConfiguredStream.model_validate(STREAM.model_dump() | changed)
    known = reconstruct(stream, found, window(start, end).model_copy(update={"timezone": zone}))
    sight, told = documented(stream, known, read(known), (), GateContext(), ())
    return report_of(Studied(stream, Remarks(), sight, told))


def section(page: str, name: str) -> str:
    found = re.search(rf'<section id="{name}".*?</section>', page, re.DOTALL)
    assert found, f"there is no section {name}"
    return found[0]


def words(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", markup)).replace("\u00a0", " ").split())


def rows(markup: str) -> list[list[str]]:
    """The cells of all tables in it, by row."""
    found = re.findall(r"<tr[^>]*>(.*?)</tr>", markup, re.DOTALL)
    return [[words(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)] for row in found]
