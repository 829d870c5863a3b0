"""jira-agile-metrics on its own input: Jira's issues with their changelogs, as its client hands them over.

`python -m bench.peer_issues FILE`, in the environment of the peers; FILE has an issue a line, as Jira's JSON. Only its
heart and what follows from it is measured: its other calculators want a pandas of before 2023.
"""

import contextlib
import io
import json
import sys
import time
from pathlib import Path
from typing import Any

from jira.resilientsession import ResilientSession
from jira.resources import Issue
from jira_agile_metrics.calculators.cycletime import CycleTimeCalculator
from jira_agile_metrics.calculators.percentiles import PercentilesCalculator
from jira_agile_metrics.calculators.throughput import ThroughputCalculator
from jira_agile_metrics.config import config_to_options
from jira_agile_metrics.querymanager import QueryManager

SITE = {"server": "https://jira.example"}
FIELDS = [{"id": "status", "name": "Status"}, {"id": "flagged", "name": "Flagged"}]
CONFIG = """
Workflow:
  Open: Open
  In Progress: In Progress
  In Review: In Review
  Testing: Testing
  Ready to deploy: Ready to deploy
  Done: [Done, Rejected]
Query: project = B
"""
CALCULATORS = (CycleTimeCalculator, PercentilesCalculator, ThroughputCalculator)


class Client:
    """What it asks of Jira, answered from memory."""

    def __init__(self, issues: list[Issue]) -> None:
        self._issues, self._options = issues, SITE

    def fields(self) -> list[dict[str, str]]:
        return FIELDS

    def search_issues(self, *_asked: object, **_more: object) -> list[Issue]:
        return self._issues


def calculated(issues: list[Issue]) -> int:
    """Issues for which it found a cycle time."""
    settings = config_to_options(CONFIG)["settings"]
    query, results = QueryManager(Client(issues), settings), dict[Any, Any]()
    for calculator in CALCULATORS:
        results[calculator] = calculator(query, settings, results).run()
    return int(results[CycleTimeCalculator]["cycle_time"].notna().sum())


def main() -> None:
    aside = io.StringIO()
    with contextlib.redirect_stdout(aside), contextlib.redirect_stderr(aside):
        lines = Path(sys.argv[1]).read_text("utf-8").splitlines()
        session = ResilientSession()
        issues = [Issue(SITE, session, json.loads(line)) for line in lines]
        calculated(issues[:100])
        begun, started = time.process_time(), time.perf_counter()
        done = calculated(issues)
        spent = {"cpu": time.process_time() - begun, "wall": time.perf_counter() - started}
    print(json.dumps({**spent, "done": done}))  # noqa: T201  read by whoever asked


if __name__ == "__main__":
    main()
