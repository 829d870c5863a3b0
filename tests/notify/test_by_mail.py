"""A message by mail: once for each address, whatever happens in between."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.notify.by_mail import ByMail
from bot.notify.message import Message, Picture
from bot.store import Store
from connectors.errors import AccessDenied, SourceUnavailable, Unanswered
from connectors.mail import Mail, MailSettings
from tests.smtp import PostOffice, delivering

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
TEAM = ("team@acme.example", "mara@acme.example", "ben@acme.example")


def message(subject: str = "Payments: week", plain: str = "All is well.\n", key: str = "Payments W47") -> Message:
    return Message(
        key,
        "",
        lambda _: [],
        picture=Picture(b"\x89PNG", "map"),
        subject=subject,
        plain=plain,
        page=lambda picture: f'<p>{plain}<img src="{picture}">',
    )


def send(store: Store, office: PostOffice, what: Message | None = None, to: Any = TEAM, minutes: float = 0) -> str:
    settings = MailSettings(host="127.0.0.1", port=office.port, security="none", sender="gemba@acme.example")
    return ByMail(Mail(settings), to).send(store, what or message(), lambda: NOW + timedelta(minutes=minutes))


def test_a_message_is_mailed_once(store: Store) -> None:
    """To all at once, with its picture where the page shows it; what changed later is not mailed again."""
    with delivering(PostOffice()) as office:
        told = [send(store, office), send(store, office), send(store, office, message(plain="Other."))]

    (taken,) = office.taken
    assert told[0] == "mailed to 3 addresses"
    assert told[1:] == ["was mailed already", "was mailed already, and what changed since is not mailed again"]
    assert (taken.to, taken.letter["To"]) == ([*TEAM], ", ".join(TEAM))
    page = taken.letter.get_body(("html",))
    assert page is not None
    assert f'src="cid:{taken.letter["Message-ID"][1:-1]}"' in page.get_content()


def test_the_next_week_is_another_message(store: Store) -> None:
    """With a Message-ID of its own."""
    with delivering(PostOffice()) as office:
        assert [send(store, office, message(key=f"W{n}")) for n in (1, 2)] == ["mailed to 3 addresses"] * 2

    assert len({taken.letter["Message-ID"] for taken in office.taken}) == 2


def test_who_joins_later_has_it_alone(store: Store) -> None:
    """Nobody has it twice, not even who is named twice or written otherwise."""
    with delivering(PostOffice()) as office:
        send(store, office, to=TEAM[:2])
        told = send(store, office, to=("Team@acme.example", *TEAM, TEAM[2]))

    assert told == "mailed to 1 address, 2 had it already"
    assert [taken.to for taken in office.taken] == [[*TEAM[:2]], [TEAM[2]]]


def test_no_address_is_stored(store: Store, store_url: str, tmp_path: Path) -> None:
    """Neither where it went nor in what is told of it."""
    with delivering(PostOffice({TEAM[1]: "550 no such user mara@acme.example"})) as office:
        told = send(store, office)

    assert told.startswith("mailed to 2 addresses; the server did not take address 2 (550); correct it")
    assert store.outbox.standing("mail " + TEAM[0], "Payments W47") is None
    if store_url.startswith("sqlite"):
        kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert b"Payments W47" in kept
        assert b"acme.example" not in kept.replace(message_id(office).encode(), b"")


def message_id(office: PostOffice) -> str:
    return str(office.taken[0].letter["Message-ID"]).strip("<>")


def test_who_was_put_off_has_it_with_the_next_run(store: Store) -> None:
    """The others have it, and not again."""
    with delivering(PostOffice({TEAM[0]: "451 greylisted", TEAM[2]: "550 no"})) as office:
        with pytest.raises(SourceUnavailable, match=r"mailed to 1 address; .* address 1 \(451\), address 3 \(550\)"):
            send(store, office)
        office.says.clear()
        told = send(store, office)

    assert told == "mailed to 2 addresses, 1 had it already"
    assert [taken.to for taken in office.taken] == [[TEAM[1]], [TEAM[0], TEAM[2]]]


def test_where_nobody_is_taken_a_person_must_act(store: Store) -> None:
    """And once they did, it is mailed."""
    with delivering(PostOffice({"RCPT": "550 no"})) as office:
        with pytest.raises(AccessDenied, match=r"did not take address 1 \(550\), address 2"):
            send(store, office)
        office.says.clear()
        assert send(store, office) == "mailed to 3 addresses"


@pytest.mark.parametrize("where", ["EHLO", "MAIL", "RCPT", "DATA"])
def test_who_was_cut_off_before_the_letter_tries_again_at_once(store: Store, where: str) -> None:
    """Nothing was mailed, so nothing is lost and nothing comes twice."""
    with delivering(PostOffice(drops=[where] * 3)) as office:
        with pytest.raises(SourceUnavailable):
            send(store, office)
        office.drops.clear()
        assert send(store, office) == "mailed to 3 addresses"

    assert len(office.taken) == 1


def test_what_may_have_been_mailed_is_handed_over_once_more(store: Store) -> None:
    """As the same message, even where its content changed by then."""
    with delivering(PostOffice(drops=["answer"])) as office:
        with pytest.raises(Unanswered):
            send(store, office)
        assert send(store, office, message(plain="Other.")) == "mailed to 3 addresses"
        assert send(store, office, message(plain="Other.")) == "was mailed already"

    assert len(office.taken) == 2
    assert len({taken.letter["Message-ID"] for taken in office.taken}) == 1


def test_a_server_that_never_answers_does_not_fill_mailboxes(store: Store) -> None:
    """After the second time it is left alone; being put off in between counts for nothing."""
    with delivering(PostOffice(drops=["answer", "MAIL", "answer"])) as office:
        for kind in (Unanswered, SourceUnavailable):
            with pytest.raises(kind):
                send(store, office)
        assert send(store, office).startswith("was mailed twice, and the server never said what became of it")
        assert send(store, office) == "was mailed already"

    assert len(office.taken) == 2


def test_who_joins_a_server_that_does_not_answer_has_it_twice_at_most(store: Store) -> None:
    """Each address is counted for itself."""
    with delivering(PostOffice(drops=["answer"] * 3)) as office:
        for to in (TEAM[:1], TEAM[:2]):
            with pytest.raises(Unanswered):
                send(store, office, to=to)
        assert send(store, office, to=TEAM[:2]).startswith("was mailed twice")

    assert [taken.to for taken in office.taken] == [[TEAM[0]], [*TEAM[:2]], [TEAM[1]]]


DYING = """
import sys
from bot.store import Store
from tests.notify.test_by_mail import PostOffice, send
with_port = PostOffice(port=int(sys.argv[2]))
print(send(Store.open(sys.argv[1]), with_port))
"""


@pytest.mark.parametrize("answered", [True, False])
def test_a_kill_between_handing_over_and_remembering(store: Store, store_url: str, answered: bool) -> None:
    """Whoever is next waits until it is sure that nobody else is at it, and hands over the same message."""
    words = [sys.executable, "-c", DYING, store_url]
    with delivering(PostOffice()) as office:
        dying = subprocess.Popen([*words, str(office.port)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])

        def kill() -> None:
            os.kill(dying.pid, signal.SIGKILL)

        office.taking, office.leaving = (office.taking, kill) if answered else (kill, office.leaving)
        out, _ = dying.communicate(timeout=60)
        office.taking = office.leaving = lambda: None
        with pytest.raises(SourceUnavailable, match="another process is mailing it"):
            send(store, office, minutes=4)
        assert send(store, office, minutes=6) == "mailed to 3 addresses"

    assert (out, dying.returncode, len(office.taken)) == (b"", -signal.SIGKILL, 2)
    assert len({taken.letter["Message-ID"] for taken in office.taken}) == 1


def test_two_at_once_mail_it_once(store: Store) -> None:
    """The second finds it taken, while the first is at it."""
    seconds: list[str] = []
    with delivering(PostOffice()) as office:

        def meanwhile() -> None:
            office.taking = lambda: None
            with pytest.raises(SourceUnavailable, match="another process is mailing it; try again in five minutes"):
                send(store, office)
            seconds.append("refused")

        office.taking = meanwhile
        assert send(store, office) == "mailed to 3 addresses"

    assert (seconds, len(office.taken)) == (["refused"], 1)


def test_who_took_too_long_does_not_mail_what_another_took_over(store: Store) -> None:
    """The claim ran out while the server kept it waiting, and the other has mailed it."""
    minutes = iter([0, 0, 0, 0, *[9] * 99])
    with delivering(PostOffice()) as office:
        settings = MailSettings(host="127.0.0.1", port=office.port, security="none", sender="gemba@acme.example")

        def slow() -> datetime:
            if (now := next(minutes)) == 9 and not office.taken:
                send(store, office, minutes=6)
            return NOW + timedelta(minutes=now)

        with pytest.raises(SourceUnavailable, match="another process"):
            ByMail(Mail(settings), TEAM).send(store, message(), slow)
        assert send(store, office, minutes=10) == "was mailed already"

    assert len(office.taken) == 1


@pytest.mark.parametrize(
    "name",
    [
        "a\r\nBcc: eve@evil.example\r\n\r\nhello",
        "\x00\x1b[31m\u2028Bcc: e@e",
        "=?utf-8?q?=0ABcc:_e@e?=",
        "=?u=?utf-8?q?=0D=0ABcc:_e@e?=?=",
        "x" * 5000,
        "ü" * 5000,
    ],
)
def test_a_hostile_name_is_only_a_subject(store: Store, name: str) -> None:
    """It adds neither a header nor a reader."""
    with delivering(PostOffice()) as office:
        send(store, office, message(subject=f"{name}: week to 22 Nov"))

    (taken,) = office.taken
    usual = {"Message-ID", "Date", "From", "To", "Subject", "Auto-Submitted", "X-Auto-Response-Suppress"}
    assert set(taken.letter.keys()) == usual | {"Content-Type", "MIME-Version"}
    assert (taken.to, len(taken.letter["Subject"]) <= 150) == ([*TEAM], True)
    assert not [line for line in taken.content.splitlines() if len(line) > 998]
