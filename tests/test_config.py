"""config.toml: what is read, and how faults are told."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import Config, load_config
from bot.errors import ConfigError
from connectors.settings import TokenSettings
from tests.commands import private

GOOD = """
[connectors.jira.acme]
url = "https://acme.example"
token_env = "JIRA_TOKEN"
projects = ["PAY"]

[[streams]]
name = "Payments"
sources = ["jira.acme/PAY"]
end = "Done"
[[streams.stages]]
name = "Build"
kind = "work"
states = ["jira:Open"]
[[streams.stages]]
name = "Done"
kind = "done"
states = ["jira:Done"]
"""


def load(folder: Path, text: str) -> Config:
    path = folder / "config.toml"
    path.write_text(text, "utf-8")
    return load_config(path)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as problem:
        load(folder, text)
    return [line.partition("config.toml: ")[2] or line for line in str(problem.value).splitlines()]


def test_a_small_configuration(tmp_path: Path) -> None:
    """The rest has defaults; the database stands beside it."""
    config = load(tmp_path, GOOD)

    assert config.store.url == f"sqlite:///{tmp_path / 'gemba.db'}"
    assert config.schedule.collect_every == timedelta(hours=1)
    assert config.stream(None).calendar.timezone == "UTC"


def test_streams_have_the_common_calendar_or_their_own(tmp_path: Path) -> None:
    """A stream's own wins."""
    common = '[calendar]\ntimezone = "Europe/Berlin"\n' + GOOD
    own = common.replace('end = "Done"', 'end = "Done"\ncalendar = { timezone = "Asia/Tokyo" }')

    assert load(tmp_path, common).streams[0].calendar.timezone == "Europe/Berlin"
    assert load(tmp_path, own).streams[0].calendar.timezone == "Asia/Tokyo"


def test_another_database_is_left_alone(tmp_path: Path) -> None:
    """Only a relative SQLite path is relative to anything."""
    assert (
        load(tmp_path, '[store]\nurl = "postgresql+psycopg://u@h/d"\n' + GOOD).store.url == "postgresql+psycopg://u@h/d"
    )
    assert load(tmp_path, '[store]\nurl = "sqlite:////var/x.db"\n' + GOOD).store.url == "sqlite:////var/x.db"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "projects =",
            "project =",
            [
                'connectors.jira.acme.projects is missing; is it what you wrote as "project"?',
                'connectors.jira.acme.project: unknown key; did you mean "projects"?',
            ],
        ),
        (
            "connectors.jira",
            "connectors.jria",
            [
                (
                    'connectors.jria: there is no such kind of source; did you mean "jira"?; '
                    "known are jira, github, eventlog, calendar"
                )
            ],
        ),
        (
            'kind = "work"',
            'knd = "work"',
            [
                'streams[0].stages[0].kind is missing; is it what you wrote as "knd"?',
                'streams[0].stages[0].knd: unknown key; did you mean "kind"?',
            ],
        ),
        (
            'kind = "work"',
            'kind = "wrok"',
            ["streams[0].stages[0].kind: input should be 'wait', 'work', 'approval', 'done' or 'dropped'"],
        ),
        ('end = "Done"', 'end = "Doen"', ['streams[0]: end = "Doen" is no stage of this stream; did you mean "Done"?']),
        (
            '"jira.acme/PAY"',
            '"jira.acme/PAX"',
            ['stream "Payments" reads "jira.acme/PAX", which no connector collects; did you mean "jira.acme/PAY"?'],
        ),
        (
            '"jira:Open"',
            '"Open"',
            ['streams[0].stages[0].states: the state "Open" needs its source, for example "jira:Open"'],
        ),
        ('"jira:Open"', '"jira:Done"', ['streams[0]: the state "jira:Done" stands there twice; remove or rename one']),
        (
            'token_env = "JIRA_TOKEN"',
            "",
            ["connectors.jira.acme: needs either token_env (the name of a variable) or token_file (a path)"],
        ),
        (
            'end = "Done"',
            'end = "Done"\ncalendar = { timezone = "Berlin" }',
            ['streams[0].calendar.timezone: "Berlin" is no time zone; write for example "Europe/Berlin"'],
        ),
        (
            'end = "Done"',
            'end = "Done"\ncalendar = { working_hours = "9-5" }',
            ['streams[0].calendar.working_hours: "9-5" are no working hours; write for example "09:00-17:00"'],
        ),
        (
            'end = "Done"',
            'end = "Done"\ncalendar = { holidays = "DE-XX" }',
            ['streams[0].calendar.holidays: no holidays are known for "DE-XX"; write for example "DE-BY", or dates'],
        ),
        (
            "[[streams]]",
            '[[digests]]\nstream = "Payment"\nchannel = "#x"\n[slack]\ntoken_env = "S"\n[[streams]]',
            ['there is no stream "Payment"; the configuration has Payments'],
        ),
        (
            "[[streams]]",
            '[[digests]]\nstream = "Payments"\nchannel = "#x"\n[[streams]]',
            ["digests are configured but [slack] is missing; add it, with token_env or token_file"],
        ),
        (
            "https://acme.example",
            "acme.example",
            ['connectors.jira.acme.url: "acme.example" is no address; write https:// and the name of a host first'],
        ),
        (
            "[[streams]]",
            '[calendar]\ntimezone = "Berlin"\n[[streams]]',
            ['calendar.timezone: "Berlin" is no time zone; write for example "Europe/Berlin"'],
        ),
        (
            '"JIRA_TOKEN"',
            '"ATATT3xFfGF0"',
            [
                (
                    "connectors.jira.acme.token_env: wants the name of an environment variable, for example "
                    "JIRA_TOKEN, not the token itself"
                )
            ],
        ),
        (
            '"jira:Open"',
            '"jria:Open"',
            ['stream "Payments": the state "jria:Open" is of no known source; did you mean "jira"?'],
        ),
        (
            '"jira:Open"',
            '"github:awaiting reviews"',
            [
                (
                    'stream "Payments": "github:awaiting reviews" is no state of github; did you mean "awaiting '
                    'review"?; known are draft, awaiting review, changes requested, checks failed, awaiting checks, '
                    "awaiting merge, in merge queue, merged, released, deployed, closed"
                )
            ],
        ),
        (
            'end = "Done"',
            'end = "Build"',
            ['streams[0]: "Build" is the first stage, so nothing could take time; name the stages before it'],
        ),
        (
            'end = "Done"',
            'end = "Done"\ntrigger = "Done"',
            ['streams[0]: the trigger "Done" does not stand before the end "Done"; put the stages in order'],
        ),
        (
            "[[streams]]",
            GOOD[GOOD.index("[[streams]]") :] + "[[streams]]",
            ['streams: two streams are called "Payments"; rename one'],
        ),
        (
            "[[streams]]",
            '[schedule]\ncollect_every = "often"\n[[streams]]',
            ['schedule.collect_every: "often" is no duration; write for example "30m", "24h", "5d" or "2w"'],
        ),
    ],
)
def test_faults_are_named(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    """With their place, and what would be right."""
    assert old in GOOD
    assert faults(tmp_path, GOOD.replace(old, new)) == expected


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Nobody likes to mend one and meet the next."""
    assert (
        len(faults(tmp_path, GOOD.replace('kind = "work"', 'kind = "x"').replace('kind = "done"', 'kind = "y"'))) == 2
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"target": 9.0}, "baseline and target are the same"),
        ({"quarter": "2026-4"}, "is no quarter"),
        ({"metric": "lead time!"}, "is no figure of the analysis"),
        ({"metric": "lead_time.p86"}, 'did you mean "lead_time.p85"?'),
        ({"metric": 'queues["Revew"].wait.p50'}, 'there is no "Revew" in queues; known are'),
        ({"target": 20.0}, "the target 20 is on the wrong side of the baseline 9"),
        ({"metric": None}, "needs exactly one of metric"),
        ({"metric": None, "jql": "type = Bug", "source": "jira.acne"}, '"jira.acne" is no Jira; there are jira.acme'),
    ],
)
def test_key_results_that_cannot_be(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    """Each with its reason."""
    assert words in faults(tmp_path, GOOD + a_key_result(**changes))[0]


def a_key_result(**changes: object) -> str:
    good = {"objective": "o", "name": "n", "metric": "lead_time.p85", "baseline": 9.0, "target": 3.0}
    told = {**good, "quarter": "2026-Q4", **changes}
    lines = [f"{key} = {json.dumps(value)}" for key, value in told.items() if value is not None]
    return "\n".join(["\n[[streams.key_results]]", *lines, ""])


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('name = "g"\nevery = "quarter"\nkey_results = ["N"]', 'judges "N", which is no key result; did you mean "n"?'),
        ('name = "g"\non = 2026-05-01', "judges nothing, for there is no key result of the quarter of 2026-05-01"),
        ('name = "g"\nevery = "week"', "input should be 'quarter'"),
        ('name = "g"\nevery = "quarter"\nstop_below = 0.7', "the first below the second"),
        ('name = "g"\nevery = "quarter"\ncontinue_from = 0.7', 'unknown key; did you mean "continue_at"?'),
    ],
)
def test_gates_that_cannot_be(tmp_path: Path, table: str, words: str) -> None:
    """Before anybody prepares for them."""
    assert words in faults(tmp_path, f"{GOOD}{a_key_result()}\n[[streams.gates]]\n{table}")[0]


def test_two_goals_of_one_name_are_refused(tmp_path: Path) -> None:
    """Nobody knew which is meant."""
    assert faults(tmp_path, GOOD + a_key_result() * 2) == ['streams[0]: two key results are called "n"; rename one']


SERVED = (
    '[[streams.key_results]]\nobjective = "o"\nname = "n"\nmetric = "lead_time.p85"\nbaseline = 9.0\ntarget = 3.0\n'
)


def test_each_key_result_has_what_serves_it(tmp_path: Path) -> None:
    """By its name; one that says nothing of it is served by nobody knows what."""
    told = SERVED + 'quarter = "2026-Q3"\nserves = { labels = ["q3"] }\n'
    other = SERVED.replace('"n"', '"m"') + 'quarter = "2026-Q4"\n'
    serving = load(tmp_path, GOOD + told + other).stream(None).serving

    assert {name: serves.labels for name, serves in serving.items()} == {"n": ("q3",)}


@pytest.mark.parametrize(
    ("said", "words"),
    [('label = ["x"]', 'did you mean "labels"?'), ("", "serves says nothing"), ('pattern = "("', "no regular")],
)
def test_what_serves_a_key_result_is_told_when_it_is_wrong(tmp_path: Path, said: str, words: str) -> None:
    """With its place."""
    (fault,) = faults(tmp_path, f'{GOOD}{SERVED}quarter = "2026-Q4"\nserves = {{ {said} }}\n')

    assert fault.startswith("streams[0].key_results[0].serves")
    assert words in fault


def test_a_change_names_one_of_the_wastes(tmp_path: Path) -> None:
    """Redesign for its own sake is refused."""
    assert (
        "streams[0].plan[0].waste"
        in faults(tmp_path, f'{GOOD}\n[[streams.plan]]\nname = "n"\nwaste = "boredom"\nowner = "o"\ndue = 2026-12-15')[
            0
        ]
    )


@pytest.mark.parametrize(
    ("waste", "change", "words"),
    [
        ("motion", '{ deploy = "Open", on = "daily" }', 'plan "n": deploy = "Open" reduces waiting, not motion'),
        ("waiting", '{ cap = "Nowhere", at = "24h" }', 'plan "n": "Nowhere" is no approval of this stream'),
        ("motion", "{ wip = 3 }", '"wip" is not supported'),
    ],
)
def test_a_planned_change_is_one_that_can_be_told_of(tmp_path: Path, waste: str, change: str, words: str) -> None:
    """It reduces the waste it states, at a place that there is."""
    table = f'[[streams.plan]]\nname = "n"\nwaste = "{waste}"\nowner = "o"\ndue = 2026-12-15\nchange = {change}'

    assert words in faults(tmp_path, f"{GOOD}\n{table}")[0]


def test_no_file_and_no_toml(tmp_path: Path) -> None:
    """What to do, and where it breaks."""
    with pytest.raises(ConfigError, match=r"run gemba init to have it written"):
        load_config(tmp_path / "config.toml")
    with pytest.raises(ConfigError, match=r"not valid TOML.*line 2"):
        load(tmp_path, "[store]\nurl = what\n")


def test_a_token_comes_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    """Or from the environment, without surrounding white space."""
    private(tmp_path / "secret", "s3cret\n")
    config = load(tmp_path, GOOD.replace('token_env = "JIRA_TOKEN"', 'token_file = "secret"'))
    settings = config.connectors["jira"]["acme"]
    assert isinstance(settings, TokenSettings)

    assert settings.token("jira.acme") == "s3cret"
    assert "s3cret" not in repr(config)


def test_a_source_without_a_scope_stands_for_all_it_has(tmp_path: Path) -> None:
    """So that a new project need not be named twice."""
    both = GOOD.replace('projects = ["PAY"]', 'projects = ["PAY", "OPS"]').replace('"jira.acme/PAY"', '"jira.acme"')

    assert load(tmp_path, both).streams[0].sources == ("jira.acme/PAY", "jira.acme/OPS")


MAIL = '\n[mail]\nhost = "mail.acme.example"\nsender = "gemba@acme.example"\n'


def digest_to(place: str) -> str:
    return f'{GOOD}\n[[digests]]\nstream = "Payments"\n{place}\n'


def test_a_digest_goes_by_mail_or_to_a_folder(tmp_path: Path) -> None:
    """Told by places that name nobody, though no two of them are the same."""
    found = load(
        tmp_path, digest_to('mail = ["a@b.example"]') + digest_to('mail = ["c@d.example"]')[len(GOOD) :] + MAIL
    )
    folder = load(tmp_path, digest_to('folder = "digests"'))

    assert [digest.place for digest in found.digests] == ["mail to 1 address"] * 2
    assert len({digest.mark for digest in found.digests}) == 2
    assert not [digest.mark for digest in found.digests if "@" in digest.mark]
    assert folder.digests[0].place == folder.digests[0].mark == str(tmp_path / "digests")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            digest_to('mail = ["a@b.example"]'),
            "a digest goes by mail but [mail] is missing; add it, with host",
        ),
        (digest_to('mail = ["a@b\\nBcc: c@d.example"]') + MAIL, "is no mail address"),
        (digest_to('mail = ["a@b.example"]\nfolder = "x"') + MAIL, "a digest goes to one place"),
        (digest_to('folder = "x"') + MAIL + 'user = "gemba"', "mail: needs a user and password_env"),
        (digest_to('folder = "x"') + MAIL + 'pasword_env = "P"', 'unknown key; did you mean "password_env"?'),
    ],
)
def test_a_way_that_is_not_furnished_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """With what is missing."""
    assert words in "\n".join(faults(tmp_path, text))
