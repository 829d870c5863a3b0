"""The commands of key results and gates."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.options import DEFAULT, AsJson, ConfigPath, From, Now, StreamName, To, moment, tell

kr = typer.Typer(no_args_is_help=True, help="Key results: where they stand, and values that are found by hand.")
gate = typer.Typer(no_args_is_help=True, help="Gates: what they decide on, and what was decided.")

GateName = Annotated[str | None, typer.Argument(help="Default: the next one.", metavar="[GATE]", show_default=False)]


@kr.command("list")
def list_key_results(
    config: ConfigPath = DEFAULT, stream: StreamName = None, now: Now = None, as_json: AsJson = False
) -> None:
    """Where the key results stand: by week, pace, odds of reaching them, and the verdict.

    Example: gemba kr list
    """
    from bot import terminal
    from bot.app.analysis import key_results_of
    from bot.app.wiring import Wanted
    from bot.config import load_config
    from bot.report.gate_text import key_results_text

    found = key_results_of(load_config(config), Wanted(stream, now=now))
    if as_json:
        terminal.answer([part.model_dump(mode="json") for part in found])
    else:
        terminal.out.print(key_results_text(found))


@kr.command("set")
def set_value(
    name: Annotated[str, typer.Argument(help="The key result; it has by_hand = true.", metavar="NAME")],
    value: Annotated[float, typer.Argument(help="What was found; before a negative one write --.", metavar="VALUE")],
    at: Annotated[Any, typer.Option("--at", metavar="DATE", parser=moment, help="When. Default: now.")] = None,
    config: ConfigPath = DEFAULT,
    stream: StreamName = None,
) -> None:
    """Enter the value of a key result that is found by hand. Nothing is overwritten; of a week the last counts.

    Example: gemba kr set "Customers who come back" 41.5 --at 2026-11-20
    """
    from bot import terminal
    from bot.app.noted import set_key_result
    from bot.config import load_config

    terminal.say(set_key_result(load_config(config), stream, name, value, at))


@gate.command()
def review(
    name: GateName = None,
    *,
    config: ConfigPath = DEFAULT,
    stream: StreamName = None,
    start: From = None,
    end: To = None,
    now: Now = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as a page.")] = None,
    posted: Annotated[bool, typer.Option("--post", help="Post it to the channel of the digest, once.")] = False,
    as_json: AsJson = False,
) -> None:
    """What a gate decides on: key results with their odds, figures, trend, plan, and the largest removable waste.

    Example: gemba gate review "Quarter" --html gate.html
    """
    from bot import terminal
    from bot.app.goals import post_pack, review_gate
    from bot.app.wiring import Wanted
    from bot.config import load_config
    from bot.report.gate_page import gate_page
    from bot.report.gate_text import pack_text

    settings, wanted = load_config(config), Wanted(stream, start, end, now)
    if posted:
        terminal.say(post_pack(settings, wanted, name))
        return
    pack = review_gate(settings, wanted, name)
    if html:
        terminal.written(html, gate_page(pack).encode())
    else:
        tell(pack, pack_text(pack), as_json=as_json)


@gate.command()
def record(
    decision: Annotated[str, typer.Option(metavar="DECISION", help="continue, pivot or stop.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept as it is, so name no person.")],
    name: GateName = None,
    config: ConfigPath = DEFAULT,
    stream: StreamName = None,
    now: Now = None,
    as_json: AsJson = False,
) -> None:
    """Freeze what a gate was shown, with what was decided and why. It can be added to, and never changed unseen.

    Example: gemba gate record "Quarter" --decision pivot --reason "the approval board stays"
    """
    from bot import terminal
    from bot.app.goals import record_gate
    from bot.app.wiring import Wanted
    from bot.config import load_config

    kept = record_gate(load_config(config), Wanted(stream, now=now), name, decision, reason)
    if as_json:
        told = ("number", "gate", "day", "verdict", "decision", "reason", "previous", "hash")
        terminal.answer({"at": kept.at.isoformat(), **{key: getattr(kept, key) for key in told}})
    else:
        terminal.say(f"record {kept.number} of {kept.gate}, {kept.day}: {kept.decision} (thresholds: {kept.verdict})")
        terminal.say(f"note its seal in the minutes: {kept.hash}")


@gate.command()
def history(
    name: Annotated[
        str | None, typer.Argument(help="Default: all gates.", metavar="[GATE]", show_default=False)
    ] = None,
    config: ConfigPath = DEFAULT,
    stream: StreamName = None,
    as_json: AsJson = False,
) -> None:
    """What was decided at gates and on what, and whether all records still are as they were; if not, exit status 1.

    Example: gemba gate history
    """
    from bot import terminal
    from bot.app.noted import gate_history
    from bot.config import load_config
    from bot.report.gate_text import history_text

    settings = load_config(config)
    found = gate_history(settings, stream, name)
    tell(found, history_text(found, settings.stream(stream).calendar.zone), as_json=as_json)
    if not found.intact:
        terminal.say("the records of gates were changed after they were made", alarming=True)
        raise typer.Exit(1)
