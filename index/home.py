"""Where an index lives: what every such place can do, and the folder of one machine that can.

The other place is a Chroma server (`index.shared`). Both are read and built in the same steps.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index import checksums, generation
from index.fingerprint import write_parts
from index.generation import VECTORS
from index.store import VectorStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from index.fingerprint import Parts
    from index.vectors import Store


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation of an index, finished or being built: its folder, its name, its vectors."""

    folder: Path
    name: str
    open_vectors: Callable[[], Store]


class Home(ABC):
    """Where an index lives; `root` is what it needs of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @abstractmethod
    def newest(self) -> str:
        """Name the generation in use.

        Raises:
            IndexMissingError: nothing has been built yet.
        """

    @abstractmethod
    def reading(self) -> AbstractContextManager[Generation]:
        """Give the generation in use, which stays as it is until it is left.

        Raises:
            IndexMissingError: nothing has been built yet.
        """

    @abstractmethod
    def building(self) -> AbstractContextManager[None]:
        """Hold the right to build, which the methods below need.

        Raises:
            IndexBusyError: another process, or machine, has it.
        """

    @abstractmethod
    def current(self) -> Path:
        """Give the folder of the generation in use.

        Raises:
            IndexMissingError: nothing has been built yet.
        """

    @abstractmethod
    def draft(
        self, old: Path | None, built: Parts, *, rebuild: bool
    ) -> AbstractContextManager[Generation]:
        """Give the next generation to write to, with what `old` holds; a rebuild has no vectors.

        It is published when it is left, with `built` as its fingerprint, and discarded where it is
        left by an exception.
        """

    @abstractmethod
    def adopt(self, folder: Path) -> None:
        """Publish a finished generation that `whole` gave, here or elsewhere; takes the folder."""

    @abstractmethod
    def whole(self) -> AbstractContextManager[Path]:
        """Give the generation in use as a folder that holds all of it; needs no right to build.

        Raises:
            IndexMissingError: nothing has been built yet.
        """


class Folder(Home):
    """An index in a folder of this machine."""

    def newest(self) -> str:
        """See `Home.newest`."""
        return generation.current(self.root).name

    @contextmanager
    def reading(self) -> Iterator[Generation]:
        """See `Home.reading`."""
        folder, held = generation.hold_current(self.root)
        try:
            yield Generation(folder, folder.name, lambda: VectorStore(folder / VECTORS))
        finally:
            generation.release(held)

    def building(self) -> AbstractContextManager[None]:
        """See `Home.building`."""
        return generation.building(self.root)

    def current(self) -> Path:
        """See `Home.current`."""
        return generation.current(self.root)

    @contextmanager
    def draft(self, old: Path | None, built: Parts, *, rebuild: bool) -> Iterator[Generation]:
        """See `Home.draft`."""
        new = generation.begin(self.root, old, leave_out=(VECTORS,) if rebuild else ())
        try:
            yield Generation(new, new.name, lambda: VectorStore(new / VECTORS, write=True))
            write_parts(new, built)
            checksums.write(new)
            generation.publish(self.root, new)
        except BaseException:
            generation.discard(new)
            raise

    def adopt(self, folder: Path) -> None:
        """See `Home.adopt`."""
        generation.adopt(self.root, folder)

    @contextmanager
    def whole(self) -> Iterator[Path]:
        """See `Home.whole`."""
        with self.reading() as current:
            yield current.folder
