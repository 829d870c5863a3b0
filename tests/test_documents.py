"""What the documents say can be done: every command exists, takes its options and does its work; every link leads on.

A command in a block is run in the folder of the simulated company, whose servers run. One within a sentence is run
where it says all that it wants; a bare name must be one. What is not run stands in the tables below, with the reason.
"""

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import asdict
from itertools import dropwhile
from pathlib import Path
from typing import Any

import pytest
import typer.main
from pydantic import BaseModel, TypeAdapter

from bot.cli.application import application
from bot.config import Config
from bot.demo.stand_ins import TOKEN, Addresses
from connectors.registry import CONNECTORS
from tests.commands import as_of_now
from tests.desk import KIND
from tests.documents import BLOCK, ROOT, SHELL, VARIABLE, Line, blocks, document, lines
from tests.forked import forked_each

DOCUMENTS = ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
ALL = {name: lines(document(name)) for name in DOCUMENTS}

NOT_RUN = {
    "run": "it runs until it is stopped: tests/test_run_command.py",
    "serve": "it runs until it is stopped: tests/served/test_command.py",
    "analyse --all --engine spark": "it wants Apache Spark: tests/spark/test_spark.py",
    "demo": "it takes long; the workflow runs it in the image: .github/workflows/ci.yml",
    "digest --preview 12": "it takes long: tests/digest/test_preview.py",
    "remarks withdraw": "it wants what only Slack brings: tests/test_cli_remarks.py",
}
"""Commands of gemba, by how they begin; their options are read all the same."""

ELSEWHERE = {
    "make": "`make -n` says whether there is such a target",
    "export": "of the shell; what it sets, the tests set themselves",
    "cd": "of the shell",
    "chmod": "of the system; tests/connectors/test_private_files.py has the modes",
    "install": "of the system",
    "openssl": "of the system; it makes a password",
    "createdb": "of PostgreSQL; tests make their databases themselves",
    "docker": "there is none in tests; the workflow builds and starts the image, and what gemba gets is read here",
}
"""Programs that are not run, and why."""

GIVEN = {
    "init --from-log": ("--yes", "--config", "onboarding.toml"),
    "init --jira": ("--yes", "--jira", "{jira}", "--github", "{github}", "--config", "named.toml"),
    "init --preset": ("--yes", "--github", "{github}", "--config", "preset.toml"),
    "init": ("--yes", "--github", "{github}", "--config", "proposed.toml"),
    "db restore gemba-monday.db": ("--config", "empty.toml"),
    "db restore moving.db": ("--config", "moved.toml"),
}
"""What a person would say while a command runs, or would have in its place: a store in which nothing is yet.

The first that fits counts; names in braces are addresses of the simulated company.
"""

STANDS_FOR = {"FILE": "gemba-monday.db", "OTHER": "PAY", "DATE": "2026-11-02", "…": "Board twice a week"}
"""What documents leave open, and what is meant by it in the simulated company."""

EARLIER = """
[[streams.key_results]]
objective = "Customers stay"
name = "Customers who come back"
by_hand = true
baseline = 30.0
target = 50.0
quarter = "2026-Q4"

[[streams.gates]]
name = "Quarter"
every = "quarter"

[[streams.plan]]
name = "Approve at once"
waste = "waiting"
change = { cap = "Design approval", at = "4h" }
owner = "Product lead"
due = 2026-12-18

"""
"""Goals of which the documents speak, in place of those of the demo, which take long to measure."""


LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
"""To a page, and to a picture."""

Misused: Any = typer.BadParameter.__mro__[1]
"""What every fault in the words of a command is."""

ASKS = ["--help"]
"""Of a command, what it does."""

UNSAID = ("MissingParameter", "BadOptionUsage")
"""Names of the faults of what leaves out an argument, or the value of an option."""


def parsed(words: tuple[str, ...], *, named: bool = False) -> bool:
    """Whether a command of gemba is to be run: it exists, and says all that it wants. Raises Misused."""
    command: Any = typer.main.get_command(application())
    context, rest = typer.Context(command), list(words)
    while hasattr(command, "commands") and rest != ASKS:
        _, command, rest = command.resolve_command(context, rest)
    if rest == ASKS:
        return True
    try:
        command.make_context(" ".join(words), list(rest))
    except Misused as problem:
        if not named or type(problem).__name__ not in UNSAID:
            raise
        return False
    return bool(rest) or not named


def of_gemba(line: Line) -> tuple[str, ...] | None:
    """What gemba gets, if it is started at all, be it in a container."""
    words = tuple(STANDS_FOR.get(word, word) for word in dropwhile(VARIABLE.match, line.words))
    if words[:1] == ("gemba",):
        return words[1:]
    if words[:2] in (("docker", "run"), ("docker", "compose")) and "gemba" in words:
        return words[len(words) - words[::-1].index("gemba") :] or None
    return None


def faults(line: Line) -> Iterator[str]:
    """What is wrong with a command, as far as reading it tells."""
    words = of_gemba(line)
    try:
        if words is not None:
            parsed(words, named=line.named)
        elif line.words[0] == "make":
            wanted = [word for word in line.words[1:] if not VARIABLE.match(word)]
            done = subprocess.run(["make", "-n", *wanted], cwd=ROOT, capture_output=True, text=True, check=False)
            if done.returncode:
                yield f"{line.text}: {done.stderr.strip()}"
        elif line.words[0] not in ELSEWHERE:
            yield f"{line.text}: nothing says how {line.words[0]} is tried; see ELSEWHERE"
    except Misused as problem:
        yield f"{line.text}: {problem.format_message()}"


def runnable(line: Line) -> tuple[str, ...] | None:
    """What gemba gets, if it is to be run here."""
    words = of_gemba(line)
    if words is None or line.words[0] == "docker":
        return None
    try:
        whole = parsed(words, named=line.named)
    except Misused:
        return None
    return words if whole and not any(" ".join(words).startswith(begins) for begins in NOT_RUN) else None


def to_run() -> dict[tuple[str, ...], str]:
    """Each command that is run, with the first document that has it."""
    told = ((words, name) for name in DOCUMENTS for line in ALL[name] if (words := runnable(line)) is not None)
    found: dict[tuple[str, ...], str] = {}
    for words, name in told:
        found.setdefault(words, name)
    return found


def as_meant(words: tuple[str, ...], addresses: Addresses) -> tuple[str, ...]:
    """On the day of the simulated company, and with what a person would answer."""
    command: Any = typer.main.get_command(application())
    for word in words:
        command = getattr(command, "commands", {}).get(word, command)
    takes = {option for one in command.params for option in one.opts}
    given = next((given for begins, given in GIVEN.items() if " ".join(words).startswith(begins)), ())
    said = words if "--replace" in words else (*words, *(one.format(**asdict(addresses)) for one in given))
    return as_of_now(*said) if "--now" in takes and "--now" not in words else said


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_exists_and_takes_its_options(name: str) -> None:
    """A misspelt one is told with what is wrong."""
    assert [fault for line in ALL[name] for fault in faults(line)] == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("gemba map --svgg map.svg", "--svgg"),
        ("gemba maps", "maps"),
        ("gemba explain", "KEY"),
        ("gemba plan start", "NAME"),
        ("gemba analyse --from yesterday", "no day"),
        ("make dmo", "dmo"),
        ("docker run --rm gemba chek", "chek"),
        ("kubectl apply", "ELSEWHERE"),
    ],
)
def test_a_misspelt_command_is_noticed(text: str, wrong: str) -> None:
    """Or this test would hold nothing."""
    assert wrong in " ".join(faults(Line(tuple(text.split()))))


def test_the_tables_name_nothing_that_no_document_has() -> None:
    """A reason without a command is one too many."""
    told = [line for found in ALL.values() for line in found]

    assert set(ELSEWHERE) <= {line.words[0] for line in told}
    for begins in NOT_RUN:
        assert any(" ".join(of_gemba(line) or ()).startswith(begins) for line in told), begins


def test_every_command_does_its_work(company: tuple[Path, Addresses], tmp_path: Path) -> None:
    """From the first document to the last, as somebody would who reads them all."""
    told = to_run()
    place = furnished_for(company, tmp_path)
    environ = {
        "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "COLUMNS": "100", "JIRA_URL": company[1].jira,
        "JIRA_EMAIL": "bot@acme.example", "JIRA_TOKEN": TOKEN, "GITHUB_TOKEN": TOKEN,
    }  # fmt: skip
    forked_each([as_meant(words, company[1]) for words in told], place, environ, tmp_path / "told", timeout_s=240)
    ends = [json.loads(line) for line in (tmp_path / "told").read_text("utf-8").splitlines()]

    assert len(ends) == len(told) > 30
    ended = zip(told.items(), ends, strict=True)
    assert [f"{name}: gemba {' '.join(words)}: {end['said']}" for (words, name), end in ended if end["status"]] == []


LOG = "case_id,activity,timestamp\n" + "".join(
    f"{number},{step},2026-03-0{day}T{number:02}:00:00Z\n"
    for number in range(20)
    for day, step in ((2, "Signed"), (3, "Laptop"), (5, "Started"))
)


def furnished_for(company: tuple[Path, Addresses], folder: Path) -> Path:
    """A folder of its own in which the documents' commands find what they speak of."""
    place = folder / "place"
    shutil.copytree(company[0], place)
    config = (place / "config.toml").read_text("utf-8")
    before, _, goals = config.partition("[[streams.key_results]]")
    (place / "config.toml").write_text(before + EARLIER + goals[goals.index("[[streams.plan]]") :], "utf-8")
    for name in ("empty", "moved"):
        (place / f"{name}.toml").write_text(f'[store]\nurl = "sqlite:///{name}.db"\n', "utf-8")
    (place / "onboarding.csv").write_text(LOG, "utf-8")
    return place


def test_the_readme_leads_to_every_document() -> None:
    """What nobody finds, nobody reads."""
    led_to = {one or other for one, other in LINK.findall(document("README.md"))}

    assert {*DOCUMENTS[1:], "config.example.toml", "CHANGELOG.md", "SECURITY.md"} <= led_to


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_command_hides(name: str) -> None:
    """In a block of another kind, where nobody would try it."""
    kinds = {kind for kind, _ in BLOCK.findall(document(name))}
    others = [line for block in blocks(document(name), *kinds - {*SHELL}) for line in block.splitlines()]

    assert kinds <= {*SHELL, "text", "toml", "json", "python"}
    assert [line for line in others if line.startswith(("gemba ", "make ", "$ "))] == []


def anchors(text: str) -> set[str]:
    """Of the headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("name", [*DOCUMENTS, "SECURITY.md"])
def test_every_link_leads_somewhere(name: str) -> None:
    """To a file of the project, and to a heading that it has."""
    for target in (one or other for one, other in LINK.findall(document(name))):
        path, _, anchor = target.partition("#")
        if re.match(r"https?:|mailto:", target):
            continue
        found = (ROOT / name).parent / path if path else ROOT / name
        assert found.exists(), target
        assert not anchor or anchor in anchors(found.read_text("utf-8")), target


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if blocks(document(name), "toml")])
def test_every_piece_of_configuration_is_known(name: str, tmp_path: Path) -> None:
    """Table by table: each key exists and takes what is written."""
    for block in blocks(document(name), "toml"):
        for key, table in tomllib.loads(block).items():
            if key == "connectors":
                for kind, named in table.items():
                    for settings in named.values():
                        known({**CONNECTORS, "desk": KIND}[kind].settings, settings, tmp_path)
            else:
                known(Config.model_fields[key].annotation, table, tmp_path)


def known(model: Any, written: object, folder: Path) -> BaseModel | None:
    found: BaseModel | None = TypeAdapter(model).validate_python(written, context={"folder": folder})
    return found


def test_the_readme_says_of_the_truth_what_its_document_says() -> None:
    """Rounded, and with the bars that are missed."""
    rows = re.findall(r"^\| ([^|]+) \| (-?[\d.e-]+) \| [^|]+ \| [\d.e-]+ \|", document("docs/truth.md"), re.M)
    value = {name: float(found) for name, found in rows}
    readme, truth = (re.sub(r"\s+", " ", document(one)) for one in ("README.md", "docs/truth.md"))
    held = re.search(r"Over (\d+) streams .* holds (\d+ of \d+) bars", readme)

    assert held is not None
    assert f"{held[1]} in all" in truth
    assert f"{held[2]} bars are held" in truth
    for name in ("queue precision", "queue recall", "queue recall by time"):
        assert f"{value[name]:.0%}".replace("%", " %") in readme, name
    for name in ("rework recall, clean", "rework recall, noisy"):
        assert f"{value[name]:.1%}".replace("%", " %") in readme, name
    assert f"| {value['false alarms a year']:.2f} |" in readme
