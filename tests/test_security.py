"""What the code never does. Most of it ruff forbids (flake8-bandit); here stands what it does not know."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.errors import SourceError
from connectors.eventlog import EventLog
from connectors.eventlog_settings import EventLogSettings
from tests.connectors.calendars import NOW

ROOT = Path(__file__).parents[1]
FILES = [path for folder in ("bot", "connectors") for path in sorted((ROOT / folder).rglob("*.py"))]

FORBIDDEN_MODULES = {
    "subprocess",
    "pickle",
    "marshal",
    "shelve",
    "dill",
    "code",
    "pty",
    "ctypes",
    "telnetlib",
    "ftplib",
}
FORBIDDEN_NAMES = {
    *("system", "popen", "spawnv", "execv", "fork"),
    *("CERT_NONE", "CERT_OPTIONAL", "_create_unverified_context", "disable_warnings"),
    *("extractall", "mktemp", "from_string", "resolve_entities"),
}
TURNED_OFF = {"verify", "check_hostname", "autoescape", "verify_ssl", "verify_mode"}
HANDLERS = {"basicConfig", "addHandler", "StreamHandler", "FileHandler", "dictConfig", "fileConfig", "lastResort"}


def nodes(path: Path) -> Iterator[ast.AST]:
    yield from ast.walk(ast.parse(path.read_text("utf-8")))


def name_of(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").partition(".")[0]}
    return {alias.name.partition(".")[0] for alias in node.names} if isinstance(node, ast.Import) else set()


def turned_off(node: ast.AST) -> set[str]:
    """What is set to False, as an argument or as a field."""
    if isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant) and node.value.value is False:
        return {str(node.arg)} & TURNED_OFF
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and node.value.value is False:
        return {name_of(target) for target in node.targets} & TURNED_OFF
    return set()


def test_no_file_does_what_none_may_do() -> None:
    """No shell, no other process, no code out of data, no unverified peer, no handler that does not redact."""
    for path in FILES:
        for node in nodes(path):
            assert not imported(node) & FORBIDDEN_MODULES, (path, ast.unparse(node))
            assert not turned_off(node), (path, ast.unparse(node))
            if isinstance(node, ast.Name | ast.Attribute):
                assert name_of(node) not in FORBIDDEN_NAMES, (path, ast.unparse(node))
                assert name_of(node) not in HANDLERS or path.name == "logs.py", (path, ast.unparse(node))


def test_every_template_is_escaped() -> None:
    """Whoever makes an environment says so."""
    calls = [n for path in FILES for n in nodes(path) if isinstance(n, ast.Call) and name_of(n.func) == "Environment"]

    assert len(calls) >= 3
    for call in calls:
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert given.get("autoescape") == "True", ast.unparse(call)
    templates = [*(ROOT / "bot").rglob("*.html"), *(ROOT / "bot").rglob("*.j2")]
    assert templates
    assert not [
        path.name for path in templates if re.search(r"\|\s*safe\b|autoescape\s+false", path.read_text("utf-8"))
    ]


def test_ruff_forbids_the_rest() -> None:
    """In the code that runs it is switched off nowhere but with a reason beside it."""
    found = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
    ignored = {place for place, rules in found["per-file-ignores"].items() if any(r[0] == "S" for r in rules)}

    assert "S" in found["select"]
    assert not [rule for rule in found["ignore"] if re.match(r"S\d", rule)]
    assert ignored == {"tests/**", "fuzz/*.py", "{bench,bot/demo}/**"}
    for path in FILES:
        for line in path.read_text("utf-8").splitlines():
            assert not re.search(r"noqa: [^-]*\bS\d", line) or " - " in line.partition("noqa")[2], (path, line)


LOG = '<log><trace><string key="concept:name" value="{value}"/><event/></trace></log>'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def traces_of(folder: Path, text: str) -> list[str]:
    """The cases that are read of an XES."""
    (folder / "log.xes").write_text(text, "utf-8")
    settings = EventLogSettings.model_validate({"path": "log.xes"}, context={"folder": folder})
    log = EventLog("eventlog.desk", settings, lambda: NOW)
    return [payload.key for page in log.fetch(log.scopes[0], None) for payload in page.payloads]


@pytest.mark.parametrize(
    ("entities", "value"),
    [
        (f'<!ENTITY l0 "{"ha" * 50}">{LAUGHS}', "&l9;"),
        (f'<!ENTITY a "{"a" * 100_000}">', "&a;" * 10_000),
        ('<!ENTITY a SYSTEM "{file}">', "&a;"),
        ('<!ENTITY % a SYSTEM "{file}"> %a;', "&b;"),
    ],
    ids=["billion laughs", "quadratic", "a file", "a file as a definition"],
)
def test_xml_neither_swells_nor_reads_other_files(tmp_path: Path, entities: str, value: str) -> None:
    """It is refused in a sentence, at once, and nothing of the other file is told. Needs expat 2.4.1."""
    (tmp_path / "secret").write_text('<!ENTITY b "no-shape-of-its-own">')
    kinds = entities.replace("{file}", (tmp_path / "secret").as_uri())
    with pytest.raises(SourceError, match=r"is no whole XML|state is missing") as found:
        traces_of(tmp_path, f"<!DOCTYPE log [{kinds}]>" + LOG.format(value=value))

    assert "no-shape-of-its-own" not in str(found.value)
    assert len(str(found.value)) < 400
