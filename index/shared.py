"""An index on a Chroma server, which several machines read and one at a time builds."""

from __future__ import annotations

import hashlib
import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from index import checksums, generation, lease, published
from index.catalogue import Catalogue
from index.errors import IndexBusyError, IndexMissingError, IndexStorageError
from index.fingerprint import digest, read_parts, write_parts
from index.generation import CATALOGUE, VECTORS
from index.home import Folder, Generation, Home
from index.server import ServerStore
from index.store import VectorStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.fingerprint import Parts
    from index.lease import Lease
    from index.published import Published
    from index.server import ChromaServer
    from index.vectors import Store

_FETCHED = "fetched"
_UNFINISHED = "building-"
_WAIT_FOR_FETCHING = 120.0  # seconds, while another process of the same data folder fetches
_TRIES = 3
_COPIED = 1_000  # vectors at once


def home_of(root: Path, server: ChromaServer | None) -> Home:
    """Give the index on a server, or else in the folder `root`."""
    return Shared(root, server) if server else Folder(root)


class Shared(Home):
    """An index on a server; `root` keeps a copy of its catalogue, to search in."""

    def __init__(self, root: Path, server: ChromaServer) -> None:
        super().__init__(root)
        self._server = server
        self._began: Published | None = None
        self._lease: Lease | None = None

    def newest(self) -> str:
        """See `Home.newest`."""
        return published.current(self._server).name

    @contextmanager
    def reading(self) -> Iterator[Generation]:
        """See `Home.reading`."""
        there, folder, held = self._fetched()
        try:
            yield Generation(folder, there.name, lambda: ServerStore(self._server, there.vectors))
        finally:
            generation.release(held)

    @contextmanager
    def building(self) -> Iterator[None]:
        """See `Home.building`."""
        with generation.building(self.root), lease.held(self._server, self.root) as self._lease:
            self._began = self._published()
            yield

    def current(self) -> Path:
        """See `Home.current`."""
        _, folder, held = self._fetched()
        generation.release(held)
        return folder

    @contextmanager
    def draft(self, old: Path | None, built: Parts, *, rebuild: bool) -> Iterator[Generation]:
        """See `Home.draft`."""
        began, server = self._began, self._server
        number = began.number + 1 if began else 1
        vectors = f"vectors.{digest(built)}.{number:06d}"
        for left in self.root.glob(f"{_UNFINISHED}*"):
            generation.discard(left)
        published.tidy(server, began)
        with TemporaryDirectory(prefix=_UNFINISHED, dir=self.root) as place:
            folder = Path(place)
            if old:
                shutil.copy(old / CATALOGUE, folder)
            if began and old and not rebuild:
                vectors = began.vectors
                self._remove_unused(vectors, folder)
            yield Generation(folder, "", lambda: ServerStore(server, vectors, write=True))
            finished = published.upload(server, folder / CATALOGUE, number, vectors, built)
        self._check()
        published.publish(server, finished)

    def adopt(self, folder: Path) -> None:
        """See `Home.adopt`."""
        with (
            self.draft(None, read_parts(folder), rebuild=True) as new,
            VectorStore(folder / VECTORS) as old,
            new.open_vectors() as vectors,
        ):
            shutil.copy(folder / CATALOGUE, new.folder)
            _copy(old, vectors, old.ids())

    @contextmanager
    def whole(self) -> Iterator[Path]:
        """See `Home.whole`."""
        with self.reading() as current, TemporaryDirectory(prefix="summit-whole-") as place:
            folder = Path(place)
            shutil.copy(current.folder / CATALOGUE, folder)
            with (
                Catalogue(folder / CATALOGUE) as catalogue,
                current.open_vectors() as there,
                VectorStore(folder / VECTORS, write=True) as here,
            ):
                _copy(there, here, catalogue.vector_ids())
            write_parts(folder, read_parts(current.folder))
            checksums.write(folder)
            yield folder

    def _published(self) -> Published | None:
        try:
            return published.current(self._server)
        except IndexMissingError:
            return None

    def _remove_unused(self, vectors: str, folder: Path) -> None:
        """Remove the vectors that nothing published needs."""
        with Catalogue(folder / CATALOGUE) as catalogue:
            needed = catalogue.vector_ids()
        store = ServerStore(self._server, vectors)
        store.delete(store.ids() - needed)

    def _check(self) -> None:
        """Raise IndexBusyError where anybody has changed the index since this build began."""
        if self._lease:
            self._lease.check()
        if self._published() != self._began:
            raise IndexBusyError(
                f"another machine has changed the index on the Chroma server at "
                f"{self._server.url} meanwhile, so nothing was changed; run it again"
            )

    def _fetched(self) -> tuple[Published, Path, int]:
        """Give what is published, the folder with its catalogue, and what holds that."""
        cache = self.root / _FETCHED
        for _ in range(_TRIES):
            there = published.current(self._server)
            try:
                folder, held = generation.hold_current(cache)
            except (IndexMissingError, IndexStorageError):
                pass
            else:
                if _holds(folder, there):
                    return there, folder, held
                generation.release(held)
            with generation.building(cache, _WAIT_FOR_FETCHING):
                self._fetch(cache, there)
        raise IndexBusyError("the index changes faster than it can be fetched; try again later")

    def _fetch(self, cache: Path, there: Published) -> None:
        """Bring the catalogue into a generation of this machine, where it is not one already."""
        try:
            if _holds(generation.current(cache), there):
                return  # another process was quicker
        except (IndexMissingError, IndexStorageError):
            pass
        try:
            new = generation.begin(cache, None)
            try:
                published.download(self._server, there, new / CATALOGUE)
                write_parts(new, there.built)
                generation.publish(cache, new)
            except BaseException:
                generation.discard(new)
                raise
        except OSError as error:
            raise IndexStorageError(
                f"the catalogue cannot be brought into {cache} "
                f"({(error.strerror or 'error').lower()}); make room and try again"
            ) from error


def _holds(folder: Path, there: Published) -> bool:
    """Whether a folder holds the catalogue of a generation as it was published."""
    try:
        with (folder / CATALOGUE).open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return sha256 == there.sha256 and read_parts(folder) == there.built
    except (OSError, IndexStorageError):
        return False


def _copy(source: Store, target: Store, ids: set[str]) -> None:
    """Copy vectors, and see that they are found where they now are."""
    ordered = sorted(ids)
    for first in range(0, len(ordered), _COPIED):
        vectors = source.vectors(ordered[first : first + _COPIED])
        target.add(list(vectors), np.array(list(vectors.values()), dtype=np.float32))
    missing, _ = target.differing(ids)
    if missing:
        raise IndexStorageError(f"{len(missing)} vectors are missing; run: summit doctor --repair")
    target.seal(ordered)
