"""Every message that a person can meet, as it stands in the source: for the page that explains them, and for tests.

A message is what an error of ours is made with, what a setting refuses (ValueError), what a line of `gemba check` says
that failed, or what stands in a table of advice. Where it is put together on the way, each way is a message.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice, product
from pathlib import Path

ROOT = Path(__file__).parents[2]

ERRORS = (
    "ConfigError",
    "UsageError",
    "BadParameter",
    "NothingYet",
    "OutputError",
    "StoreError",
    "Damaged",
    "AddressError",
    "EngineError",
    "SourceUnavailable",
    "RateLimited",
    "Unanswered",
    "AccessDenied",
    "NotThere",
    "PayloadUnreadable",
    "SlackRefusal",
    "ValueError",
    "KeyError",
    "NotUnderstood",
    "Refused",
    "NotAsked",
    "NoSuchStep",
)
CHECK, GAP = "Check", "…"
TABLES = {
    ("connectors/slack_refusals.py", "ADVICE"): ("SlackRefusal", "slack: "),
    ("connectors/jira_plan.py", "ADVICE"): ("AccessDenied", f"{GAP}: Jira makes no issue in {GAP}; "),
    ("bot/database_faults.py", "SQLITE"): ("StoreError", f"the database {GAP} "),
    ("bot/database_faults.py", "POSTGRESQL"): ("StoreError", f"the database {GAP} "),
}
"""Advice that is looked up by what went wrong: which error says it, after which words."""

TELLING = {("bot/config_faults.py", "sentence"): "ConfigError"}
"""Functions whose answer is a message."""

ROWS = "connectors/eventlog_cases.py"
"""Where a ValueError says what is wrong with a row."""

INNER = ("connectors/jira_events.py", "connectors/pages.py")
"""Where a ValueError says what is wrong with the shape of something; it is told with its place, as unreadable."""

MOST, DEPTH = 12, 6
"""Ways of one message that are followed, and how far back."""


@dataclass(frozen=True)
class Message:
    """What is said, with GAP where it names something; by which error; where it stands (file, line).

    `quotes`: a value as Python writes it.
    """

    text: str
    kind: str
    module: str
    line: int
    quotes: bool


def messages(root: Path = ROOT) -> list[Message]:
    """All of them, each once, in the order of files and lines."""
    modules = [Module(path, path.relative_to(root).as_posix()) for path in _sources(root)]
    shared = {name: node for module in modules for name, node in module.constants.items()}
    found = chain.from_iterable(module.messages(shared) for module in modules)
    return list({(message.text, message.kind, message.module): message for message in found}.values())


def _sources(root: Path) -> Iterator[Path]:
    for folder in ("bot", "connectors"):
        yield from (path for path in sorted((root / folder).rglob("*.py")) if _is_told(path))


def _is_told(path: Path) -> bool:
    """Whether something in it is; stand-ins and the judge of the engine speak to nobody who runs it."""
    if "truth" in path.parts or path.name == "stand_ins.py":
        return False
    source = path.read_text("utf-8")
    return any(f"{error}(" in source for error in (*ERRORS, CHECK)) or any(
        path.match(place) for place, _ in (*TABLES, *TELLING)
    )


@dataclass(frozen=True)
class Place:
    """Where an expression stands: what names mean there."""

    constants: Mapping[str, ast.expr]
    functions: Mapping[str, ast.FunctionDef]
    local: Mapping[str, Sequence[ast.expr]]
    depth: int = 0

    def inside(self, function: ast.AST) -> "Place":
        return Place(self.constants, self.functions, _assigned(function), self.depth + 1)


class Module:
    """One file."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self._tree = ast.parse(path.read_text("utf-8"))

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        """Texts and tables that have a name in the module."""
        return {
            target.id: node.value
            for node in self._tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name) and target.id.isupper()
        }

    def messages(self, shared: Mapping[str, ast.expr]) -> Iterator[Message]:
        functions = {node.name: node for node in ast.walk(self._tree) if isinstance(node, ast.FunctionDef)}
        here = Place({**shared, **self.constants}, functions, {})
        for function in functions.values():
            place = here.inside(function)
            telling = TELLING.get((self.name, function.name))
            for node in _own(function):
                if isinstance(node, ast.Call):
                    yield from self._made(node, place)
                elif isinstance(node, ast.Tuple):
                    yield from self._judged(node, place)
                elif telling and isinstance(node, ast.Return) and node.value is not None:
                    yield from self._told(node.value, telling, place)
        for (module, name), (kind, before) in TABLES.items():
            if module == self.name and isinstance(table := self.constants.get(name), ast.Dict):
                for value in table.values:
                    yield from self._told(value, kind, here, before)

    def _made(self, call: ast.Call, place: Place) -> Iterator[Message]:
        kind = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if kind == "ValueError" and self.name in INNER:
            return
        if kind == "ValueError" and self.name == ROWS:
            kind = "PayloadUnreadable"
        if kind in ERRORS and call.args:
            unreadable = kind == "PayloadUnreadable"
            before = f"{GAP}: line {GAP}: " if self.name == ROWS and unreadable else f"cannot read {GAP}: " * unreadable
            yield from self._told(call.args[-1 if unreadable else 0], kind, place, before)
        elif kind == CHECK and _failed(call):
            detail = next((word.value for word in call.keywords if word.arg == "detail"), None)
            if detail is not None:
                yield from self._told(detail, kind, place)

    def _judged(self, pair: ast.Tuple, place: Place) -> Iterator[Message]:
        """What a line of `gemba check` is made of: whether it works, and what is said of it."""
        match pair.elts:
            case [ast.Constant(value=False), ast.expr() as detail]:
                yield from self._told(detail, CHECK, place)

    def _told(self, node: ast.expr, kind: str, place: Place, before: str = "") -> Iterator[Message]:
        whole = list(ast.walk(node))
        quotes = any(isinstance(part, ast.FormattedValue) and part.conversion == ord("r") for part in whole)
        for text in islice(dict.fromkeys(said(node, place)), MOST):
            if has_words(text):
                yield Message(before + " ".join(text.split()), kind, self.name, node.lineno, quotes)


def _failed(call: ast.Call) -> bool:
    return any(
        word.arg == "ok" and isinstance(word.value, ast.Constant) and word.value.value is False
        for word in call.keywords
    )


def has_words(text: str) -> bool:
    """Whether it says more than what it was given."""
    return sum(word.isalpha() or word.startswith("--") for word in text.replace(GAP, " ").split()) > 1


def _own(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """What stands in it and in no function inside of it."""
    waiting: list[ast.AST] = [*function.body]
    while waiting:
        node = waiting.pop(0)
        yield node
        waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.FunctionDef)]


def _assigned(function: ast.AST) -> dict[str, list[ast.expr]]:
    """What each name of a function was given, in the order of the lines."""
    found: dict[str, list[ast.expr]] = {}
    if isinstance(function, ast.FunctionDef):
        given = function.args.args[len(function.args.args) - len(function.args.defaults) :]
        found |= {argument.arg: [value] for argument, value in zip(given, function.args.defaults, strict=True)}
    for node in ast.walk(function):
        for target, value in _pairs(node):
            if isinstance(target, ast.Name):
                found.setdefault(target.id, []).append(value)
    return found


def _pairs(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
            yield from zip(names, values, strict=False)
        case ast.Assign(targets=[name], value=value) | ast.NamedExpr(target=name, value=value):
            yield name, value
        case ast.AnnAssign(target=name, value=ast.expr() as value):
            yield name, value


def said(node: ast.expr, place: Place) -> Iterator[str]:
    """Every way in which an expression can be said."""
    match node:
        case _ if place.depth > DEPTH:
            yield GAP
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield from _joined([_part(part, place) for part in parts])
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from _joined([[*said(left, place)], [*said(right, place)]])
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=int(n))):
            yield from islice(_named(name, place), n, n + 1)
        case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)):
            yield from _named(name, place)
        case ast.Call():
            yield from _called(node, place)
        case _:
            yield from chain.from_iterable(said(way, place) for way in _ways(node)) if _ways(node) else (GAP,)


def _ways(node: ast.expr) -> list[ast.expr]:
    """Of which one is said. Where something may be missing, what stands in its place."""
    match node:
        case ast.IfExp(body=body, orelse=other):
            return [body, other]
        case ast.BoolOp(op=ast.Or(), values=[*_, last]) | ast.ListComp(elt=last):
            return [last]
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return parts
    return []


def _part(part: ast.expr, place: Place) -> list[str]:
    if isinstance(part, ast.FormattedValue):
        found = list(islice(said(part.value, place), MOST))
        return found if any(has_words(text) or not text for text in found) else [GAP]
    return [*said(part, place)]


def _joined(parts: Sequence[Sequence[str]]) -> Iterator[str]:
    yield from ("".join(some) for some in islice(product(*parts), MOST))


def _named(name: str, place: Place) -> Iterator[str]:
    deeper = Place(place.constants, place.functions, place.local, place.depth + 1)
    if name in place.local:
        yield from chain.from_iterable(said(value, deeper) for value in place.local[name])
    elif name in place.constants:
        yield from said(place.constants[name], Place(place.constants, place.functions, {}, place.depth + 1))
    else:
        yield GAP


def _called(call: ast.Call, place: Place) -> Iterator[str]:
    """What a function of the same file answers. What is near to a word may be nothing, so it is no advice."""
    match call.func:
        case ast.Name(id="did_you_mean"):
            yield ""
        case ast.Name(id="in_words"):
            yield GAP
        case ast.Name(id="redacted") if call.args:
            yield from said(call.args[0], place)
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in place.functions:
            yield from _answered(place.functions[name], place)
        case ast.Attribute(value=inner, attr="removeprefix" | "format" | "replace" | "partition"):
            yield from said(inner, place)
        case _:
            yield GAP


def _answered(function: ast.FunctionDef, place: Place) -> Iterator[str]:
    if not (isinstance(function.returns, ast.Name) and function.returns.id == "str"):
        yield GAP
        return
    inside = place.inside(function)
    for node in _own(function):
        if isinstance(node, ast.Return) and node.value is not None:
            yield from said(node.value, inside)
