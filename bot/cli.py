"""The commands, and nothing else. What a command needs is imported when it runs, so that help comes at once.

Exit status: 0 done, 1 failed, 2 misused.
"""

import logging
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli_goals import gate, kr
from bot.errors import ConfigError, NothingYet, OutputError, StoreError, UsageError
from bot.options import DEFAULT, AsJson, ConfigPath, From, Now, StreamName, To, moment
from connectors.errors import SourceError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Where does the work really wait? Reads Jira and GitHub, reconstructs the value stream, and tells.",
)
db = typer.Typer(no_args_is_help=True, help="The database.")
app.add_typer(kr, name="kr")
app.add_typer(gate, name="gate")
app.add_typer(db, name="db")


INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""

DigestFrom = Annotated[
    Any, typer.Option("--from", metavar="DATE", parser=moment, help="First day. Default: 4 weeks before the end.")
]
DigestTo = Annotated[
    Any, typer.Option("--to", metavar="DATE", parser=moment, help="First day not looked at. Default: last Monday.")
]


@app.command()
def check(
    config: ConfigPath = DEFAULT,
    local: Annotated[bool, typer.Option("--local", help="Only the configuration and the database.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask every source, the database and Slack whether they work, and say what to do where they do not.

    Example: gemba check --config config.toml
    """
    from bot import app as gemba
    from bot import terminal
    from bot.config import load_config

    found = gemba.check_all(load_config(config), local=local)
    if as_json:
        terminal.answer([{"what": c.what, "ok": c.ok, "detail": c.detail} for c in found])
    else:
        terminal.checked(found)
    raise typer.Exit(0 if all(c.ok for c in found) else 1)


def _stop_at_once(*_: object) -> None:
    """Every page is kept in one transaction, so there is nothing to wait for. The bar hid the cursor."""
    stream = sys.__stderr__ or sys.stderr
    shown = "\x1b[?25h" if stream.isatty() else ""
    stream.write(f"{shown}\nstopped; what was read is kept, and the next run goes on from there\n")
    stream.flush()
    os._exit(INTERRUPTED)


@app.command()
def collect(
    config: ConfigPath = DEFAULT,
    thorough: Annotated[
        bool,
        typer.Option("--thorough", help="Look for silent changes and deletions now; what is missed twice is gone."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read what changed at every source into the store.

    Example: gemba collect
    """
    from bot import app as gemba
    from bot import terminal
    from bot.config import load_config

    settings = load_config(config)
    signal.signal(signal.SIGINT, _stop_at_once)
    with terminal.progress() as progress:
        found = gemba.collect_all(settings, progress, thorough=thorough)
    terminal.collected(found)
    if as_json:
        terminal.answer([c.to_json() for c in found])
    raise typer.Exit(1 if any(c.error for c in found) else 0)


@app.command()
def replay(config: ConfigPath = DEFAULT) -> None:
    """Read all kept payloads anew, without the network.

    Example: gemba replay
    """
    from bot import app as gemba
    from bot import terminal
    from bot.config import load_config
    from bot.words import count

    found = gemba.replay_all(load_config(config))
    for source, saved in found.items():
        terminal.say(f"{source}: {count(saved.payloads - len(saved.unreadable), 'payload')} read anew")
        for sentence in saved.unreadable:
            terminal.say(sentence, alarming=True)
    raise typer.Exit(1 if any(saved.unreadable for saved in found.values()) else 0)


@app.command()
def analyse(
    config: ConfigPath = DEFAULT,
    stream: StreamName = None,
    start: From = None,
    end: To = None,
    now: Now = None,
    as_json: AsJson = False,
) -> None:
    """Everything there is to say about a stream; with --json as one document.

    Example: gemba analyse --stream Payments --from 2026-07-01 --json
    """
    from bot import app as gemba
    from bot import terminal
    from bot.config import load_config
    from bot.report.analysis_text import analysis_text

    found = gemba.analyse_stream(load_config(config), gemba.Wanted(stream, start, end, now))
    if as_json:
        terminal.answer(found.to_json())
    else:
        terminal.out.print(analysis_text(found))


@app.command()
def future(
    config: ConfigPath = DEFAULT,
    stream: StreamName = None,
    start: From = None,
    end: To = None,
    now: Now = None,
    change: Annotated[
        list[str] | None,
        typer.Option(metavar="CHANGE", help="Instead of the plan, as the configuration writes it, with its waste."),
    ] = None,
    suggest: Annotated[bool, typer.Option("--suggest", help="What would help most, as far as it shows.")] = False,
    as_json: AsJson = False,
) -> None:
    """What planned changes would do to the lead time, each tied to the waste it reduces; and whether that can be told.

    Example: gemba future --suggest; gemba future --change 'cap = "Review", at = "24h", waste = "waiting"'
    """
    from bot import app as gemba
    from bot.config import load_config
    from bot.report.future_text import future_text

    wanted = gemba.Wanted(stream, start, end, now)
    found = gemba.future_of(load_config(config), wanted, change or [], suggest=suggest)
    _tell(found, future_text(found, suggest=suggest), as_json=as_json)


@app.command("map")
def draw(
    config: ConfigPath = DEFAULT,
    stream: StreamName = None,
    start: From = None,
    end: To = None,
    now: Now = None,
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the map into an SVG file.")] = None,
    picture: Annotated[Path | None, typer.Option("--png", metavar="FILE", help="Draw it into a PNG file.")] = None,
    dark: Annotated[bool, typer.Option("--dark", help="Draw light on dark.")] = False,
) -> None:
    """The value stream map, on the terminal or as a picture.

    Example: gemba map --svg map.svg --png map.png
    """
    from bot import app as gemba
    from bot import terminal
    from bot.config import load_config
    from bot.report.canvas import png
    from bot.report.map_text import map_text

    settings = load_config(config)
    found = gemba.analyse_stream(settings, gemba.Wanted(stream, start, end, now))
    drawn = gemba.map_picture(settings, found, dark=dark)
    if svg:
        terminal.written(svg, drawn.encode())
    if picture:
        terminal.written(picture, png(drawn))
    if not svg and not picture:
        terminal.out.print(map_text(found))


@app.command()
def explain(
    key: Annotated[
        str,
        typer.Argument(
            help="An item or a pull request: its name, its address, or #123. Or the word queue, loop or waste.",
            metavar="KEY",
        ),
    ],
    name: Annotated[
        list[str] | None,
        typer.Argument(
            help="Which queue, loop or waste. Default: what there is.", metavar="[NAME]", show_default=False
        ),
    ] = None,
    config: ConfigPath = DEFAULT,
    stream: StreamName = None,
    start: From = None,
    end: To = None,
    now: Now = None,
    as_json: AsJson = False,
) -> None:
    """Why an item took so long, span by span; or the items behind a queue, a loop or a waste.

    Example: gemba explain PAY-12; gemba explain queue Design approval; gemba explain loop Testing; gemba explain waste
    waiting
    """
    from bot import app as gemba
    from bot.config import load_config
    from bot.flow.findings.explained import Numbered
    from bot.report.explain_text import explain_text
    from bot.report.explained_text import explained_text

    wanted, named = gemba.Wanted(stream, start, end, now), " ".join(name or [])
    if key in {*Numbered}:
        number = gemba.explain_number(load_config(config), wanted, Numbered(key), named or None)
        _tell(number, explained_text(number), as_json=as_json)
    elif named:
        raise UsageError(f'"{named}" is too much after {key}; only the words queue, loop and waste take a name')
    else:
        item = gemba.explain_item(load_config(config), wanted, key)
        _tell(item, explain_text(item), as_json=as_json)


def _tell(document: Any, shown: Any, *, as_json: bool) -> None:
    """A document of the engine, or its words."""
    from bot import terminal

    if as_json:
        terminal.answer(document.model_dump(mode="json", by_alias=True))
    else:
        terminal.out.print(shown)


@app.command()
def digest(
    config: ConfigPath = DEFAULT,
    stream: StreamName = None,
    start: DigestFrom = None,
    end: DigestTo = None,
    now: Now = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it instead of posting it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print its blocks instead of posting it.")] = False,
) -> None:
    """Post the weekly digest to Slack, once a week however often it is called.

    Example: gemba digest --dry-run
    """
    from bot import app as gemba
    from bot import terminal
    from bot.config import load_config
    from bot.digest.text import text

    settings, wanted = load_config(config), gemba.Wanted(stream, start, end, now)
    if not dry_run and not as_json:
        terminal.say(gemba.post_digest(settings, wanted))
        return
    _, composed = gemba.digest_of(settings, wanted)
    if as_json:
        terminal.answer({"text": composed.text, "blocks": gemba.digest_blocks(composed, None)})
    else:
        terminal.out.print(text(composed))


@app.command()
def run(config: ConfigPath = DEFAULT) -> None:
    """Collect and post on schedule, until stopped.

    Example: gemba run
    """
    from bot import app as gemba
    from bot.config import load_config

    settings = load_config(config)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    log = logging.getLogger("gemba")
    log.setLevel(logging.INFO)
    for sentence in gemba.plan_of_run(settings):
        log.info(sentence)
    gemba.run_forever(settings)
    log.info("stopped")


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to put the pictures and the database.")] = Path(
        "gemba-demo"
    ),
) -> None:
    """A simulated company: collected by the real connectors, analysed, drawn and told. Needs no token and no network.

    Example: gemba demo --folder gemba-demo
    """
    from bot import app as gemba
    from bot import terminal
    from bot.digest.text import text
    from bot.report.canvas import png
    from bot.report.map_text import map_text

    with gemba.demo(folder) as settings:
        with terminal.progress() as progress:
            terminal.collected(gemba.collect_all(settings, progress))
        found = gemba.analyse_stream(settings, gemba.Wanted())
        for name, dark in (("map", False), ("map-dark", True)):
            drawn = gemba.map_picture(settings, found, dark=dark)
            terminal.written(folder / f"{name}.svg", drawn.encode())
            terminal.written(folder / f"{name}.png", png(drawn))
        posted = gemba.post_digest(settings, gemba.Wanted())
    _, composed = gemba.digest_of(settings, gemba.Wanted())
    terminal.out.print(map_text(found), "", f"The digest, {posted}:", "", text(composed), "", sep="\n")
    oldest = next((item.item for item in found.age.items), "PAY-1")
    terminal.out.print(
        f"The drawn map is {folder / 'map.png'}. Try next:\n"
        f"  {_called()} explain {oldest} --config {folder / 'config.toml'}\n"
        f"  {_called()} analyse --json --config {folder / 'config.toml'}\n"
        f"  {_called()} gate review --config {folder / 'config.toml'}",
        markup=False,
        soft_wrap=True,
    )


@app.command()
def schema(
    name: Annotated[
        str,
        typer.Argument(
            help="analysis, future, gate, gate.history, explanation, or explanation.queue, .loop, .waste, .list; "
            "or metrics."
        ),
    ] = "analysis",
) -> None:
    """The JSON Schema of what `--json` answers; or the metrics that a key result may have.

    Example: gemba schema > analysis.schema.json; gemba schema explanation.queue; gemba schema metrics
    """
    from bot import terminal
    from bot.govern.document import DOCUMENTS
    from bot.govern.metrics import better, metrics

    if name == "metrics":
        terminal.answer([{"metric": path, "better": better(path)} for path in metrics()])
        return
    if name not in DOCUMENTS:
        raise UsageError(f'no document is called "{name}"; there are {", ".join(DOCUMENTS)}, and metrics')
    terminal.answer(DOCUMENTS[name].model_json_schema(by_alias=True, mode="serialization"))


@db.command()
def upgrade(config: ConfigPath = DEFAULT) -> None:
    """Bring the database to the newest revision.

    Example: gemba db upgrade
    """
    from bot import app as gemba
    from bot import terminal
    from bot.config import load_config

    before, after = gemba.upgrade(load_config(config))
    terminal.say(f"from {before or 'nothing'} to {after}")


@db.command()
def backup(
    target: Annotated[Path, typer.Argument(help="The new file.", metavar="FILE")], config: ConfigPath = DEFAULT
) -> None:
    """Copy a SQLite database while it is in use.

    Example: gemba db backup gemba-backup.db
    """
    from bot import app as gemba
    from bot import terminal
    from bot.config import load_config

    gemba.backup(load_config(config), target)
    terminal.say(f"copied to {target}")


def _called() -> str:
    """How this program can be called again from here."""
    if shutil.which("gemba"):
        return "gemba"
    here = Path(sys.argv[0]).absolute()
    return str(here.relative_to(Path.cwd())) if here.is_relative_to(Path.cwd()) else str(here)


def main() -> None:
    """Run a command; every known fault is one sentence on stderr."""
    try:
        app()
    except (ConfigError, UsageError) as problem:
        _fail(problem, 2)
    except (NothingYet, OutputError, SourceError, StoreError) as problem:
        _fail(problem, 1)


def _fail(problem: Exception, status: int) -> None:
    from bot import terminal

    terminal.say(str(problem), alarming=True)
    sys.exit(status)
