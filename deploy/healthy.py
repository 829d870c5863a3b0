"""Ends with 0 where /healthz answers 200: what a container's health check runs.

`GEMBA_HEALTH` names another address than that of `gemba run`. No proxy is asked, and nothing of gemba is imported,
since this runs every half minute for years.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException

TIMEOUT_S = 5.0


def fault() -> str | None:
    """What is wrong, if anything is."""
    connection = HTTPConnection(os.environ.get("GEMBA_HEALTH", "127.0.0.1:8788"), timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, HTTPException) as problem:
        return f"no answer: {problem}"
    return None if status == 200 else f"/healthz answered {status}"


if __name__ == "__main__":
    sys.exit(fault())
