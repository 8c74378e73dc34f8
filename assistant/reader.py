"""Reads passages for an answer: which sentence answers, with which words, or that none does.

The model is a small encoder with eight-bit weights, trained by `training/`; its card is
`assistant/models/README.md`.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from assistant.errors import ReaderError
from index.embedding import load_tokenizer
from index.errors import ModelError
from index.passage import Span
from index.runtime import open_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from index.passage import Passage

_WEIGHTS = Path(str(files("assistant"))) / "models" / "reader.onnx"
_MAX_TOKENS = 256
_LEAST_TOKENS = 8  # that the model's file is made for
_MAX_QUESTION_TOKENS = 64
_MAX_SPAN_TOKENS = 40
_START, _END, _SENTENCE, _CORRECTION = range(4)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a passage says to a question; the numbers are logits, 0 is as likely as not.

    `answers` is of the whole passage. Of each sentence, `sentences` says whether it answers,
    `corrections` whether it contradicts what the question takes for granted, `words` how much
    more likely its best stretch of words is than no answer, and `spans` where that stands in
    the document.
    """

    answers: float
    sentences: tuple[float, ...]
    corrections: tuple[float, ...]
    words: tuple[float, ...]
    spans: tuple[Span, ...]


class Reader(Protocol):
    """Reads passages for the answer to a question."""

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """Give a reading of each passage."""


class MiniReader:
    """The reader that the product comes with. Safe to use from several threads.

    Each passage is read by itself, so that what is said of it does not depend on the others; as
    many are read at once as there are processors.
    """

    def __init__(self, weights: Path = _WEIGHTS) -> None:
        self._weights = weights
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="reader")

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """Give a reading of each passage; a passage is read to about 190 word pieces.

        Raises:
            ReaderError: the model's file is missing or damaged.
        """
        if not passages:
            return []
        with self._lock:
            model = self._model
        # The longest first, so that at the end no processor waits for one that has a long one left.
        order = sorted(range(len(passages)), key=lambda each: -len(passages[each].text))
        read = partial(model.read, model.cut(question))
        readings = dict(
            zip(order, self._pool.map(read, map(passages.__getitem__, order)), strict=True)
        )
        return [readings[each] for each in range(len(passages))]

    @cached_property
    def _model(self) -> _Model:
        uncut, tokenizer = (load_tokenizer() for _ in range(2))
        for each in (uncut, tokenizer):
            each.no_padding()
        uncut.no_truncation()
        tokenizer.enable_truncation(_MAX_TOKENS, strategy="only_second")
        try:
            session = open_model(self._weights)
        except ModelError as error:
            raise ReaderError(f"the reader cannot be used: {error}") from error
        return _Model(session, uncut, tokenizer)


@dataclass(frozen=True, slots=True)
class _Model:
    """The model once it is loaded; `uncut` is the tokenizer that gives a whole text."""

    session: Any
    uncut: Any
    tokenizer: Any

    def cut(self, question: str) -> str:
        """Give as much of a question as is read."""
        asked = self.uncut.encode(question, add_special_tokens=False)
        if len(asked.ids) <= _MAX_QUESTION_TOKENS:
            return question
        return question[: asked.offsets[_MAX_QUESTION_TOKENS][0]]

    def read(self, question: str, passage: Passage) -> Reading:
        """Give a reading of one passage."""
        lead = f"{passage.lead} "
        encoded = self.tokenizer.encode(question, lead + passage.text)
        tokens, answers = self.session.run(["tokens", "passage"], _inputs(encoded))
        return _reading(passage, len(lead), encoded, tokens[0], float(answers[0]))


def _inputs(encoded: Any) -> dict[str, NDArray[np.int64]]:
    given = {"ids": encoded.ids, "mask": encoded.attention_mask, "kinds": encoded.type_ids}
    missing = max(0, _LEAST_TOKENS - len(encoded.ids))
    return {
        name: np.array([values + [0] * missing], dtype=np.int64) for name, values in given.items()
    }


def _reading(
    passage: Passage, lead: int, tokens: Any, logits: NDArray[np.float32], answers: float
) -> Reading:
    shift = lead - passage.start
    none = float(logits[0, _START] + logits[0, _END])
    owners = np.array([-1 if owner is None else owner for owner in tokens.sequence_ids])
    offsets = np.array(tokens.offsets)
    sentences, corrections, words, spans = [], [], [], []
    for span in passage.sentences:
        inside = (
            (owners == 1)
            & (offsets[:, 0] < span.end + shift)
            & (offsets[:, 1] > span.start + shift)
        )
        places = np.flatnonzero(inside)
        if not len(places):  # cut off, so it was not read
            sentences.append(-10.0)
            corrections.append(-10.0)
            words.append(-10.0)
            spans.append(span)
            continue
        own = logits[places[0] : places[-1] + 1]
        first, last, score = _best_words(own)
        sentences.append(float(own[:, _SENTENCE].mean()))
        corrections.append(float(own[:, _CORRECTION].mean()))
        words.append(score - none)
        start, end = offsets[places[0] + first, 0], offsets[places[0] + last, 1]
        spans.append(Span(max(span.start, int(start) - shift), min(span.end, int(end) - shift)))
    return Reading(answers, tuple(sentences), tuple(corrections), tuple(words), tuple(spans))


def _best_words(logits: NDArray[np.float32]) -> tuple[int, int, float]:
    """Give the first and last token of the likeliest stretch, and the sum of its logits."""
    sums = logits[:, _START, None] + logits[None, :, _END]
    every = np.ones_like(sums, dtype=bool)
    sums = np.where(np.triu(every) & np.tril(every, _MAX_SPAN_TOKENS - 1), sums, -np.inf)
    first, last = np.unravel_index(int(sums.argmax()), sums.shape)
    return int(first), int(last), float(sums[first, last])
