"""Compares the assistant with what LangChain's quick start gives: same questions, one table.

With `--write` the table also goes between the markers of docs/evaluation.md, where what is compared
is said, and its main lines go into the README.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from page import DOCS, Others, markdown, processor, with_report
from pipelines import SHOWN, peers
from rich.console import Console
from rich.progress import track
from rich.table import Table

from assistant.evaluation.compare import compare
from assistant.evaluation.metrics import summarise
from assistant.evaluation.questions import TEST_QUESTIONS, draw, read_questions
from assistant.evaluation.report import verdict
from assistant.evaluation.score import score
from assistant.evaluation.squad import read_squad
from assistant.load import chat_model, default_embedder, open_assistant, sync_corpus
from assistant.settings import read_settings
from corpus.load import find_files, load_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines import Pipeline

    from assistant.evaluation.questions import GoldenQuestion
    from assistant.evaluation.score import Row
    from assistant.settings import Settings
    from index.embedding import Embedder

PAGE = DOCS / "evaluation.md"
README = DOCS.parent / "README.md"
OURS = "ours"
OURS_WITH_MODEL = "ours with the model"
# Each peer, and which of ours it is compared with.
RIVALS = {
    "quick start": OURS,
    "quick start with rank fusion": OURS,
    "quick start with the model": OURS_WITH_MODEL,
}
WITH_MODEL = {"quick start with the model", OURS_WITH_MODEL}
_SHARE, _COUNT, _VALUE = "{:.1%}", "{:.0f}", "{:.3f}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the table; `alone` leaves out the questions that follow others."""

    metric: str
    meaning: str
    style: str = _SHARE
    alone: bool = False

    def of(self, rows: Sequence[Row]) -> list[Row]:
        """Give the rows that it is made of."""
        return [row for row in rows if not (self.alone and row["history"])]

    def tells(self, rows: Sequence[Row]) -> bool:
        """Tell whether it says more than the same over all rows."""
        return not self.alone or any(row["history"] for row in rows)

    def defined(self, rows: Sequence[Row]) -> bool:
        """Tell whether there is anything to make it of: a citation, an abstention."""
        if self.metric.startswith("citation"):
            return any(row["citations"] for row in rows)
        return self.metric != "abstention_precision" or any(row["abstained"] for row in rows)

    def comparable(self, rows: Sequence[Row]) -> bool:
        """Tell whether a difference says anything: not where a pipeline cannot abstain at all."""
        if self.metric.startswith("abstention"):
            return any(row["abstained"] for row in rows)
        return self.defined(rows)


FIGURES = (
    Figure("recall@1", "A right document's passage found first"),
    Figure("recall@1", "…where the question stands alone", alone=True),
    Figure("recall@3", "A right document among the first three passages"),
    Figure("recall@5", "…among the first five passages"),
    Figure("mrr", "Mean reciprocal rank of the first right document", _VALUE),
    Figure("ndcg@10", "Order of the right documents among ten (nDCG@10)", _VALUE),
    Figure("fact_recall@5", "Facts in the first five passages"),
    Figure("correctness", "Questions whose every fact is in the text shown"),
    Figure("correctness", "…where the question stands alone", alone=True),
    Figure("words", "Words of the text shown", _COUNT),
    Figure("citation_exactness", "Answers whose every quotation is exact"),
    Figure("citation_precision", "Citations of a right document that their sentence needs"),
    Figure("citation_recall", "Facts that their sentence's citations quote"),
    Figure("abstention_precision", "Abstentions that were right to abstain"),
    Figure("abstention_recall", "Unanswerable questions turned away"),
    Figure("abstention_f1", "The two together (F1)"),
    Figure("seconds", "Seconds a question", _VALUE),
)
# What the README shows of it.
MAIN_FIGURES = (
    Figure("correctness", "Answerable questions whose every fact is in the text shown"),
    Figure("correctness_follow_up", "…where the question follows another"),
    Figure("words", "Words of the text shown", _COUNT),
    Figure("recall@5", "A right document among the first five passages"),
    Figure("citation_exactness", "Answers whose every quotation is exact"),
    Figure("citation_recall", "Facts that their sentence's citations quote"),
    Figure("citation_precision", "Citations of a right document that their sentence needs"),
    Figure("abstention_precision", "Abstentions that were right to abstain"),
    Figure("abstention_recall", "Unanswerable questions turned away"),
    Figure("abstention_recall_false_premise", "…of those that rest on something false"),
    Figure("abstention_f1", "Abstentions, precision and recall together (F1)"),
)


def main() -> None:
    """Ask every pipeline; print the table and, where asked to, write it to the page."""
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        questions, what, settings = _work(options, folder)
        others = Others()
        results = measure(questions, settings, default_embedder(), folder)
    lines, caption = table(results, FIGURES), _caption(what, settings, others)
    Console().print(rich_table(lines, what), caption, sep="\n")
    if options.write:
        marker = "peers-squad" if options.squad else "peers"
        report = f"{markdown(lines)}\n\n{caption}"
        PAGE.write_text(with_report(PAGE.read_text("utf-8"), marker, report), "utf-8")
        if not (options.squad or options.questions or options.limit):
            _write_readme(results, what)


def measure(
    questions: Sequence[GoldenQuestion], settings: Settings, embedder: Embedder, folder: Path
) -> dict[str, list[Row]]:
    """Ask every pipeline every question; give each one's rows, scored as an evaluation does.

    The pipelines take each question in turn, so that whatever else the machine does meets all.
    """
    sync_corpus(settings, embedder)
    built_in = open_assistant(settings.model_copy(update={"model": ""}), embedder)
    model = chat_model(settings)
    documents = [load_file(file) for file in find_files([settings.corpus_dir])]
    pipelines: dict[str, Pipeline] = dict(
        zip(RIVALS, peers(documents, embedder, folder / "peers", model), strict=False)
    )
    pipelines[OURS] = built_in
    if model:
        pipelines[OURS_WITH_MODEL] = open_assistant(settings, embedder)
    for name in pipelines.keys() - WITH_MODEL:
        pipelines[name].trace("warm up")
    rows: dict[str, list[Row]] = {name: [] for name in pipelines}
    for each in track(questions, "Asking", console=Console(stderr=True)):
        for name, pipeline in pipelines.items():
            trace = pipeline.trace(each.question, each.history)
            rows[name].append(score(each, trace, built_in.document))
    return rows


def _write_readme(results: dict[str, list[Row]], what: str) -> None:
    first = next(iter(RIVALS))
    lines = table({name: results[name] for name in (first, OURS)}, MAIN_FIGURES)
    report = f"{markdown(lines)}\n\n{what}. In brackets 95 % intervals."
    README.write_text(with_report(README.read_text("utf-8"), "accuracy", report), "utf-8")


def table(results: dict[str, list[Row]], figures: Sequence[Figure]) -> list[list[str]]:
    """Give the lines of the table, its head first: figures, then ours against each peer."""
    rivals = {peer: ours for peer, ours in RIVALS.items() if peer in results}
    versus = [f"{ours} against {peer}" for peer, ours in rivals.items()]
    lines = [["", *results, *versus]]
    changes = {
        (peer, alone): _changes(results[peer], results[ours], alone=alone)
        for peer, ours in rivals.items()
        for alone in {figure.alone for figure in figures}
    }
    for figure in figures:
        shown = [value(figure, rows) for rows in results.values()]
        said = [
            _said(figure, results[peer], results[ours], changes[peer, figure.alone])
            for peer, ours in rivals.items()
        ]
        if any(shown) and figure.tells(results[OURS]):
            lines.append([figure.meaning, *(each or "–" for each in [*shown, *said])])
    return lines


def rich_table(lines: Sequence[Sequence[str]], title: str) -> Table:
    """Give the lines as a table for the terminal."""
    head, *body = lines
    made = Table(*head, title=title, show_lines=True)
    for line in body:
        made.add_row(*line)
    return made


def _changes(peer: Sequence[Row], ours: Sequence[Row], *, alone: bool) -> dict[str, Any]:
    kept = [row["id"] for row in peer if not (alone and row["history"])]
    old, new = ({"questions": [row for row in rows if row["id"] in kept]} for rows in (peer, ours))
    return {change["name"]: change for change in compare(old, new)["changes"]}


def value(figure: Figure, rows: Sequence[Row]) -> str:
    """Give a figure with its interval; nothing where it is not defined."""
    summary = summarise(figure.of(rows), [figure.metric])
    if figure.metric not in summary or not figure.defined(rows):
        return ""
    value, low, high = (
        figure.style.format(each)
        for each in (summary[figure.metric], *summary[f"{figure.metric}_ci"])
    )
    return f"{value} ({low} to {high})"


def _said(figure: Figure, peer: Sequence[Row], ours: Sequence[Row], changes: dict[str, Any]) -> str:
    """Say whether ours is better or worse or differs by chance, and how sure that is."""
    change = changes.get(figure.metric)
    if change is None or not (figure.comparable(peer) and figure.comparable(ours)):
        return ""
    p = f"p = {change['p']:.3f}" if change["p"] >= 0.001 else "p < 0.001"
    return f"{verdict(change)}, {p}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--questions", type=Path, metavar="FILE", help="ask these instead of the test questions"
    )
    which.add_argument(
        "--squad", type=Path, metavar="FILE", help="ask this file in SQuAD format of its paragraphs"
    )
    parser.add_argument("--limit", type=int, help="ask this many, by a fixed draw")
    parser.add_argument("--write", action="store_true", help=f"also write it to {PAGE.name}")
    return parser.parse_args()


def _work(options: argparse.Namespace, folder: Path) -> tuple[list[GoldenQuestion], str, Settings]:
    """Give the questions, what to call them, and the settings with their documents."""
    settings = read_settings(data_dir=folder)
    if options.squad:
        documents = folder / "documents"
        documents.mkdir()
        questions = read_squad(options.squad, documents)
        settings = settings.model_copy(update={"corpus_dir": documents})
    else:
        questions = read_questions([options.questions or TEST_QUESTIONS])
    questions = draw(questions, options.limit)
    source = options.squad or options.questions or TEST_QUESTIONS
    unanswerable = sum(not each.answerable for each in questions)
    count = len(find_files([settings.corpus_dir]))
    what = (
        f"{len(questions)} questions of {source.name}, {unanswerable} of them unanswerable, "
        f"over {count:,} documents"
    )
    return questions, what, settings


def _caption(what: str, settings: Settings, others: Others) -> str:
    packages = ", ".join(
        f"{name} {version(name)}"
        for name in ("langchain-core", "langchain-chroma", "langchain-classic", "bm25s")
    )
    model = f" The model: {settings.model}." if settings.model else ""
    return (
        f"{what}. In brackets 95 % intervals. Text shown: the answer; the quick start without a "
        f"model shows its first {SHOWN} chunks.{model} {processor()}; {packages}, "
        f"Python {platform.python_version()}; {others.said()}."
    )


if __name__ == "__main__":
    main()
