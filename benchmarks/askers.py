"""Measures what becomes of the embedding, and of whole answers, when several ask at once."""

from __future__ import annotations

import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from assistant.assistant import Assistant
from assistant.evaluation.questions import DEV_QUESTIONS, read_questions
from assistant.load import index_folder, sync_corpus
from assistant.reader import MiniReader
from assistant.settings import read_settings
from corpus.load import SHIPPED_DOCUMENTS
from index.batching import Batching
from index.embedding import Embedder, MiniLM
from index.search import SearchIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


ASKERS = (1, 2, 8, 32)
_ROUNDS = 2
_ANSWERED = 32
_ANSWERERS = (1, 8)


class Locked(Embedder):
    """Embeds as `embedder` does, for one thread after the other."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Give the name of the embedder."""
        return self._embedder.name

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give what the embedder gives."""
        with self._lock:
            return self._embedder.embed(texts)


def measure_askers(folder: Path) -> str:
    """Give the table: each question asked once, by so many threads, all ways by turns."""
    model = MiniLM()
    ways = {
        "one after the other": Locked(model),
        "side by side": model,
        "together": Batching(model),
    }
    questions = [each.question for each in read_questions([DEV_QUESTIONS])]
    settings = read_settings(data_dir=folder / "asked", corpus_dir=SHIPPED_DOCUMENTS, model="")
    sync_corpus(settings, model)
    reader = MiniReader()
    rows: dict[tuple[str, str, int], tuple[float, float]] = {}

    def keep(what: str, way: str, askers: int, work: Callable[[str], object], count: int) -> None:
        key = (what, way, askers)
        rows[key] = max(asked(work, questions[:count], askers), rows.get(key, (0.0, 0.0)))

    for _ in range(_ROUNDS):
        for way, embedder in ways.items():
            for askers in ASKERS:
                embed = embedder.embed_questions
                keep("embedding", way, askers, lambda text: embed([text]), len(questions))  # noqa: B023 - called at once
            for askers in _ANSWERERS:
                with SearchIndex(index_folder(settings), embedder) as index:
                    keep("answer", way, askers, Assistant(index, reader).ask, _ANSWERED)
    head = [
        "| What | asked at once | how | a second | 95th percentile |",
        "| --- | ---: | --- | ---: | ---: |",
    ]
    lines = [
        f"| {what} | {askers} | {way} | {rate:.1f} | {1000 * slow:.0f} ms |"
        for (what, way, askers), (rate, slow) in sorted(
            rows.items(), key=lambda row: (row[0][0] == "answer", row[0][2])
        )
    ]
    return "\n".join([*head, *lines])


def asked(
    work: Callable[[str], object], questions: Sequence[str], askers: int
) -> tuple[float, float]:
    """Ask every question once, so many at a time; give how many a second and the p95."""

    def timed(question: str) -> float:
        began = time.perf_counter()
        work(question)
        return time.perf_counter() - began

    began = time.perf_counter()
    with ThreadPoolExecutor(askers) as pool:
        times = list(pool.map(timed, questions))
    return len(questions) / (time.perf_counter() - began), statistics.quantiles(times, n=20)[-1]
