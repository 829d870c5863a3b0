"""What `gemba check` asks Slack."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

from connectors.errors import SourceError
from connectors.records import Check
from connectors.slack import Slack
from connectors.transport import clocks, header, server_time

NEEDED = {
    "chat:write": "to post",
    "files:write": "to show a picture",
    "files:read": "to know when it can be shown",
    "channels:read": "to find a channel by its name",
    "channels:history": "to find again what was posted",
}
PRIVATE = "groups:history"
ANSWERING = "commands"

MEMBER_ID = re.compile(r"[UW][A-Z0-9]{2,}")
TEST = "This is a test message of gemba, which only you can see. What is due here will be posted for everybody."


def checked(slack: Slack, channels: Sequence[str], now: Callable[[], datetime], member: str | None) -> Iterator[Check]:
    """Tokens, scopes, clock, and every channel that is posted to; `member`: who is shown a message there."""
    token = _line("token", lambda: f"accepted for {slack.workspace_name()}")
    said = slack.said
    yield token
    app = slack.settings.app
    if app is not None:
        yield _line("app-level token", lambda: _heard(partial(slack.listens, app)))
    if not token.ok:
        return
    granted = header(said, "x-oauth-scopes")
    if granted is not None:
        yield _scopes({scope.strip() for scope in granted.split(",")}, answers=app is not None)
    yield Check("slack: clock", *clocks(server_time(said), now()), section="clock")
    for channel in channels:
        found = _line(f"channel {channel}", partial(_readable, slack, channel))
        yield found
        if found.ok and member is not None:
            yield _line(f"test message in {channel}", partial(_shown, slack, channel, member))


def _line(what: str, ask: Callable[[], str]) -> Check:
    try:
        return Check(f"slack: {what}", ok=True, detail=ask(), section="slack")
    except SourceError as problem:
        return Check(f"slack: {what}", ok=False, detail=str(problem).removeprefix("slack: "), section="slack")


def _heard(listen: Callable[[], None]) -> str:
    listen()
    return "accepted; questions and buttons are answered while `gemba run` runs"


def _scopes(granted: set[str], *, answers: bool) -> Check:
    """Source: docs.slack.dev, the header X-OAuth-Scopes of every answer."""
    what, wanted = "slack: scopes", NEEDED | ({ANSWERING: "to be asked"} if answers else {})
    lacking = [f"{scope} ({use})" for scope, use in wanted.items() if scope not in granted]
    if lacking:
        how = "add them under OAuth & Permissions at api.slack.com/apps, and install the app anew"
        return Check(what, ok=False, detail=f"the token lacks {' and '.join(lacking)}; {how}", section="slack")
    private = "" if PRIVATE in granted else f"; without {PRIVATE} nothing can be posted to private channels"
    spare = sorted(granted - {*NEEDED, PRIVATE, ANSWERING, ""})
    more = f"; it could do without {', '.join(spare)}" if spare else ""
    return Check(what, ok=True, detail=f"all that are needed{private}{more}", section="slack")


def _readable(slack: Slack, channel: str) -> str:
    place = slack.channel(channel)
    slack.look_into(place, channel)
    return f"the bot is in it ({place}), and finds again what it posts"


def _shown(slack: Slack, channel: str, member: str) -> str:
    """Source: docs.slack.dev, chat.postEphemeral: seen by one member, who is in the channel and has Slack open."""
    shown = [{"type": "section", "text": {"type": "plain_text", "text": TEST}}]
    slack.whisper(slack.channel(channel), member, shown, TEST, channel)
    return f"shown to {member} alone, where Slack is open"
