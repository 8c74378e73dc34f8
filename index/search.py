"""Search: dense and lexical retrieval, one score, passages with their sentences' likeness."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Self

from index.catalogue import Catalogue
from index.fingerprint import Fingerprint
from index.generation import CATALOGUE
from index.keyword import search_keywords
from index.passage import passage_id_of
from index.shared import home_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from index.embedding import Embedder
    from index.passage import Passage
    from index.server import ChromaServer

# Why a sum and these weights: docs/decisions; what it reaches: docs/evaluation.md.
DENSE_WEIGHT = 0.5
LEXICAL_WEIGHT = 0.3
_DENSE_SENTENCES = 64
_MOST_DENSE = 256
_LEXICAL_PASSAGES = 32
_KEPT = 4_096  # vectors in memory, six megabytes


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found.

    `score` is the fused score, `cosines` has one value a sentence: its likeness to the query;
    `bm25` is relative to the best passage, from 0 to 1.
    """

    passage: Passage
    score: float
    cosines: tuple[float, ...]
    bm25: float


class SearchIndex:
    """One generation of an index, open for reading. Safe to use from several threads.

    With a `server` it is that of the server, and `root` holds what this machine needs of it.
    """

    def __init__(self, root: Path, embedder: Embedder, server: ChromaServer | None = None) -> None:
        self._embedder = embedder
        self._server = server
        with ExitStack() as opened:
            current = opened.enter_context(home_of(root, server).reading())
            Fingerprint.now(embedder.name).check(current.folder)
            self.generation = current.name
            self.catalogue = opened.enter_context(Catalogue(current.folder / CATALOGUE))
            self._store = opened.enter_context(current.open_vectors())
            self._opened = opened.pop_all()
        self._kept: dict[str, NDArray[np.float32]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def embedder(self) -> str:
        """The name of the embedding model."""
        return self._embedder.name

    def close(self) -> None:
        """Release the files."""
        self._opened.close()

    def check(self) -> None:
        """Raise IndexUnreachableError where the server that holds the vectors does not answer."""
        if self._server:
            self._server.check()

    def search(self, query: str, count: int = 10, document_id: str | None = None) -> list[Hit]:
        """Give up to `count` passages for a query, best first.

        With a document's id they are of that document alone; none where there is no such one.
        """
        vector = self._embedder.embed_questions([query])[0]
        lexical = dict(search_keywords(self.catalogue, query, _LEXICAL_PASSAGES, document_id))
        if document_id is None:
            dense = self._nearest(vector)
            ids = dict.fromkeys(map(passage_id_of, dense))
            passages = self.catalogue.passages([*ids, *lexical])
        else:
            # All of its sentences are compared: the nearest of all documents may not be among them.
            dense = {}
            passages = {each.id: each for each in self.catalogue.passages_of(document_id)}
        cosines = self._cosines(vector, list(passages.values()), dense)
        best_bm25 = max(lexical.values(), default=1.0) or 1.0
        hits = [
            _hit(passage, cosines, lexical.get(passage.id, 0.0) / best_bm25)
            for passage in passages.values()
        ]
        return sorted(hits, key=lambda hit: (-hit.score, hit.passage.id))[:count]

    def _nearest(self, vector: NDArray[np.float32]) -> dict[str, float]:
        """Give the nearest sentences of this generation; a server holds those of others, too."""
        if self._server is None:
            return dict(self._store.nearest(vector, _DENSE_SENTENCES))
        known: dict[str, float] = {}
        for count in (_DENSE_SENTENCES, _MOST_DENSE):
            near = self._store.nearest(vector, count)
            passages = self.catalogue.passages({passage_id_of(each) for each, _ in near})
            ours = {each for passage in passages.values() for each in passage.vector_ids()}
            known = {each: cosine for each, cosine in near if each in ours}
            if len(known) >= _DENSE_SENTENCES or len(near) < count:
                break
        return dict(islice(known.items(), _DENSE_SENTENCES))

    def _cosines(
        self, vector: NDArray[np.float32], passages: list[Passage], known: dict[str, float]
    ) -> dict[str, float]:
        missing = [
            vector_id
            for passage in passages
            for vector_id in passage.vector_ids()
            if vector_id not in known
        ]
        others = self._vectors(missing)
        return known | {vector_id: float(other @ vector) for vector_id, other in others.items()}

    def _vectors(self, ids: list[str]) -> dict[str, NDArray[np.float32]]:
        """Give vectors by id; those that were needed lately are kept."""
        kept = self._kept
        held = {each: kept[each] for each in ids if each in kept}
        held |= self._store.vectors([each for each in ids if each not in held])
        self._kept = held if len(kept) > _KEPT else kept | held
        return held


def _hit(passage: Passage, cosines: dict[str, float], bm25: float) -> Hit:
    own = tuple(cosines.get(vector_id, 0.0) for vector_id in passage.vector_ids())
    return Hit(passage, DENSE_WEIGHT * max(own) + LEXICAL_WEIGHT * bm25, own, bm25)
