"""How near the engine comes to the truth of simulated streams: `make truth`, or `python -m bot.demo.truth --help`.

Exit status: 0 all streams were scored, whether or not the bars are held; 1 a stream failed; 2 misused.
"""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bot.demo.truth.bars import BARS, BESIDE, Score
from bot.demo.truth.benchmark import Outcome, play_all
from bot.demo.truth.cells import EVERY

WIDE = 110
"""Columns of the table where there is no terminal."""

out = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True, highlight=False)


def main(
    streams: Annotated[int, typer.Option(min=1, help="So many streams in each cell.")] = 100,
    cells: Annotated[
        list[str] | None, typer.Option(metavar="CELL", help=f"Part of a name of {', '.join(c.name for c in EVERY)}.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="BAR", help="Part of the name of a bar.")] = None,
    processes: Annotated[int | None, typer.Option(min=1, help="Default: one for each processor.")] = None,
    first_seed: Annotated[int, typer.Option(help="The streams of a cell have this seed and those after it.")] = 0,
    folder: Annotated[Path, typer.Option(help="Gets truth.json and truth-detail.json.")] = Path("build"),
) -> None:
    """Score the engine on simulated streams.

    Example: python -m bot.demo.truth --streams 20 --cells own-noisy --only queue
    """
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    bars = tuple(bar for bar in BARS if _chosen(bar.name, only))
    beside = tuple(score for score in BESIDE if _chosen(score.name, only))
    scores = (*(bar.score for bar in bars), *beside)
    chosen = tuple(c for c in EVERY if _chosen(c.name, cells) and any(c in score.cells for score in scores))
    if not chosen:
        raise typer.BadParameter("no such bar in these cells; see --help")
    seeds = range(first_seed, first_seed + streams)
    playing = play_all(chosen, seeds, {s.name for s in scores}, processes or os.cpu_count() or 1)
    shown = track(
        playing, "streams", total=len(chosen) * streams, console=err, transient=True, disable=not err.is_terminal
    )
    outcome = Outcome(bars, beside, tuple(sorted(shown, key=lambda played: (chosen.index(played.cell), played.seed))))
    _write(outcome, folder)
    out.print(_table(outcome))
    for failed in outcome.failures:
        error = (failed.error or "").partition("\n")[0]
        err.print(f"{failed.cell.name}, seed {failed.seed}: {error}", markup=False, soft_wrap=True, style="red")
    raise typer.Exit(bool(outcome.failures))


def _chosen(name: str, parts: list[str] | None) -> bool:
    return not parts or any(part in name for part in parts)


def _write(outcome: Outcome, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in (("truth.json", outcome.table()), ("truth-detail.json", outcome.detail())):
        (folder / name).write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _table(outcome: Outcome) -> Table:
    table = Table("what", "value", "95 % interval", "n", "bar", "", title=f"{len(outcome.played)} streams")
    for bar in outcome.bars:
        held = "[green]held[/]" if outcome.held(bar) else "[red]missed[/]"
        table.add_row(*_figures(outcome, bar.score), f"{bar.side} {bar.value:g}", held)
    table.add_section()
    for score in outcome.beside:
        table.add_row(*_figures(outcome, score), style="dim")
    return table


def _figures(outcome: Outcome, score: Score) -> tuple[str, str, str, str]:
    """Name, value, interval and number."""
    found = outcome.figure(score)
    if found.value is None:
        return score.name, "not measured", "", ""
    return score.name, f"{found.value:.3g}", f"{found.low:.3g} to {found.high:.3g}", f"{found.n:g}"


if __name__ == "__main__":
    typer.run(main)
