"""What each address answers."""

import hashlib
import json
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from pathlib import Path
from time import monotonic, sleep

import jsonschema
import pytest

from bot.app.analysis import analyse_stream, explain_item, study
from bot.app.sources import collect_all
from bot.app.wiring import Wanted
from bot.config import load_config, scopes_of
from bot.goal_store import Noted
from bot.govern.document import DOCUMENTS
from bot.serve.views import addresses, policy_of, with_links
from bot.store import Store
from tests.commands import NOW
from tests.served.site import EVIL, SLASHED, Site, a_desk, aimless, counting, escaped, running

AT = f"now={escaped(NOW.isoformat())}"
PAY = "/streams/Payments"


def test_one_stream_is_the_beginning(site: Site) -> None:
    """Nobody chooses where there is no choice."""
    found = site.ask("/")

    assert (found.status, found.headers["location"]) == (303, PAY)


def test_several_streams_are_listed_with_how_they_stand(hostile: Site) -> None:
    """Until when they were read; names that look like a path have an address of their own."""
    found = hostile.ask("/")

    assert "read up to" in found.text
    assert found.text.count('href="/streams/') == 2
    assert hostile.ask("/streams/..~A~B%20%3Cb%3E/analysis.json").status == 200
    assert json.loads(hostile.ask("/streams/..~A~B%20%3Cb%3E/analysis.json").text)["stream"]["name"] == SLASHED


def test_the_documents_are_those_of_the_command_line(site: Site, folder: Path) -> None:
    """Figure by figure, and as their schema says."""
    config, wanted = aimless(folder), Wanted(now=NOW)
    analysis = json.loads(site.ask(f"{PAY}/analysis.json?{AT}").text)
    item = json.loads(site.ask(f"{PAY}/explain/PAY-100.json?{AT}").text)

    assert analysis == json.loads(json.dumps(analyse_stream(config, wanted).to_json()))
    assert item == explain_item(config, wanted, "PAY-100").model_dump(mode="json", by_alias=True)
    jsonschema.validate(
        json.loads(site.ask(f"{PAY}/future.json?{AT}").text), DOCUMENTS["future"].model_json_schema(by_alias=True)
    )


def test_the_report_keeps_its_own_policy_and_has_ways_to_the_others(site: Site) -> None:
    """In the same window; no other site may frame it."""
    found = site.ask(f"{PAY}?{AT}&from=2026-09-01")

    assert found.status == 200
    assert found.headers["content-security-policy"].startswith("default-src 'none'")
    assert found.headers["content-security-policy"].endswith("frame-ancestors 'none'")
    assert f'href="{PAY}/future?from=2026-09-01&amp;now={escaped(NOW.isoformat())}"' in found.text


def test_a_page_says_itself_what_it_may() -> None:
    """However its policy is written; one that says nothing may do nothing but have a style."""
    meta = '<meta http-equiv="Content-Security-Policy" content="script-src &#39;sha256-x=&#39;">'
    page = f'<head>{meta}</head><body class="a">'

    assert policy_of(page) == "script-src 'sha256-x='; frame-ancestors 'none'"
    assert policy_of("<body>") == "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    assert with_links(page, [("A & B", "/?a=1&b=<")]).endswith('<a href="/?a=1&amp;b=&lt;">A &amp; B</a></nav>')
    assert addresses(["A", "a/b", "a\\b", "..", "A"]) == {
        "A": "A",
        "a~b": "a/b",
        "a~b~2": "a\\b",
        "~": "..",
        "A~2": "A",
    }


def test_an_item_tells_its_timeline_and_can_be_typed_in(site: Site) -> None:
    """Its name, its former names and the numbers of its pull requests find it, as on the command line."""
    typed = site.ask(f"{PAY}/items?key=pay-100&{AT}")
    found = site.ask(typed.headers["location"])

    assert typed.status == 303
    assert "Why it took so long" in found.text
    assert "nights and weekends included, Europe/Berlin" in found.text


def test_what_is_known_already_is_not_sent_again(site: Site) -> None:
    """As long as nothing new was read; another window is another page."""
    first = site.ask(f"{PAY}?{AT}")
    again = site.ask(f"{PAY}?{AT}", If_None_Match=first.headers["etag"])
    other = site.ask(f"{PAY}?{AT}&from=2026-10-01", If_None_Match=first.headers["etag"])

    assert (again.status, again.text, other.status) == (304, "", 200)
    assert first.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        (f"{PAY}?from=yesterday", 400, "from=yesterday is no day"),
        (f"{PAY}?from=2026-12-01&to=2026-11-01", 400, "the window is empty"),
        (f"{PAY}/future?cap:Review=99", 400, "Review: Answers within stands from 0 to"),
        (f"{PAY}/future?cap:Review=-1", 400, "Review: Answers within stands from 0 to"),
        (f"{PAY}/items/PAY-9999", 404, "there is no item PAY-9999 in this stream"),
        ("/streams/Nothing", 404, "There is nothing here."),
        ("/streams/Nothing/items?key=PAY-1", 404, "There is nothing here."),
        (f"{PAY}/items?key=", 404, "Which item of Payments?"),
        ("/static/../pages.py", 404, "There is nothing here."),
        ("/static/%2e%2e%2fpages.py", 404, "There is nothing here."),
        (f"{PAY}/explain/PAY-9999.json", 404, '{"error":"there is no item PAY-9999'),
    ],
)
def test_what_cannot_be_is_a_sentence(site: Site, path: str, status: int, sentence: str) -> None:
    """With its status, and never a trace of the program."""
    found = site.ask(path)

    assert found.status == status
    assert sentence in found.text
    assert "Traceback" not in found.text


def test_whatever_people_wrote_is_text(hostile: Site) -> None:
    """Names of streams, stages and items; in pages and in what they say is wrong."""
    stream = f"/streams/{escaped(EVIL.replace('/', '~'))}"
    window = "now=2026-06-01"
    for path in (
        "/",
        f"{stream}?{window}",
        f"{stream}/future?{window}",
        f"{stream}/items/{escaped('7 ' + EVIL)}?{window}",
    ):
        found = hostile.ask(path)
        assert found.status == 200, path
        assert "<script>alert" not in found.text
        assert "<img" not in found.text


def test_nothing_was_read_yet_is_a_sentence(tmp_path: Path) -> None:
    """And it is not ready; nothing is made in the folder meanwhile."""
    config = a_desk(tmp_path, "Desk")
    for file in tmp_path.glob("gemba.db*"):
        file.unlink()
    with running(config) as found:
        page, ready, alive = (found.ask(path) for path in ("/streams/Desk", "/readyz", "/healthz"))
        hidden, figures = found.ask("/readyz", Host="evil.example"), found.ask("/metrics")

    assert (hidden.status, hidden.text) == (503, "not ready\n")
    assert "gemba_store_ready 0.0" in figures.text
    assert (page.status, ready.status, alive.status) == (503, 503, 200)
    assert "run `gemba collect`" in page.text
    assert "run `gemba collect`" in ready.text
    assert not list(tmp_path.glob("gemba.db*"))


def test_an_older_database_is_not_ready(tmp_path: Path) -> None:
    """It says what to do."""
    config = a_desk(tmp_path, "Desk")
    with sqlite3.connect(tmp_path / "gemba.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
    database.close()
    with running(config) as found:
        ready = found.ask("/readyz")

    assert (ready.status, "run `gemba db upgrade`" in ready.text) == (503, True)


def test_the_database_stays_as_it_is(folder: Path, tmp_path: Path) -> None:
    """Weeks of key results that nobody looked at yet are looked at once, and not kept there, either."""
    shutil.copy(folder / "gemba.db", tmp_path)
    (tmp_path / "config.toml").write_text((folder / "config.toml").read_text())
    with closing(sqlite3.connect(tmp_path / "gemba.db", isolation_level=None)) as database:
        database.execute("DELETE FROM reading")
    before = hashlib.sha256((tmp_path / "gemba.db").read_bytes()).digest()
    config = load_config(tmp_path / "config.toml")
    memory: list[Noted] = []
    for _ in range(2):
        study(config, Wanted(now=date(2026, 10, 20)), memory)
    with running(config) as found:
        assert [found.ask(path).status for path in ("/metrics", "/readyz")] == [200, 200]

    assert len({(noted.name, noted.at) for noted in memory}) == len(memory) >= 4
    assert hashlib.sha256((tmp_path / "gemba.db").read_bytes()).digest() == before


def test_what_was_read_anew_is_shown(tmp_path: Path) -> None:
    """Within seconds, and until then the last answer; without news nobody looks again."""
    config, calls, path = a_desk(tmp_path, "Desk"), list[str](), "/streams/Desk?to=2026-06-01"
    with running(config, counting(config, calls)) as found:
        first = [found.ask(path).headers["etag"] for _ in range(5)]
        asked = len(calls)
        store = Store.open(config.store.url)
        store.census_done(scopes_of(config.streams[0])[0], NOW)
        store.close()
        later = first[0]
        until = monotonic() + 20
        while later == first[0] and monotonic() < until:
            later = found.ask(path).headers["etag"]
            sleep(0.05)

    assert (len({*first}), asked <= 2, later != first[0]) == (1, True, True)


def test_reading_goes_on_while_it_is_written(store_url: str, tmp_path: Path) -> None:
    """On SQLite and on PostgreSQL: everything is collected anew, and every page is there meanwhile."""
    config = a_desk(tmp_path, "Desk", more=f'[store]\nurl = "{store_url}"\n')
    (tmp_path / "log.csv").touch()
    with running(config) as found, ThreadPoolExecutor() as works:
        collecting = works.submit(collect_all, config, lambda *_: None, thorough=True)
        answers = [found.ask(path).status for path in ("/streams/Desk", "/metrics", "/streams/Desk/future") * 3]

    assert answers == [200] * 9
    assert collecting.result()[0].error is None
