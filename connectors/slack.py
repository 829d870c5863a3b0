"""Slack, through slack-sdk: post a message exactly once, with a picture.

Slack has no key against duplicates and a reply can be lost after the message was taken, so every attempt first looks
for the message in the channel by its metadata. Source: docs.slack.dev, conversations.history and message metadata.
"""

import logging
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.error import URLError

from connectors.errors import AccessDenied, SourceUnavailable, Unanswered, reading
from connectors.network import in_words, proxy_of
from connectors.pages import Onward
from connectors.settings import TokenSettings
from connectors.slack_refusals import SlackRefusal, no_channel, refusal, refused_app
from connectors.slack_settings import SlackSettings
from connectors.transport import patiently, unreachable

Json = dict[str, Any]

SILENT = logging.getLogger("gemba.slack")
SILENT.setLevel(logging.CRITICAL)
"""The clients tell of every attempt, with addresses that are secret; whoever uses them says what went wrong."""

EVENT_TYPE = "gemba_message"
CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{2,}")
TIMEOUT_S, SCAN_STEP_S = 30, 0.5
LOOK_BACK = timedelta(days=3)
"""A message is looked for from so long before it was first tried: clocks differ, and a database may be an old copy."""


@dataclass(frozen=True)
class Posting:
    """What is said: found again by its key, told from other content by its mark; `file`: the picture in its blocks."""

    key: str
    text: str
    blocks: list[Json]
    mark: str
    file: str | None = None


@dataclass(frozen=True)
class Standing:
    """A message that stands: its time stamp, what tells its content from another, and the picture that it shows."""

    stamp: str
    mark: str | None = None
    file: str | None = None


class Slack:
    """One workspace."""

    def __init__(self, settings: SlackSettings) -> None:
        self.settings = settings
        self.said: Mapping[str, str] = {}
        """the headers of the last answer"""
        self._client: Any = None

    def channel(self, name: str) -> str:
        """The id of a channel. Raises AccessDenied where there is none."""
        if CHANNEL_ID.fullmatch(name):
            return name
        wanted, cursor, onward = name.removeprefix("#"), "", Onward("slack: the channels")
        while True:
            page = self._call("conversations_list", types="public_channel", limit=200, cursor=cursor)
            onward.to(page)
            with reading("slack conversations_list"):
                found = next((str(c["id"]) for c in page.get("channels", []) if c.get("name") == wanted), None)
                cursor = _next(page)
            if found is not None:
                return found
            if not cursor:
                raise no_channel(name)

    def find(self, place: str, key: str, since: datetime, channel: str) -> Standing | None:
        """The message with this key, if it stands in the channel `place`, called `channel`."""
        return patiently(lambda: self._find(place, key, since, channel, None))

    def post_once(
        self,
        place: str,
        said: Posting,
        since: datetime,
        channel: str,
        thread: str | None = None,
        about_to: Callable[[], None] = lambda: None,
    ) -> Standing:
        """Post unless a message with this key stands there already; what stands there then.

        `since`: when it was first tried; `about_to`: called before anything is sent, and may raise. Raises SourceError;
        Unanswered where it may arrive yet.
        """

        def attempt() -> Standing:
            found = self._find(place, said.key, since, channel, thread)
            if found is None:
                about_to()
                return self._post(place, said, channel, thread)
            return found

        return patiently(attempt)

    def update(self, place: str, stamp: str, said: Posting, channel: str) -> Standing:
        """Say something else in a message that stands; it stays findable by its key."""
        patiently(lambda: self._call_once("chat_update", channel, ts=stamp, **_content(place, said)))
        return Standing(stamp, said.mark, said.file)

    def upload(self, picture: bytes, name: str, alt: str) -> str:
        """The id of an uploaded picture, seen by nobody until a message shows it, and to be shown once it is ready."""
        target = self._call("files_getUploadURLExternal", filename=name, length=len(picture), alt_txt=alt)
        with reading("slack files_getUploadURLExternal"):
            address, file_id = str(target["upload_url"]), str(target["file_id"])
        patiently(lambda: self._send_bytes(address, picture))
        self._call("files_completeUploadExternal", files=[{"id": file_id, "title": alt}])
        return file_id

    def is_ready(self, file_id: str, patience_s: float) -> bool:
        """A fresh upload has no mimetype for a while, and a block that shows it would be refused."""
        for left in reversed(range(max(int(patience_s / SCAN_STEP_S), 1))):
            answer = self._call("files_info", file=file_id)
            with reading("slack files_info"):
                if answer["file"].get("mimetype"):
                    return True
            if left:
                time.sleep(SCAN_STEP_S)
        return False

    def workspace(self) -> str:
        """The id of the workspace that the token is of."""
        found = self._call("auth_test")
        with reading("slack auth_test"):
            return str(found["team_id"])

    def whisper(self, place: str, member: str, blocks: list[Json], text: str, channel: str = "the channel") -> None:
        """Say something in a channel that one member sees."""
        patiently(
            lambda: self._call_once("chat_postEphemeral", channel, channel=place, user=member, blocks=blocks, text=text)
        )

    def open_form(self, trigger: str, form: Json) -> None:
        """Show a form to whoever pressed a button, within three seconds of that."""
        self._call_once("views_open", "the form", trigger_id=trigger, view=form)

    def answer(self, address: str, blocks: list[Json], text: str) -> None:
        """Answer to the address that came with a request; only who asked sees it.

        Raises AccessDenied where the address is used up or too old.
        """
        from slack_sdk.errors import SlackRequestError
        from slack_sdk.webhook import WebhookClient

        try:
            with _reachable(address):
                sent = WebhookClient(address, timeout=TIMEOUT_S, retry_handlers=[], logger=SILENT).send(
                    text=text, blocks=blocks, response_type="ephemeral", replace_original=False
                )
        except (SlackRequestError, ValueError):
            raise AccessDenied("slack: the address to answer at is none; ask again") from None
        if 400 <= sent.status_code < 500 and sent.status_code != 429:
            raise AccessDenied(f"slack: an answer was refused ({sent.status_code}); ask again")
        if sent.status_code >= 300:
            raise SourceUnavailable(f"slack: an answer was not taken ({sent.status_code}); ask again")

    def workspace_name(self) -> str:
        """What the workspace is called; whatever else Slack tells of the token stands in `said` then."""
        return str(self._call("auth_test").get("team", "a workspace"))

    def listens(self, app: TokenSettings) -> None:
        """Raises AccessDenied where questions could not be heard with this token."""
        try:
            self._call("apps_connections_open", app_token=app.token("slack"))
        except SlackRefusal as problem:
            raise refused_app(app, problem.word) from problem

    def look_into(self, place: str, channel: str) -> None:
        """Raises AccessDenied where messages could not be found again, as before each that is posted."""
        patiently(lambda: self._call_once("conversations_history", channel, channel=place, limit=1))

    def _find(self, place: str, key: str, since: datetime, channel: str, thread: str | None) -> Standing | None:
        cursor, method = "", "conversations_replies" if thread else "conversations_history"
        onward = Onward(f"slack: the messages in {channel}")
        where = {"ts": thread} if thread else {"oldest": str((since - LOOK_BACK).timestamp())}
        while True:
            page = self._call_once(
                method, channel, channel=place, limit=200, include_all_metadata=True, cursor=cursor, **where
            )
            onward.to(page)
            with reading(f"slack {method}"):
                messages, cursor = page.get("messages", []), _next(page)
                if any(m.get("subtype") == "tombstone" and m.get("ts") == thread for m in messages):
                    raise SlackRefusal(
                        f"slack: the message was deleted in {channel}; wait for the next one", "thread_not_found"
                    )
                found = next(filter(None, (_standing(message, key) for message in messages)), None)
            if found or not cursor:
                return found

    def _post(self, place: str, said: Posting, channel: str, thread: str | None) -> Standing:
        under = {"thread_ts": thread} if thread else {}
        try:
            answer = self._call_once(
                "chat_postMessage", channel, unfurl_links=False, unfurl_media=False, **_content(place, said), **under
            )
        except SourceUnavailable as problem:
            if _may_arrive_yet(problem):
                raise Unanswered(f"{problem}; whether it arrived is seen in five minutes") from problem
            raise
        with reading("slack chat_postMessage"):
            return Standing(str(answer["ts"]), said.mark, said.file)

    def _send_bytes(self, url: str, content: bytes) -> None:
        import requests

        try:
            answer = requests.post(url, data=content, timeout=TIMEOUT_S)
        except requests.RequestException as problem:
            raise SourceUnavailable(
                f"slack: the picture could not be uploaded ({in_words(problem)}); the next run tries again"
            ) from problem
        if not answer.ok:
            raise SourceUnavailable(
                f"slack: the picture could not be uploaded ({answer.status_code}); the next run tries again"
            )

    def _call(self, method: str, **arguments: Any) -> Any:
        return patiently(lambda: self._call_once(method, "the channel", **arguments))

    def _call_once(self, method: str, about: str, **arguments: Any) -> Any:
        from slack_sdk.errors import SlackApiError

        try:
            with _reachable(self.settings.api_url), reading(f"slack {method}"):
                answer = getattr(self._connected(), method)(**arguments)
                self.said = answer.headers
                return _read(answer.data)
        except SlackApiError as problem:
            with reading(f"slack {method}"):
                refused = refusal(problem, about, self.settings.token_place)
            raise refused from problem

    def _connected(self) -> Any:
        if self._client is None:
            self._client = web_client(self.settings, self.settings.token("slack"), timeout=TIMEOUT_S)
        return self._client


def web_client(settings: SlackSettings, token: str | None = None, timeout: int = 30) -> Any:
    """The vendor's, under verified TLS.

    By itself it goes through the proxy of the environment wherever it goes, and takes its token along wherever it is
    redirected (slack-sdk 3.47, web/base_client.py).
    """
    from slack_sdk import WebClient

    class Faithful(WebClient):
        def _perform_urllib_http_request_internal(self, url: str, req: Any) -> Any:
            """The token is for who is asked, and for nobody else."""
            for login in {"Authorization"} & {*req.headers}:
                req.add_unredirected_header(login, req.headers.pop(login))
            return super()._perform_urllib_http_request_internal(url, req)

    url, verified = settings.api_url.rstrip("/") + "/", ssl.create_default_context()
    client = Faithful(token, base_url=url, timeout=timeout, ssl=verified, retry_handlers=[], logger=SILENT)
    client.proxy = proxy_of(url)
    return client


@contextmanager
def _reachable(address: str) -> Iterator[None]:
    try:
        yield
    except (URLError, OSError, TimeoutError, HTTPException) as problem:
        raise unreachable("slack", _host(address), problem) from problem


def _host(address: str) -> str:
    """Without the path, which may be a secret."""
    return "/".join(address.split("/")[:3])


def _may_arrive_yet(problem: SourceUnavailable) -> bool:
    """It was sent, and somebody may still be working on it."""
    cause = problem.__cause__
    return (
        isinstance(cause, TimeoutError | ConnectionError)
        or getattr(getattr(cause, "response", None), "status_code", None) == 504
    )


def _content(place: str, said: Posting) -> Json:
    shown = {"file": said.file} if said.file else {}
    metadata = {"event_type": EVENT_TYPE, "event_payload": {"key": said.key, "mark": said.mark, **shown}}
    return {"channel": place, "text": said.text, "blocks": said.blocks, "metadata": metadata}


def _standing(message: Json, key: str) -> Standing | None:
    """None where it is not the message with this key."""
    metadata = message.get("metadata") or {}
    about = metadata.get("event_payload") or {}
    if metadata.get("event_type") != EVENT_TYPE or about.get("key") != key or "ts" not in message:
        return None
    return Standing(str(message["ts"]), about.get("mark"), about.get("file"))


def _next(page: Json) -> str:
    """Where the next page begins; nothing where there is none."""
    return (page.get("response_metadata") or {}).get("next_cursor") or ""


def _read(answer: Any) -> Json:
    """The answer, if it has the shape that its callers read."""
    lists = [answer.get(name, []) for name in ("messages", "channels")] if isinstance(answer, dict) else [None]
    if not all(isinstance(found, list) and all(isinstance(part, dict) for part in found) for found in lists):
        raise SourceUnavailable("slack: the answer is not Slack's; check api_url")
    read: Json = answer
    return read
