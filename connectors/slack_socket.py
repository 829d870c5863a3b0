"""Slack, listening: commands and buttons over Socket Mode, so that no port is open.

Slack wants an answer within three seconds and hangs up from time to time; every request is acknowledged at once and
worked on afterwards. Source: docs.slack.dev, Socket Mode.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from connectors.errors import UNSHAPED, AccessDenied, SourceError, SourceUnavailable
from connectors.settings import TokenSettings
from connectors.slack import SILENT, web_client
from connectors.slack_refusals import PASSING, WORD, refused_app
from connectors.slack_settings import SlackSettings
from connectors.transport import unreachable

Json = dict[str, Any]

log = logging.getLogger("gemba")


@dataclass(frozen=True)
class Request:
    """What somebody asked or did. `of`: the workspace in which, and `by_of` the one of which they are a member.

    A command has a `text`, a press an `action` and its `value`, and a filled-in form an `action`, a `value` that the
    form was opened with, and `fields`.
    """

    id: str
    kind: Literal["command", "press", "form"]
    by: str
    of: str
    by_of: str
    channel: str
    text: str = ""
    action: str = ""
    value: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    trigger: str = ""
    answer_at: str = ""


class Ears:
    """One connection, which comes back by itself when Slack hangs up."""

    def __init__(self, settings: SlackSettings, heard: Callable[[Request], None]) -> None:
        self._settings, self._heard = settings, heard
        self._client: Any = None

    def open(self) -> None:
        """Again, where it was open. Raises AccessDenied or SourceUnavailable with what to do.

        Where a proxy refuses, the client raises a bare Exception (slack-sdk 3.47, socket_mode/builtin/internals.py).
        """
        from slack_sdk.errors import SlackApiError
        from slack_sdk.socket_mode import SocketModeClient

        app = self._settings.app
        if app is None:
            raise AccessDenied("slack: to be asked it needs an app-level token; set app_token_env in [slack]")
        web = web_client(self._settings)
        client: Any = SocketModeClient(app.token("slack"), logger=SILENT, web_client=web)
        client.proxy, client.issue_new_wss_url = web.proxy, self._place_of(client.issue_new_wss_url)
        client.socket_mode_request_listeners.append(self._listen)
        try:
            client.connect()
        except SlackApiError as problem:
            client.close()
            raise _not_opened(problem, app) from problem
        except SourceError:
            client.close()
            raise
        except Exception as problem:
            client.close()
            raise unreachable("slack", self._settings.api_url, problem) from problem
        self.close()
        self._client = client

    def _place_of(self, issue: Callable[[], str]) -> Callable[[], str]:
        """Where to connect to; in clear only where all of Slack is a stand-in.

        The client encrypts at port 443 alone, whatever the address says (slack-sdk 3.47, socket_mode/builtin).
        """

        def encrypted() -> str:
            found = urlsplit(issue())
            encrypts = found.scheme == "wss" and found.port in (None, 443)
            stands_in = found.scheme == "ws" and self._settings.api_url.startswith("http://")
            if not encrypts and not stands_in:
                raise SourceUnavailable(
                    "slack: it wants to be reached where nothing would be encrypted; check api_url in [slack]"
                )
            return found.geturl()

        return encrypted

    def is_open(self) -> bool:
        return self._client is not None and bool(self._client.is_connected())

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    def _listen(self, client: Any, sent: Any) -> None:
        from slack_sdk.socket_mode.response import SocketModeResponse

        client.send_socket_mode_response(SocketModeResponse(envelope_id=sent.envelope_id))
        request = read_request(sent.type, sent.envelope_id, sent.payload)
        if request is not None:
            self._heard(request)


def _not_opened(problem: Any, app: TokenSettings) -> SourceError:
    """Of what Slack answers only its words are told; a page of somebody in between is none."""
    found = problem.response.get("error")
    word = found if isinstance(found, str) and WORD.fullmatch(found) else ""
    if word in PASSING:
        return SourceUnavailable(
            f"slack: nobody can be answered now ({word or 'no answer of Slack'}); it is tried again"
        )
    return refused_app(app, word)


def read_request(kind: str, envelope: str, payload: Any) -> Request | None:
    """None for what nobody has to work on, or what is not understood."""
    try:
        if kind == "slash_commands":
            return _command(envelope, payload)
        if kind == "interactive" and payload["type"] == "block_actions":
            return _press(envelope, payload)
        if kind == "interactive" and payload["type"] == "view_submission":
            return _form(envelope, payload)
    except UNSHAPED as problem:
        log.warning("a request of Slack was not understood (%s)", type(problem).__name__)
    return None


def _command(envelope: str, payload: Json) -> Request:
    return Request(
        id=envelope,
        kind="command",
        by=_named(payload["user_id"]),
        of=_named(payload["team_id"]),
        by_of=_named(payload["team_id"]),
        channel=_named(payload["channel_id"]),
        text=_written(payload.get("text")),
        trigger=_written(payload.get("trigger_id")),
        answer_at=_written(payload.get("response_url")),
    )


def _press(envelope: str, payload: Json) -> Request:
    action = payload["actions"][0]
    place = (payload.get("channel") or {}).get("id") or payload["container"]["channel_id"]
    by, of, by_of = _members(payload)
    return Request(
        id=envelope,
        kind="press",
        by=by,
        of=of,
        by_of=by_of,
        channel=_named(place),
        action=_named(action["action_id"]),
        value=_written(action.get("value")),
        trigger=_written(payload.get("trigger_id")),
        answer_at=_written(payload.get("response_url")),
    )


def _form(envelope: str, payload: Json) -> Request:
    """Where nothing is filled in, without fields."""
    view = payload["view"]
    channel, _, value = _named(view["private_metadata"]).partition(" ")
    entries = (view.get("state") or {}).get("values") or {}
    by, of, by_of = _members(payload)
    return Request(
        id=envelope,
        kind="form",
        by=by,
        of=of,
        by_of=by_of,
        channel=channel,
        action=_named(view["callback_id"]),
        value=value,
        fields=tuple((_named(name), _filled(entry)) for name, entry in entries.items()),
    )


def _members(payload: Json) -> tuple[str, str, str]:
    """Who did it, where, and of which workspace they are; of several workspaces at once there is no team."""
    user = payload["user"]
    of = _named(payload["team"]["id"] if payload.get("team") else user["team_id"])
    return _named(user["id"]), of, _written(user.get("team_id")) or of


def _filled(entry: Json) -> str:
    (found,) = entry.values()
    return _written((found.get("selected_option") or found).get("value"))


def _named(found: Any) -> str:
    """Raises TypeError where it is missing."""
    name = _written(found)
    if not name:
        raise TypeError
    return name


def _written(found: Any) -> str:
    """A text that can be kept: halves of a character are left out, and nothing is an empty one."""
    if found is not None and not isinstance(found, str):
        raise TypeError
    return (found or "").encode("utf-8", "ignore").decode().replace("\0", "")
