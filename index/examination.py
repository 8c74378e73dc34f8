"""Examines an index: what it was built with, each of its files, each of its vectors."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TYPE_CHECKING

from index import checksums
from index.catalogue import Catalogue
from index.errors import IndexProblemError
from index.fingerprint import Fingerprint
from index.generation import CATALOGUE, VECTORS
from index.shared import home_of
from index.store import VectorStore
from index.vectors import may_be_lost

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from index.server import ChromaServer
    from index.vectors import Store

_MEND = "run: summit doctor --repair"


def problems(root: Path, embedder: str, server: ChromaServer | None = None) -> list[str]:
    """Say what is wrong with the index in `root`, or on a server, in lines.

    `embedder` is the one in use.
    """
    try:
        with home_of(root, server).reading() as current:
            found = []
            try:
                Fingerprint.now(embedder).check(current.folder)
            except IndexProblemError as error:
                found.append(str(error))
            if server:  # the folder was compared with what the server has when it was opened
                return found + _examined(current.folder, current.open_vectors)
            return found + _damaged(current.folder)
    except IndexProblemError as error:
        return [str(error)]


def _damaged(folder: Path) -> list[str]:
    """Say which files are damaged and which vectors are wrong.

    Chroma may end the process that opens damaged files, so it is opened in a process of its own.
    """
    found = [f"{folder / name} is damaged; {_MEND}" for name in checksums.changed(folder)]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        try:
            found += pool.submit(examine_vectors, folder).result()
        except BrokenProcessPool:
            found.append(f"{folder / VECTORS} ends whatever opens it; {_MEND}")
    return found


def examine_vectors(folder: Path) -> list[str]:
    """Say how the vectors of a generation in a folder and its passages differ, in lines."""
    return _examined(folder, lambda: VectorStore(folder / VECTORS))


def _examined(folder: Path, open_vectors: Callable[[], Store]) -> list[str]:
    try:
        with Catalogue(folder / CATALOGUE) as catalogue, open_vectors() as store:
            catalogue.check()
            expected = catalogue.vector_ids()
            missing, surplus = store.differing(expected)
            lost = store.lost(sorted(expected - missing))
            lost = lost if len(lost) > may_be_lost(len(expected), len(expected)) else []
    except IndexProblemError as error:
        return [str(error)]
    counts = {
        "vectors are missing": len(missing),
        "vectors belong to no passage": len(surplus),
        "vectors are not found by themselves": len(lost),
    }
    return [f"{count} {what}; {_MEND}" for what, count in counts.items() if count]
