"""What people said in Slack, on the command line: on the simulated company."""

import json
import shutil
from pathlib import Path

import pytest

from bot.app.wiring import opened
from bot.asking.remarking import row_of
from bot.config import load_config
from bot.demo.stand_ins import Addresses
from bot.govern.remarks import Remark, RemarkKind
from tests.build import at
from tests.commands import changed, gemba


@pytest.fixture
def said(company: tuple[Path, Addresses], tmp_path: Path) -> Path:
    """Ada took an item."""
    place = changed(company, tmp_path, '"#payments"', '"#flow"')
    shutil.copy(company[0] / "gemba.db", place)
    claim = Remark(stream="Payments", at=at(1), by="U0ADA", kind=RemarkKind.CLAIM, subject="item PAY-1")
    with opened(load_config(place / "config.toml")) as store:
        store.said.remark("e1", row_of(claim, "C0FLOW"), claim.at)
    return place


def test_what_was_said_is_listed_and_taken_back_with_a_reason(said: Path) -> None:
    """Nothing disappears from the list."""
    done = gemba("remarks", "withdraw", "1", "--reason", "a mistake", folder=said)
    listed, shown = gemba("remarks", "list", "--json", folder=said), gemba("remarks", "list", folder=said)
    claim, withdrawn = json.loads(listed.out)

    assert done.status == 0
    assert "item PAY-1: what was said on 2026-01-06 does not count any more" in done.err
    assert (claim["kind"], claim["by"], claim["at"]) == ("claim", "U0ADA", "2026-01-06T00:00:00Z")
    assert (withdrawn["kind"], withdrawn["subject"], withdrawn["reason"]) == ("withdrawn", "1", "a mistake")
    assert "U0ADA" in shown.out
    assert "a mistake" in shown.out


@pytest.mark.parametrize(("number", "reason", "words"), [("7", "a mistake", "no remark 7"), ("1", "  ", "say why")])
def test_what_cannot_be_taken_back_is_said(said: Path, number: str, reason: str, words: str) -> None:
    """And nothing is kept of it."""
    refused = gemba("remarks", "withdraw", number, "--reason", reason, folder=said)

    assert refused.status == 2
    assert words in refused.err
    assert len(json.loads(gemba("remarks", "list", "--json", folder=said).out)) == 1
