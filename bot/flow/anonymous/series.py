"""Pseudonyms that are told apart as what they stand for is."""

from collections.abc import Iterable, Iterator


class Series:
    """Numbered in the order in which they are asked for; what differs in case alone still does."""

    def __init__(self, word: str) -> None:
        self._word = word
        self._given: dict[str, str] = {}
        self._forms: dict[str, Iterator[str]] = {}
        self._next = 1

    def of(self, text: str) -> str:
        if text not in self._given:
            forms = self._forms.get(text.casefold()) or self._forms.setdefault(text.casefold(), self._spellings())
            self._given[text] = next(forms, None) or next(self._spellings())
        return self._given[text]

    def _spellings(self) -> Iterator[str]:
        given = f"{self._word}{self._next}"
        self._next += 1
        return iter(dict.fromkeys((given, given.lower(), given.upper(), given.swapcase())))


def ranked(texts: Iterable[str], word: str = "") -> dict[str, str]:
    """Pseudonyms that sort as the texts do."""
    order = sorted(set(texts))
    return {text: f"{word}{n:0{len(str(len(order)))}}" for n, text in enumerate(order, 1)}
