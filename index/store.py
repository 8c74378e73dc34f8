"""Keeps the vectors in a folder: Chroma, embedded."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import chromadb
import numpy as np
from chromadb.config import Settings
from chromadb.errors import ChromaError

from index.errors import IndexStorageError
from index.vectors import CONFIGURATION, Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from chromadb.api.collection_configuration import UpdateHNSWConfiguration
    from numpy.typing import NDArray

CHROMA_VERSION: str = chromadb.__version__
_COLLECTION = "sentences"
_EACH_CHANGE, _MANY_CHANGES = 2, 1_000  # after so many Chroma writes its graph to the disk
_PATIENCE, _PAUSE = 5.0, 0.05  # seconds


class VectorStore(Store):
    """The vectors of one generation of the index.

    Two processes that write to one embedded Chroma lose vectors without an error, so a folder
    is written by one process, closed, and from then on only read.
    """

    _batch = 2_000

    def __init__(self, folder: Path, *, write: bool = False) -> None:
        self._folder = folder
        self._copy = None if write or os.access(folder, os.W_OK) else _copied(folder)
        self._open()
        if write:
            self._modify({"sync_threshold": _MANY_CHANGES})

    def close(self) -> None:
        """Release the files; the store is not used afterwards."""
        self._client.close()  # type: ignore[attr-defined] # missing in ClientAPI alone
        if self._copy:
            self._copy.cleanup()

    def retire(self, ids: Sequence[str]) -> None:
        """Remove the vectors of these ids: nobody reads the copy that is written to."""
        self.delete(ids)

    def ids(self) -> set[str]:
        """Give the id of every vector, without the pages that a server gives them in."""
        with self._mapped():
            return set(self._collection.get(include=[])["ids"])

    def differing(self, expected: set[str]) -> tuple[set[str], set[str]]:
        """Give the ids that are missing, and those of vectors that should not be there."""
        held = self.ids()
        return expected - held, held - expected

    def _end_writing(self, seen: int) -> None:
        # Chroma keeps the last changes in a log and puts them into the graph anew, by chance, each
        # time that it opens. Every process is to read the same graph, as it was checked. How many
        # vectors are seen is read when it opens, too.
        self._modify({"sync_threshold": _EACH_CHANGE, "ef_search": seen})
        self.close()
        self._open()

    def _add_again(self, vectors: dict[str, NDArray[np.float32]]) -> None:
        self.delete(vectors)
        self.add(list(vectors), np.array(list(vectors.values()), dtype=np.float32))

    def _open(self) -> None:
        with self._mapped():
            self._client = chromadb.PersistentClient(
                path=self._copy.name if self._copy else str(self._folder),
                settings=Settings(anonymized_telemetry=False, allow_reset=False),
            )
            self._collection = self._client.get_or_create_collection(
                _COLLECTION, configuration=CONFIGURATION, embedding_function=None
            )

    def _modify(self, graph: UpdateHNSWConfiguration) -> None:
        last = time.monotonic() + _PATIENCE
        while True:
            try:
                with self._mapped():
                    self._collection.modify(configuration={"hnsw": graph})
            except IndexStorageError as error:
                # Chroma's own threads may be writing, and it does not wait for them.
                if "locked" not in str(error) or time.monotonic() > last:
                    raise
                time.sleep(_PAUSE)
            else:
                return

    def _mapped(self) -> AbstractContextManager[None]:
        return _mapped(self._folder)


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
