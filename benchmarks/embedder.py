"""Compares ways of running the embedding model, and prints them as Markdown tables.

With `--write` the tables also go between the markers of docs/benchmarks.md, which says what each
means. A way that needs what is not installed is left out, with a line.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from askers import measure_askers
from page import DOCS, Others, print_report, processor
from peak import peak
from timing import seconds
from ways import THREADS, Way, open_ways

from assistant.evaluation.questions import DEV_QUESTIONS, read_questions
from assistant.load import index_folder, sync_corpus
from assistant.settings import read_settings
from corpus.load import SHIPPED_DOCUMENTS, find_files, load_file
from index.search import SearchIndex
from index.split import split

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from assistant.evaluation.questions import GoldenQuestion

PAGE = DOCS / "benchmarks.md"
BATCHES = (1, 8, 32, 128)
_ROUNDS = 3
_SAMPLE = 64  # sentences
_ASKED = 40
_LAYERS, _WIDTH, _INNER = 6, 384, 1536


@dataclass(frozen=True, slots=True)
class Corpus:
    """The sentences as they are embedded, the document of each, and the questions about them."""

    sentences: list[str]
    owners: list[str]
    questions: list[GoldenQuestion]


def measure(folder: Path) -> str:
    """Measure in an empty folder; give the tables and a line about the machine."""
    others = Others()
    corpus = read_corpus()
    ways, left_out = open_ways(folder)
    print("speed", file=sys.stderr)
    speeds = measure_speed(ways, corpus)
    peaks = {threads: peak(threads) for threads in THREADS}
    print("quality", file=sys.stderr)
    most = " and ".join(f"{each:.0f}" for each in peaks.values())
    parts = [
        speed_table(ways, speeds, peaks, corpus),
        quality_table(ways, corpus, folder),
        measure_askers(folder),
        *(f"Left out: {each}." for each in left_out),
        f"{processor()}; most: {most} GFLOP/s by one and two threads; {others.said()}.",
    ]
    return "\n\n".join(parts)


def read_corpus() -> Corpus:
    """Read the shipped documents, and the development questions that stand alone."""
    passages = [each for file in find_files([SHIPPED_DOCUMENTS]) for each in split(load_file(file))]
    questions = [
        each for each in read_questions([DEV_QUESTIONS]) if each.documents and not each.history
    ]
    return Corpus(
        [text for each in passages for text in each.vector_texts()],
        [each.document_id for each in passages for _ in each.sentences],
        questions,
    )


Setting = tuple[str, int, int, bool]  # way, threads, batch, whether sorted by length


def measure_speed(ways: Sequence[Way], corpus: Corpus) -> dict[Setting, float]:
    """Give the least seconds for the sample in each setting, all settings by turns.

    Under `(way, 0, 1, False)` stand the seconds for one question by one thread.
    """
    pick = np.random.default_rng(0).permutation(len(corpus.sentences))[:_SAMPLE]
    sample = [corpus.sentences[each] for each in pick]
    least: dict[Setting, float] = {}

    def keep(setting: Setting, taken: float) -> None:
        least[setting] = min(taken, least.get(setting, np.inf))

    for _, threads in product(range(_ROUNDS), THREADS):
        for way, size, ordered in product(ways, BATCHES, (True, False)):
            if size == 1 and not ordered:
                continue
            work = partial(way.embed, sample, threads=threads, together=size, ordered=ordered)
            keep((way.name, threads, size, ordered), seconds(work))
        for way in ways if threads == 1 else ():
            each = [
                seconds(partial(way.embed, [asked.question], threads=1, together=1))
                for asked in corpus.questions[:_ASKED]
            ]
            keep((way.name, 0, 1, False), float(np.median(each)))
    return least


def speed_table(
    ways: Sequence[Way],
    speeds: dict[Setting, float],
    peaks: dict[int, float],
    corpus: Corpus,
) -> str:
    """Give a row for each way: its best setting for each number of threads, and one question."""
    head = [
        "| Way | threads | batch | sentences/s | to torch | sorted | of the limit | a question |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    pick = np.random.default_rng(0).permutation(len(corpus.sentences))[:_SAMPLE]
    work = sum(flops(ways[0].lengths([corpus.sentences[each] for each in pick])))
    rows = []
    for way, threads in product(ways, THREADS):
        size = min(BATCHES, key=lambda each: speeds[way.name, threads, each, True])
        taken = speeds[way.name, threads, size, True]
        before = speeds[ways[0].name, threads, 32, True]  # as it was: batches of 32
        unsorted = speeds.get((way.name, threads, size, False), taken)
        reached = work / taken / (peaks[threads] * 1e9)
        asked = f"{1000 * speeds[way.name, 0, 1, False]:.1f} ms" if threads == 1 else ""
        rows.append(
            f"| {way.name} | {threads} | {size} | {_SAMPLE / taken:.0f} | {before / taken:.2f} "
            f"| {unsorted / taken:.2f} | {reached:.0%} | {asked} |"
        )
    return "\n".join([*head, *rows])


def flops(lengths: Sequence[int]) -> list[float]:
    """Give the floating-point operations that texts of so many tokens take.

    A product of matrices (a, b) and (b, c) takes 2abc. In each layer a token of n goes through four
    products with (384, 384), two with (384, 1536), and two with n rows or columns of 384: scores
    and their sums. Norms, activations and the mean are left out; they are some percent.
    """
    dense = 4 * _WIDTH**2 + 2 * _WIDTH * _INNER
    return [2.0 * _LAYERS * each * (dense + 2 * each * _WIDTH) for each in lengths]


def quality_table(ways: Sequence[Way], corpus: Corpus, folder: Path) -> str:
    """Give a row for each way: how near its vectors are to torch's, and what is found with them."""
    head = [
        "| Way | off, most | mean | dense: R@1 | R@5 | MRR | search: R@1 | R@5 | MRR |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    expected = ways[0].embed(corpus.sentences)
    rows = []
    for way in ways:
        vectors = way.embed(corpus.sentences)
        off = 1 - (vectors * expected).sum(axis=1)
        found = [*dense(way, vectors, corpus), *searched(way, corpus, folder)]
        figures = " | ".join(f"{each:.1%}" for each in found)
        rows.append(
            f"| {way.name} | {max(0, off.max()):.1e} | {max(0, off.mean()):.1e} | {figures} |"
        )
    return "\n".join([*head, *rows])


def dense(way: Way, vectors: NDArray[np.float32], corpus: Corpus) -> list[float]:
    """Give recall@1, recall@5 and MRR of documents by their sentences' cosines alone."""
    asked = way.embed([each.question for each in corpus.questions])
    nearest = np.argsort(-(asked @ vectors.T), axis=1, kind="stable")
    ranked = [list(dict.fromkeys(corpus.owners[each] for each in row)) for row in nearest]
    return scores(ranked, corpus)


def searched(way: Way, corpus: Corpus, folder: Path) -> list[float]:
    """Give the same of the whole search, in an index that is built and asked with the way."""
    settings = read_settings(
        data_dir=folder / way.name.replace(" ", "-"), corpus_dir=SHIPPED_DOCUMENTS, model=""
    )
    sync_corpus(settings, way)
    with SearchIndex(index_folder(settings), way) as index:
        ranked = [
            list(dict.fromkeys(hit.passage.document_id for hit in index.search(each.question, 20)))
            for each in corpus.questions
        ]
    return scores(ranked, corpus)


def scores(ranked: Sequence[Sequence[str]], corpus: Corpus) -> list[float]:
    """Give recall@1, recall@5 and MRR: where the first right document stands."""
    places = [
        next((at for at, each in enumerate(found, 1) if each in asked.documents), np.inf)
        for found, asked in zip(ranked, corpus.questions, strict=True)
    ]
    at = np.array(places)
    return [float(np.mean(at <= 1)), float(np.mean(at <= 5)), float(np.mean(1 / at))]


if __name__ == "__main__":
    print_report(__doc__ or "", PAGE, "embedder", measure)
