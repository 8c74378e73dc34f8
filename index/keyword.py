"""Lexical search: BM25 (Robertson and Zaragoza 2009) by SQLite's FTS5 over the catalogue."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from index.terms import terms

if TYPE_CHECKING:
    from index.catalogue import Catalogue


def search_keywords(
    catalogue: Catalogue, query: str, count: int, document_id: str | None = None
) -> list[tuple[str, float]]:
    """Give up to `count` ids of passages that hold terms of the query, with their BM25.

    With a document's id, those of other documents are left out.
    """
    asked = dict.fromkeys(terms(query))
    if not asked:
        return []
    return catalogue.match(" OR ".join(map(quoted, asked)), count, document_id)


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
