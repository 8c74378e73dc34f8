"""Builds indexes of 1,000 to 1,000,000 passages and measures what each takes.

    python benchmarks/growth.py                       # 1,000, 10,000 and 100,000
    python benchmarks/growth.py --sizes 1000000       # the largest takes most of an hour

Prints a table; with `--write` it goes between the markers of docs/scaling.md with a plot of each
column. What is measured before stays in `--keep FILE`, so that sizes can be run one by one. Each
step is a process of its own. Seconds are those of the processor, which other programs disturb less
than the clock's.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import psutil
from growing import Mixture, batches, questions, write_documents
from page import DOCS, Others, processor, with_report

from corpus.load import find_files
from index.build import Wanted, build_index
from index.embedding import MiniLM
from index.search import SearchIndex

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from index.embedding import Embedder

PAGE = DOCS / "scaling.md"
SIZES = (1_000, 10_000, 100_000)
_REAL_UP_TO = 10_000  # passages; the model would take an hour for a million
_QUESTIONS = 200
_NEAREST = 10


@dataclass(frozen=True, slots=True)
class Column:
    """What is shown of each size: `key` in what was measured, over thousands if `each`."""

    title: str
    key: str
    style: str
    each: bool = False

    def of(self, row: dict[str, Any]) -> float:
        """Give its value."""
        value: float = row[self.key]
        return 1_000 * value / row["passages"] if self.each else value


COLUMNS = (
    Column("Ingestion, s a thousand", "ingest", "{:.2f}", each=True),
    Column("Memory then, MB", "ingest_memory", "{:,.0f}"),
    Column("Disk, MB", "disk", "{:,.0f}"),
    Column("One document changed, s", "change", "{:.1f}"),
    Column("Opened and asked once, s", "open_clock", "{:.2f}"),
    Column("Search, median ms", "search", "{:.1f}"),
    Column("Memory of search, MB", "ask_memory", "{:,.0f}"),
    Column("recall@10", "recall", "{:.3f}"),
)


def measure(passages: int, *, real: bool) -> dict[str, Any]:
    """Build, change and ask an index of so many passages, in processes of their own."""
    with tempfile.TemporaryDirectory() as temporary:
        folder, root = Path(temporary) / "documents", Path(temporary) / "index"
        write_documents(folder, passages)
        found = {"passages": passages, "vectors": "real" if real else "mixed"}
        for step in (ingest, change, ask):
            found |= _apart(step, folder, root, real)
            print(json.dumps(found), file=sys.stderr, flush=True)
    return found


def ingest(folder: Path, root: Path, embedder: Embedder) -> dict[str, Any]:
    """Build the index; seconds a thousand passages is what should stay the same."""
    embedder.embed(["warm up"])
    spent, clock = _spent(lambda: build(root, folder, embedder))
    size = sum(each.stat().st_size for each in root.rglob("*") if each.is_file())
    return {
        "ingest": spent,
        "ingest_clock": clock,
        "ingest_memory": _most_memory(),
        "disk": round(size / 1e6, 1),
    }


def change(folder: Path, root: Path, embedder: Embedder) -> dict[str, Any]:
    """Change one document and bring the index up to date."""
    file = min(folder.glob("*.md"))
    file.write_text(file.read_text("utf-8").replace("Part 1\n", "Part 1, again\n"), "utf-8")
    embedder.embed(["warm up"])
    spent, clock = _spent(lambda: build(root, folder, embedder))
    return {"change": spent, "change_clock": clock}


def ask(folder: Path, root: Path, embedder: Embedder) -> dict[str, Any]:
    """Open the index, search it, and compare its nearest with the nearest of all."""
    embedder.embed(["warm up"])
    asked = questions(folder, 2 * _QUESTIONS)
    began = time.perf_counter()
    with SearchIndex(root, embedder) as index:
        index.search(asked[0])
        opened = time.perf_counter() - began
        for each in asked[1:_QUESTIONS]:
            index.search(each)
        spent = []
        for each in asked[_QUESTIONS:]:
            before = time.process_time()  # finer than what is known of children
            index.search(each)
            spent.append(time.process_time() - before)
        memory = _most_memory()
        recall = _recall(index, embedder)
    return {
        "open_clock": round(opened, 3),
        "search": round(1_000 * statistics.median(spent), 1),
        "search_p95": round(1_000 * statistics.quantiles(spent, n=20)[-1], 1),
        "ask_memory": memory,
        "recall": round(recall, 4),
    }


def build(root: Path, folder: Path, embedder: Embedder) -> None:
    """Bring the index in line with the folder."""
    report = build_index(root, Wanted(corpus=tuple(find_files([folder]))), embedder)
    if report.problems:
        raise RuntimeError(report.problems[0])


def _recall(index: SearchIndex, embedder: Embedder) -> float:
    """Give the share of the ten nearest of all vectors that are among the ten that it finds."""
    store = index._store  # noqa: SLF001 - the approximate part alone is looked at
    asked = embedder.embed([f"What happened in year {number}?" for number in range(_QUESTIONS)])
    best = np.full((_QUESTIONS, _NEAREST), -2.0, dtype=np.float32)
    for ids in batches(sorted(store.ids())):
        vectors = np.array(list(store.vectors(ids).values()))
        best = np.sort(np.hstack([best, asked @ vectors.T]), axis=1)[:, -_NEAREST:]
    within: list[float] = []
    for vector, nearest in zip(asked, best, strict=True):
        cosines = np.array([cosine for _, cosine in store.nearest(vector, _NEAREST)])
        within.append(float(np.sum(cosines >= nearest[0] - 1e-5)) / _NEAREST)
    return statistics.fmean(within)


def _apart(step: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_step, args=(there, step, *arguments))
    process.start()
    there.close()
    try:
        found: dict[str, Any] = here.recv()
    finally:
        process.join()
    return found


def _step(
    there: Connection,
    step: Callable[..., dict[str, Any]],
    folder: Path,
    root: Path,
    real: bool,  # noqa: FBT001 - Process hands on by position
) -> None:
    embedder = MiniLM() if real else Mixture(MiniLM())
    there.send(step(folder, root, embedder))


def _spent(work: Callable[[], object]) -> tuple[float, float]:
    """Do the work; give the processor's seconds, of children too, and the clock's."""
    before, began = _worked(), time.perf_counter()
    work()
    return _worked() - before, time.perf_counter() - began


def _worked() -> float:
    """Give the processor's seconds of this process and of its children, ended or not."""
    own = psutil.Process()
    times = [own.cpu_times(), *(each.cpu_times() for each in own.children())]
    return sum(each.user + each.system for each in times) + sum(times[0][2:4])


def _most_memory() -> int:
    """Give the most memory that this process held so far, in megabytes."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000)


def table(rows: list[dict[str, Any]]) -> str:
    """Give what was measured as a Markdown table, a line for each size."""
    head = ["Passages", "Vectors", *(column.title for column in COLUMNS)]
    lines = [head, ["---:", "---", *("---:" for _ in COLUMNS)]]
    for row in rows:
        values = [column.style.format(column.of(row)) for column in COLUMNS]
        lines.append([f"{row['passages']:,}", row["vectors"], *values])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plot(rows: list[dict[str, Any]], file: Path) -> None:
    """Draw each column over the number of passages, both by powers of ten."""
    mpl.use("agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after its backend is chosen

    figure, panels = plt.subplots(2, 4, figsize=(13, 6), layout="constrained")
    for column, panel in zip(COLUMNS, panels.flat, strict=True):
        for vectors, style in (("real", "o"), ("mixed", "s-")):
            own = [row for row in rows if row["vectors"] == vectors]
            panel.plot([row["passages"] for row in own], list(map(column.of, own)), style)
        panel.set(title=column.title, xscale="log")
        if column.key == "recall":
            panel.set_ylim(0.85, 1.005)
        else:
            panel.set_yscale("log")
        panel.grid(visible=True, alpha=0.3)
    figure.savefig(file, dpi=100)


def main() -> None:
    """Measure the sizes asked for and print all that was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--keep", type=Path, help="file of what was measured before, added to")
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    others = Others()
    kept = chosen.keep.read_text("utf-8") if chosen.keep and chosen.keep.exists() else "[]"
    rows = {(row["passages"], row["vectors"]): row for row in json.loads(kept)}
    for size in chosen.sizes:
        for real in (True, False) if size <= _REAL_UP_TO else (False,):
            row = measure(size, real=real)
            rows[row["passages"], row["vectors"]] = row
            if chosen.keep:
                chosen.keep.write_text(json.dumps(list(rows.values())), "utf-8")
    ordered = [rows[key] for key in sorted(rows)]
    report = f"{table(ordered)}\n\n{processor()}; {others.said()}."
    print(report)
    if chosen.write:
        plot(ordered, DOCS / "pictures" / "growth.png")
        PAGE.write_text(with_report(PAGE.read_text("utf-8"), "growth", report), "utf-8")


if __name__ == "__main__":
    main()
