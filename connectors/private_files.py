"""Files that hold secrets: nobody else may read them.

Where a container engine or systemd puts a secret, it stands as they put it: docs.docker.com, Compose, secrets
(/run/secrets, 0444); systemd.exec(5), credentials ($CREDENTIALS_DIRECTORY). Elsewhere the file belongs to who runs the
bot and to nobody else, or to root and a group which may only read it (root:gemba 0640, and what Kubernetes makes with
fsGroup and defaultMode 0440).
"""

import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from connectors.errors import AccessDenied

MOUNTS = (Path("/run/secrets"), Path("/var/run/secrets"))


def read_private(path: Path, owner: str, what: str) -> str:
    """The text of a file; nothing where there is none.

    Raises AccessDenied with what to do where others can read it, too, or it cannot be read.
    """
    try:
        with path.open("r", encoding="utf-8") as file:
            if is_open_to_others(path, os.fstat(file.fileno())):
                raise AccessDenied(f"{owner}: other users of this machine can read the {what}: chmod 600 {path}")
            return file.read()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as problem:
        wrong = (
            f"the {what} in {path} cannot be read ({getattr(problem, 'strerror', None) or 'it is no text in UTF-8'}); "
            "check whose file it is"
        )
        raise AccessDenied(f"{owner}: {wrong}") from problem


def write_private(path: Path, text: str) -> None:
    """A file that nobody else could read at any time, and that is whole or as it was before. Raises AccessDenied.

    Where the name is a link, the link is replaced, not what it leads to.
    """
    temporary = path.with_name(f".gemba-{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "x", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as problem:
        raise AccessDenied(f"{path} cannot be written: {problem.strerror}; check whose folder it is") from problem
    finally:
        with suppress(OSError):
            temporary.unlink()


def is_open_to_others(path: Path, found: os.stat_result, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a file can be read or changed by whom it is no business of. Windows says it in another way."""
    if os.name == "nt" or _is_mounted(path, environ):
        return False
    group, others = found.st_mode & stat.S_IRWXG, found.st_mode & stat.S_IRWXO
    return bool(others or (group and (found.st_uid != 0 or group & stat.S_IWGRP)))


def _is_mounted(path: Path, environ: Mapping[str, str]) -> bool:
    credentials = environ.get("CREDENTIALS_DIRECTORY")
    folders = (*MOUNTS, *([Path(credentials)] if credentials else []))
    return any(Path(os.path.normpath(path.absolute())).is_relative_to(folder) for folder in folders)
