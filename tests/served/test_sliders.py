"""What can be slid, and what is answered."""

import json
import re
from html import unescape
from pathlib import Path

import pytest

from bot.app.analysis import future_of
from bot.app.wiring import Wanted
from bot.config import Config
from bot.flow.future.changes import Change, as_written, read_change
from bot.serve.sliders import NoSuchStep, Slider, grouped, planned, positions
from tests.commands import NOW
from tests.served.site import Site, aimless, escaped

AT = f"now={escaped(NOW.isoformat())}"
FUTURE = "/streams/Payments/future"


@pytest.fixture
def config(folder: Path) -> Config:
    return aimless(folder)


@pytest.fixture
def every(site: Site) -> list[Slider]:
    site.ask(f"{FUTURE}?{AT}")
    return next(entry.value for entry in site.desk._seen._entries.values()).sliders


def steps(every: list[Slider]) -> list[Change]:
    return [step.change for slider in every for step in slider.steps if step.change]


def test_every_step_is_a_change_that_the_stream_allows(every: list[Slider], config: Config) -> None:
    """As the configuration would write it, with the waste that it names; what is stands first."""
    for slider in every:
        assert (slider.steps[0].words, slider.steps[0].change) == ("as it is", None)
        for step in slider.steps[1:]:
            assert step.change is not None
            written = as_written(step.change)
            assert as_written(read_change(written, slider.waste, config.streams[0])) == written
    assert len({slider.key for slider in every}) == len(every) >= 6
    assert {key.partition(":")[0] for key in (slider.key for slider in every)} >= {"cap", "cadence", "deploy", "rework"}


def test_sliders_of_one_place_stand_together(every: list[Slider]) -> None:
    """Each once."""
    groups = grouped(every)

    assert len({group.place for group in groups}) == len(groups)
    assert sorted(s.key for group in groups for s in group.sliders) == sorted(s.key for s in every)


@pytest.mark.parametrize("text", ["-1", "99", "x", "1.5", "\u0661", "0001", " "])
def test_a_slider_stands_only_where_it_can(every: list[Slider], text: str) -> None:
    """It says where."""
    with pytest.raises(NoSuchStep, match=r"stands from 0 to \d"):
        positions(every, {every[0].key: text})


def test_nothing_asked_is_nothing_changed(every: list[Slider]) -> None:
    """The sliders stand at what is."""
    assert planned(every, positions(every, {})) == []


def test_the_answer_is_that_of_the_command_line(site: Site, every: list[Slider], config: Config) -> None:
    """Two changes, each alone and both together, with their intervals and wastes."""
    cap, meets = (next(s for s in every if s.key == key) for key in ("cap:Review", "cadence:Design approval"))
    asked = f"{escaped(cap.key)}=6&{escaped(meets.key)}={len(meets.steps) - 1}"
    found = json.loads(site.ask(f"{FUTURE}.json?{AT}&{asked}").text)
    changes = [
        'cap = "Review", at = "48h", waste = "waiting"',
        'cadence = "Design approval", on = "daily", waste = "waiting"',
    ]
    told = future_of(config, Wanted(now=NOW), changes, suggest=False).model_dump(mode="json", by_alias=True)

    assert found["changes"] == told["changes"]
    assert found["together"] == told["together"]
    assert found["together"]["effect"]["mean"]["high"] < 0


def test_the_page_says_the_interval_and_the_waste(site: Site) -> None:
    """Without script, too: the form is asked with a button, and what it asks stands there again."""
    found = site.ask(f"{FUTURE}?{AT}&cap:Review=6")

    assert "80 % interval" in found.text.replace("\u00a0", " ")
    assert "Against waiting, which costs" in found.text
    assert '<button id="ask">' in found.text
    assert 'value="6"' in found.text
    assert ">2.0\u00a0d</output>" in found.text


def test_what_would_help_most_is_a_click_away(site: Site) -> None:
    """The same as on the command line, the most first; each leads to its slider, where it stands for it."""
    page = site.ask(f"{FUTURE}?{AT}&suggest=1").text.partition("What would help most, each alone")[2]
    led = [unescape(address) for address in re.findall(r'<li><a href="([^"]+)">', page)]
    told = [json.loads(site.ask(f"{FUTURE}.json{address}").text)["changes"] for address in led]

    assert len(led) >= 3
    assert all(len(changes) == 1 for changes in told)
    gains = [changes[0]["effect"]["mean"]["change"] for changes in told]
    assert gains == sorted(gains)
    assert max(gains) < 0


def test_what_cannot_be_told_says_why(hostile: Site) -> None:
    """Where the back-test fails, nothing is predicted; what is gone since is named."""
    stream = "/streams/..~A~B%20%3Cb%3E"
    found = hostile.ask(f"{stream}/future?to=2026-06-01&cap:Checked=3&cap:Gone=1")

    assert found.status == 200
    assert "It cannot be told what this would do." in found.text
    assert "So nothing is predicted." in found.text
    assert "cap:Gone cannot be changed any more, and does not count." in found.text
