"""Finds what the documents have to say to a question: passages, sentences, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.answerers import evidence, extractive
from assistant.french import in_their_language
from index.keyword import word_weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assistant.answerers.extractive import Candidate
    from assistant.reader import Reader, Reading
    from index.passage import Passage
    from index.search import Hit, SearchIndex

PASSAGES = 10
_PASSAGES_READ = 8


@dataclass(frozen=True, slots=True)
class Found:
    """What there is for a question, best first.

    `hits` are the passages, `ranked` their sentences by the search alone, `weighed` those of the
    passages that were read, by the probability that they answer; `readings` are by passage id.
    `confidence` is the probability that the documents answer the question.
    """

    hits: Sequence[Hit]
    ranked: Sequence[Candidate]
    weighed: Sequence[Candidate]
    readings: Mapping[str, Reading]
    confidence: float

    @property
    def answered(self) -> bool:
        """Whether that is enough to answer."""
        return self.confidence >= evidence.calibration().answer

    @property
    def passages(self) -> list[Passage]:
        """The passages, those with the likeliest sentences first."""
        hits = [*(each.hit for each in self.weighed), *self.hits]
        return list({hit.passage.id: hit.passage for hit in hits}.values())

    @property
    def correction(self) -> Candidate | None:
        """The sentence that contradicts what the question takes for granted, if one does."""
        return evidence.correction(self.weighed, self.readings)


def find(index: SearchIndex, reader: Reader, question: str, document_id: str | None) -> Found:
    """Search the index for a question that stands alone, and read the best passages.

    With a document's id, nothing else is searched.
    """
    query = in_their_language(question, index.catalogue)
    hits = index.search(query, PASSAGES, document_id)
    ranked = extractive.rank(query, hits, word_weights(index.catalogue, query))
    passages = [hit.passage for hit in hits[:_PASSAGES_READ]]
    read = reader.read(query, passages)
    readings = dict(zip((each.id for each in passages), read, strict=True))
    weighed = evidence.weigh(ranked, readings)
    confidence = evidence.confidence(ranked, weighed, readings)
    return Found(hits, ranked, weighed, readings, confidence)
