"""The configurations that the documents show for onboarding and for strategy: each runs as it stands."""

from pathlib import Path

import pytest
from rich.console import Console

from bot.config import load_config
from bot.errors import ConfigError
from bot.flow.analyse import analyse
from bot.govern.document import Document
from bot.report.analysis_text import analysis_text
from connectors.records import Record
from tests.build import issue, records, window
from tests.flow.onboarding import case

ONBOARDING = """
[connectors.eventlog.onboarding]
path = "onboarding.csv"
case = "case_id"
state = "activity"
at = "timestamp"
actor = "resource"

[[streams]]
name = "Onboarding"
sources = ["eventlog.onboarding"]
trigger = "Offer signed"
end = "Productive"
anchor = "First day"
must_have = ["Laptop", "Account", "Compliance training"]

[[streams.stages]]
name = "Offer signed"
kind = "wait"
states = ["eventlog:Offer signed"]

[[streams.stages]]
name = "Preparation"
kind = "work"
states = ["eventlog:Laptop", "eventlog:Account", "eventlog:Compliance training"]

[[streams.stages]]
name = "First day"
kind = "wait"
states = ["eventlog:First day"]

[[streams.stages]]
name = "Productive"
kind = "done"
states = ["eventlog:Productive"]
"""

STRATEGY = """
[connectors.jira.acme]
url = "https://acme.example"
token_env = "JIRA_TOKEN"
projects = ["STRAT", "PAY"]

[[streams]]
name = "Strategy"
sources = ["jira.acme"]
decided = "jira:Approved"
end = "Done"

[[streams.stages]]
name = "Idea"
kind = "wait"
states = ["jira:Idea", "jira:To Do"]

[[streams.stages]]
name = "Decided"
kind = "wait"
states = ["jira:Approved"]

[[streams.stages]]
name = "Execution"
kind = "work"
states = ["jira:In Progress"]

[[streams.stages]]
name = "Done"
kind = "done"
states = ["jira:Done"]
"""


def shown(folder: Path, text: str, *parts: list[Record]) -> tuple[Document, str]:
    path = folder / "config.toml"
    path.write_text(text, "utf-8")
    found = analyse(load_config(path).streams[0], records(*parts), window(0, 100))
    document = Document(**found.model_dump(by_alias=True), key_results=(), plan=())
    console = Console(width=200, record=True, force_terminal=False)
    with console.capture() as capture:
        console.print(analysis_text(document))
    return document, capture.get()


def test_onboarding(tmp_path: Path) -> None:
    """The training began on the first day or after: late, and it is told what is to be asked."""
    cases = [
        case(
            f"C{n}",
            ("Offer signed", 0),
            ("Laptop", 2, "desk"),
            ("Account", 6, "admin"),
            ("First day", 10),
            ("Compliance training", 12, "legal"),
            ("Productive", 14),
        )
        for n in range(10)
    ]
    document, text = shown(tmp_path, ONBOARDING, *cases)

    assert document.lateness is not None
    assert (document.lateness.ready.ready, document.lateness.ready.n) == (0, 10)
    assert "Ready at First day: 0\xa0% of 10 cases" in text
    assert "must it wait? ask its owner" in text
    assert document.to_json()["sequences"]["pairs"][0]["tier"] == "ask"


def test_strategy(tmp_path: Path) -> None:
    """Of two decided initiatives one was taken to work after 15 days, and none works on the other."""
    document, text = shown(
        tmp_path,
        STRATEGY,
        issue("STRAT-1", ("Idea", 0), ("Approved", 10), item_type="Initiative"),
        issue("PAY-1", ("To Do", 12), item_type="Epic", parent="STRAT-1"),
        issue("PAY-2", ("To Do", 20), ("In Progress", 25), parent="PAY-1"),
        issue("STRAT-2", ("Idea", 0), ("Approved", 40), item_type="Initiative"),
    )

    assert document.cascade is not None
    assert document.cascade.never_connected == ("STRAT-2",)
    assert "From decided to worked on" in text
    assert "STRAT-2  Title of STRAT-2  60\xa0d ago" in text


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('anchor = "First day"', 'anchor = "First dya"', 'did you mean "First day"?'),
        ('anchor = "First day"', 'anchor = "evntlog:First day"', "is of no known source"),
        ('anchor = "First day"\n', "", "set anchor"),
        ('anchor = "First day"', 'anchors = "First day"', 'did you mean "anchor"?'),
    ],
)
def test_faults_are_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    """With what would be right."""
    path = tmp_path / "config.toml"
    path.write_text(ONBOARDING.replace(old, new), "utf-8")

    with pytest.raises(ConfigError) as problem:
        load_config(path)
    assert said in str(problem.value)
