"""The commands of the digest, and the one that posts it on schedule."""

import sys
from typing import Annotated, Any

import typer

from bot.cli.options import DEFAULT, ConfigPath, Now, StreamName, moment

DigestFrom = Annotated[
    Any, typer.Option("--from", metavar="DATE", parser=moment, help="First day. Default: 4 weeks before the end.")
]


DigestTo = Annotated[
    Any, typer.Option("--to", metavar="DATE", parser=moment, help="First day not looked at. Default: last Monday.")
]


def digest(
    config: ConfigPath = DEFAULT,
    stream: StreamName = None,
    start: DigestFrom = None,
    end: DigestTo = None,
    now: Now = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it instead of posting it.")] = False,
    preview: Annotated[
        int | None, typer.Option(metavar="WEEKS", min=1, max=52, help="Show what the last weeks' would have said.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print its blocks instead of posting it.")] = False,
) -> None:
    """Post the weekly digest to Slack, by mail or to a folder, once a week however often it is called.

    Example: gemba digest --dry-run; gemba digest --preview 12
    """
    from bot import terminal
    from bot.app.digests import digest_of, message_of, post_digest
    from bot.app.wiring import Wanted
    from bot.config import load_config
    from bot.digest.text import text

    settings, wanted = load_config(config), Wanted(stream, start, end, now)
    if preview:
        _preview(settings, wanted, preview, as_json=as_json)
        return
    if not dry_run and not as_json:
        terminal.say(post_digest(settings, wanted))
        return
    found = digest_of(settings, wanted)
    if as_json:
        message = message_of(settings, found.document, found.digest)
        thread = [{"text": reply.text, "blocks": reply.blocks} for reply in message.replies]
        terminal.answer({"text": message.text, "blocks": message.blocks(None), "thread": thread})
    else:
        terminal.out.print(text(found.digest, thread=True))


def _preview(settings: Any, wanted: Any, weeks: int, *, as_json: bool) -> None:
    from bot import terminal
    from bot.app.digests import past_digests
    from bot.cli.reading import bars
    from bot.digest.preview import fired, told
    from bot.digest.text import text

    found = []
    with bars() as progress:
        for past in past_digests(settings, wanted, weeks):
            progress("digests", 1)
            found.append(past)
    if as_json:
        posts = [{"week": f"{one.monday}", "quiet": one.digest.quiet, "text": one.digest.text} for one in found]
        terminal.answer({"digests": posts, "fired": [vars(one) for one in fired(found)]})
        return
    for one in found:
        terminal.out.print(text(one.digest), "")
    for sentence in told(found):
        terminal.out.print(sentence, markup=False, soft_wrap=True)


def run(config: ConfigPath = DEFAULT) -> None:
    """Collect and post on schedule, until stopped.

    Example: gemba run
    """
    from bot.app.running import plan_of_run, run_forever
    from bot.config import load_config
    from bot.logs import log, start_logging

    start_logging(sys.stderr)
    settings = load_config(config)
    for sentence in plan_of_run(settings):
        log.info(sentence)
    run_forever(settings)
    log.info("stopped")
