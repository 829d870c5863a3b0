"""What `make bench` measures with: histories, stand-ins, processes, and what is told of it."""

import json
import sys
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from bench.__main__ import asked, main
from bench.events import END, START, histories, micros
from bench.processes import Failed, spend
from bench.results import Figure, at_least, at_most
from bench.site import KEYS, PROJECTS, LargeCompany, LargeGitHub, LargeJira, repositories
from bench.told import document
from bench.whatif_work import make, replay
from bot.demo.stand_ins import TOKEN, serving
from bot.frames import EVENT_SCHEMA, ITEM_SCHEMA
from connectors.github import GitHub
from connectors.github_settings import GitHubSettings
from connectors.jira import Jira
from connectors.jira_settings import JiraSettings
from connectors.records import Event, EventKind, Item


@pytest.fixture
def token(tmp_path: Path) -> Path:
    (tmp_path / "token").touch(0o600)
    (tmp_path / "token").write_text(TOKEN, "utf-8")
    return tmp_path / "token"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--events", "inf"], 'argument --events: "inf" is no number of at least 1; write for example 100000 or 1e5'),
        (["--rounds", "0"], 'argument --rounds: "0" is no number of at least 1'),
        (["--scale", "many"], 'argument --scale: "many" is no number'),
        (["--to", "."], "argument --to: . cannot be written: Is a directory; name another"),
    ],
)
def test_what_cannot_be_measured_is_said_before_it_begins(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not after hours."""
    with pytest.raises(SystemExit) as ended:
        asked(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_bar_judges_the_ratio_and_the_value_where_there_is_none() -> None:
    """What has no bar is neither met nor missed."""
    compared = Figure("upsert", 900.0, "rows/s", "raw", 0.9, at_least(0.7))
    alone = Figure("memory", 301.0, "bytes/event", bar=at_most(300))

    assert (compared.met, alone.met, Figure("rest", 1.0, "s").met) == (True, False, None)


def test_every_entry_of_the_document_has_the_same_four_keys() -> None:
    """Also the machine, and a part that could not be measured."""
    figures = [Figure("read", 2.0, "s", "scan", 1.5, at_most(1.6))]

    told = document({"cores": 2}, figures, {"engine": "no peers"})

    assert all({"value", "unit", "ratio_to", "ratio"} <= entry.keys() for entry in told.values())
    assert told["read"] == {
        "value": 2.0,
        "unit": "s",
        "ratio_to": "scan",
        "ratio": 1.5,
        "bar": "at most 1.6",
        "met": True,
    }
    assert (told["machine"]["value"], told["engine"]["why"]) == (2, "no peers")


def test_a_run_writes_its_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One part, as it is asked for."""
    monkeypatch.setattr(sys, "argv", ["bench", "--only", "limits", "--rounds", "1", "--to", str(tmp_path / "b.json")])

    main()

    told = json.loads((tmp_path / "b.json").read_text("utf-8"))
    assert told["memory bandwidth: copy"]["unit"] == "GB/s"
    assert told["memory bandwidth: copy"]["value"] > 0


def test_a_command_that_fails_is_no_measurement() -> None:
    """What it complained about is told."""
    with pytest.raises(Failed, match="out of luck"):
        spend(sys.executable, "-c", "raise SystemExit('out of luck')")


def test_histories_are_as_a_store_gives_them_and_the_same_each_time() -> None:
    """In its columns and its order, about twelve events an item; half of the issues have a pull request."""
    made, again = histories(5_000), histories(5_000)

    assert (made.items.schema, made.events.schema) == (pl.Schema(ITEM_SCHEMA), pl.Schema(EVENT_SCHEMA))
    assert made.events.equals(again.events)
    assert made.items.select("source", "key").rows() == sorted(made.items.select("source", "key").rows())
    sources = made.items["source"].gather(made.events["item"])
    assert pl.DataFrame([sources, made.events["id"]]).rows() == sorted(zip(sources, made.events["id"], strict=True))
    assert 10 < len(made.events) / len(made.items) < 14
    assert 0.4 < len(made.links) / (made.items["kind"] == "issue").sum() < 0.6


def test_nothing_happens_to_an_item_before_it_is_there_nor_after_the_end() -> None:
    """The first event of an item is when it is created."""
    made = histories(5_000)

    first = made.events.group_by("item").agg(pl.col("at").min()).sort("item")

    assert first["at"].to_list() == made.items["created_at"].to_list()
    assert micros(START) <= made.events["at"].min()  # type: ignore[operator]
    assert made.events["at"].max() < micros(END)  # type: ignore[operator]


def test_a_large_jira_gives_every_issue_of_a_project_once_and_its_whole_history(token: Path) -> None:
    """Read by the connector, page by page."""
    company = LargeCompany(PROJECTS * 120)

    with serving([LargeJira(company)], lambda: END) as (address,):
        settings = JiraSettings(url=address, projects=(KEYS[3],), token_file=token)
        jira = Jira("jira.acme", settings, lambda: END)
        payloads = [payload for page in jira.fetch(KEYS[3], None) for payload in page.payloads]

    told = [record for payload in payloads for record in jira.translate(payload)]
    names = [record.name for record in told if isinstance(record, Item)]
    moves = [record for record in told if isinstance(record, Event) and record.kind is EventKind.STATE]
    assert sorted(names) == sorted(f"{KEYS[3]}-{n}" for n in range(1, 121))
    assert len(moves) == sum(len(company.issue(3 + PROJECTS * n).moves) for n in range(120))


def test_a_large_github_gives_every_pull_request_of_a_repository_once(token: Path) -> None:
    """Those that are opened before the end, each naming its issue in its branch."""
    company, name = LargeCompany(PROJECTS * 60), repositories()[0]

    with serving([LargeGitHub(company)], lambda: END) as (address,):
        settings = GitHubSettings(api_url=address, repositories=(f"bench/{name}",), token_file=token)
        pages = list(GitHub("github.acme", settings, lambda: END).fetch(f"bench/{name}", None))

    read = sorted(int(payload.key.removeprefix("PR_")) for page in pages for payload in page.payloads)
    own = [n for n in range(0, 120 * PROJECTS, 2) if company.of_issue[n] % PROJECTS == 0]
    assert read == [n for n in own if company.pulls.last[n]]
    assert {payload.body["keys"]["branch"][0][:3] for page in pages for payload in page.payloads} == {KEYS[0]}


def test_the_replay_comes_to_the_ends_that_a_plain_loop_comes_to(tmp_path: Path) -> None:
    """Of stages of which one is capped, and of a place that takes one at a time."""
    make(tmp_path / "model.json", 500)
    model = json.loads((tmp_path / "model.json").read_text("utf-8"))
    came = [
        start + sum(min(lasts, model["cap"]) if n == model["capped"] else lasts for n, lasts in enumerate(stages))
        for start, stages in zip(model["starts"], model["stages"], strict=True)
    ]
    free, ends = 0, []
    for at in sorted(came):
        free = max(at, free) + model["service"]
        ends.append(free)

    assert replay(model, by_hours=False)["ends"] == [500, sum(ends) // 500, max(ends)]
    assert max(ends) < (END - START + timedelta(days=365)) / timedelta(microseconds=1)
