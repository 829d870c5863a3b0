"""Maps of real streams: nothing runs into anything, all can be read, and the ladder comes to the mean lead time.

Each test leaves its picture in its folder, to be looked at.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.flow.analyse import read
from bot.flow.future.changes import GateCadence, Planned
from bot.flow.future.foresee import foresee
from bot.flow.model import Stage, StageKind, Window
from bot.flow.reconstruct import Reconstruction
from bot.govern.document import Document
from bot.report.canvas import DARK, LIGHT, png
from bot.report.future_map import FutureMap, draw_future
from bot.report.ladder import ladder
from bot.report.map_svg import draw_map
from bot.store import Store
from tests.real.conftest import collected, github, jira
from tests.real.joined import rows, write_issues, write_pulls
from tests.real.test_eventlogs import PM4PY, eventlog
from tests.real.test_future import DECLARATIONS, declarations
from tests.real.test_recordings import DURACLOUD, MLS, SECP256K1
from tests.real.test_streams import APACHE, EVER, ISSUES, PULLS, STORM, reconstruction
from tests.report.test_ladder import figure
from tests.report.test_map_drawing import assert_readable, assert_tidy

Serve = Callable[..., Any]
APPROVALS = ("confirm", "approv", "check", "determine")


def look(done: Reconstruction, stages: Sequence[Stage], folder: Path) -> Document:
    """Draws it in both shades, judges both, and leaves the pictures."""
    document = Document(**read(done).model_dump(by_alias=True), key_results=(), plan=())
    for name, palette in (("light", LIGHT), ("dark", DARK)):
        svg = draw_map(document, stages, palette)
        assert_tidy(svg)
        assert_readable(svg)
        (folder / f"{name}.svg").write_text(svg, "utf-8")
        (folder / f"{name}.png").write_bytes(png(svg))
    steps = ladder([(part.wait_time, part.process_time) for part in document.stages])
    whole = (document.lead_time.mean or 0) * steps.unit.per_day
    assert float(figure(steps.whole.total)) == pytest.approx(whole, abs=steps.unit.least / 2 + 1e-9)
    return document


def test_issues_of_one_project(serve: Serve, lite: Store, tmp_path: Path) -> None:
    """DuraCloud, over all its years."""
    collected(lite, jira(serve("--jira", str(DURACLOUD)), "DURACLOUD"))

    assert look(reconstruction(lite, ISSUES, ("jira.real", "DURACLOUD")), ISSUES, tmp_path).loops


def test_issues_of_nine_projects(serve: Serve, lite: Store, tmp_path: Path) -> None:
    """Of Apache, whose review is called Patch Available."""
    source = jira(serve("--jira", str(APACHE)), "CB", "DRILL", "CLIMATE", "FLEX", "TEZ", "ANY23", "JENA", "GORA")
    collected(lite, source)
    scopes = [(source.name, scope) for scope in source.scopes]

    assert look(reconstruction(lite, ISSUES, *scopes), ISSUES, tmp_path).queues


@pytest.mark.parametrize("path", [SECP256K1, MLS], ids=["secp256k1", "mls"])
def test_pull_requests_alone(serve: Serve, lite: Store, path: Path, tmp_path: Path) -> None:
    """A year of each."""
    name = {SECP256K1: "bitcoin-core/secp256k1", MLS: "mlswg/mls-protocol"}[path]
    collected(lite, github(serve("--github", str(path)), name))
    window = Window(start=datetime(2020, 1, 1, tzinfo=UTC), end=datetime(2021, 1, 1, tzinfo=UTC))

    assert look(reconstruction(lite, PULLS, ("github.real", name), window=window), PULLS, tmp_path).wip


def test_issues_with_their_pull_requests(serve: Serve, lite: Store, tmp_path: Path) -> None:
    """Storm."""
    found = rows(STORM)
    issues = write_issues(found, tmp_path / "issues.jsonl")
    pulls = write_pulls(found, "apache/storm", tmp_path / "pulls.jsonl")
    servers = serve("--jira", str(issues), "--github", str(pulls))
    collected(lite, jira(servers, "STORM"), github(servers, "apache/storm"))
    done = reconstruction(lite, ISSUES, ("jira.real", "STORM"), ("github.real", "apache/storm"))

    assert look(done, ISSUES, tmp_path).queues


@pytest.mark.parametrize(
    ("file", "settings", "most"),
    [
        ("receipt.csv.gz", {"state": "concept:name", **PM4PY}, 14),
        ("bpi2020_DomesticDeclarations.xes.gz", {}, 10),
        ("bpi13_closed.csv.gz", {"state": ["concept:name", "lifecycle:transition"], **PM4PY}, 8),
    ],
    ids=["receipts", "declarations", "problems"],
)
def test_other_processes(lite: Store, tmp_path: Path, file: str, settings: Mapping[str, Any], most: int) -> None:
    """Their activities are the stages, by how often they come, in the order in which they mostly come."""
    connector = eventlog(file, **settings)
    collected(lite, connector)
    scope = (connector.name, connector.scopes[0])
    stages = _stages(lite, scope, most)

    assert look(reconstruction(lite, stages, scope, window=EVER), stages, tmp_path).stages


def test_payments_every_day_beside_those_on_mondays_and_thursdays(tmp_path: Path) -> None:
    """The future state of a university's declarations: what is drawn as now is what the analysis tells."""
    done = declarations()
    state = foresee(done, read(done), [Planned("daily", GateCadence(cadence="Requested", on="daily"))])
    [daily] = state.changes
    assert daily.effect is not None, daily.reason
    for name, palette in (("light", LIGHT), ("dark", DARK)):
        svg = draw_future(FutureMap(state, daily, daily.effect, (daily,), ()), DECLARATIONS, palette)
        assert_tidy(svg)
        assert_readable(svg)
        (tmp_path / f"{name}.png").write_bytes(png(svg))
    told = {part.name: (part.process_time or 0.0) + (part.wait_time or 0.0) for part in read(done).stages}
    before = {part.name: part.process_before + part.wait_before for part in daily.effect.stages}

    assert before == pytest.approx(told)
    assert sum(s.process_after + s.wait_after for s in daily.effect.stages) == pytest.approx(daily.effect.mean.after)


def _stages(store: Store, scope: tuple[str, str], most: int) -> tuple[Stage, ...]:
    places: dict[str, list[int]] = {}
    seen: Counter[str] = Counter()
    last: dict[str, str] = {}
    for event in sorted(store.events([scope]), key=lambda e: (e.at, e.seq)):
        if event.state:
            seen[event.item] += 1
            places.setdefault(event.state, []).append(seen[event.item])
            last[event.item] = event.state
    end = Counter(last.values()).most_common(1)[0][0]
    common = sorted(places, key=lambda state: -len(places[state]))[: most + 1]
    ordered = sorted((s for s in common if s != end), key=lambda s: sum(places[s]) / len(places[s]))
    made = [Stage(name=s, kind=_kind(n, s), states=(f"eventlog:{s}",)) for n, s in enumerate(ordered)]
    return (*made, Stage(name=end, kind=StageKind.DONE, states=(f"eventlog:{end}",)))


def _kind(number: int, state: str) -> StageKind:
    if any(word in state.casefold() for word in APPROVALS):
        return StageKind.APPROVAL
    return StageKind.WORK if number % 3 else StageKind.WAIT
