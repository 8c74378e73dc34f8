"""Lexical search: BM25 (Robertson and Zaragoza 2009) by SQLite's FTS5 over the catalogue."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING

from index.terms import terms

if TYPE_CHECKING:
    from index.catalogue import Catalogue


_MOST_MATCHES = 20_000  # passages that one search scores


def search_keywords(
    catalogue: Catalogue, query: str, count: int, document_id: str | None = None
) -> list[tuple[str, float]]:
    """Give up to `count` ids of passages that hold terms of the query, with their BM25.

    With a document's id, those of other documents are left out. Words that stand in so many
    passages that to score them would take longer than an answer may are left out where rarer ones
    are asked for too; they weigh little.
    """
    asked = list(dict.fromkeys(terms(query)))
    if not document_id:
        asked = _rare_enough(catalogue, asked)
    if not asked:
        return []
    return catalogue.match(" OR ".join(map(quoted, asked)), count, document_id)


def _rare_enough(catalogue: Catalogue, asked: list[str]) -> list[str]:
    """Give the rarest of the terms, as many as stand in no more passages than one search scores."""
    counts = {term: catalogue.frequency(quoted(term)) for term in asked}
    rarest = sorted(asked, key=lambda term: counts[term])
    matches = accumulate(counts[term] for term in rarest)
    kept = {
        term
        for term, so_many in zip(rarest, matches, strict=True)
        if so_many <= _MOST_MATCHES or so_many == counts[term]
    }
    return [term for term in asked if term in kept]


def word_weights(catalogue: Catalogue, query: str) -> dict[str, float]:
    """Give the inverse document frequency of each term of the query.

    The formula is BM25's, ln(1 + (N - n + 0.5) / (n + 0.5)), over the N passages.
    """
    total = catalogue.passage_count()
    weights = {}
    for term in dict.fromkeys(terms(query)):
        found = catalogue.frequency(quoted(term))
        weights[term] = math.log(1 + (total - found + 0.5) / (found + 0.5))
    return weights


def quoted(term: str) -> str:
    """Give an FTS5 expression that matches a term."""
    return '"' + term.replace('"', '""') + '"'
