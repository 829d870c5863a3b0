"""The commands of what people said of digests."""

from typing import Annotated

import typer

from bot.cli.options import DEFAULT, AsJson, ConfigPath, StreamName

remarks = typer.Typer(no_args_is_help=True, help="What people claimed, snoozed and said to be no waste.")


@remarks.command("list")
def list_remarks(config: ConfigPath = DEFAULT, stream: StreamName = None, as_json: AsJson = False) -> None:
    """Who claimed, snoozed or excused what, when, and why: everything that was changed from Slack.

    Example: gemba remarks list
    """
    from bot import terminal
    from bot.app.remarks import remarks_in
    from bot.config import load_config
    from bot.report.remarks_text import remarks_text

    settings = load_config(config)
    found = remarks_in(settings, stream)
    if as_json:
        terminal.answer([{**row, "at": f"{row['at']:%Y-%m-%dT%H:%M:%SZ}"} for row in found])
    else:
        terminal.out.print(remarks_text(found, settings.stream(stream).calendar.timezone))


@remarks.command()
def withdraw(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Which, as `gemba remarks list` numbers them.")],
    *,
    reason: Annotated[str, typer.Option(metavar="WHY", help="Why it does not hold.")],
    config: ConfigPath = DEFAULT,
    stream: StreamName = None,
) -> None:
    """Take back what somebody said, with a reason. Both stay on the list.

    Example: gemba remarks withdraw 3 --reason "the law has changed"
    """
    from bot import terminal
    from bot.app.remarks import withdraw as take_back
    from bot.config import load_config

    terminal.say(take_back(load_config(config), stream, number, reason))
