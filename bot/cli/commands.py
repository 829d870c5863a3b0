"""Every command by its name: where it is, and what its own help says of it first.

That help can be shown without importing them, and that each imports no other. Whether it is so says a test.
"""

from typing import NamedTuple


class Command(NamedTuple):
    """A function, or a group of them, in a module, and the first sentences of its help."""

    module: str
    name: str
    says: str


ABOUT = "Where does the work really wait? Reads Jira and GitHub, reconstructs the value stream, and tells."

OPTIONS = {"--version": "Print which version this is.", "--help": "Show this message and exit."}

COMMANDS = {
    "init": Command(
        "bot.cli.init",
        "init",
        "Look at Jira, GitHub or a log, propose the stages of a stream, show its map, and write config.toml.",
    ),
    "check": Command(
        "bot.cli.sources",
        "check",
        "Look at all that is configured, kept and reachable, and say what to do where it does not work.",
    ),
    "collect": Command("bot.cli.sources", "collect", "Read what changed at every source into the store."),
    "replay": Command("bot.cli.sources", "replay", "Read all kept payloads anew, without the network."),
    "analyse": Command(
        "bot.cli.analysis",
        "analyse",
        "Everything there is to say about a stream; with --json as one document. Or about all, a line each.",
    ),
    "future": Command(
        "bot.cli.analysis",
        "future",
        "What planned changes would do to the lead time, each tied to the waste it reduces; and whether that can be "
        "told.",
    ),
    "map": Command("bot.cli.analysis", "draw", "The value stream map, on the terminal or as a picture."),
    "explain": Command(
        "bot.cli.analysis",
        "explain",
        "Why an item took so long, span by span; or the items behind a queue, a loop or a waste.",
    ),
    "report": Command(
        "bot.cli.reports",
        "report",
        "What a status meeting asks, answered on one page, with everything behind it. Needs no network to be read.",
    ),
    "export": Command(
        "bot.cli.export",
        "export",
        "Items, spans and findings as tables, or the event log, in files for other tools.",
    ),
    "digest": Command(
        "bot.cli.digests",
        "digest",
        "Post the weekly digest to Slack, by mail or to a folder, once a week however often it is called.",
    ),
    "run": Command("bot.cli.digests", "run", "Collect and post on schedule, until stopped."),
    "serve": Command(
        "bot.cli.serving",
        "serve",
        "Show the report of every stream in a browser, live and read only, and try changes with sliders.",
    ),
    "demo": Command(
        "bot.cli.demo",
        "demo",
        "A simulated company: collected by the real connectors, analysed, drawn and told. Needs no token and no "
        "network.",
    ),
    "schema": Command(
        "bot.cli.analysis",
        "schema",
        "The JSON Schema of what `--json` answers; or the metrics that a key result may have.",
    ),
    "plan": Command("bot.cli.plan", "plan", "The plan: changes, what each is to bring, and what came of it."),
    "kr": Command("bot.cli.goals", "kr", "Key results: where they stand, and values that are found by hand."),
    "gate": Command("bot.cli.goals", "gate", "Gates: what they decide on, and what was decided."),
    "remarks": Command("bot.cli.remarks", "remarks", "What people claimed, snoozed and said to be no waste."),
    "db": Command("bot.cli.care", "db", "The database."),
}
