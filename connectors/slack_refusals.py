"""What Slack refuses, in a sentence that says what to do. Source: docs.slack.dev, errors of each method."""

import re
from typing import Any

from connectors.errors import AccessDenied, RateLimited, SourceError, SourceUnavailable
from connectors.settings import TokenSettings
from connectors.transport import retry_after

SCOPES = "chat:write, files:write, files:read, channels:read and channels:history (groups:history for private channels)"
PASSING = {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org", ""}
WORD = re.compile(r"[a-z_]{1,60}")
SCOPE = re.compile(r"[a-z_.]{1,40}:[a-z_.:]{1,40}")

ADVICE = {
    "invalid_auth": "the token was refused; check {token}",
    "not_authed": "the token was refused; check {token}",
    "token_revoked": "the token was revoked; make a new one and put it in {token}",
    "account_inactive": "the token is of an app or a workspace that is gone; install the app anew, and put its "
    "token in {token}",
    "not_allowed_token_type": "the token in {token} is not of a bot; put the one there that begins with xoxb-",
    "missing_scope": f"the token in {{token}} lacks {{needed}}; it needs {SCOPES}: add what is missing under OAuth & "
    "Permissions at api.slack.com/apps, and install the app anew",
    "not_in_channel": "the bot is not in {channel}; invite it there",
    "channel_not_found": "there is no public channel {channel}, or the bot may not see it; check the name and invite "
    "the bot; name a private channel by its id (C0123ABCD)",
    "user_not_in_channel": "that member is not in {channel}; name one who is, by id (U0123ABCD)",
    "is_archived": "the channel {channel} is archived; choose another",
    "restricted_action": "the workspace lets the bot not post in {channel}; ask its admins, or choose another",
    "edit_window_closed": "what stands in {channel} may not be edited any more; "
    "let the workspace's settings allow it for longer",
}


class SlackRefusal(AccessDenied):
    """Slack refused with one of its words. Source: docs.slack.dev, errors of each method."""

    def __init__(self, message: str, word: str) -> None:
        super().__init__(message)
        self.word = word


def refusal(problem: Any, about: str, token: str) -> SourceError:
    """What Slack says in an error of its client; `about`: the channel, `token`: where it is kept."""
    found, status = problem.response.get("error"), int(problem.response.status_code)
    word = found if isinstance(found, str) and WORD.fullmatch(found) else ""
    if word in ("ratelimited", "rate_limited") or status == 429:
        wait = retry_after(problem.response.headers)
        told = "try again later" if wait is None else f"it asks to wait {wait:.0f} s"
        return RateLimited(f"slack: too many requests; {told}", retry_after_s=wait)
    if status >= 500 or word in PASSING:
        return SourceUnavailable(f"slack: it failed ({word or status}); try again later")
    advice = ADVICE.get(word, f"it refused with {word}; look that word up at docs.slack.dev/reference/methods")
    said = advice.format(token=token, channel=about, needed=_needed(problem.response))
    return SlackRefusal(f"slack: {said}", word)


def _needed(answer: Any) -> str:
    """The scope that was missing."""
    found = answer.get("needed")
    return found if isinstance(found, str) and SCOPE.fullmatch(found) else "a scope"


def no_channel(name: str) -> AccessDenied:
    """What to do where no channel has the name."""
    return AccessDenied("slack: " + ADVICE["channel_not_found"].format(channel=name))


def refused_app(app: TokenSettings, word: str) -> AccessDenied:
    """What to do where the app-level token was refused with a word."""
    return AccessDenied(
        f"slack: the app-level token in {app.token_place} was refused ({word}); "
        "put one there that begins with xapp- and has connections:write"
    )
