"""What is measured and kept of key results and gates: on SQLite and on PostgreSQL."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.app.checking import Questions, check_all
from bot.config import Config, ConfiguredStream
from bot.errors import UsageError
from bot.flow.analyse import analyse
from bot.flow.history.log import Records
from bot.flow.model import Window
from bot.goal_store import Noted
from bot.goals import Asked, count_all, enter, follow, gate_context, gate_records, overdue, record
from bot.govern.chain import GateRecord, faults
from bot.govern.gates import Recorded
from bot.govern.key_results import KeyResultPart, Reading
from bot.run_settings import StoreConfig
from bot.store import Store
from connectors.jira import Jira
from connectors.jira_site import JiraSettings
from connectors.records import Page
from tests.build import STREAM, at, issue, records
from tests.serve import Reply, serving

LEAD = {"objective": "o", "name": "Lead", "metric": "lead_time.p50", "baseline": 9, "target": 2, "quarter": "2026-Q1"}
HAND = {"objective": "o", "name": "Trust", "by_hand": True, "baseline": 1, "target": 9, "quarter": "2026-Q1"}
COUNT = {**HAND, "name": "Bugs", "by_hand": False, "jql": "project = PAY AND type = Bug", "baseline": 9, "target": 1}
PLAN = {"name": "Review daily", "waste": "waiting", "owner": "o", "due": "2026-02-04"}
GATE = {"name": "Quarter", "every": "quarter"}
STORY = records(*(issue(f"PAY-{n}", ("Open", n), ("In Review", n + 2), ("Done", n + 8 - n / 10)) for n in range(60)))
NOW = at(47)


def config(*results: dict[str, Any], **more: Any) -> Config:
    stream = ConfiguredStream.model_validate({**STREAM.model_dump(), "key_results": results, "gates": [], **more})
    jira = JiraSettings(url="http://127.0.0.1:9", token_env="JIRA_TOKEN", projects=("PAY",))
    return Config(streams=(stream,), connectors={"jira": {"acme": jira}})


def asked(settings: Config, now: datetime = NOW, story: Records = STORY, clock: datetime = NOW) -> Asked:
    return Asked(settings, settings.streams[0], story, now, clock)


def read_until(store: Store, when: datetime) -> None:
    store.save(("jira.acme", "PAY"), Page((), "c", complete=when), lambda _: ())


def values(part: KeyResultPart) -> list[float | None]:
    return [reading.value for reading in part.weeks]


def test_figures_are_read_for_each_week_of_the_quarter(store: Store) -> None:
    """As known at its end: of the four weeks up to it; without a value where nothing was delivered."""
    (part,) = follow(store, asked(config(LEAD)))

    assert [reading.at for reading in part.weeks] == [at(7 * n) for n in range(7)]
    assert values(part)[0] is None
    assert values(part)[2] == pytest.approx(8.0, abs=0.5)
    assert part.value == values(part)[-1]
    assert part.sufficient


def test_what_was_kept_is_not_computed_again(store: Store) -> None:
    """So it stays what was told, and the next look is quick; only weeks that were read to their end are kept."""
    read_until(store, at(30))
    (first,) = follow(store, asked(config(LEAD)))
    (second,) = follow(store, asked(config(LEAD), story=Records.of([], [], [], [])))

    assert [noted.at for noted in store.goals.readings("Payments")] == [at(7 * n) for n in range(5)]
    assert values(second)[:5] == values(first)[:5]
    assert values(second)[5:] == [None, None]


def test_a_stream_that_is_configured_otherwise_is_measured_anew(store: Store) -> None:
    """What was kept meant something else."""
    read_until(store, at(60))
    (created,) = follow(store, asked(config(LEAD)))
    (asked_for,) = follow(store, asked(config(LEAD, trigger="Review")))

    assert created.value is not None
    assert asked_for.value == pytest.approx(created.value - 2)


def test_the_analysis_of_the_digest_is_not_made_twice(store: Store) -> None:
    """Its window is the four weeks of the newest value."""
    seen = analyse(config().streams[0], STORY, Window(start=at(14), end=at(42)))
    told = seen.model_copy(update={"lead_time": seen.lead_time.model_copy(update={"p50": 4.0})})

    (part,) = follow(store, replace(asked(config(LEAD), at(42)), seen=told))

    assert part.value == 4.0


def test_a_past_day_is_seen_as_it_was_known(store: Store) -> None:
    """Though later weeks are kept."""
    read_until(store, at(60))
    follow(store, asked(config(LEAD)))
    (part,) = follow(store, asked(config(LEAD), now=at(20)))

    assert part.at == at(14)


def test_values_are_entered_by_hand_and_none_is_overwritten(store: Store) -> None:
    """Of one time the last counts."""
    settings = config(HAND)
    stream = settings.streams[0]
    for minutes, value in enumerate((2.0, 3.0)):
        enter(store, settings, stream, "trust", Reading(at=at(3), value=value), NOW + timedelta(minutes=minutes))

    assert [noted.value for noted in store.goals.readings("Payments")] == [2, 3]
    assert values(follow(store, asked(settings))[0]) == [3]


@pytest.mark.parametrize(
    ("name", "value", "day", "fault"),
    [
        ("Trsut", 3, 3, 'there is no key result "Trsut"; did you mean "Trust"?'),
        ("Lead", 3, 3, '"Lead" is measured by the metric lead_time.p50'),
        ("Trust", float("nan"), 3, "nan is no value of a key result"),
        ("Trust", 3, 48, "has not come yet"),
        ("Trust", 3, -9, "2025-12-27 is not in 2026-Q1"),
    ],
)
def test_what_cannot_be_entered(store: Store, name: str, value: float, day: float, fault: str) -> None:
    """Says why, and nothing is kept."""
    settings = config(HAND, LEAD)

    with pytest.raises(UsageError) as problem:
        enter(store, settings, settings.streams[0], name, Reading(at=at(day), value=value), NOW)
    assert fault in str(problem.value)
    assert store.goals.readings("Payments") == []


@contextmanager
def counting(answers: list[Reply], flavour: str = "cloud") -> Iterator[tuple[Jira, list[tuple[str, Any]]]]:
    heard: list[tuple[str, Any]] = []

    def answer(method: str, path: str, body: Any) -> Reply:
        heard.append((path, body))
        return answers.pop(0)

    with serving(answer) as (url, _):
        told = {"url": url, "token_env": "JIRA_TOKEN", "projects": ["PAY"], "flavour": flavour}
        yield Jira("jira.acme", JiraSettings.model_validate(told), lambda: NOW), heard


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_TOKEN", "secret")


def test_a_jql_is_counted_once_a_day_with_one_cheap_request(store: Store) -> None:
    """While its quarter runs; the value has the time at which it was true."""
    settings = config(COUNT)
    with counting([Reply(body={"count": 7}), Reply(body={"count": 5})]) as (jira, heard):
        for hours in (0, 1, 25):
            when = NOW + timedelta(hours=hours)
            told = list(count_all(settings, [jira], store, lambda when=when: when))  # type: ignore[misc]
            assert [c.error for c in told] == ([] if hours == 1 else [None])
        assert list(count_all(settings, [jira], store, lambda: at(200))) == []

    assert heard == [("/rest/api/2/search/approximate-count", {"jql": "project = PAY AND type = Bug"})] * 2
    assert [(noted.at, noted.value) for noted in store.goals.readings("Payments")] == [
        (NOW, 7.0),
        (NOW + timedelta(hours=25), 5.0),
    ]


def test_data_center_counts_with_a_search_of_nothing() -> None:
    """It knows no other way, and tells the total."""
    with counting([Reply(body={"total": 12, "issues": []})], "datacenter") as (jira, heard):
        assert jira.count("type = Bug") == 12
    assert heard == [("/rest/api/2/search", {"jql": "type = Bug", "maxResults": 0, "fields": ["id"]})]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(400, {"errorMessages": ["no"]}), "was refused; try it in the search of Jira"),
        (Reply(200, {"what": 1}), "cannot read jira.acme count"),
    ],
)
def test_a_count_that_fails_is_told_and_nothing_is_kept(store: Store, reply: Reply, words: str) -> None:
    """The other key results go on."""
    with counting([reply]) as (jira, _):
        (told,) = count_all(config(COUNT), [jira], store, lambda: NOW)

    assert words in str(told.error)
    assert store.goals.readings("Payments") == []


def test_a_quarter_that_was_over_when_it_was_written_down_is_told(store: Store) -> None:
    """Not one that was followed and is over now."""
    settings = config(LEAD)
    follow(store, asked(settings, clock=at(40)))
    late = config(LEAD, {**LEAD, "name": "Late"})

    assert [result.name for _, result in overdue(store, late, at(100))] == ["Late"]
    lead, other = follow(store, asked(late, now=at(100), clock=at(100)))
    assert lead.verdict != "insufficient"
    assert "was over before this key result was written down" in other.reason


def test_check_names_a_quarter_that_was_over_before(tmp_path: Path) -> None:
    """And has nothing against one that is to come."""
    url = f"sqlite:///{tmp_path / 'gemba.db'}"
    settings = config({**LEAD, "quarter": "2020-Q1"}, {**HAND, "quarter": "2199-Q1"})
    found = check_all(settings.model_copy(update={"store": StoreConfig(url=url)}), Questions(local=True))
    (wrong,) = (check for check in found if not check.ok)

    assert (wrong.section, wrong.what) == ("goals", 'key result "Lead" of "Payments"')
    assert wrong.detail == "2020-Q1 was over before it was written down; give it a quarter to come"


def test_thresholds_stand_since_they_were_written_down(store: Store) -> None:
    """As they are: who changes them begins anew."""
    first, second = (config(HAND, gates=[GATE | more]) for more in ({}, {"continue_at": 0.5}))
    follow(store, asked(first, clock=at(10)))
    follow(store, asked(second, clock=at(40)))

    assert gate_context(store, first.streams[0]).since == {"Quarter": at(10)}
    assert gate_context(store, second.streams[0]).since == {"Quarter": at(40)}


def decided(store: Store, reason: str = "r", at_day: float = 47) -> GateRecord:
    pack = json.dumps({"ü": [1.0, 0.1 + 0.2]})
    new = GateRecord("Payments", 0, "Quarter", "2026-03-31", at(at_day), "pivot", "continue", reason, pack)
    return record(store, new)


def test_records_of_gates_are_chained(store: Store) -> None:
    """To the letter, whatever the database; each stream has a chain of its own."""
    first, second = decided(store), decided(store, "später", 48.000001)
    other = record(store, replace(first, stream="Other"))

    assert gate_records(store, "Payments") == [first, second]
    assert faults(gate_records(store, "Payments")) == {}
    assert (second.number, second.previous, other.number) == (2, first.hash, 1)
    shown = recorded(store)
    assert [(one.hash, one.intact) for one in shown] == [(first.hash, True), (second.hash, True)]


def recorded(store: Store) -> tuple[Recorded, ...]:
    return gate_context(store, config(HAND, gates=[GATE]).streams[0]).recorded["Quarter", "2026-03-31"]


@pytest.mark.parametrize(
    "change",
    ["UPDATE gate_record SET reason = 'other' WHERE number = 1", "DELETE FROM gate_record WHERE number = 1"],
)
def test_a_record_that_was_tampered_with_is_told(store: Store, change: str) -> None:
    """And nothing is added to a broken chain."""
    decided(store)
    decided(store)
    with store._database.write() as connection:
        connection.execute(text(change))

    assert faults(gate_records(store, "Payments"))
    assert not recorded(store)[-1].intact
    with pytest.raises(UsageError, match="is not as it was"):
        decided(store)


def test_noting_twice_keeps_one(store: Store) -> None:
    """Two processes may find the same at once."""
    noted = Noted("s", "n", "m", at(1), None, at(2))
    store.goals.note([noted, noted])

    assert store.goals.readings("s") == [noted]


def test_a_quarter_is_told_from_start_to_end(store: Store) -> None:
    """Reviews take a day from day 30 on. The planned change forbids to stop before it shows; what was known stays."""
    reviewed = [(n / 2, n / 2 + 1, n / 2 + (9 if n < 60 else 2)) for n in range(-80, 200)]
    story = records(
        *(issue(f"PAY-{n}", ("Open", a), ("In Review", b), ("Done", c)) for n, (a, b, c) in enumerate(reviewed))
    )
    settings = config({**LEAD, "target": 3}, gates=[GATE], plan=[PLAN])
    read_until(store, at(100))

    told = {day: follow(store, asked(settings, at(day), story))[0] for day in (29, 36, 50, 64, 90)}

    verdicts = [part.verdict for part in told.values()]
    assert verdicts == ["pivot", "pivot", "pivot", "continue", "continue"]
    odds = [part.probability for part in told.values() if part.probability is not None]
    assert max(odds[:3]) < 0.1
    assert min(odds[3:]) > 0.6
    assert 'the effect of "Review daily" is still to be seen' in told[50].reason
    assert told[90].value == pytest.approx(2.0)
    assert told[90].reason == "reached"
    assert follow(store, asked(settings, at(29), story))[0] == told[29]
