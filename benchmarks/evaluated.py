"""What other systems found and said, as the evaluation looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.answer import Answer, State
from assistant.assistant import Trace
from index.passage import Passage, Span
from index.search import Hit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistant.answer import Statement


def hit(document_id: str, title: str, text: str, rank: int) -> Hit:
    """Give the passage found at a rank, from 1, as one of a single sentence."""
    passage = Passage(
        id=str(rank),
        document_id=document_id,
        title=title,
        heading="",
        start=0,
        end=len(text),
        text=text,
        sentences=(Span(0, len(text)),),
    )
    return Hit(passage, score=1 / rank, cosines=(0.0,), bm25=0.0)


def trace(
    question: str,
    hits: Iterable[Hit],
    statements: Iterable[Statement] = (),
    seconds: float = 0.0,
    *,
    abstained: bool = False,
) -> Trace:
    """Give the trace of an answer that cites nothing, made of what was found."""
    answer = Answer(
        question=question,
        standalone_question=question,
        state=State.NOT_FOUND if abstained else State.ANSWERED,
        statements=tuple(statements),
        citations=(),
        closest=(),
        answerer="peer",
        confidence=0.0,
        seconds=seconds,
    )
    return Trace(answer, answer, list(hits))
