"""The commands of the plan."""

from typing import Annotated, Any

import typer

from bot.cli.options import DEFAULT, AsJson, ConfigPath, Now, StreamName, moment

plan = typer.Typer(no_args_is_help=True, help="The plan: changes, what each is to bring, and what came of it.")

ChangeName = Annotated[str, typer.Argument(help="What the change is called.", metavar="NAME")]
At = Annotated[Any, typer.Option("--at", metavar="DATE", parser=moment, help="Since when. Default: now.")]


@plan.command("list")
def list_changes(
    config: ConfigPath = DEFAULT, stream: StreamName = None, now: Now = None, as_json: AsJson = False
) -> None:
    """How the planned changes stand: what is late or nobody's, what each was to bring, and what came of it.

    Example: gemba plan list
    """
    from bot import terminal
    from bot.app.plans import plan_of
    from bot.app.wiring import Wanted
    from bot.config import load_config
    from bot.report.plan_text import plan_text

    settings = load_config(config)
    found = plan_of(settings, Wanted(stream, now=now))
    if as_json:
        terminal.answer([part.model_dump(mode="json") for part in found])
    else:
        terminal.out.print(plan_text(found, settings.stream(stream).calendar.timezone))


@plan.command()
def add(
    name: ChangeName,
    *,
    waste: Annotated[str, typer.Option(metavar="WASTE", help="The one waste that it is to reduce.")],
    owner: Annotated[str, typer.Option(metavar="WHO", help="Who sees to it.")],
    due: Annotated[Any, typer.Option(metavar="DATE", parser=moment, help="By when it is in force.")],
    change: Annotated[
        str | None, typer.Option(metavar="CHANGE", help="What is done, as the configuration writes it.")
    ] = None,
    milestone: Annotated[
        list[str] | None, typer.Option(metavar="NAME=DATE", help="A step on the way, and when it is due.")
    ] = None,
    issue: Annotated[
        str | None, typer.Option(metavar="PROJECT", help="Make an issue for it in this project of Jira, once.")
    ] = None,
    config: ConfigPath = DEFAULT,
    stream: StreamName = None,
) -> None:
    """Put a change on the plan, with the waste it is to reduce, an owner and a due date.

    Example: gemba plan add "Board twice a week" --waste waiting --owner mara --due 2026-12-15 --change
    'cadence = "Design approval", on = ["mon", "thu"]'
    """
    from bot import terminal
    from bot.app.plans import add_change
    from bot.config import load_config

    written = {"name": name, "waste": waste, "owner": owner, "due": due, "issue": issue}
    terminal.say(add_change(load_config(config), stream, written, change, milestone or []))


@plan.command()
def start(
    name: ChangeName,
    at: At = None,
    config: ConfigPath = DEFAULT,
    stream: StreamName = None,
) -> None:
    """Note that a change is being made, and freeze what it is predicted to bring, as known then.

    Example: gemba plan start "Board twice a week" --at 2026-11-02
    """
    from bot import terminal
    from bot.app.plans import start_change
    from bot.config import load_config

    terminal.say(start_change(load_config(config), stream, name, at))


@plan.command()
def done(
    name: ChangeName,
    milestone: Annotated[str | None, typer.Option(metavar="NAME", help="Only this milestone is reached.")] = None,
    at: At = None,
    config: ConfigPath = DEFAULT,
    stream: StreamName = None,
) -> None:
    """Note since when a change is in force; what comes of it is compared with what was predicted.

    Example: gemba plan done "Board twice a week" --at 2026-11-16
    """
    from bot import terminal
    from bot.app.plans import finish_change
    from bot.config import load_config

    terminal.say(finish_change(load_config(config), stream, name, milestone, at))


@plan.command()
def drop(
    name: ChangeName,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why.")],
    config: ConfigPath = DEFAULT,
    stream: StreamName = None,
) -> None:
    """Note that a change is given up, and why. It stays on the list.

    Example: gemba plan drop "Approve at once" --reason "the board was abolished"
    """
    from bot import terminal
    from bot.app.plans import drop_change
    from bot.config import load_config

    terminal.say(drop_change(load_config(config), stream, name, reason))
