"""A channel of Slack that remembers, for tests that need a reply of their own choice now and then."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from connectors.slack import Slack
from connectors.slack_settings import SlackSettings
from tests.serve import Reply

Json = dict[str, Any]


class Workspace:
    """`lost`: so many posts are taken and their answer is lost; `scanning`: files that are never looked at."""

    def __init__(self, *, lost: int = 0) -> None:
        self.posted: list[Json] = []
        self.lost, self.address, self.files = lost, "", 0
        self.scanning: set[str] = set()
        self.instead: Callable[[str, Json], Reply | None] = lambda *_: None

    def __call__(self, method: str, path: str, body: Any) -> Reply:
        sent = body if isinstance(body, dict) else {k: v[0] for k, v in parse_qs(str(body)).items()}
        name = path.rpartition("/")[2].partition("?")[0]
        return self.instead(name, sent) or self._answer(name, sent)

    def _answer(self, name: str, sent: Json) -> Reply:
        match name:
            case "chat.postMessage":
                return self._post(sent)
            case "chat.update":
                next(m for m in self.posted if m["ts"] == sent["ts"]).update(sent)
            case "conversations.history" | "conversations.replies":
                return Reply(200, {"ok": True, "messages": self.posted})
            case "conversations.list":
                return self._channels(sent.get("cursor"))
            case "files.getUploadURLExternal":
                self.files += 1
                return Reply(200, {"ok": True, "upload_url": f"{self.address}/upload", "file_id": f"F{self.files}"})
            case "files.info":
                mimetype = "" if sent["file"] in self.scanning else "image/png"
                return Reply(200, {"ok": True, "file": {"mimetype": mimetype}})
        return Reply(200, {"ok": True, "team": "Acme"})

    def _post(self, sent: Json) -> Reply:
        self.posted.append({**sent, "ts": f"{len(self.posted) + 1}.0"})
        if self.lost:
            self.lost -= 1
            return Reply(503)
        return Reply(200, {"ok": True, "ts": self.posted[-1]["ts"]})

    def _channels(self, cursor: str | None) -> Reply:
        """On two pages."""
        found = {"id": "C0PAY", "name": "pay"} if cursor else {"id": "C0OLD", "name": "old"}
        more = {"next_cursor": "" if cursor else "more"}
        return Reply(200, {"ok": True, "channels": [found], "response_metadata": more})

    def texts(self) -> list[str]:
        return [message["text"] for message in self.posted]


def refused(word: str) -> Reply:
    return Reply(200, {"ok": False, "error": word})


def slack(url: str) -> Slack:
    return Slack(SlackSettings(api_url=f"{url}/api/", token_env="SLACK_TOKEN"))
