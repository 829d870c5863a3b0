"""Reports of real streams: small, whole, and true to their analysis."""

import re

from bot.app.analysis import documented
from bot.app.reports import report_of
from bot.config import ConfiguredStream
from bot.flow.analyse import read
from bot.flow.model import Window
from bot.flow.reconstruct import Reconstruction
from bot.govern.gates import GateContext
from bot.govern.remarks import Remarks
from bot.report.page.render import report_page
from bot.report.page.report import Report
from bot.report.studied import Studied
from bot.store import Store
from tests.real.conftest import collected, github, jira
from tests.real.test_recordings import DURACLOUD, JIRA_SCOPE, SECP256K1, SECP_SCOPE
from tests.real.test_streams import EVER, ISSUES, PULLS, Serve, reconstruction
from tests.report.pages import rows, section, words

YEAR = Window(start=EVER.end.replace(year=2025), end=EVER.end)


def reported(found: Reconstruction) -> Report:
    stream = ConfiguredStream.model_validate(found.stream.model_dump())
    sight, told = documented(stream, found, read(found), (), GateContext(), ())
    return report_of(Studied(stream, Remarks(), sight, told))


def assert_whole(found: Report, page: str) -> None:
    """Every link leads somewhere or to an item that is packed; the totals are those of the analysis."""
    document = found.document
    packed = {f"i{case}" for case in found.listed["case"]}
    assert {*re.findall(r'href="#([^"]+)"', page)} <= {*re.findall(r'id="([^"]+)"', page)} | packed
    assert f"{document.wip} items under way" in words(section(page, "aging"))
    assert f"{document.items.arrived} items delivered" in words(section(page, "throughput"))
    told = sum(int(cells[4]) for cells in rows(section(page, "map")) if cells and cells[0] != "sum")
    assert told == document.wip
    assert len(page.encode()) < 2_000_000


def test_a_tracker_s_whole_history(serve: Serve, lite: Store) -> None:
    """739 issues of 15 years fit on a page."""
    collected(lite, jira(serve("--jira", str(DURACLOUD)), "DURACLOUD"))
    found = reported(reconstruction(lite, ISSUES, JIRA_SCOPE))

    assert found.document.items.delivered > 400
    assert_whole(found, report_page(found))


def test_a_forge_s_pull_requests(serve: Serve, lite: Store) -> None:
    """A stream without a tracker, ever and in a year."""
    collected(lite, github(serve("--github", str(SECP256K1)), "bitcoin-core/secp256k1"))

    for window in (YEAR, EVER):
        found = reported(reconstruction(lite, PULLS, SECP_SCOPE, window=window))
        assert_whole(found, report_page(found))
