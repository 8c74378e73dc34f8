"""Makes citations from passages and checks them against the documents; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.answer import Citation

if TYPE_CHECKING:
    from collections.abc import Callable

    from corpus.document import Document


def cite(document: Document, start: int, end: int, marker: int) -> Citation:
    """Cite `document.text[start:end]`, with the source that the text there refers to."""
    sources = document.sources_of(start, end)
    source = sources[0] if sources else None
    return Citation(
        marker=marker,
        document_id=document.id,
        title=document.title,
        publisher=source.publisher if source else document.publisher,
        date=source.date if source else document.date,
        url=source.url if source else document.url,
        quote=document.text[start:end],
        start=start,
        end=end,
    )


def holds(citation: Citation, find: Callable[[str], Document]) -> bool:
    """Whether the quotation stands in its document where the citation says."""
    try:
        document = find(citation.document_id)
    except KeyError:
        return False
    exact = document.text[citation.start : citation.end] == citation.quote
    return exact and bool(citation.quote)
