"""What readers think of answers: kept, and given as questions for an evaluation.

A record holds what was asked and answered, and the verdict on it; nothing says who gave it, from
where, or at what time of the day.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Column, MetaData, Table, delete, select, update

from assistant.database import FILES, Database, Words, open_place
from assistant.errors import CommentError, FeedbackError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydantic import SecretStr

    from assistant.answer import Answer

FEEDBACK_FILE = "feedback.sqlite"
MAX_COMMENT_CHARACTERS = 2_000

_HISTORY_TURNS = 20
_MAX_BYTES = 256 * 1024 * 1024
_feedback = Table(
    "feedback",
    MetaData(),
    Column("id", Words, primary_key=True),
    Column("day", Words, nullable=False),
    Column("question", Words, nullable=False),
    Column("standalone_question", Words, nullable=False),
    Column("history", Words, nullable=False),
    Column("answer", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("abstained", Boolean, nullable=False),
    Column("answerer", Words, nullable=False),
    Column("documents", Words, nullable=False),
    Column("verdict", Words, nullable=False),
    Column("comment", Words, nullable=False, server_default=""),
)


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


class Feedback:
    """The feedback in a data folder, or in the PostgreSQL database of an address.

    There is no file, and no table, until the first verdict. Safe to use from several threads and
    processes. Every method raises FeedbackError where file or database cannot be used; the
    message says how to mend it. `place` says where it is.

    Raises:
        SettingsError: the driver of PostgreSQL is not installed.
    """

    def __init__(self, data_dir: Path, database_url: SecretStr = FILES) -> None:
        place = open_place(data_dir / FEEDBACK_FILE, _MAX_BYTES, database_url)
        self._database = Database(place, _feedback, "feedback", FeedbackError)
        self.place = place.name

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
            "question": answer.question,
            "standalone_question": answer.standalone_question,
            "history": json.dumps(list(history[-_HISTORY_TURNS:]), ensure_ascii=False),
            "answer": answer.text,
            "state": answer.state.value,
            "abstained": answer.abstained,
            "answerer": answer.answerer,
            "documents": json.dumps(
                list(dict.fromkeys(citation.document_id for citation in answer.citations))
            ),
            "verdict": verdict.value,
        }
        adding = self._database.place.insert(_feedback).values(row)
        self._database.write(
            adding.on_conflict_do_update(
                index_elements=[_feedback.c.id], set_={"verdict": adding.excluded.verdict}
            )
        )

    def comment(self, answer_id: str, text: str) -> bool:
        """Set the comment on a judged answer; say whether there is a verdict on it.

        Raises:
            CommentError: it is longer than `MAX_COMMENT_CHARACTERS`.
        """
        text = text.strip()
        if len(text) > MAX_COMMENT_CHARACTERS:
            raise CommentError(
                f"the comment has {len(text):,} characters; write at most "
                f"{MAX_COMMENT_CHARACTERS:,}"
            )
        changing = update(_feedback).where(_feedback.c.id == answer_id)
        return self._database.change(changing.values(comment=text))

    def withdraw(self, answer_id: str) -> bool:
        """Remove the verdict on an answer with its comment; say whether there was one."""
        return self._database.change(delete(_feedback).where(_feedback.c.id == answer_id))

    def judgements(self) -> list[Judgement]:
        """Give all that is kept, by day."""
        every = select(_feedback).order_by(_feedback.c.day, _feedback.c.id)
        return [_judgement(row) for row in self._database.rows(every)]

    def verdict(self, answer_id: str) -> Verdict | None:
        """Give the verdict on an answer, if there is one."""
        rows = self._database.rows(select(_feedback.c.verdict).where(_feedback.c.id == answer_id))
        return Verdict(rows[0]["verdict"]) if rows else None

    def count(self) -> int:
        """Count the judged answers."""
        return self._database.count()


def _judgement(row: dict[str, Any]) -> Judgement:
    return Judgement(
        **{
            **row,
            "history": tuple((asked, answered) for asked, answered in json.loads(row["history"])),
            "documents": tuple(json.loads(row["documents"])),
            "verdict": Verdict(row["verdict"]),
        }
    )
