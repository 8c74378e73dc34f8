"""Measures systems side by side: ingestion, start, search, memory, and how good the passages are.

Each piece of work is done in a process of its own, by turns, over the shipped documents and their
questions. With `--write` the table also goes between the markers of docs/benchmarks.md, where the
systems are described. Peers that are missing come with: pip install '.[peers]'
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluated import hit, trace
from page import DOCS, Others, markdown, processor, with_report
from setups import ENVIRONMENT, MODULES, SETUPS

from assistant.evaluation.metrics import summarise
from assistant.evaluation.questions import DEV_QUESTIONS, TEST_QUESTIONS, read_questions
from assistant.evaluation.score import score
from corpus.load import SHIPPED_DOCUMENTS, find_files, load_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from assistant.evaluation.questions import GoldenQuestion

PAGE = DOCS / "benchmarks.md"
OURS = "ours"
ANSWERS = "ours, whole answer"
ROUNDS = 3
_PROCESS = Path(__file__).with_name("one_system.py")
_LIMIT_SECONDS = 600
_PACKAGES = ("langchain-chroma", "txtai", "haystack-ai", "chroma-haystack", "chromadb", "torch")
_QUALITY = ("recall@1", "recall@5", "mrr", "fact_recall@5")
Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: a figure of every system; `more` where more of it is better.

    `compared` is false for what is neither better nor worse.
    """

    figure: str
    meaning: str
    style: str
    factor: float = 1.0
    more: bool = False
    compared: bool = True

    def shown(self, figures: Figures) -> str:
        """Give the figure with its unit, or a dash where the system has none."""
        if self.figure not in figures:
            return "–"
        return self.style.format(figures[self.figure] * self.factor)


LINES = (
    Line("ingestion", "Ingestion", "{:.1f} s"),
    Line("embedding", "…of it within the embedding model", "{:.1f} s"),
    Line("outside", "…of it outside the model", "{:.2f} s"),
    Line("processor", "Processor time of ingestion", "{:.1f} s"),
    Line("ingestion_memory", "Most memory of ingestion", "{:.0f} MB", 1e-6),
    Line("disk", "Size on disk", "{:.1f} MB", 1e-6),
    Line("first", "Start of a process to the first result, index there", "{:.1f} s"),
    Line("median", "A warm result: median", "{:.1f} ms", 1000),
    Line("p95", "A warm result: 95th percentile", "{:.1f} ms", 1000),
    Line("memory", "Most memory of these results", "{:.0f} MB", 1e-6),
    Line("recall@1", "A right document's passage first", "{:.1%}", more=True),
    Line("recall@5", "…among the first five", "{:.1%}", more=True),
    Line("mrr", "Mean reciprocal rank, of ten", "{:.3f}", more=True),
    Line("fact_recall@5", "Facts in the first five passages", "{:.1%}", more=True),
    Line("words", "Words of the first five passages", "{:.0f}", compared=False),
)


def main() -> None:
    """Measure; print the table and, where asked to, write it to the page."""
    options = _options()
    missing = [name for name in options.only if name in MODULES and not find_spec(MODULES[name])]
    if missing:
        sys.exit(f"{', '.join(missing)}: not installed; run: pip install '.[peers]'")
    questions = [
        each for each in read_questions([DEV_QUESTIONS, TEST_QUESTIONS]) if not each.history
    ]
    others = Others()
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(options.only, questions, Path(folder), options.rounds)
    report = f"{markdown(table(measured))}\n\n{_caption(questions, options.rounds, others)}"
    print(report)
    if options.write:
        PAGE.write_text(with_report(PAGE.read_text("utf-8"), "systems", report), "utf-8")


def measure(
    systems: Sequence[str], questions: Sequence[GoldenQuestion], folder: Path, rounds: int
) -> dict[str, Figures]:
    """Have each system ingest and find, `rounds` times by turns; give each one's figures."""
    texts = folder / "texts"
    write_texts(texts)
    asked = [each.question for each in questions]
    results: dict[str, list[tuple[Any, Any]]] = {name: [] for name in systems}
    for number in range(rounds):
        for place, name in enumerate(systems):
            print(f"round {number + 1} of {rounds}: {name}", file=sys.stderr)
            index = folder / f"{number}-{place}"
            index.mkdir()
            work = {"system": name, "folder": str(index)}
            ingested = run({**work, "do": "ingest", "texts": str(texts)})
            # Whole answers take longest, so each question is answered in one round alone.
            asking = {**work, "do": "ask", "questions": asked, "answer": asked[number::rounds]}
            results[name].append((ingested, run(asking)))
    return {
        column: figures
        for name, done in results.items()
        for column, figures in _columns(name, done, questions)
    }


def run(work: Mapping[str, Any]) -> dict[str, Any]:
    """Do one piece of work in a new process; it is told when that was started.

    Raises:
        RuntimeError: it failed; the message has its last words.
    """
    kept = {name: value for name, value in os.environ.items() if name[:7].upper() != "SUMMIT_"}
    done = subprocess.run(
        [sys.executable, str(_PROCESS)],
        input=json.dumps({**work, "started": time.monotonic()}),
        env={**kept, **ENVIRONMENT},
        capture_output=True,
        check=False,
        text=True,
        timeout=_LIMIT_SECONDS,
    )
    if done.returncode:
        raise RuntimeError(f"{work['system']} failed to {work['do']}: {done.stderr[-1000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def write_texts(folder: Path) -> None:
    """Write every shipped document as plain text, its title first: what the peers take in."""
    folder.mkdir()
    for file in find_files([SHIPPED_DOCUMENTS]):
        document = load_file(file)
        text = f"{document.title}\n\n{document.text}"
        (folder / f"{document.id}.txt").write_text(text, "utf-8")


def _columns(
    name: str, results: Sequence[tuple[Any, Any]], questions: Sequence[GoldenQuestion]
) -> list[tuple[str, Figures]]:
    """Give the figures of a system, medians of its rounds, and of its answers if it gives any."""
    ingested = [
        {
            "ingestion": each["seconds"],
            "embedding": each["embedding"],
            "outside": each["seconds"] - each["embedding"],
            "processor": each["processor"],
            "ingestion_memory": each["memory"],
            "disk": each["disk"],
        }
        for each, _ in results
    ]
    found = [each for _, each in results]
    columns = [(name, _medians(ingested) | _times(found) | quality(questions, found[0]["found"]))]
    if "answers" in found[0]:
        answered = [each["answers"] for each in found]
        turns = range(len(answered))
        asked = [each for turn in turns for each in questions[turn :: len(answered)]]
        passages = [each for round_ in answered for each in round_["found"]]
        columns.append((ANSWERS, _times(answered) | quality(asked, passages)))
    return columns


def _times(rounds: Sequence[Any]) -> Figures:
    times = [
        {
            "first": each["first"],
            "median": statistics.median(each["seconds"]),
            "p95": statistics.quantiles(each["seconds"], n=20)[-1],
            "memory": each["memory"],
        }
        for each in rounds
    ]
    return _medians(times)


def _medians(rounds: Sequence[Figures]) -> Figures:
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


def quality(
    questions: Sequence[GoldenQuestion], found: Sequence[Sequence[tuple[str, str]]]
) -> Figures:
    """Say how good the passages found are, each the id of its document and its text."""
    rows = []
    for question, passages in zip(questions, found, strict=True):
        hits = [
            hit(document, "", text, rank) for rank, (document, text) in enumerate(passages, start=1)
        ]
        rows.append(score(question, trace(question.question, hits), _no_document))
    summary = summarise(rows, _QUALITY)
    words = statistics.mean(
        sum(len(text.split()) for _, text in passages[:5]) for passages in found
    )
    return {name: summary[name] for name in _QUALITY} | {"words": words}


def table(measured: Mapping[str, Figures]) -> list[list[str]]:
    """Give the lines of the table, its head first; peers' figures with their ratio to ours."""
    peers = {name: each for name, each in measured.items() if name not in {OURS, ANSWERS}}
    ours, answers = measured[OURS], measured.get(ANSWERS, {})
    lines = [["", *peers, OURS, "ours to the best peer", ANSWERS]]
    for line in LINES:
        cells = [f"{line.shown(each)}{_ratio(line, each, ours)}" for each in peers.values()]
        lines.append(
            [
                line.meaning,
                *cells,
                line.shown(ours),
                _to_best(line, peers, ours),
                line.shown(answers),
            ]
        )
    return lines


def _ratio(line: Line, figures: Figures, ours: Figures) -> str:
    return f" ({figures[line.figure] / ours[line.figure]:.2f})" if line.compared else ""


def _to_best(line: Line, peers: Mapping[str, Figures], ours: Figures) -> str:
    """Say how many times the figure of the best peer ours is, and which peer that is."""
    if not (line.compared and peers):
        return "–"
    best: Callable[..., str] = max if line.more else min
    name = best(peers, key=lambda peer: peers[peer][line.figure])
    return f"{ours[line.figure] / peers[name][line.figure]:.2f} × {name}"


def _no_document(document_id: str) -> Any:
    raise KeyError(document_id)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"so many, not {ROUNDS}")
    parser.add_argument(
        "--only", action="append", choices=SETUPS, metavar="NAME", help="this system beside ours"
    )
    parser.add_argument("--write", action="store_true", help=f"also write it to {PAGE.name}")
    options = parser.parse_args()
    options.only = [name for name in SETUPS if name in {*(options.only or SETUPS), OURS}]
    return options


def _caption(questions: Sequence[GoldenQuestion], rounds: int, others: Others) -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES if _installed(name))
    documents = len(find_files([SHIPPED_DOCUMENTS]))
    return (
        f"{documents} documents, {len(questions)} questions that stand alone; medians of {rounds} "
        f"rounds. In brackets the ratio to ours. {processor()}; {packages}, "
        f"Python {platform.python_version()}; {others.said()}."
    )


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


if __name__ == "__main__":
    main()
