"""The commands that look at a stream."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.every import Every, FindingsTo, Jobs, Master, OnEngine, RecordsIn, analyse_every, ways_of
from bot.cli.options import DEFAULT, AsJson, ConfigPath, From, Now, StreamName, To, tell
from bot.engines.kinds import Ways
from bot.errors import UsageError


def analyse(
    config: ConfigPath = DEFAULT,
    stream: StreamName = None,
    start: From = None,
    end: To = None,
    now: Now = None,
    as_json: AsJson = False,
    *,
    every: Every = False,
    jobs: Jobs = None,
    engine: OnEngine = None,
    master: Master = None,
    records: RecordsIn = None,
    out: FindingsTo = None,
) -> None:
    """Everything there is to say about a stream; with --json as one document. Or about all, a line each.

    Example: gemba analyse --stream Payments --from 2026-07-01 --json; gemba analyse --all --json
    """
    from bot import terminal
    from bot.app.analysis import analyse_stream
    from bot.app.wiring import Wanted
    from bot.config import load_config
    from bot.report.analysis_text import analysis_text

    ways = ways_of(engine, jobs, master, records, out)
    if every and stream:
        raise UsageError("--all is every stream, and --stream is one; leave out either")
    if ways and not every:
        raise UsageError("--jobs and --engine are for every stream; add --all")
    if every:
        analyse_every(config, Wanted(None, start, end, now), ways or Ways(), as_json=as_json)
        return
    found = analyse_stream(load_config(config), Wanted(stream, start, end, now))
    if as_json:
        terminal.answer(found.to_json())
    else:
        terminal.out.print(analysis_text(found))


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
    from bot.app.analysis import future_of
    from bot.app.wiring import Wanted
    from bot.config import load_config
    from bot.report.future_text import future_text

    wanted = Wanted(stream, start, end, now)
    found = future_of(load_config(config), wanted, change or [], suggest=suggest)
    tell(found, future_text(found, suggest=suggest), as_json=as_json)


def draw(
    config: ConfigPath = DEFAULT,
    stream: StreamName = None,
    start: From = None,
    end: To = None,
    now: Now = None,
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the map into an SVG file.")] = None,
    picture: Annotated[Path | None, typer.Option("--png", metavar="FILE", help="Draw it into a PNG file.")] = None,
    dark: Annotated[bool, typer.Option("--dark", help="Draw light on dark.")] = False,
    *,
    future: Annotated[
        bool, typer.Option("--future", help="Beside it the future state: as it would be with what is planned.")
    ] = False,
    change: Annotated[
        list[str] | None,
        typer.Option(metavar="CHANGE", help="With --future: instead of the plan, as `gemba future` takes it."),
    ] = None,
) -> None:
    """The value stream map, on the terminal or as a picture.

    Example: gemba map --svg map.svg --png map.png; gemba map --future --png future.png
    """
    from bot.app import analysis
    from bot.app.wiring import Wanted
    from bot.config import load_config
    from bot.report.future_text import future_map_text
    from bot.report.map_text import map_text

    if change and not future:
        raise UsageError("--change is drawn beside the current state; add --future")
    settings, wanted = load_config(config), Wanted(stream, start, end, now)
    if future:
        foreseen = analysis.future_map(settings, wanted, change or [])
        _show(svg, picture, future_map_text(foreseen), analysis.future_picture(settings, foreseen, dark=dark))
    else:
        found = analysis.analyse_stream(settings, wanted)
        _show(svg, picture, map_text(found), analysis.map_picture(settings, found, dark=dark))


def _show(svg: Path | None, picture: Path | None, words: object, drawn: str) -> None:
    """Into the files that are named; without any on the terminal."""
    from bot import terminal
    from bot.report.canvas import png

    if svg:
        terminal.written(svg, drawn.encode())
    if picture:
        terminal.written(picture, png(drawn))
    if not svg and not picture:
        terminal.out.print(words)


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

    Example: gemba explain PAY-12; gemba explain queue "Design approval"; gemba explain loop Testing; gemba explain
    waste waiting
    """
    from bot.app.clock import clock
    from bot.app.concluded import explain_kept
    from bot.report.explain_text import explain_text

    as_of_now = not (name or start or end or now)
    if as_of_now and (kept := explain_kept(config, stream, key, clock())):
        tell(kept, explain_text(kept), as_json=as_json)
        return

    from bot.app.analysis import explain_item, explain_number
    from bot.app.wiring import Wanted
    from bot.config import load_config
    from bot.flow.findings.explained import Numbered
    from bot.report.explained_text import explained_text

    wanted, named = Wanted(stream, start, end, now), " ".join(name or [])
    if key in {*Numbered}:
        number = explain_number(load_config(config), wanted, Numbered(key), named or None)
        tell(number, explained_text(number), as_json=as_json)
    elif named:
        raise UsageError(
            f'"{named}" is too much after {key}; leave it out, or write queue, loop or waste before a name'
        )
    else:
        item = explain_item(load_config(config), wanted, key)
        tell(item, explain_text(item), as_json=as_json)


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
