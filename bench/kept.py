"""Histories kept as files, so that every fresh process reads the same ones and makes none.

`python -m bench.kept FOLDER EVENTS` makes them and tells how many items and events there are.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from bench.events import FORGE, PROJECT, Histories, histories
from connectors.records import Link


@dataclass(frozen=True)
class Kept:
    """`items` and `events` as `bot.frames` has them; `log.parquet` beside them is the same for peers."""

    items: pl.DataFrame
    events: pl.DataFrame
    links: list[Link]


def keep(folder: Path, made: Histories) -> None:
    folder.mkdir(parents=True)
    made.items.write_ipc(folder / "items.arrow")
    made.events.write_ipc(folder / "events.arrow")
    _log(made).write_parquet(folder / "log.parquet")
    links = [(link.item, int(link.other.removeprefix(f"{PROJECT}-"))) for link in made.links]
    (folder / "links.json").write_text(json.dumps(links), "utf-8")


def _log(made: Histories) -> pl.DataFrame:
    """case, activity, at: what any process miner reads; an activity is a state entered, or what happened otherwise."""
    entered = pl.coalesce(pl.col("state").cast(pl.String), pl.col("kind").cast(pl.String))
    at = pl.col("at").cast(pl.Datetime("us", "UTC"))
    rows = made.events.select("seq", case=made.cases.cast(pl.String), activity=entered, at=at)
    return rows.sort("at", "case", "seq").drop("seq")


def kept(folder: Path) -> Kept:
    """As they were made."""
    links = json.loads((folder / "links.json").read_text("utf-8"))
    return Kept(
        pl.read_ipc(folder / "items.arrow"),
        pl.read_ipc(folder / "events.arrow"),
        [Link(FORGE, pull, f"{PROJECT}-{issue}", "implements", "branch") for pull, issue in links],
    )


def main() -> None:
    made = histories(int(sys.argv[2]))
    keep(Path(sys.argv[1]), made)
    print(json.dumps({"items": len(made.items), "events": len(made.events)}))  # noqa: T201  read by whoever asked


if __name__ == "__main__":
    main()
