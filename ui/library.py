"""The documents as a reader browses them: filtered, in order of time, and one in full."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assistant.assistant import Assistant
    from corpus.document import Document

_FOUND = 40  # passages that a search for documents looks at
_MONTH = len("2025-02")


@dataclass(frozen=True, slots=True)
class Card:
    """What a list shows of a document; `publishers` are its own and those of its sources."""

    id: str
    title: str
    date: str
    topics: tuple[str, ...]
    publishers: tuple[str, ...]
    publisher: str
    language: str
    url: str


@dataclass(frozen=True, slots=True)
class Wish:
    """Which documents to show; what is empty does not restrict. Dates are ISO 8601, inclusive."""

    words: str = ""
    topic: str = ""
    publisher: str = ""
    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A heading or paragraph in pieces, each with whether it belongs to the quotation."""

    is_heading: bool
    pieces: tuple[tuple[str, bool], ...]


class Library:
    """The documents that an assistant answers from. Safe to use from several threads."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._generation = ""
        self._kept: dict[str, Card] = {}
        self._lock = threading.Lock()
        self._cards()

    def topics(self) -> list[str]:
        """Give every topic, by name."""
        return sorted({topic for card in self._cards().values() for topic in card.topics})

    def publishers(self) -> list[str]:
        """Give every publisher, by name."""
        names = {name for card in self._cards().values() for name in card.publishers}
        return sorted(names, key=str.casefold)

    def newest(self) -> str:
        """Give the date of the newest document, as far as it is known; empty where none is."""
        return max((card.date for card in self._cards().values()), default="")

    def cards(self, wish: Wish) -> list[Card]:
        """Give the documents wished for: by title, or best first where words are searched for."""
        known = self._cards()
        if wish.words.strip():
            hits = self._assistant.search(wish.words, _FOUND)
            found = dict.fromkeys(each.passage.document_id for each in hits if each.bm25 > 0)
            # The search may be of a newer index than the cards.
            cards = [known[each] for each in found if each in known]
        else:
            cards = sorted(known.values(), key=lambda card: card.title.casefold())
        return [card for card in cards if _fits(card, wish)]

    def by_month(self) -> list[tuple[str, list[Card]]]:
        """Give the documents that have a date, by month, oldest first."""
        dated = sorted(
            (card for card in self._cards().values() if card.date),
            key=lambda card: (card.date, card.title),
        )
        return [
            (month, list(cards))
            for month, cards in groupby(dated, key=lambda card: card.date[:_MONTH])
        ]

    def document(self, document_id: str) -> Document:
        """Give a document by its id; KeyError where there is none."""
        return self._assistant.document(document_id)

    def _cards(self) -> dict[str, Card]:
        """Give a card for each document, by id; they are made once for each index."""
        with self._lock:
            if (generation := self._assistant.generation) != self._generation:
                self._kept = {each.id: _card(each) for each in self._assistant.documents()}
                self._generation = generation
            return self._kept


def digest(quote: str) -> str:
    """Give what tells a quotation from others in an address: 64 bits of its BLAKE2b."""
    return blake2b(quote.encode("utf-8", "replace"), digest_size=8).hexdigest()


def locate(text: str, start: int, end: int, quoted: str) -> tuple[int, int] | None:
    """Give where a quotation of this digest stands now; it may have moved since `start` was told.

    It is looked for where words begin. None where the text no longer has it.
    """
    length = end - start
    if digest(text[start:end]) == quoted:
        return start, end
    begins = [0, *(found.end() for found in re.finditer(r"\s+", text))]
    found = (each for each in begins if digest(text[each : each + length]) == quoted)
    first = next(found, None)
    return None if first is None else (first, first + length)


def blocks(document: Document, start: int = 0, end: int = 0) -> list[Block]:
    """Give the text line by line; what lies in `text[start:end]` belongs to the quotation."""
    headings = {(each.heading, each.start) for each in document.sections}
    lines: list[Block] = []
    offset = 0
    for line in document.text.split("\n"):
        first, last = offset, offset + len(line)
        offset = last + 1
        if line.strip():
            lines.append(Block((line, last) in headings, tuple(_pieces(line, first, start, end))))
    return lines


def _pieces(line: str, first: int, start: int, end: int) -> Iterable[tuple[str, bool]]:
    inside = max(0, start - first), min(len(line), end - first)
    if inside[0] >= inside[1]:
        yield line, False
        return
    for text, marked in (
        (line[: inside[0]], False),
        (line[slice(*inside)], True),
        (line[inside[1] :], False),
    ):
        if text:
            yield text, marked


def _fits(card: Card, wish: Wish) -> bool:
    return (
        (not wish.topic or wish.topic in card.topics)
        and (not wish.publisher or wish.publisher in card.publishers)
        and (not wish.first or card.date >= wish.first[: len(card.date)] > "")
        and (not wish.last or "" < card.date <= wish.last)
    )


def _card(document: Document) -> Card:
    publishers: Sequence[str] = [document.publisher, *(each.publisher for each in document.sources)]
    return Card(
        document.id,
        document.title,
        document.date,
        document.topics,
        tuple(dict.fromkeys(filter(None, publishers))),
        document.publisher,
        document.language,
        document.url,
    )
