"""What can be done with vectors, wherever Chroma keeps them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from index.errors import IndexStorageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from chromadb import Collection
    from chromadb.api.collection_configuration import CreateCollectionConfiguration
    from numpy.typing import NDArray

_LEAST_SEEN = 200  # vectors that a search of the graph looks at
_SEEN = 1 / 300  # of all; measured: finds 99 of 100 of the nearest, of 100,000 and of a million
CONFIGURATION: CreateCollectionConfiguration = {
    "hnsw": {"space": "cosine", "ef_search": _LEAST_SEEN}
}
_ALL_CHECKED = 50_000  # vectors; to look more up would take longer than a small update
_CHECKED_OF_MORE = 10_000
_MAY_BE_LOST = 1 / 200  # of those looked up in a graph of many; measured: one in 600 of a million
_ATTEMPTS = 3
_NEAREST = 3
_SAME = 1e-4  # cosine distance of vectors that are as good as one


def may_be_lost(looked_up: int, held: int) -> int:
    """Say how many of those looked up may not be found by themselves: none, but of very many held.

    There the search is approximate for a vector that is in it, too, and to add it again does not
    help.
    """
    return int(looked_up * _MAY_BE_LOST) if held > _ALL_CHECKED else 0


class Store(ABC):
    """Vectors, each under an id, compared by cosine."""

    _batch: ClassVar[int]  # vectors in one call of Chroma
    _collection: Collection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Let go of the store; it is not used afterwards."""

    @abstractmethod
    def retire(self, ids: Sequence[str]) -> None:
        """Take out vectors that the generation being built does not need."""

    @abstractmethod
    def differing(self, expected: set[str]) -> tuple[set[str], set[str]]:
        """Give the ids that are missing, and those of vectors that should not be there."""

    @abstractmethod
    def _mapped(self) -> AbstractContextManager[None]:
        """Turn what Chroma raises into one line that says how to mend it."""

    @abstractmethod
    def _end_writing(self, seen: int) -> None:
        """Have Chroma keep what was added as whoever reads will find it.

        From then on a search of the graph looks at so many vectors as are `seen`.
        """

    @abstractmethod
    def _add_again(self, vectors: dict[str, NDArray[np.float32]]) -> None:
        """Add vectors that are there and not found."""

    def seal(self, fresh: Sequence[str] = ()) -> None:
        """End the writing: from now on each vector is found, for this was checked.

        In a graph that vectors were taken from, some others may not be found any more; these go in
        again. Of more than 50,000 vectors 10,000 are looked up, the `fresh` ones first; all are by
        `index.examination`.

        Raises:
            IndexStorageError: more than may be are not found by their own vector however often they
                go in.
        """
        held = self.ids()
        most = _CHECKED_OF_MORE if len(held) > _ALL_CHECKED else _ALL_CHECKED
        ids = list(dict.fromkeys([*fresh, *sorted(held)]))[:most]
        for attempt in range(_ATTEMPTS):
            self._end_writing(max(_LEAST_SEEN, int(len(held) * _SEEN)))
            lost = self.lost(ids)
            if not lost or (attempt and len(lost) <= may_be_lost(len(ids), len(held))):
                return
            self._add_again(self.vectors(lost))
        raise IndexStorageError(
            f"{len(lost)} vectors are not found by themselves; run: summit ingest --rebuild"
        )

    def lost(self, ids: Sequence[str]) -> list[str]:
        """Give those of the ids that a search for their own vector does not find."""
        lost: list[str] = []
        for some in self._batches(ids):
            vectors = self.vectors(some)
            if not vectors:
                continue
            with self._mapped():
                found = self._collection.query(
                    query_embeddings=np.array(list(vectors.values()), dtype=np.float32),
                    n_results=_NEAREST,
                    include=["distances"],
                )
            for own, near, distances in zip(
                vectors, found["ids"], found["distances"] or [], strict=True
            ):
                if own not in near and not (distances and distances[0] < _SAME):
                    lost.append(own)
        return lost

    def add(self, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Add vectors of shape (number of ids, dimension); an id that is there keeps its own."""
        with self._mapped():
            for first in range(0, len(ids), self._batch):
                self._collection.add(
                    ids=list(ids[first : first + self._batch]),
                    embeddings=vectors[first : first + self._batch],
                )

    def delete(self, ids: Iterable[str]) -> None:
        """Remove the vectors of these ids; unknown ones are passed over."""
        with self._mapped():
            for some in self._batches(list(ids)):
                self._collection.delete(ids=list(some))

    def nearest(self, vector: NDArray[np.float32], count: int) -> list[tuple[str, float]]:
        """Give up to `count` ids nearest to a vector of length one, each with its cosine."""
        with self._mapped():
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
        held: set[str] = set()
        with self._mapped():
            while True:
                page = self._collection.get(include=[], limit=self._batch, offset=len(held))["ids"]
                held.update(page)
                if len(page) < self._batch:
                    return held

    def vectors(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Give the vectors of those of the ids that the store holds."""
        held: dict[str, NDArray[np.float32]] = {}
        for some in self._batches(ids):
            with self._mapped():
                found = self._collection.get(ids=list(some), include=["embeddings"])
            embeddings = found["embeddings"]
            if embeddings is not None:
                vectors = np.asarray(embeddings, dtype=np.float32)
                held.update(zip(found["ids"], vectors, strict=True))
        return held

    def _batches(self, ids: Sequence[str]) -> Iterator[Sequence[str]]:
        for first in range(0, len(ids), self._batch):
            yield ids[first : first + self._batch]
