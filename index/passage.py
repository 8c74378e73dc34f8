"""What is found: a few sentences of a document that belong together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a document's text, in characters: `document.text[start:end]`."""

    start: int
    end: int


def is_question(text: str) -> bool:
    """Whether a heading or sentence asks, so that what follows it may answer."""
    return text.endswith("?")


def lead_of(title: str, heading: str) -> str:
    """Give what a passage is read under: its title, and its heading where that asks."""
    return f"{title}: {heading}" if is_question(heading) else f"{title}:"


def vector_id_of(passage_id: str, lead: str, number: int) -> str:
    """Give the id of the vector of a passage's sentence at `number`, counted from 0.

    The lead is in it as it is in the vector: of one embedder, an id means one vector for ever.
    """
    return f"{passage_id}:{_digest(lead)}:{number}"


def passage_id_of(vector_id: str) -> str:
    """Give the id of the passage that a vector of `Passage.vector_ids` belongs to."""
    return vector_id.partition(":")[0]


@lru_cache(maxsize=1024)
def _digest(lead: str) -> str:
    return blake2b(lead.encode("utf-8", "replace"), digest_size=4).hexdigest()


@dataclass(frozen=True, slots=True)
class Passage:
    """Neighbouring sentences under one heading.

    `text` is `document.text[start:end]`; `sentences` are spans of the document's text, in
    order. The id depends on the document and the words alone, so that it survives a rebuild.
    """

    id: str
    document_id: str
    title: str
    heading: str
    start: int
    end: int
    text: str
    sentences: tuple[Span, ...]

    def sentence(self, number: int) -> str:
        """Give the text of the sentence at `number`, counted from 0."""
        return self.words(self.sentences[number])

    def words(self, span: Span) -> str:
        """Give the text of a stretch of the document that lies within the passage."""
        return self.text[span.start - self.start : span.end - self.start]

    def vector_ids(self) -> list[str]:
        """Give the id of each sentence's vector in the store."""
        numbers = range(len(self.sentences))
        return [vector_id_of(self.id, self.lead, number) for number in numbers]

    def vector_texts(self) -> list[str]:
        """Give what is embedded for each sentence: it, led by the questions that it answers.

        A question in front of it does where it opens the paragraph, or is a paragraph by itself;
        that one leads what follows until the next.
        """
        texts = []
        above = self.lead
        for sentences in self._paragraphs():
            asked = list(takewhile(is_question, sentences))
            rest = sentences[len(asked) :]
            lead = " ".join([self.lead, *asked]) if asked else above
            texts += [f"{self.lead} {each}" for each in asked]
            texts += [f"{lead} {each}" for each in rest]
            if asked:
                above = self.lead if rest else lead
        return texts

    @property
    def lead(self) -> str:
        """What it is read under; see `lead_of`."""
        return lead_of(self.title, self.heading)

    def _paragraphs(self) -> Iterator[list[str]]:
        """Give the sentences of each line of the text."""
        line: list[str] = []
        end = self.start
        for number, span in enumerate(self.sentences):
            if line and "\n" in self.words(Span(end, span.start)):
                yield line
                line = []
            line.append(self.sentence(number))
            end = span.end
        yield line
