"""When a bar is held, and how the benchmark is run."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo.truth.bars import BARS, Bar, How, Score, Side, judge, measure, wilson
from bot.demo.truth.benchmark import Outcome, Played, play_all
from bot.demo.truth.cells import CLEAN, EVERY
from bot.demo.truth.run import Part

ROOT = Path(__file__).parents[2]


def test_wilson_is_wilson() -> None:
    """Against values of R's binom.confint(method = "wilson")."""
    assert wilson(95, 100) == pytest.approx((0.8882, 0.9785), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share(counts: tuple[int, int]) -> None:
    """Between nothing and all."""
    low, high = wilson(*counts)

    assert 0.0 <= low <= counts[0] / counts[1] + 1e-12
    assert counts[0] / counts[1] - 1e-12 <= high <= 1.0


def bar(side: Side, value: float, how: How = How.RATE) -> Bar:
    return Bar(Score("a score", lambda _: None, CLEAN, how), side, value)


def test_a_rate_is_held_where_the_worse_end_of_its_interval_is_near_enough() -> None:
    """96 of 100 could be 0.90; 960 of 1000 could not be less than 0.946."""
    assert not judge(bar(Side.LEAST, 0.95), [Part(96, 100)])
    assert judge(bar(Side.LEAST, 0.95), [Part(96, 100)] * 10)
    assert not judge(bar(Side.MOST, 0.05), [Part(4, 100)])
    assert judge(bar(Side.MOST, 0.05), [Part(4, 100)] * 10)


def test_a_mean_is_held_by_its_value_and_a_worst_case_by_the_worst() -> None:
    """Nothing is held of which nothing was measured."""
    assert judge(bar(Side.MOST, 0.02, How.MEAN), [Part(0.03, 1), Part(0.01, 1)])
    assert not judge(bar(Side.MOST, 0.02, How.WORST), [Part(0.03, 1), Part(0.01, 1)])
    assert judge(bar(Side.WITHIN, 0.2, How.MEAN), [Part(-0.1, 1), Part(-0.3, 1)])
    assert not judge(bar(Side.WITHIN, 0.2, How.MEAN), [Part(-0.1, 1), Part(-0.5, 1)])
    assert not any(judge(bar(side, 0.5), []) for side in Side)


def test_the_interval_of_a_mean_draws_the_streams_again() -> None:
    """The same each time; of streams that agree it is a point."""
    parts = [Part(0.1, 1), Part(0.2, 1), Part(0.3, 1)]

    assert measure(How.MEAN, parts) == measure(How.MEAN, parts)
    assert measure(How.MEAN, parts).value == pytest.approx(0.2)
    same = measure(How.MEAN, [Part(0.1, 1)] * 5)
    assert same.low == pytest.approx(0.1)
    assert same.high == pytest.approx(0.1)


def test_the_table_has_one_shape() -> None:
    """Every bar with the same five figures, also where nothing was measured or a stream failed."""
    score = BARS[0].score
    cell = score.cells[0]
    good, bad = Played(cell, 1, {score.name: Part(9, 10, ("that",))}), Played(cell, 2, {}, "KeyError: 'x'")
    outcome = Outcome(BARS, (), (good, bad))
    table, detail = outcome.table(), outcome.detail()

    assert list(table) == [bar.name for bar in BARS]
    assert all(list(row) == ["value", "low", "high", "bar", "held"] for row in table.values())
    assert table[score.name]["value"] == 0.9
    assert table["ledger"] == {"value": None, "low": None, "high": None, "bar": 1e-9, "held": False}
    assert detail["failures"] == [{"cell": cell.name, "seed": 2, "error": "KeyError: 'x'"}]
    assert detail["scores"][score.name]["missed"][0]["missed"] == ("that",)


def test_every_bar_and_cell_has_a_name_of_its_own() -> None:
    """And every bar is measured in some cell that is run."""
    assert len({bar.name for bar in BARS}) == len(BARS)
    assert len({cell.name for cell in EVERY}) == len(EVERY)
    assert all(set(bar.score.cells) <= set(EVERY) and bar.score.cells for bar in BARS)


def test_the_benchmark_runs_and_writes_what_it_found(tmp_path: Path) -> None:
    """One stream of one kind, in a process of its own, by the command that people type."""
    asked = f"-m bot.demo.truth --streams 1 --cells own-clean --processes 1 --folder {tmp_path}"
    done = subprocess.run([sys.executable, *asked.split()], cwd=ROOT, capture_output=True, text=True, check=False)
    table = json.loads((tmp_path / "truth.json").read_text("utf-8"))

    assert done.returncode == 0, done.stderr
    assert "queue precision" in done.stdout
    assert set(table["ledger"]) == {"value", "low", "high", "bar", "held"}
    assert table["ledger"]["held"]
    assert json.loads((tmp_path / "truth-detail.json").read_text("utf-8"))["streams"] == {"own-clean": [0]}


def test_a_stream_that_fails_is_named() -> None:
    """With its seed; the others are scored."""
    cell = replace(CLEAN[0], name="impossible", weeks=-60)

    found = list(play_all((cell,), (7,), {"ledger"}, 1))

    assert [(played.cell, played.seed) for played in found] == [(cell, 7)]
    assert found[0].error
    assert not found[0].parts
