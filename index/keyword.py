"""Lexical search: BM25 (Robertson and Zaragoza 2009) by SQLite's FTS5 over the catalogue."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from index.terms import content_words, stems

if TYPE_CHECKING:
    from index.catalogue import Catalogue


def search_keywords(catalogue: Catalogue, query: str, count: int) -> list[tuple[str, float]]:
    """Give up to `count` ids of passages that hold words of the query, with their BM25."""
    words = dict.fromkeys(content_words(query))
    if not words:
        return []
    return catalogue.match(" OR ".join(map(_quoted, words)), count)


def word_weights(catalogue: Catalogue, query: str) -> dict[str, float]:
    """Give the inverse document frequency of each content word of the query, by its stem.

    The formula is BM25's, ln(1 + (N - n + 0.5) / (n + 0.5)), over the N passages.
    """
    words = list(dict.fromkeys(content_words(query)))
    total = catalogue.passage_count()
    weights = {}
    for word, stem in zip(words, stems(words), strict=True):
        found = catalogue.frequency(_quoted(word))
        weights[stem] = math.log(1 + (total - found + 0.5) / (found + 0.5))
    return weights


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
