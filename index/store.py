"""Keeps the vectors; the only place that imports chromadb."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

import chromadb
import numpy as np
from chromadb.config import Settings
from chromadb.errors import ChromaError

from index.errors import IndexStorageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

CHROMA_VERSION: str = chromadb.__version__
_COLLECTION = "sentences"
_BATCH = 2_000


class VectorStore:
    """The vectors of one generation of the index, each under an id, compared by cosine.

    Two processes that write to one embedded Chroma lose vectors without an error, so a folder
    is written by one process, closed, and from then on only read.
    """

    def __init__(self, folder: Path) -> None:
        with _mapped(folder):
            self._client = chromadb.PersistentClient(
                path=str(folder),
                settings=Settings(anonymized_telemetry=False, allow_reset=False),
            )
            self._collection = self._client.get_or_create_collection(
                _COLLECTION,
                configuration={"hnsw": {"space": "cosine", "ef_search": 200}},
                embedding_function=None,
            )
        self._folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the files; the store is not used afterwards."""
        self._client.close()  # type: ignore[attr-defined] # missing in ClientAPI alone

    def add(self, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Add vectors of shape (number of ids, dimension) under new ids."""
        with _mapped(self._folder):
            for first in range(0, len(ids), _BATCH):
                self._collection.add(
                    ids=list(ids[first : first + _BATCH]),
                    embeddings=vectors[first : first + _BATCH],
                )

    def delete(self, ids: Sequence[str]) -> None:
        """Remove the vectors of these ids; unknown ones are passed over."""
        with _mapped(self._folder):
            for first in range(0, len(ids), _BATCH):
                self._collection.delete(ids=list(ids[first : first + _BATCH]))

    def nearest(self, vector: NDArray[np.float32], count: int) -> list[tuple[str, float]]:
        """Give up to `count` ids nearest to a vector of length one, each with its cosine."""
        with _mapped(self._folder):
            found = self._collection.query(
                query_embeddings=vector.reshape(1, -1), n_results=count, include=["distances"]
            )
        distances = found["distances"]
        if distances is None:
            return []
        return [
            (vector_id, 1.0 - distance)
            for vector_id, distance in zip(found["ids"][0], distances[0], strict=True)
        ]

    def ids(self) -> set[str]:
        """Give the id of every vector."""
        with _mapped(self._folder):
            return set(self._collection.get(include=[])["ids"])

    def vectors(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Give the vectors of those of the ids that the store holds."""
        held: dict[str, NDArray[np.float32]] = {}
        for first in range(0, len(ids), _BATCH):
            with _mapped(self._folder):
                found = self._collection.get(
                    ids=list(ids[first : first + _BATCH]), include=["embeddings"]
                )
            embeddings = found["embeddings"]
            if embeddings is not None:
                vectors = np.asarray(embeddings, dtype=np.float32)
                held.update(zip(found["ids"], vectors, strict=True))
        return held


@contextmanager
def _mapped(folder: Path) -> Iterator[None]:
    """Turn what Chroma raises into one line that says how to mend it."""
    try:
        yield
    except (ChromaError, OSError, ValueError, RuntimeError) as error:
        first_line = (str(error).splitlines() or [type(error).__name__])[0]
        raise IndexStorageError(
            f"the vectors in {folder} cannot be used ({first_line}); "
            "its folder must be writable and have room; if so: summit ingest --rebuild"
        ) from error
