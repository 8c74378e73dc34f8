"""What readers think of answers: kept in the data folder, given as questions for an evaluation.

A record holds what was asked and answered, and the verdict on it; nothing says who gave it, from
where, or at what time of the day.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from assistant.errors import CommentError, FeedbackError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from assistant.answer import Answer

FEEDBACK_FILE = "feedback.sqlite"
MAX_COMMENT_CHARACTERS = 2_000

_HISTORY_TURNS = 20
_WAIT_SECONDS = 5.0
# 256 MB in SQLite's pages of 4 KB: visitors cannot fill the disk that the index needs.
_MAX_PAGES = 65_536
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
_MENDS = {
    "SQLITE_FULL": "free room on the disk, or export the feedback and delete the file",
    "SQLITE_BUSY": "another process holds it; try again when that has ended",
    "SQLITE_NOTADB": "it is damaged; move it away, and a new one begins",
    "SQLITE_CORRUPT": "it is damaged; move it away, and a new one begins",
    "SQLITE_ERROR": "another version wrote it; move it away, and a new one begins",
}
_MEND = "its folder, SUMMIT_DATA_DIR, must be one that can be written"


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
        self._path = data_dir / FEEDBACK_FILE

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
            "question": _clean(answer.question),
            "standalone_question": _clean(answer.standalone_question),
            "history": json.dumps(
                [(_clean(asked), _clean(answered)) for asked, answered in history[-_HISTORY_TURNS:]]
            ),
            "answer": _clean(answer.text),
            "state": answer.state.value,
            "abstained": answer.abstained,
            "answerer": answer.answerer,
            "documents": json.dumps(
                list(dict.fromkeys(citation.document_id for citation in answer.citations))
            ),
            "verdict": verdict.value,
        }
        with self._mapped():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._opened("rwc") as database:
                database.execute(_WRITE, row)

    def comment(self, answer_id: str, text: str) -> bool:
        """Set the comment on a judged answer; say whether there is a verdict on it.

        Raises:
            CommentError: it is longer than `MAX_COMMENT_CHARACTERS`.
        """
        text = _clean(text).strip()
        if len(text) > MAX_COMMENT_CHARACTERS:
            raise CommentError(
                f"the comment has {len(text):,} characters; write at most "
                f"{MAX_COMMENT_CHARACTERS:,}"
            )
        return self._change("UPDATE feedback SET comment = ? WHERE id = ?", (text, answer_id))

    def withdraw(self, answer_id: str) -> bool:
        """Remove the verdict on an answer with its comment; say whether there was one."""
        return self._change("DELETE FROM feedback WHERE id = ?", (answer_id,))

    def judgements(self) -> list[Judgement]:
        """Give all that is kept, by day."""
        with self._mapped():
            if not self._path.exists():
                return []
            with self._opened("rw") as database:
                database.row_factory = sqlite3.Row
                rows = database.execute(_READ).fetchall()
            return [_judgement(dict(row)) for row in rows]

    def _change(self, statement: str, values: tuple[str, ...]) -> bool:
        """Run a statement; say whether it changed anything."""
        with self._mapped():
            if not self._path.exists():
                return False
            with self._opened("rw") as database:
                return database.execute(statement, values).rowcount > 0

    @contextmanager
    def _opened(self, mode: str) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction."""
        address = f"{self._path.resolve().as_uri()}?mode={mode}"
        with closing(sqlite3.connect(address, uri=True, timeout=_WAIT_SECONDS)) as database:
            # What is taken back shall not linger in the file's free pages.
            database.execute("PRAGMA secure_delete = ON")
            database.execute(f"PRAGMA max_page_count = {_MAX_PAGES}")
            with database:
                database.execute(_SCHEMA)
                yield database

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, ValueError) as error:
            code = "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
            raise FeedbackError(
                f"the feedback in {self._path} cannot be used ({error}); {_MENDS.get(code, _MEND)}"
            ) from error


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


def _clean(text: str) -> str:
    """Give a text without halves of surrogate pairs, which neither SQLite nor UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode()
