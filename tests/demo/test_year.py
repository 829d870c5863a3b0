"""A year of the simulated company, told from start to end: what was found, promised, changed, and what came of it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from importlib.resources import files
from pathlib import Path
from statistics import mean
from threading import Event

import pytest

from bot import plans
from bot.app.analysis import documented
from bot.app.plans import predict
from bot.app.recorded import records_of
from bot.app.wiring import connectors_of
from bot.collect import Ways, collect
from bot.config import Config, load_config
from bot.demo.company import Habits, simulate
from bot.demo.days import ZONE
from bot.demo.stand_ins import TOKEN, stand_ins
from bot.demo.stories import Company
from bot.digest.compose import compose
from bot.flow.analyse import read
from bot.flow.findings.future import Future
from bot.flow.future.foresee import foresee
from bot.flow.model import Waste, Window
from bot.flow.reconstruct import reconstruct
from bot.goals import gate_context, record
from bot.govern.chain import GateRecord
from bot.govern.document import Document, pack_of
from bot.govern.plan import PlanItem
from bot.govern.plan_part import PlanPart
from bot.standing import Asked, follow
from bot.store import Store
from tests.commands import private

END = datetime(2026, 12, 28, 6, tzinfo=UTC)
CHANGED = datetime(2026, 8, 3, tzinfo=ZONE)
WEEKDAYS = (0, 1, 2, 3, 4)
DAILY = PlanItem(
    name="Deploy daily",
    waste=Waste.WAITING,
    owner="Release engineer",
    due=date(2026, 8, 3),
    change={"deploy": "Ready to deploy", "on": "daily"},
)
GOALS = """
[[streams.key_results]]
objective = "Ship in days"
name = "{name}"
metric = '{metric}'
baseline = {baseline}
target = {target}
quarter = "2026-Q{quarter}"

[[streams.gates]]
name = "Quarter"
every = "quarter"

[slack]"""

KEY_RESULTS = {
    3: {"name": "Half within 20 days", "metric": "lead_time.p50", "baseline": 24.0, "target": 20.0},
    4: {"name": "Deployed in a day", "metric": 'stages["Ready to deploy"].wait_time', "baseline": 4.0, "target": 1.5},
}
"""By quarter."""


def company(later: tuple[int, ...] | None) -> Company:
    """Deploys on Tuesdays, and from August on as said."""
    return simulate(END, habits=Habits(52, 12, releases_later=(CHANGED, later) if later else None))


@dataclass(frozen=True)
class Year:
    """What was collected, seen as of any day."""

    folder: Path
    store: Store

    def config(self, quarter: int) -> Config:
        template = (self.folder / "template.toml").read_text()
        path = self.folder / f"q{quarter}.toml"
        path.write_text(template.replace("[slack]", GOALS.format(quarter=quarter, **KEY_RESULTS[quarter])))
        return load_config(path)

    def seen(self, day: str, quarter: int = 4) -> Document:
        now, config = self.at(day), self.config(quarter)
        stream = config.streams[0]
        window = Window(start=now - timedelta(weeks=13), end=now, timezone=str(ZONE))
        records = records_of(config, self.store, stream)
        found = reconstruct(stream, records, window)
        analysis = read(found)
        results = follow(self.store, Asked(config, stream, records, now, now, analysis))
        courses = plans.courses_of(self.store, stream, now)
        return documented(stream, found, analysis, results, gate_context(self.store, stream), courses)[1]

    def ideas(self, day: str) -> tuple[Future, ...]:
        """What would help most."""
        config, now = self.config(4), self.at(day)
        stream = config.streams[0]
        window = Window(start=now - timedelta(weeks=13), end=now, timezone=str(ZONE))
        found = reconstruct(stream, records_of(config, self.store, stream), window)
        return foresee(found, read(found), (), suggest=True).suggestions

    def at(self, day: str) -> datetime:
        return datetime.fromisoformat(day).replace(tzinfo=ZONE).astimezone(UTC)


@pytest.fixture
def year(tmp_path: Path) -> Iterator[Year]:
    """Collected at its end by the real connectors; what came later than a day is not seen on it."""
    private(tmp_path / "token", TOKEN)
    (tmp_path / "meetings.ics").write_text("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t\r\nEND:VCALENDAR\r\n")
    text = files("bot.presets").joinpath("software-delivery.toml").read_text()
    head, rest = text.split("[[streams.key_results]]", 1)
    with stand_ins(company(WEEKDAYS)) as addresses:
        whole = head + "[slack]" + rest.split("[slack]", 1)[1]
        (tmp_path / "template.toml").write_text(whole.format(**asdict(addresses), quarter="2026-Q4", due="2026-12-30"))
        store = Store.open(f"sqlite:///{tmp_path / 'gemba.db'}")
        year = Year(tmp_path, store)
        collect(connectors_of(year.config(4)), store, lambda: END, Ways(lambda *_: None, False, None, Event()))
    yield year
    store.close()


def true_effect() -> float:
    """Mean days that daily deployments took off what came after them: the same year without the change."""
    both = zip(company(None).items, company(WEEKDAYS).items, strict=True)
    over = [(a, b) for a, b in both if a.created >= CHANGED and a.resolution == b.resolution == "Done"]
    return mean((b.moves[-1].at - a.moves[-1].at) / timedelta(days=1) for a, b in over)


def test_a_year_is_told_from_start_to_end(year: Year) -> None:
    """Waste found, change planned with a promise, goal and gate set, change made, effect awaited, promise judged."""
    stream, store = year.config(3).streams[0], year.store

    july = year.seen("2026-07-06", quarter=3)
    assert (july.wastes[0].waste, july.wastes[0].evidence[0].what) == (Waste.WAITING, "Ready to deploy")
    assert DAILY.change in [idea.change for idea in year.ideas("2026-07-06")]

    begun, made = year.at("2026-07-06"), year.at("2026-08-03")
    plans.add(store, stream, DAILY, begun)
    plans.start(store, stream, DAILY.name, begun, begun, partial(predict, year.config(3), store, stream, begun, begun))
    promised = plans.courses_of(store, stream, begun)[0].prediction
    assert promised is not None
    assert promised.future is not None
    assert promised.future.effect is not None
    assert promised.future.effect.mean.low < true_effect() < promised.future.effect.mean.high < 0

    plans.finish(store, stream, DAILY.name, made, made)
    august = year.seen("2026-08-24", quarter=3)
    assert plan_item(august).verdict == "too early"
    assert august.key_results[0].coming == DAILY.name
    assert august.gates[0].verdict == "pivot"
    assert "too early" in digest(august, "Planned changes")

    november = year.seen("2026-12-07")
    came = plan_item(november)
    assert (came.verdict, came.faults, came.prediction) == ("as predicted", (), promised)
    assert "as predicted" in digest(november, "Planned changes")

    december = year.seen("2026-12-21")
    assert december.key_results[0].verdict == "continue"
    assert december.gates[0].verdict == "continue"
    assert "its thresholds say continue" in digest(december, "Key results and gates")

    kept = record(store, decided(december, "continue"))
    known = gate_context(store, stream).recorded["Quarter", "2026-12-31"][0]
    assert (known.hash, known.intact) == (kept.hash, True)


def plan_item(document: Document) -> PlanPart:
    return next(part for part in document.plan if part.name == DAILY.name)


def digest(document: Document, title: str) -> str:
    """What a section of it says."""
    found = next(section for section in compose(document).sections if section.title == title)
    return "\n".join(line.plain for line in found.lines)


def decided(document: Document, decision: str) -> GateRecord:
    pack = pack_of(document, document.gates[0])
    gate = pack.gate
    told = pack.model_dump_json(by_alias=True)
    return GateRecord("Payments", 0, gate.name, gate.day.isoformat(), END, gate.verdict, decision, "it holds", told)
