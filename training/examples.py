"""Makes what the reader learns from: questions over passages, and where a passage answers.

Reads SQuAD's format (SQuAD 2.0, COVID-QA, PolicyQA, and our own `training/data/`), HaluEval and
ClapNQ from a folder of data. Passages are cut as the product cuts them.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from index.split import sentence_spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from index.embedding import Embedder

MAX_WORDS = 120  # of a passage, as in index/split.py
HELD_OUT_ARTICLES = 7  # of the SQuAD file, never trained on
SEED = 20250211


@dataclass(frozen=True, slots=True)
class Example:
    """A question over a passage.

    `sentences` and `answer` are (start, end) in characters of `passage`; `answer` is None where
    the passage does not answer. `right` are the numbers of the sentences that answer, `corrects`
    those that contradict what the question takes for granted, None where nobody has looked.
    """

    question: str
    title: str
    passage: str
    sentences: tuple[tuple[int, int], ...]
    answer: tuple[int, int] | None
    right: tuple[int, ...]
    source: str
    corrects: tuple[int, ...] | None = None


def held_out(articles: list[dict[str, Any]]) -> set[str]:
    """Give the titles of the SQuAD articles that are kept for measuring."""
    titles = sorted(article["title"] for article in articles)
    return set(random.Random(SEED).sample(titles, HELD_OUT_ARTICLES))  # noqa: S311 - a draw


def held_out_ids(path: Path) -> set[str]:
    """Give the ids of the questions of the articles that are kept for measuring."""
    articles = json.loads(path.read_text("utf-8"))["data"]
    kept = held_out(articles)
    return {
        str(asked["id"])
        for article in articles
        if article["title"] in kept
        for asked in _questions(article)
    }


def kinds_of(path: Path) -> Iterator[tuple[str, str]]:
    """Give the id and the kind of each of our own questions in a file."""
    for article in json.loads(path.read_text("utf-8"))["data"]:
        yield from ((asked["id"], asked["kind"]) for asked in _questions(article))


def _questions(article: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for paragraph in article["paragraphs"]:
        yield from paragraph["qas"]


def squad(path: Path, source: str, titles: set[str] | None = None) -> Iterator[Example]:
    """Read a file in SQuAD's format; only the articles of these titles, where given.

    A paragraph that is longer than a passage gives several, of which one holds the answer.
    """
    for article in json.loads(path.read_text("utf-8"))["data"]:
        title = article.get("title", "")
        if titles is not None and title not in titles:
            continue
        for paragraph in article["paragraphs"]:
            windows = list(_windows(paragraph["context"]))
            for asked in paragraph["qas"]:
                name = title.replace("_", " ")
                yield from _asked(asked, paragraph["context"], windows, name, source)


def halueval(path: Path) -> Iterator[Example]:
    """Read HaluEval: knowledge that holds the right answer, and the same without it."""
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        text, answer = (
            row["knowledge"].strip().replace(".", ". ").replace("  ", " "),
            row["right_answer"],
        )
        place = text.casefold().find(answer.casefold())
        if place < 0 or len(answer) < 3 or len(text.split()) > MAX_WORDS:
            continue
        sentences = _sentences(text, 0, len(text))
        yield _example(
            row["question"], "", text, sentences, (place, place + len(answer)), "halueval"
        )
        kept = [text[a:b] for a, b in sentences if answer.casefold() not in text[a:b].casefold()]
        if kept:
            rest = " ".join(kept)
            yield _example(
                row["question"], "", rest, _sentences(rest, 0, len(rest)), None, "halueval"
            )


def clapnq(paths: Iterable[Path]) -> Iterator[Example]:
    """Read ClapNQ: passages with the sentences that a long answer rests on."""
    for path in paths:
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            passage = row["passages"][0]
            sentences = [each.strip() for each in passage["sentences"]]
            chosen = {
                each.strip()
                for answer in row["output"]
                for each in answer["selected_sentences"] or []
            }
            for first in range(0, len(sentences), 5):
                part = sentences[first : first + 5]
                text = " ".join(part)
                if len(text.split()) > 2 * MAX_WORDS:
                    continue
                spans, start = [], 0
                for each in part:
                    spans.append((start, start + len(each)))
                    start += len(each) + 1
                right = tuple(n for n, each in enumerate(part) if each in chosen)
                yield Example(
                    row["input"], passage["title"], text, tuple(spans), None, right, "clapnq"
                )


def statements(path: Path) -> Iterator[Example]:
    """Read sentences written about passages: the sentences that bear one out are its answer."""
    for row in json.loads(path.read_text("utf-8"))["data"]:
        text = row["context"]
        sentences = _sentences(text, 0, len(text))
        for each in row["statements"]:
            right = tuple(
                n
                for n, (start, end) in enumerate(sentences)
                if any(_overlap(text[start:end], stated) for stated in each["sentences"])
            )
            yield Example(
                each["text"], row["title"], text, tuple(sentences), None, right, "statements"
            )


def own_words(examples: Sequence[Example], draw: random.Random) -> Iterator[Example]:
    """Give for each passage one of its sentences, as a sentence written about it."""
    for (title, text), sentences in {(e.title, e.passage): e.sentences for e in examples}.items():
        number = draw.randrange(len(sentences))
        start, end = sentences[number]
        yield Example(text[start:end], title, text, sentences, None, (number,), "own words")


def hard_negatives(
    examples: list[Example], embedder: Embedder, count: int, seed: int = SEED
) -> list[Example]:
    """Pair answered questions with other passages that are near them, which do not answer.

    A passage that holds the words of the answer is left out, since it may answer, too.
    """
    passages = {(each.title, each.passage): each for each in examples}
    keys = list(passages)
    texts = embedder.embed([f"{title}: {text}" for title, text in keys])
    asked = [each for each in examples if each.right]
    vectors = embedder.embed([each.question for each in asked])
    draw = random.Random(seed)  # noqa: S311 - a draw, no secret
    made = []
    for example, vector in zip(asked, vectors, strict=True):
        words = _answer_words(example)
        nearest = [keys[n] for n in np.argsort(-(texts @ vector))[:8]]
        others = [
            passages[key]
            for key in nearest
            if key[1] != example.passage and words not in key[1].casefold()
        ]
        made += [
            replace(
                other,
                question=example.question,
                answer=None,
                right=(),
                source=f"{example.source}-negative",
                corrects=None,
            )
            for other in draw.sample(others, min(count, len(others)))
        ]
    return made


def _answer_words(example: Example) -> str:
    """Give the words that answer, or the first sentence that does where nobody marked words."""
    span = example.answer or example.sentences[example.right[0]]
    return example.passage[slice(*span)].casefold()


def _overlap(one: str, other: str) -> bool:
    return one.strip() in other or other.strip() in one


def _asked(
    asked: dict[str, Any], context: str, windows: list[tuple[int, int]], title: str, source: str
) -> Iterator[Example]:
    answers = asked["answers"]
    span = None
    if answers:
        # The shortest of the gold answers; each is right.
        best = min(answers, key=lambda each: len(each["text"]))
        span = (best["answer_start"], best["answer_start"] + len(best["text"].rstrip()))
    for start, end in windows:
        if span and not start <= span[0] < end:
            continue
        text = context[start:end]
        inside = (span[0] - start, min(span[1], end) - start) if span else None
        sentences = _sentences(text, 0, len(text))
        made = _example(asked["question"].strip(), title, text, sentences, inside, source)
        yield replace(made, corrects=_corrects(asked, text, sentences))
        if not span:
            return


def _corrects(
    asked: dict[str, Any], text: str, sentences: list[tuple[int, int]]
) -> tuple[int, ...] | None:
    """Give the sentences of the correction; only our own questions say of what kind they are."""
    if "kind" not in asked:
        return None
    correction = asked.get("correction", "").strip()
    return tuple(
        n
        for n, (start, end) in enumerate(sentences)
        if correction and text[start:end] in correction
    )


def _example(
    question: str,
    title: str,
    text: str,
    sentences: list[tuple[int, int]],
    answer: tuple[int, int] | None,
    source: str,
) -> Example:
    right = tuple(
        n for n, (start, end) in enumerate(sentences) if answer and start <= answer[0] < end
    )
    return Example(question, title, text, tuple(sentences), answer, right, source)


def _sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    return [(span.start, span.end) for span in sentence_spans(text, start, end)]


def _windows(context: str) -> Iterator[tuple[int, int]]:
    """Cut a paragraph between sentences into stretches of up to a passage's length."""
    start = end = 0
    words = 0
    for first, last in _sentences(context, 0, len(context)):
        length = len(context[first:last].split())
        if words and words + length > MAX_WORDS:
            yield start, end
            start, words = first, 0
        words += length
        end = last
    if words:
        yield start, end
