"""What the harnesses work on: generated documents, vectors without a model, processes to kill."""

from __future__ import annotations

import hashlib
import multiprocessing
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from corpus.load import find_files, load_file
from index.build import Wanted, build_index
from index.embedding import Embedder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.context import ForkServerContext
    from pathlib import Path

    from numpy.typing import NDArray

    from index.build import BuildReport
    from index.server import ChromaServer

_DIMENSION = 48
_SENTENCES = 12


class HashedWords(Embedder):
    """Embeds a text as the sum of one fixed random direction for each of its words."""

    name = "hashed words"

    def __init__(self, name: str = name) -> None:
        self.name = name

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give one vector of length one for each text."""
        sums = [np.sum([_direction(word) for word in text.split()], axis=0) for text in texts]
        vectors = np.array(sums, dtype=np.float32)
        normal: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return normal


@lru_cache(maxsize=100_000)
def _direction(word: str) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest())
    return np.random.default_rng(seed).normal(size=_DIMENSION)


def processes() -> ForkServerContext:
    """Give what starts processes that have the heavy libraries loaded and nothing opened."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["index.build", "index.search"])
    return context


def write_documents(folder: Path, numbers: Sequence[int], version: str) -> None:
    """Write documents whose every sentence names the document and the version."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        sentences = [
            f"Lantern {number}x{row} of the {version} harbour weighs {number * 97 + row} stones."
            for row in range(_SENTENCES)
        ]
        half = _SENTENCES // 2
        text = (
            f"# Harbour {number}\n\n## Morning\n\n{' '.join(sentences[:half])}\n\n"
            f"## Evening\n\n{' '.join(sentences[half:])}\n"
        )
        (folder / f"harbour-{number}.md").write_text(text, "utf-8")


def texts_of(folder: Path) -> dict[str, str]:
    """Give the whole text of each document of a folder, by its id."""
    return {file.document_id: load_file(file).text for file in find_files([folder])}


def build(
    root: Path,
    folder: Path,
    embedder: Embedder | None = None,
    *,
    rebuild: bool = False,
    server: ChromaServer | None = None,
) -> BuildReport:
    """Bring the index up to date with the folder, as `summit ingest` does."""
    wanted = Wanted(corpus=tuple(find_files([folder])))
    return build_index(root, wanted, embedder or HashedWords(), rebuild=rebuild, server=server)
