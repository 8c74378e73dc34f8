"""What readers think of answers: kept in the data folder, given as questions for an evaluation.

A record holds what was asked and answered, and the verdict on it; nothing says who gave it, from
where, or at what time of the day.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from assistant.database import Database
from assistant.errors import CommentError, FeedbackError
from corpus.text import storable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from assistant.answer import Answer

FEEDBACK_FILE = "feedback.sqlite"
MAX_COMMENT_CHARACTERS = 2_000

_HISTORY_TURNS = 20
_MAX_BYTES = 256 * 1024 * 1024
_SCHEMA = """
CREATE TABLE IF NOT EXISTS feedback (
    id TEXT PRIMARY KEY, day TEXT NOT NULL, question TEXT NOT NULL,
    standalone_question TEXT NOT NULL, history TEXT NOT NULL, answer TEXT NOT NULL,
    state TEXT NOT NULL, abstained INTEGER NOT NULL, answerer TEXT NOT NULL,
    documents TEXT NOT NULL, verdict TEXT NOT NULL, comment TEXT NOT NULL DEFAULT ''
)
"""
_WRITE = """
INSERT INTO feedback VALUES (
    :id, :day, :question, :standalone_question, :history, :answer, :state, :abstained, :answerer,
    :documents, :verdict, ''
) ON CONFLICT (id) DO UPDATE SET verdict = excluded.verdict
"""


class Verdict(StrEnum):
    """Which way the thumb points."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Judgement:
    """One reader's verdict on one answer; `history` are the turns before, oldest first."""

    id: str
    day: str
    question: str
    standalone_question: str
    history: tuple[tuple[str, str], ...]
    answer: str
    state: str
    abstained: bool
    answerer: str
    documents: tuple[str, ...]
    verdict: Verdict
    comment: str

    def to_question(self) -> dict[str, Any]:
        """Give the judgement as a question of an evaluation, its facts left for a curator.

        What was approved is taken as right: the cited documents, or that nothing answers.
        """
        approved = self.verdict is Verdict.UP
        return {
            "id": self.id,
            "question": self.question,
            "history": self.history,
            "facts": [],
            "answerable": not (approved and self.abstained),
            "documents": self.documents if approved else (),
            "category": "feedback",
            "verdict": self.verdict,
            "comment": self.comment,
            "answer": self.answer,
            "standalone_question": self.standalone_question,
            "state": self.state,
            "answerer": self.answerer,
            "day": self.day,
        }


_READ = f"SELECT {', '.join(Judgement.__slots__)} FROM feedback ORDER BY day, id"  # noqa: S608


class Feedback:
    """The feedback in a data folder; there is no file until the first verdict.

    Each call opens the file for itself, so threads and processes may share it. Every method
    raises FeedbackError where the file cannot be used; the message says how to mend it.
    """

    def __init__(self, data_dir: Path) -> None:
        self._database = Database(
            data_dir / FEEDBACK_FILE, _SCHEMA, "feedback", FeedbackError, _MAX_BYTES
        )

    def judge(
        self,
        answer_id: str,
        verdict: Verdict,
        answer: Answer,
        history: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Keep a verdict on an answer, given the (question, answer) pairs before it.

        A second verdict under the same id takes the place of the first; a comment stays.
        """
        row = {
            "id": answer_id,
            "day": datetime.now(UTC).date().isoformat(),
            "question": storable(answer.question),
            "standalone_question": storable(answer.standalone_question),
            "history": json.dumps(
                [
                    (storable(asked), storable(answered))
                    for asked, answered in history[-_HISTORY_TURNS:]
                ]
            ),
            "answer": storable(answer.text),
            "state": answer.state.value,
            "abstained": answer.abstained,
            "answerer": answer.answerer,
            "documents": json.dumps(
                list(dict.fromkeys(citation.document_id for citation in answer.citations))
            ),
            "verdict": verdict.value,
        }
        self._database.write(_WRITE, row)

    def comment(self, answer_id: str, text: str) -> bool:
        """Set the comment on a judged answer; say whether there is a verdict on it.

        Raises:
            CommentError: it is longer than `MAX_COMMENT_CHARACTERS`.
        """
        text = storable(text).strip()
        if len(text) > MAX_COMMENT_CHARACTERS:
            raise CommentError(
                f"the comment has {len(text):,} characters; write at most "
                f"{MAX_COMMENT_CHARACTERS:,}"
            )
        return self._database.change(
            "UPDATE feedback SET comment = ? WHERE id = ?", (text, answer_id)
        )

    def withdraw(self, answer_id: str) -> bool:
        """Remove the verdict on an answer with its comment; say whether there was one."""
        return self._database.change("DELETE FROM feedback WHERE id = ?", (answer_id,))

    def judgements(self) -> list[Judgement]:
        """Give all that is kept, by day."""
        return [_judgement(row) for row in self._database.rows(_READ)]

    def verdict(self, answer_id: str) -> Verdict | None:
        """Give the verdict on an answer, if there is one."""
        rows = self._database.rows("SELECT verdict FROM feedback WHERE id = ?", (answer_id,))
        return Verdict(rows[0]["verdict"]) if rows else None


def _judgement(row: dict[str, Any]) -> Judgement:
    return Judgement(
        **{
            **row,
            "history": tuple((asked, answered) for asked, answered in json.loads(row["history"])),
            "abstained": bool(row["abstained"]),
            "documents": tuple(json.loads(row["documents"])),
            "verdict": Verdict(row["verdict"]),
        }
    )
