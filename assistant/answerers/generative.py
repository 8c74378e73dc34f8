"""Answers by a chat model: numbered passages in, sentences with markers out; code resolves them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING

import sentencex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.language_models import BaseChatModel

    from index.passage import Passage
    from index.search import Hit

NOTHING = "NOTHING"
_MARKER = re.compile(r"\s*\[(\d{1,3})\]")
_MAX_CHARACTERS = 4_000
_MAX_SENTENCES = 8


class ModelAnswerError(Exception):
    """The chat model gave nothing that can be shown; the message says what it did instead."""


@dataclass(frozen=True, slots=True)
class Written:
    """A sentence that the model wrote and the passages it says it has it from, if any."""

    text: str
    passages: tuple[Passage, ...]


def write(
    model: BaseChatModel, question: str, hits: Sequence[Hit], timeout: float
) -> list[Written]:
    """Have a chat model answer from the hits' passages; an empty list means that none answers.

    Raises:
        ModelAnswerError: it was not done after `timeout` seconds, failed, or gave nonsense.
    """
    prompt = files("assistant").joinpath("prompts/answer.md").read_text("utf-8")
    passages = [hit.passage for hit in hits]
    numbered = "\n\n".join(
        f"[{number}] {passage.lead}\n{passage.text}"
        for number, passage in enumerate(passages, start=1)
    )
    reply = _within(timeout, model, [("system", prompt), ("user", f"{numbered}\n\n{question}")])
    return resolve(reply, passages)


def resolve(reply: str, passages: Sequence[Passage]) -> list[Written]:
    """Turn the model's text into sentences with the passages that its markers name.

    A marker that does not exist names nothing; `verify` fails a sentence that has no other.

    Raises:
        ModelAnswerError: the reply is empty, endless, or no sentence names a passage.
    """
    reply = " ".join(reply.split())
    if reply.strip(" .") == NOTHING:
        return []
    if not reply or len(reply) > _MAX_CHARACTERS:
        raise ModelAnswerError("gave no usable answer")
    written = []
    for sentence in _sentences(reply):
        numbers = dict.fromkeys(int(number) for number in _MARKER.findall(sentence))
        named = tuple(passages[n - 1] for n in numbers if 1 <= n <= len(passages))
        text = _MARKER.sub("", sentence).strip()
        if text:
            written.append(Written(text, named))
    if not any(each.passages for each in written):
        raise ModelAnswerError("named none of the passages it was given")
    return written[:_MAX_SENTENCES]


def _sentences(reply: str) -> list[str]:
    """Split into sentences; markers that stand behind a full stop belong to what they follow."""
    moved = re.sub(r"([.!?][”\"’')]*)((?:\s*\[\d{1,3}\])+)", r"\2\1", reply)
    return [sentence.strip() for sentence in sentencex.segment("en", moved) if sentence.strip()]


def _within(timeout: float, model: BaseChatModel, messages: list[tuple[str, str]]) -> str:
    """Run the model beside us, so that one that hangs or drips is left behind in time.

    The thread is a daemon: it ends with its connection, and nobody waits for it at exit.
    """
    outcome: Queue[str | Exception] = Queue(maxsize=1)

    def run() -> None:
        try:
            outcome.put(str(model.invoke(messages).text))
        except Exception as error:  # noqa: BLE001 - every provider raises errors of its own
            outcome.put(error)

    Thread(target=run, name="chat-model", daemon=True).start()
    try:
        reply = outcome.get(timeout=timeout)
    except Empty as error:
        raise ModelAnswerError(f"did not answer within {timeout:g} seconds") from error
    if isinstance(reply, Exception):
        raise ModelAnswerError(f"failed ({type(reply).__name__})") from reply
    return reply
