"""The first configuration, and what it lacks later."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.options import DEFAULT, ConfigPath
from bot.cli.person import Person


def init(
    config: ConfigPath = DEFAULT,
    jira: Annotated[
        str | None, typer.Option("--jira", metavar="URL", envvar="JIRA_URL", help="The address of a Jira.")
    ] = None,
    email: Annotated[
        str | None,
        typer.Option(
            "--email", metavar="ADDRESS", envvar="JIRA_EMAIL", help="Of the account of a token of Jira Cloud."
        ),
    ] = None,
    project: Annotated[
        list[str] | None, typer.Option("--project", metavar="KEY", help="A project of Jira; may be repeated.")
    ] = None,
    github: Annotated[
        str | None,
        typer.Option(
            "--github", metavar="URL", envvar="GITHUB_API_URL", help="The API of a GitHub. Default: github.com."
        ),
    ] = None,
    repository: Annotated[
        list[str] | None, typer.Option("--repository", metavar="OWNER/NAME", help="May be repeated.")
    ] = None,
    from_log: Annotated[
        Path | None, typer.Option("--from-log", metavar="FILE", help="An event log (CSV, TSV, XES) instead.")
    ] = None,
    case: Annotated[str | None, typer.Option("--case", metavar="COLUMN", help="Of the log: which case.")] = None,
    state: Annotated[str | None, typer.Option("--state", metavar="COLUMN", help="Of the log: which activity.")] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="COLUMN", help="Of the log: when.")] = None,
    actor: Annotated[str | None, typer.Option("--actor", metavar="COLUMN", help="Of the log: who.")] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            metavar="NAME",
            help="Words of a usual stream: software-delivery, hr-onboarding, strategic-planning or stage-gate.",
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="What to call the stream.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take what is proposed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the configuration, and write nothing.")] = False,
) -> None:
    """Look at Jira, GitHub or a log, propose the stages of a stream, show its map, and write config.toml.

    Where there is a configuration already, it shows what the sources have by now that no stage claims, and proposes
    to add it. Tokens come from JIRA_TOKEN and GITHUB_TOKEN, or are asked for and kept in a file of their own.

    Example: gemba init --jira https://acme.atlassian.net --project PAY --repository acme/pay-api
    """
    from bot import terminal
    from bot.errors import UsageError
    from bot.presets import PRESETS

    if preset is not None and preset not in PRESETS:
        raise UsageError(f'there is no preset "{preset}"; there are {", ".join(PRESETS)}')
    asks = Person(yes or not terminal.err.is_terminal, config.parent, only_looks=dry_run)
    if config.exists() and not (dry_run and (project or repository or from_log)):
        if project or repository or from_log:
            raise UsageError(
                f"{config} is there already; run `gemba init` without sources to see what it lacks, "
                "or name another file with --config"
            )
        _renew(config, asks, dry_run=dry_run)
        return
    if from_log is not None:
        sources, titles, zone = [_log_source(from_log, config.parent, case, state, at, actor)], dict[str, str](), None
    else:
        sources, titles, zone = _sites(asks, config.parent, jira, email, project or [], github, repository or [])
    _propose(asks, config, sources, titles, zone, preset, name, dry_run=dry_run)


def _log_source(
    path: Path, folder: Path, case: str | None, state: str | None, at: str | None, actor: str | None
) -> Any:
    from bot.app.init import log_columns, log_name
    from bot.setup.sample import Source

    settings = log_columns(path, {"case": case, "state": state, "at": at, "actor": actor})
    named = path.parent.resolve() / path.name
    stays = path.is_absolute() or not folder.is_dir()
    place = named if stays else Path(os.path.relpath(named, folder.resolve()))
    return Source("eventlog", log_name(path), {"path": place, **settings}, folder)


def _sites(
    asks: Person,
    folder: Path,
    jira: str | None,
    email: str | None,
    projects: Sequence[str],
    github: str | None,
    repositories: Sequence[str],
) -> tuple[list[Any], dict[str, str], str | None]:
    """The sources that were chosen, what their places are called, and the time zone of the account."""
    from bot.app.init import source_of
    from bot.errors import UsageError

    sources, titles, zone = [], dict[str, str](), None
    url = jira or asks.text("Address of your Jira, as https://acme.atlassian.net (empty: none)")
    if url:
        site, chosen = _jira(asks, folder, url, email, projects)
        sources.append(source_of(site, chosen, folder))
        titles |= {f"jira.{site.name}/{place.scope}": place.title for place in site.places}
        zone = site.timezone
    elif projects:
        raise UsageError("--project wants the Jira that it is in; say --jira, or set JIRA_URL")
    if github or repositories or os.environ.get("GITHUB_TOKEN") or asks.wants("Do you use GitHub?"):
        source = _github(asks, folder, github, repositories, sources)
        sources += [source] if source else []
    if not sources:
        raise UsageError("there is nothing to look at; say --jira, --repository or --from-log")
    return sources, titles, zone


def _jira(asks: Person, folder: Path, url: str, email: str | None, projects: Sequence[str]) -> tuple[Any, list[str]]:
    from bot.app.init import as_called, open_jira
    from bot.errors import UsageError

    account = email or asks.text("E-mail address of the account (Jira Cloud; empty: a personal token of Data Center)")
    token = asks.token("JIRA_TOKEN", "Jira")
    with asks.showing(token):
        site = open_jira(url, account, token, folder)
    if not site.places and not projects:
        raise UsageError(f"{url}: the token may see no project; grant its account Browse Projects")
    proposed = [place.scope for place in site.places[:1]]
    return site, as_called(list(projects) or asks.chooses("Projects", site.places, proposed), site)


def _github(
    asks: Person, folder: Path, github: str | None, repositories: Sequence[str], sources: Sequence[Any]
) -> Any | None:
    """What was chosen; where nothing was, the repositories that name the projects, or else the newest."""
    from bot.app.init import open_github, source_of, that_name

    token = asks.token("GITHUB_TOKEN", "GitHub")
    with asks.showing(token):
        site = open_github(github, token, folder)
    chosen = list(repositories)
    if not chosen:
        projects = [key for source in sources for key in source.settings["projects"]]
        named = [scope for key in projects for scope in that_name(key, site, folder)]
        newest = [place.scope for place in site.places[:1]]
        chosen = asks.chooses("Repositories", site.places, list(dict.fromkeys(named)) if projects else newest)
    return source_of(site, chosen, folder) if chosen else None


def _propose(
    asks: Person,
    config: Path,
    sources: Sequence[Any],
    titles: dict[str, str],
    zone: str | None,
    preset: str | None,
    name: str | None,
    *,
    dry_run: bool,
) -> None:
    from bot import terminal
    from bot.app.init import config_of, drafts_of, samples_of, told_apart, written
    from bot.cli.reading import bars
    from bot.errors import NothingYet
    from bot.flow.model import Calendar
    from bot.report.map_text import map_text
    from bot.report.proposal_text import proposal_text

    with bars() as progress:
        samples = samples_of(sources, progress)
    calendar = Calendar(timezone=zone or "UTC")
    drafts, refused = drafts_of(samples, calendar, _namer(titles, name), preset)
    for sentence in refused:
        terminal.say(sentence, alarming=True)
    if not drafts:
        raise NothingYet("no stream can be proposed from what was seen; choose other projects, repositories or columns")
    place = terminal.err if dry_run else terminal.out
    for draft in drafts:
        shown = proposal_text(draft.stream.name, draft.proposal.stages, draft.remarks)
        place.print(shown, "", "The map that results:", "", map_text(draft.document), "", sep="\n")
    where = "of the account of the token" if zone else "the zone in which your team works"
    if dry_run:
        terminal.out.print(config_of(sources, drafts, calendar, where), markup=False, soft_wrap=True, end="")
        return
    if not asks.agrees(f"Write this to {config}?"):
        terminal.say("nothing was written")
        raise typer.Exit(1)
    written(config, sources, drafts, calendar, where)
    maps = [f"  gemba map{_with(config)}{told}" for told in told_apart(drafts)]
    first = f"  gemba check{_with(config)}\n  gemba collect{_with(config)}"
    terminal.say("\n".join([f"written to {config}. Look through its stages, then:", first, *maps]))


def _with(config: Path) -> str:
    return "" if config == DEFAULT else f" --config {config}"


def _namer(titles: dict[str, str], name: str | None) -> Callable[[str], str]:
    """A stream is called as its project, its repository or its file is."""

    def called(place: str) -> str:
        scope = place.partition("/")[2]
        wanted = name or titles.get(place) or ""
        return _on_a_line(wanted) or scope.rpartition("/")[2].partition(".")[0]

    return called


def _on_a_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _renew(config: Path, asks: Person, *, dry_run: bool) -> None:
    from bot import terminal
    from bot.app.init import keep, news_of
    from bot.cli.reading import bars
    from bot.setup.patch import difference

    with bars() as progress:
        news, before, after = news_of(config, progress)
    for trouble in news.troubles:
        terminal.say(trouble, alarming=True)
    for stream, states in news.unseen.items():
        names = ", ".join(state.partition(":")[2] for state in states)
        terminal.say(f"{stream}: no stage claims {names}, where no item was yet; that can wait until one is")
    if not news.additions:
        terminal.say(f"{config} claims every state that items were in; nothing to add")
        return
    for change in news.additions:
        where = f"a stage of its own, {change.new.kind}" if change.new else f'to "{change.stage}"'
        terminal.say(f'{change.stream}: "{change.state}" {where}: {change.why}')
    terminal.out.print(difference(before, after, config.name), markup=False, soft_wrap=True)
    if not dry_run and asks.agrees(f"Write this to {config}?"):
        keep(config, after)
        terminal.say(f"written to {config}; now run gemba check{_with(config)}")
