"""Examines an index: what it was built with, each of its files, each of its vectors."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TYPE_CHECKING

from index import checksums, generation
from index.build import CATALOGUE, VECTORS
from index.catalogue import Catalogue
from index.errors import IndexProblemError
from index.fingerprint import Fingerprint
from index.store import VectorStore

if TYPE_CHECKING:
    from pathlib import Path

_MEND = "run: summit doctor --repair"


def problems(root: Path, embedder: str) -> list[str]:
    """Say what is wrong with the index in `root`, in lines; `embedder` is the one in use.

    Chroma may end the process that opens damaged files, so it is opened in a process of its own.
    """
    try:
        folder, held = generation.hold_current(root)
    except IndexProblemError as error:
        return [str(error)]
    try:
        found = []
        try:
            Fingerprint.now(embedder).check(folder)
        except IndexProblemError as error:
            found.append(str(error))
        found += [f"{folder / name} is damaged; {_MEND}" for name in checksums.changed(folder)]
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            try:
                found += pool.submit(examine_vectors, folder).result()
            except BrokenProcessPool:
                found.append(f"{folder / VECTORS} ends whatever opens it; {_MEND}")
        return found
    finally:
        generation.release(held)


def examine_vectors(folder: Path) -> list[str]:
    """Say how the vectors of a generation and its passages differ, in lines."""
    try:
        with Catalogue(folder / CATALOGUE) as catalogue, VectorStore(folder / VECTORS) as store:
            catalogue.check()
            expected, stored = catalogue.vector_ids(), store.ids()
            lost = store.lost(sorted(expected & stored))
    except IndexProblemError as error:
        return [str(error)]
    counts = {
        "vectors are missing": len(expected - stored),
        "vectors belong to no passage": len(stored - expected),
        "vectors are not found by themselves": len(lost),
    }
    return [f"{count} {what}; {_MEND}" for what, count in counts.items() if count]
