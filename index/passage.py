"""What is found: a few sentences of a document that belong together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a document's text, in characters: `document.text[start:end]`."""

    start: int
    end: int


def vector_id_of(passage_id: str, title: str, number: int) -> str:
    """Give the id of the vector of a passage's sentence at `number`, counted from 0.

    The title is in it as it is in the vector: of one embedder, an id means one vector for ever.
    """
    return f"{passage_id}:{_digest(title)}:{number}"


def passage_id_of(vector_id: str) -> str:
    """Give the id of the passage that a vector of `Passage.vector_ids` belongs to."""
    return vector_id.partition(":")[0]


@lru_cache(maxsize=1024)
def _digest(title: str) -> str:
    return blake2b(title.encode("utf-8", "replace"), digest_size=4).hexdigest()


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
        return [vector_id_of(self.id, self.title, number) for number in numbers]

    def vector_texts(self) -> list[str]:
        """Give what is embedded for each sentence: it, led by the title it stands under."""
        return [f"{self.title}: {self.sentence(number)}" for number in range(len(self.sentences))]
