"""Documents → catalogue and vectors of one generation, kept in step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from index.errors import IndexStorageError
from index.split import split

if TYPE_CHECKING:
    from collections.abc import Iterable

    from corpus.document import Document
    from corpus.load import DocumentFile
    from index.catalogue import Catalogue
    from index.embedding import Embedder
    from index.passage import Passage
    from index.vectors import Store

# Sentences embedded at once: of many, those of one length go together, and less is padding.
_BATCH = 512


@dataclass(slots=True)
class Writer:
    """Adds and removes documents in catalogue and store together; embeds in batches."""

    catalogue: Catalogue
    store: Store
    embedder: Embedder
    _waiting: list[Passage] = field(default_factory=list)
    _ids: set[str] = field(default_factory=set)
    _fresh: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids = {entry.document_id for entry in self.catalogue.entries()}

    def free_id(self, document_id: str) -> str:
        """Give the id, or one like it where another file has it already."""
        candidate, number = document_id, 2
        while candidate in self._ids:
            candidate, number = f"{document_id}-{number}", number + 1
        return candidate

    def add(self, document: Document, file: DocumentFile, *, synced: bool) -> None:
        """Split and embed a document whose id is free."""
        passages = split(document)
        self.catalogue.add(document, passages, file, synced=synced)
        self._ids.add(document.id)
        self._embed(passages)

    def remove(self, document_id: str) -> None:
        """Take a document out, with its passages and vectors."""
        self._flush()
        self.store.retire(_vector_ids(self.catalogue.passages_of(document_id)))
        self.catalogue.remove(document_id)
        self._ids.discard(document_id)

    def make_vectors_anew(self) -> None:
        """Split and embed again every document that the catalogue keeps."""
        for entry in self.catalogue.entries():
            document = self.catalogue.document(entry.document_id)
            passages = split(document)
            self.catalogue.replace_passages(document.id, passages)
            self._embed(passages)

    def finish(self) -> None:
        """Write what waits.

        Raises:
            IndexStorageError: there would be a vector too few or too many.
        """
        self._flush()
        self.catalogue.commit()
        if any(self.store.differing(self.catalogue.vector_ids())):
            raise IndexStorageError(
                "the vectors do not match the passages; the old index stays in use; "
                "run: summit ingest --rebuild"
            )
        self.store.seal(self._fresh)

    def _embed(self, passages: Iterable[Passage]) -> None:
        self._waiting += passages
        if sum(len(passage.sentences) for passage in self._waiting) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        texts = [text for passage in self._waiting for text in passage.vector_texts()]
        if texts:
            ids = _vector_ids(self._waiting)
            self.store.add(ids, self.embedder.embed(texts))
            self._fresh += ids
        self._waiting.clear()


def _vector_ids(passages: Iterable[Passage]) -> list[str]:
    return [vector_id for passage in passages for vector_id in passage.vector_ids()]
