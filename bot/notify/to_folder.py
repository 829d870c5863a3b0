"""A message -> a page in a folder, one file for its key, which always says the newest."""

import base64
import hashlib
import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from bot.errors import OutputError
from bot.files import beside, new_file, put
from bot.notify.message import Clock, Message
from bot.store import Store
from bot.words import tame
from connectors.records import Check

LONGEST_NAME, NAMED = 150, 8
"""Bytes of a file's name before what tells it apart, and characters of that."""

KEPT = " -_,+()"


@dataclass(frozen=True)
class ToFolder:
    """A folder, which is made where it is missing."""

    folder: Path

    def send(self, store: Store, message: Message, clock: Clock) -> str:  # noqa: ARG002 - the file itself remembers
        target = self.folder / file_name(message.key)
        content = message.page(_shown(message)).encode("utf-8", "replace")
        try:
            return self._put(target, content)
        except OSError as problem:
            raise OutputError(_advice(self.folder, problem)) from problem

    def check(self) -> Check:
        """Whether a page could be put there; nothing stays of the trial."""
        what, there = f"folder {self.folder}", _nearest(self.folder)
        try:
            if there == self.folder:
                _try(self.folder)
        except OSError as problem:
            return Check(what, ok=False, detail=_advice(self.folder, problem))
        if there == self.folder:
            return Check(what, ok=True, detail="can be written")
        able = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
        return Check(what, able, "will be made" if able else f"cannot be made in {there}; make it, and let gemba write")

    def _put(self, target: Path, content: bytes) -> str:
        """At once: who reads it sees the old one or the new one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        before = target.read_bytes() if target.is_file() else None
        if before == content:
            return f"stands in {target} already"
        put(target, content)
        return f"{'written to' if before is None else 'updated in'} {target}"


def file_name(key: str) -> str:
    """Of letters, digits and a few signs; two keys that would have the same are told apart."""
    line = unicodedata.normalize("NFC", tame(key))
    name = "".join(c if c.isalnum() or c in KEPT else "_" for c in line).lstrip(" -_")
    name = name.encode()[:LONGEST_NAME].decode("utf-8", "ignore").strip()
    if name != key:
        name = f"{name} {hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:NAMED]}".strip()
    return f"{name}.html"


def _shown(message: Message) -> str | None:
    picture = message.picture
    return f"data:image/png;base64,{base64.b64encode(picture.content).decode()}" if picture else None


def _try(folder: Path) -> None:
    trial = beside(folder / "check")
    with new_file(trial):
        trial.unlink()


def _nearest(folder: Path) -> Path:
    """The folder, or what there is of the way to it."""
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())


def _advice(folder: Path, problem: OSError) -> str:
    return f"{folder} cannot be written: {problem.strerror}; let gemba write there, make room, or name another folder"
