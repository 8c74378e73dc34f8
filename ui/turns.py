"""A conversation: questions, what is shown for them, and the answers behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistant.answer import Answer
    from assistant.feedback import Verdict


@dataclass(slots=True)
class Turn:
    """A question and the HTML that answers it.

    `answer` is there when it is whole, and `id` is drawn by lot for it. `verdict` is the one field
    that changes: a thumb may come while the next answer is being written, and every list of turns
    has to know of it.
    """

    question: str
    html: str
    answer: Answer | None = None
    id: str = field(default_factory=lambda: token_hex(16))
    verdict: Verdict | None = None


Turns = list[Turn]


def history(turns: Iterable[Turn]) -> list[tuple[str, str]]:
    """Give the questions that were answered, each with its answer, oldest first."""
    return [(turn.question, turn.answer.text) for turn in turns if turn.answer]
