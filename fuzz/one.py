"""One target under libFuzzer, which follows each input through the product's code and keeps those that find new ways.

Run by `python -m fuzz`. What raises is kept and counted, and the search goes on; what hangs or eats memory ends it.
"""

import hashlib
import logging
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["bot", "connectors"], enable_loader_override=False):
    import stamina

    from bot.serve import signing_in
    from fuzz.targets import TARGETS, mutation

CRASH = "CRASH"
SEPARATOR = " | "
"""Around what is told of a crash."""


def main(name: str, crashes: Path, options: list[str]) -> None:
    """Does not return; libFuzzer ends the process."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    stamina.set_testing(True, attempts=1)
    signing_in.PAUSE_S = 0.0
    mutate = mutation(name)

    def changed(content: bytes, longest: int, seed: int) -> bytes:
        random = Random(seed)
        return mutate(content, random)[:longest] if random.random() < 0.5 else atheris.Mutate(content, longest)

    atheris.Setup([sys.argv[0], *options], noting(name, TARGETS[name], crashes), custom_mutator=changed)
    atheris.Fuzz()


def noting(name: str, target: Callable[[bytes], None], crashes: Path) -> Callable[[bytes], None]:
    """The same, but a crash is told once for the place where it happened, and its input kept."""
    known = set[str]()

    def run(content: bytes) -> None:
        try:
            target(content)
        except Exception as problem:  # noqa: BLE001 - any of them is what is looked for
            place = place_of(problem)
            if place not in known:
                known.add(place)
                kept = crashes / f"{name}-{hashlib.sha256(place.encode()).hexdigest()[:12]}"
                kept.write_bytes(content)
                kept.with_suffix(".txt").write_text("".join(traceback.format_exception(problem)), "utf-8", "replace")
                print(CRASH, place, kept.name, sep=SEPARATOR, file=sys.stderr, flush=True)

    return run


def place_of(problem: BaseException) -> str:
    """What it is, and where in our code it began and came to light."""
    frames = traceback.extract_tb(problem.__traceback__)
    ours = [f"{Path(f.filename).name}:{f.lineno}" for f in frames if "/site-packages/" not in f.filename]
    return " ".join([type(problem).__name__, *ours[-2:]])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
