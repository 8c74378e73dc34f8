"""Embeds the questions of several threads at once in one go."""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from index.embedding import Embedder

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


@dataclass(slots=True, eq=False)
class _Wish:
    texts: Sequence[str]
    vectors: Future[NDArray[np.float32]] = field(default_factory=Future)


class Batching(Embedder):
    """Embeds as `embedder` does, and questions of several threads at the same time together.

    It has no thread of its own and holds nobody up: up to `at_once` of those who come are embedded
    at once, by themselves; what comes meanwhile goes together when one of them is done. Safe to use
    from several threads.
    """

    def __init__(self, embedder: Embedder, at_once: int | None = None) -> None:
        """Take the embedder; `at_once` is the number of processors unless it is given."""
        self._embedder = embedder
        self._changed = threading.Condition()
        self._waiting: list[_Wish] = []
        self._free = at_once or os.cpu_count() or 1

    @property
    def name(self) -> str:
        """Give the name of the embedder."""
        return self._embedder.name

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give what the embedder gives."""
        return self._embedder.embed(texts)

    def embed_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give what the embedder gives, and raise what it raises for any of those together."""
        wish = _Wish(texts)
        together: list[_Wish] = []
        with self._changed:
            self._waiting.append(wish)
            self._changed.wait_for(lambda: wish.vectors.done() or self._free)
            # Another may have taken it along, and not be done.
            if wish in self._waiting:
                self._free -= 1
                together, self._waiting = self._waiting, together
        if together:
            self._fulfil(together)
        return wish.vectors.result()

    def _fulfil(self, wishes: Sequence[_Wish]) -> None:
        try:
            texts = [text for wish in wishes for text in wish.texts]
            vectors = self._embedder.embed_questions(texts)
            ends = accumulate(len(wish.texts) for wish in wishes)
            for wish, end in zip(wishes, ends, strict=True):
                wish.vectors.set_result(vectors[end - len(wish.texts) : end])
        except BaseException as error:  # noqa: BLE001 - each raises it; else they would wait for ever
            for wish in wishes:
                wish.vectors.set_exception(error)
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify_all()
