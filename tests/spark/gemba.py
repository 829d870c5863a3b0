"""The command, several times in one process, so that Java is started once: as `gemba`, with what `build/spark` has.

`python gemba.py answers.json words.json`: a list of command lines in, and for each its status and what it said.
"""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any


def told(words: list[str]) -> dict[str, Any]:
    from bot.cli import main

    out, err, sys.argv = io.StringIO(), io.StringIO(), ["gemba", *words]
    status: object = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            status = end.code
    return {"status": status, "out": out.getvalue(), "err": err.getvalue()}


if __name__ == "__main__":
    commands = json.loads(Path(sys.argv[2]).read_text("utf-8"))
    Path(sys.argv[1]).write_text(json.dumps([told(words) for words in commands]), "utf-8")
