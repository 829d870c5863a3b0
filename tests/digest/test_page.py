"""The digest as a page, which is a mail, too."""

import re
from html.parser import HTMLParser

import pytest

from bot.digest.digest import Digest, Reply
from bot.digest.lines import Link, Member, Part, Section, Strong, line
from bot.digest.page import digest_page

EVIL = "<!channel> <script>alert(1)</script> \"onload='x' &lt;b&gt; {{ title }} </style><img src=x onerror=y>"


def digest(text: str = "Payments", *parts: Part, quiet: bool = False) -> Digest:
    section = Section(f"{text} stuck", (line(*parts, Strong(text), f" waits for {text}, ", Member("U1"), "."),))
    reply = Reply("queues", f"{text} queues", (Section(f"{text} of every queue", (line(text),)),))
    return Digest(
        f"{text}: week",
        f"{text} figures",
        (Strong(text), " is news"),
        (section,),
        f"{text} foot",
        (reply,),
        quiet=quiet,
    )


class Reading(HTMLParser):
    """Its tags, their attributes, and what it says."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_says_all_of_the_digest_in_its_order() -> None:
    """What stands in the thread comes last, as details."""
    words = " ".join(Reading(digest_page(digest())).words.partition("}\n")[2].split())
    said = words[words.rindex("Payments: week") :]

    assert said == (
        "Payments: week Payments is news Payments figures Payments stuck Payments waits for Payments, "
        "a member of the team. Details Payments of every queue Payments Payments foot"
    )


def test_a_quiet_week_is_told_whole() -> None:
    """Whoever opens it wants to know."""
    assert digest_page(digest(quiet=True)) == digest_page(digest())


def test_whatever_people_write_stays_words() -> None:
    """As many tags and the same attributes as with a tame name."""
    evil, tame = (Reading(digest_page(digest(text), "cid:a", text)) for text in (EVIL, "tame"))

    assert evil.tags == tame.tags
    assert [name for name, _ in evil.attributes] == [name for name, _ in tame.attributes]
    assert evil.words.count(EVIL) == tame.words.count("tame")
    assert "script" not in evil.tags


@pytest.mark.parametrize("url", ["https://jira.example/PAY-1?a=1&b=2", "HTTP://x.example"])
def test_addresses_of_the_web_are_links(url: str) -> None:
    """Whole."""
    assert ("href", url) in Reading(digest_page(digest("a", Link("PAY-1", url)))).attributes


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        " https://x.example",
        "https://x.example\n.evil",
        "data:text/html,x",
        "//x.example",
        "file:///etc/passwd",
        "https:x",
        "https://",
        "",
    ],
)
def test_all_others_are_words(url: str) -> None:
    """The label stays."""
    found = Reading(digest_page(digest("a", Link("PAY-1", url))))

    assert "a" not in found.tags
    assert "PAY-1" in found.words


def test_nothing_is_fetched_and_nothing_runs() -> None:
    """The only address is the picture's, and the page forbids all others by itself."""
    page = digest_page(digest(), "cid:one@acme.example", "the map")
    found = Reading(page)

    assert re.findall(r"\b(?:src|href|url)\W+([a-z]+:)", page.replace("img-src", "")) == ["cid:"]
    assert ("alt", "the map") in found.attributes
    assert ("content", "default-src 'none'; img-src cid: data:; style-src 'unsafe-inline'") in found.attributes
    assert not {"script", "link", "iframe", "form", "svg"} & set(found.tags)


def test_without_a_picture_there_is_none() -> None:
    """Not an empty frame."""
    assert "img" not in Reading(digest_page(digest())).tags


def test_without_a_thread_there_are_no_details() -> None:
    """As of what a gate decides on."""
    assert "Details" not in digest_page(Digest("a", "b", ("c",), (), "d"))
