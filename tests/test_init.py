"""From nothing to a first map: what is proposed of the simulated company, of a log, and of what changed since."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.app.init import told_apart
from bot.config import load_config
from bot.demo.stand_ins import TOKEN, Addresses
from bot.flow.history.log import Records
from bot.flow.model import Calendar
from bot.setup.draft import Draft, drafted, gathered
from bot.setup.sample import Sample
from connectors.records import Event, EventKind, Item, ItemKind, Link
from tests.build import at
from tests.commands import Run, gemba

Company = tuple[Path, Addresses]


def init(company: Company, folder: Path, *words: str, **environ: str) -> Run:
    tokens = {"JIRA_TOKEN": TOKEN, "GITHUB_TOKEN": TOKEN, **environ}
    sites = ("--jira", company[1].jira, "--email", "bot@acme.example", "--github", company[1].github)
    return gemba("init", *sites, *words, folder=folder, **tokens)


@pytest.fixture(scope="module")
def proposed(company: Company, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    folder = tmp_path_factory.mktemp("init")
    done = init(company, folder, "--yes")
    assert done.status == 0, done.err
    return folder, done


def kinds(path: Path) -> dict[str, str]:
    """State -> kind of the stage that claims it."""
    stages = load_config(path).streams[0].stages
    return {state: stage.kind for stage in stages for state in stage.states}


def test_the_stages_are_those_that_a_person_made(company: Company, proposed: tuple[Path, Run]) -> None:
    """All states in their order, all kinds but of testing, in which nobody of the company leaves a trace of work."""
    by_hand, found = kinds(company[0] / "config.toml"), kinds(proposed[0] / "config.toml")

    assert {*by_hand} <= {*found}
    assert [state for state, kind in by_hand.items() if found[state] != kind] == ["jira:Testing"]
    assert found["jira:On hold"] == "wait"
    order = [state for state in found if state in by_hand and state.startswith("jira:")]
    assert order == [state for state in by_hand if state.startswith("jira:")]


def test_it_shows_the_map_and_the_evidence(proposed: tuple[Path, Run]) -> None:
    """On the terminal, and beside each stage."""
    text = (proposed[0] / "config.toml").read_text("utf-8")

    assert "The map that results" in proposed[1].out
    assert re.search(r"9\d.% of 1\d\d pull requests name their issue", proposed[1].out)
    assert "# it behaves as a queue for an approval: left by somebody else" in text
    assert TOKEN not in text + proposed[1].out + proposed[1].err
    assert tomllib.loads(text)["calendar"]["timezone"] == "Europe/Berlin"


def test_what_it_wrote_works_at_once(company: Company, proposed: tuple[Path, Run]) -> None:
    """And asked again, it has nothing to add."""
    tokens = {"JIRA_TOKEN": TOKEN, "GITHUB_TOKEN": TOKEN}
    for words in (["check"], ["collect"], ["map"]):
        done = gemba(*words, folder=proposed[0], **tokens)
        assert done.status == 0, (words, done.out, done.err)

    assert "nothing to add" in gemba("init", "--yes", folder=proposed[0], **tokens).err


def test_what_is_new_at_the_source_is_proposed_as_a_patch(proposed: tuple[Path, Run], tmp_path: Path) -> None:
    """A state that nothing claims joins its like or gets a stage in its place; what a person wrote stays."""
    text = (proposed[0] / "config.toml").read_text("utf-8")
    tokens = {"JIRA_TOKEN": TOKEN, "GITHUB_TOKEN": TOKEN}
    start = text.index("[[streams.stages]]", text.index('name = "In Progress"'))
    end = text.index("[[streams.stages]]", text.index('name = "On hold"'))
    written = (text[:start] + text[end:]).replace('name = "Design"', 'name = "Design"  # by Mara')
    (tmp_path / "config.toml").write_text(written, "utf-8")
    done = gemba("init", "--yes", folder=tmp_path, **tokens)
    config = tmp_path / "config.toml"

    assert '"jira:On hold" a stage of its own, wait' in done.err
    assert '+states = ["jira:On hold"]' in done.out
    names = [stage.name for stage in load_config(config).streams[0].stages]
    assert names.index("On hold") == names.index("In Progress") + 1
    assert "# by Mara" in config.read_text("utf-8")


def test_to_look_only_writes_nothing(company: Company, tmp_path: Path) -> None:
    """What would be written is the answer."""
    done = init(company, tmp_path, "--yes", "--dry-run")

    assert tomllib.loads(done.out)["streams"][0]["name"] == "Payments"
    assert list(tmp_path.iterdir()) == []


HOSTILE = 'Review "now"\t\\ """ # [[streams]] ö 🚀'


def test_a_log_of_any_names_makes_a_configuration_that_loads(tmp_path: Path) -> None:
    """Columns are found by their names, and what a state is called breaks nothing."""
    quoted = '"' + HOSTILE.replace('"', '""') + '"'
    rows = [
        f"C{n},{state},2026-{1 + n // 10:02}-{1 + n % 10 + day:02}T10:00:00Z,p{n % 3}"
        for n in range(40)
        for state, day in (("Asked", 0), (quoted, 3), ("Answered", 9))
    ]
    (tmp_path / "asked.csv").write_text("Case_ID,Activity,Timestamp,Resource\n" + "\n".join(rows) + "\n", "utf-8")
    done = gemba("init", "--from-log", "asked.csv", "--yes", folder=tmp_path)

    assert done.status == 0, done.err
    stages = load_config(tmp_path / "config.toml").streams[0].stages
    assert [stage.states for stage in stages] == [("eventlog:Asked",), (f"eventlog:{HOSTILE}",), ("eventlog:Answered",)]
    assert gemba("collect", folder=tmp_path).status == 0
    assert gemba("map", "--now", "2026-06-01", folder=tmp_path).status == 0


def test_words_of_a_preset_are_taken_over(tmp_path: Path) -> None:
    """A state that it knows has its name, kind and time-box."""
    rows = [
        f"C{n},{state},2026-{1 + n // 10:02}-{1 + n % 10 + day:02}T10:00:00Z"
        for n in range(40)
        for state, day in (("To Do", 0), ("Design approval", 2), ("In Progress", 4), ("Done", 9))
    ]
    (tmp_path / "work.csv").write_text("id,status,at\n" + "\n".join(rows) + "\n", "utf-8")
    done = gemba("init", "--from-log", "work.csv", "--preset", "software-delivery", "--yes", folder=tmp_path)

    assert done.status == 0, done.err
    stages = {stage.name: stage for stage in load_config(tmp_path / "config.toml").streams[0].stages}
    assert stages["Design approval"].kind == "approval"
    assert stages["Design approval"].time_box is not None
    assert stages["Development"].states == ("eventlog:In Progress",)


def test_a_quiet_stream_is_shown_from_its_first_to_its_last_day(tmp_path: Path) -> None:
    """And the command for its map says which day, since the last weeks have nothing."""
    rows = [
        f"C{n},{state},2020-03-{day + n:02}T10:00:00Z" for n in range(5) for state, day in (("To Do", 2), ("Done", 9))
    ]
    (tmp_path / "old.csv").write_text("id,status,at\n" + "\n".join(rows) + "\n", "utf-8")
    done = gemba("init", "--from-log", "old.csv", "--yes", folder=tmp_path)

    assert "2 Mar 2020 to 14 Mar 2020 · 5 items delivered" in done.out
    assert "nothing happened after 13 Mar 2020" in done.out
    assert "gemba map --now 2020-03-14" in done.err


def test_commands_name_the_stream_where_there_are_several(tmp_path: Path) -> None:
    """As a shell reads it, whatever the stream is called."""
    sample = repository("acme/pay", "PAY-1")
    found = drafted([sample], "Pay's", Calendar(), at(2), {})
    assert isinstance(found, Draft)

    assert [told.partition(" --now")[0] for told in told_apart([found, found])] == [""" --stream 'Pay'"'"'s'"""] * 2
    assert "--stream" not in told_apart([found])[0]


def test_a_project_may_be_written_in_any_capitals(company: Company, tmp_path: Path) -> None:
    """It is configured as the site has it."""
    done = init(company, tmp_path, "--yes", "--project", "pay", "--repository", "acme/payments", "--dry-run")

    assert tomllib.loads(done.out)["streams"][0]["sources"][0].endswith("/PAY")


@pytest.mark.parametrize(
    ("words", "environ", "said"),
    [
        ((), {}, "there is nothing to look at; say --jira, --repository or --from-log"),
        (("--project", "PAY"), {}, "say --jira, or set JIRA_URL"),
        (("--jira", "https://acme.example"), {}, "set the environment variable JIRA_TOKEN"),
        (("--jira", "acme"), {"JIRA_TOKEN": "t"}, "write https://"),
        (("--from-log", "no.csv"), {}, "there is no such file"),
        (("--from-log", "odd.csv"), {}, "say --case and --at; its columns are who, status"),
        (("--from-log", "notes.txt"), {}, '"notes.txt" is no event log; known are .csv'),
        (("--preset", "software"), {}, "there are software-delivery"),
    ],
)
def test_what_is_missing_is_said(words: tuple[str, ...], environ: dict[str, str], said: str, tmp_path: Path) -> None:
    """With what to do, and nothing is left behind."""
    (tmp_path / "odd.csv").write_text("who,status\nann,open\n", "utf-8")
    done = gemba("init", "--yes", *words, folder=tmp_path, **environ)

    assert done.status in (1, 2)
    assert said in done.err
    assert "Traceback" not in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["odd.csv"]


def test_a_configuration_is_never_overwritten(company: Company, tmp_path: Path) -> None:
    """Where other sources are named."""
    (tmp_path / "config.toml").write_text("# mine\n", "utf-8")
    done = init(company, tmp_path, "--yes", "--project", "PAY")

    assert done.status == 2
    assert "is there already" in done.err
    assert (tmp_path / "config.toml").read_text("utf-8") == "# mine\n"


def project(key: str) -> Sample:
    return Sample(f"jira.acme/{key}", Records.of((), (), (), ()), {}, None)


def repository(name: str, *named: str) -> Sample:
    """With as many pull requests as there are names, each of which names one."""
    items, events, links = [], [], []
    for n, key in enumerate(named):
        where: dict[str, Any] = {"source": "github.acme", "item": f"{name}{n}"}
        items.append(Item("github.acme", name, f"{name}{n}", ItemKind.PULL_REQUEST, f"{name}#{n}", "x", "", at(1)))
        events.append(Event(id=f"e{n}", at=at(1), kind=EventKind.OPENED, **where))
        links.append(Link(other=key, kind="implements", evidence="title", **where))
    return Sample(f"github.acme/{name}", Records.of(items, events, links, ()), {}, None)


def test_repositories_join_the_project_that_they_name() -> None:
    """Be the issue in the sample or not; those that name none are streams of their own."""
    ours, theirs = repository("acme/pay", "PAY-1", "PAY-999", "HR-1"), repository("acme/lib", "X-1", "UTF-8")
    streams = gathered([project("PAY"), project("HR"), ours, theirs])

    assert [[one.place for one in stream] for stream in streams] == [
        ["jira.acme/PAY", "github.acme/acme/pay"],
        ["jira.acme/HR"],
        ["github.acme/acme/lib"],
    ]
