"""Keeps the vectors; the only place that imports chromadb."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self

import chromadb
import numpy as np
from chromadb.config import Settings
from chromadb.errors import ChromaError

from index.errors import IndexStorageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

CHROMA_VERSION: str = chromadb.__version__
_COLLECTION = "sentences"
_BATCH = 2_000
_EACH_CHANGE, _MANY_CHANGES = 2, 1_000  # after so many Chroma writes its graph to the disk
_MOST_CHECKED = 50_000  # vectors; more would take longer than a small update
_ATTEMPTS = 3
_PATIENCE, _PAUSE = 5.0, 0.05  # seconds
_NEAREST = 3
_SAME = 1e-4  # cosine distance of vectors that are as good as one


class VectorStore:
    """The vectors of one generation of the index, each under an id, compared by cosine.

    Two processes that write to one embedded Chroma lose vectors without an error, so a folder
    is written by one process, closed, and from then on only read.
    """

    def __init__(self, folder: Path, *, write: bool = False) -> None:
        self._folder = folder
        self._copy = None if write or os.access(folder, os.W_OK) else _copied(folder)
        self._open()
        if write:
            self._write_graph_after(_MANY_CHANGES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the files; the store is not used afterwards."""
        self._client.close()  # type: ignore[attr-defined] # missing in ClientAPI alone
        if self._copy:
            self._copy.cleanup()

    def seal(self, fresh: Sequence[str] = ()) -> None:
        """End the writing: from now on every process reads the same graph, as it was checked.

        Chroma keeps the last changes in a log and puts them into the graph anew, by chance, each
        time that it opens; and in a graph that vectors were taken from, some others may not be
        found any more. So all is written to the graph, and what it does not find goes in again.
        Of more than 50,000 vectors only so many are looked up, the `fresh` ones first; all are
        by `index.examination`.

        Raises:
            IndexStorageError: some cannot be found by their own vector however often they go in.
        """
        self._write_graph_after(_EACH_CHANGE)
        ids = list(dict.fromkeys([*fresh, *sorted(self.ids())]))[:_MOST_CHECKED]
        for _ in range(_ATTEMPTS):
            self.close()
            self._open()
            lost = self.lost(ids)
            if not lost:
                return
            vectors = self.vectors(lost)
            self.delete(lost)
            self.add(list(vectors), np.array(list(vectors.values()), dtype=np.float32))
        raise IndexStorageError(
            f"{len(lost)} vectors in {self._folder} are not found by themselves; "
            "run: summit ingest --rebuild"
        )

    def lost(self, ids: Sequence[str]) -> list[str]:
        """Give those of the ids that a search for their own vector does not find."""
        lost: list[str] = []
        for first in range(0, len(ids), _BATCH):
            vectors = self.vectors(ids[first : first + _BATCH])
            if not vectors:
                continue
            with _mapped(self._folder):
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

    def _open(self) -> None:
        with _mapped(self._folder):
            self._client = chromadb.PersistentClient(
                path=self._copy.name if self._copy else str(self._folder),
                settings=Settings(anonymized_telemetry=False, allow_reset=False),
            )
            self._collection = self._client.get_or_create_collection(
                _COLLECTION,
                configuration={"hnsw": {"space": "cosine", "ef_search": 200}},
                embedding_function=None,
            )

    def _write_graph_after(self, changes: int) -> None:
        last = time.monotonic() + _PATIENCE
        while True:
            try:
                with _mapped(self._folder):
                    self._collection.modify(configuration={"hnsw": {"sync_threshold": changes}})
            except IndexStorageError as error:
                # Chroma's own threads may be writing, and it does not wait for them.
                if "locked" not in str(error) or time.monotonic() > last:
                    raise
                time.sleep(_PAUSE)
            else:
                return


def _copied(folder: Path) -> TemporaryDirectory[str] | None:
    """Copy a folder that cannot be written to, for Chroma writes even where it only reads."""
    if not folder.is_dir():
        return None
    copy = TemporaryDirectory(prefix="summit-vectors-")
    with _mapped(folder):
        shutil.copytree(folder, copy.name, dirs_exist_ok=True, copy_function=shutil.copyfile)
        for each in (Path(copy.name), *Path(copy.name).rglob("*")):
            each.chmod(0o700)
    return copy


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
