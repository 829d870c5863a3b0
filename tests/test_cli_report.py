"""gemba report, as people call it."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bot.app.reports import file_names
from bot.demo.stand_ins import Addresses
from bot.terminal import written
from tests.commands import as_of_now, changed, gemba
from tests.report.pages import words


def test_streams_get_files_of_their_own_whatever_they_are_called() -> None:
    """By letters and digits alone, never outside the folder, and never the first page's."""
    names = ["Payments", "payments!", "../../etc/passwd", "Index", "支払い", "", "PAYMENTS"]

    assert file_names(names) == [
        "payments.html",
        "payments-2.html",
        "etc-passwd.html",
        "index-1.html",
        "stream.html",
        "stream-2.html",
        "payments-3.html",
    ]


def test_no_stream_takes_the_page_of_another() -> None:
    """Neither one whose name ends as numbers are given out, nor a device of Windows."""
    assert file_names(["A 2", "A", "a", "a", "A-2"]) == ["a-2.html", "a.html", "a-3.html", "a-4.html", "a-2-2.html"]
    assert file_names(["CON", "con", "com1", "..", "a/b"]) == [
        "con-1.html",
        "con-2.html",
        "com1-1.html",
        "stream.html",
        "a-b.html",
    ]


def test_a_folder_has_a_page_a_stream_and_one_that_leads_to_them(folder: Path, tmp_path: Path) -> None:
    """Each says what the analysis says; nothing is left beside them."""
    found = json.loads(gemba(*as_of_now("analyse", "--json"), folder=folder).out)
    done = gemba(*as_of_now("report", "--out", str(tmp_path / "public")), folder=folder)

    assert (done.status, done.out) == (0, "")
    assert {path.name for path in (tmp_path / "public").iterdir()} == {"index.html", "payments.html"}
    page = words((tmp_path / "public" / "payments.html").read_text())
    assert f"{found['items']['arrived']} items delivered" in page
    assert f"{found['wip']} items under way" in page
    assert 'href="payments.html"' in (tmp_path / "public" / "index.html").read_text()


def test_a_report_for_outsiders_names_nobody_and_nothing(folder: Path, tmp_path: Path) -> None:
    """No item, project, person or address; the figures are the same."""
    written = tmp_path / "shown.html"
    done = gemba(*as_of_now("report", "--out", str(written), "--anonymise"), folder=folder)
    page = written.read_text()

    assert done.status == 0
    assert not re.search(r"PAY-\d|acme|127\.0\.0\.1|Payments|[Dd]eveloper.\d|Product lead", page)
    found = json.loads(gemba(*as_of_now("analyse", "--json"), folder=folder).out)
    assert f"{found['items']['arrived']} items delivered" in words(page)
    assert "ITEM-" in page


def test_what_cannot_be_written_is_said_and_leaves_the_old_page(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = gemba(*as_of_now("report", "--out", str(tmp_path / "file" / "report.html")), folder=folder)

    assert done.status == 1
    assert "cannot be written" in done.err
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_stream_of_which_nothing_is_known_does_not_hide_the_others(
    company: tuple[Path, Addresses], tmp_path: Path
) -> None:
    """It is listed with the reason; a report of it alone fails."""
    stage = '[[streams.stages]]\nname = "{0}"\nkind = "{1}"\nstates = ["jira:{0}"]\n'
    stages = stage.format("To do", "wait") + stage.format("Done", "done")
    empty = f'[[streams]]\nname = "Empty"\nsources = ["jira.acme/NONE"]\nend = "Done"\n{stages}\n'
    changed(company, tmp_path, "[[streams]]", f"{empty}[[streams]]")
    config = tmp_path / "config.toml"
    config.write_text(config.read_text().replace('projects = ["PAY"]', 'projects = ["PAY", "NONE"]'))
    (tmp_path / "gemba.db").write_bytes((company[0] / "gemba.db").read_bytes())
    done = gemba(*as_of_now("report"), folder=tmp_path)

    assert done.status == 0, done.err
    index = words((tmp_path / "report" / "index.html").read_text())
    assert "Payments" in index
    assert 'nothing was collected yet for "Empty"' in index
    assert gemba(*as_of_now("report", "--stream", "Empty"), folder=tmp_path).status == 1


def test_several_that_write_the_same_page_at_once_leave_a_whole_one(tmp_path: Path) -> None:
    """A name may be as long as the file system takes it; nothing is left beside it."""
    page = tmp_path / f"{'n' * 250}.html"
    contents = [bytes([65 + n]) * 2_000_000 for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: written(page, content), contents * 3))

    assert page.read_bytes() in contents
    assert [path.name for path in tmp_path.iterdir()] == [page.name]


def test_a_page_is_written_where_a_link_leads(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link.html").symlink_to(tmp_path / "there" / "page.html")
    written(tmp_path / "link.html", b"page")

    assert (tmp_path / "link.html").is_symlink()
    assert (tmp_path / "there" / "page.html").read_bytes() == b"page"
