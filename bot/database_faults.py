"""What a database refuses, in a sentence that says what to do.

Sources: sqlite.org/rescode.html; PostgreSQL, appendix A.
"""

import sqlite3

from bot.redaction import redacted

AGAIN = "then run it again: nothing was half written"
ROOM = f"has no room left on its disk; make room, {AGAIN}"
CLOSED = f"cannot be written by this account; let it write the file and its folder, {AGAIN}"
BUSY = f"was held by another process for too long; wait until that has ended, {AGAIN}"
RESTORE = "stop gemba, and put the newest backup in its place: `gemba db restore FILE --replace`"
DAMAGED = f"is damaged; {RESTORE}"

SQLITE = {
    sqlite3.SQLITE_FULL: ROOM,
    sqlite3.SQLITE_READONLY: CLOSED,
    sqlite3.SQLITE_PERM: CLOSED,
    sqlite3.SQLITE_CANTOPEN: "cannot be opened by this account; let it read and write the file and its folder",
    sqlite3.SQLITE_IOERR: f"cannot be read or written on its disk; look at its room and its health, {AGAIN}",
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}
UNREACHABLE = f"cannot be reached; see that it runs and that [store] url names it, {AGAIN}"
POSTGRESQL = {
    "08": UNREACHABLE,
    "57P": UNREACHABLE,
    "28": "does not let this account in; see the user in [store] url, and its password in PGPASSWORD or ~/.pgpass",
    "3D": "is not there; make it with createdb, or correct [store] url",
    "25006": "lets nothing be written; name the primary in [store] url, or end default_transaction_read_only",
    "42501": "does not let this account do that; make it the owner of the tables",
    "53100": ROOM,
    "53300": f"lets no more connections in; raise max_connections or end some, {AGAIN}",
    "53": f"has not enough memory or disk; make room, {AGAIN}",
    "55P03": BUSY,
    "40": BUSY,
    "58": f"cannot read or write on its disk; look at the log of PostgreSQL, {AGAIN}",
    "XX001": "is damaged; restore the newest backup into a new database: `gemba db restore FILE`",
    "XX002": "has a damaged index; run REINDEX DATABASE, or restore the newest backup: `gemba db restore FILE`",
}


def sentence(address: str, problem: BaseException) -> str:
    """What is wrong with the database at an address; the cause in its own words, without the lines that follow."""
    cause = next(iter(str(problem).strip().splitlines()), type(problem).__name__)
    return redacted(f"the database {address} {_advice(problem) or 'cannot be used'} ({cause})")


def is_damage(problem: BaseException) -> bool:
    """Whether what was kept cannot be read any more."""
    sqlite = _sqlite_code(problem) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    return sqlite or getattr(problem, "sqlstate", None) in ("XX001", "XX002")


def is_busy(problem: BaseException) -> bool:
    """Whether SQLite only needs another moment."""
    return _sqlite_code(problem) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _advice(problem: BaseException) -> str | None:
    if isinstance(problem, sqlite3.Error):
        return SQLITE.get(_sqlite_code(problem) or 0)
    state = getattr(problem, "sqlstate", None)
    if state is None and type(problem).__name__ == "OperationalError":
        return UNREACHABLE
    return next((words for start, words in POSTGRESQL.items() if (state or "").startswith(start)), None)


def _sqlite_code(problem: BaseException) -> int | None:
    """Without what an extended code adds to it."""
    code: int | None = getattr(problem, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
