"""Conversations, kept in the data folder: each answer as it was given, with its surroundings.

An answer is kept whole, with what stood around each quotation, so that a link to it shows the
same later, whatever has become of the documents. Nothing says who asked, or from where; whoever
knows an id may read what is kept under it, so ids are drawn by lot.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

from assistant.answer import Answer, Citation, State, Statement
from assistant.database import Database
from assistant.errors import ConversationError
from corpus.text import storable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from corpus.document import Document

CONVERSATIONS_FILE = "conversations.sqlite"

_MAX_BYTES = 1024 * 1024 * 1024
_ID_BYTES = 16
_AROUND_CHARACTERS = 400
# An answer that was asked anew is out of the conversation, but a link to it still holds.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, conversation_id TEXT NOT NULL,
    moment TEXT NOT NULL, document_id TEXT NOT NULL, record TEXT NOT NULL,
    replaced INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS answers_of_conversation ON answers(conversation_id);
"""
_ADD = """
INSERT INTO answers (id, conversation_id, moment, document_id, record) VALUES (?, ?, ?, ?, ?)
"""
_READ = "SELECT id, conversation_id, moment, document_id, record FROM answers"
# More turns than anybody looks back to; a conversation may have hundreds.
_BEFORE = f"""
{_READ} WHERE conversation_id = :conversation AND NOT replaced AND number < ifnull(
    (SELECT number FROM answers WHERE id = :answer AND conversation_id = :conversation), 1e18
) ORDER BY number DESC LIMIT 20
"""  # noqa: S608 - constants
_REPLACE = """
UPDATE answers SET replaced = 1 WHERE conversation_id = :conversation AND number >= (
    SELECT number FROM answers WHERE id = :first AND conversation_id = :conversation
)
"""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What stood before and after a quotation, as far as a reader needs it."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it was given.

    `moment` is when, ISO 8601 in UTC to the second; `document_id` the document it was asked of
    alone, if any; `excerpts` belong to its citations, then to its closest passages, in order.
    """

    id: str
    conversation_id: str
    moment: str
    document_id: str
    answer: Answer
    excerpts: tuple[Excerpt, ...]

    def quoted(self) -> list[tuple[Citation, Excerpt]]:
        """Give the citations, or else the closest passages, each with what stood around it."""
        return list(zip(self.answer.quoted, self.excerpts, strict=True))

    def to_dict(self) -> dict[str, Any]:
        """Give the answer as `ask --json` does, with its id and when it was given."""
        return {"id": self.id, "asked": self.moment, **self.answer.to_dict()}


class Conversations:
    """The conversations in a data folder; there is no file until the first answer.

    Safe to use from several threads and processes. Every method raises ConversationError where
    the file cannot be used; the message says how to mend it.
    """

    def __init__(self, data_dir: Path) -> None:
        self._database = Database(
            data_dir / CONVERSATIONS_FILE,
            _SCHEMA,
            "conversations",
            ConversationError,
            _MAX_BYTES,
        )

    def add(
        self,
        conversation_id: str,
        answer: Answer,
        documents: Iterable[Document],
        document_id: str = "",
    ) -> KeptAnswer:
        """Keep an answer at the end of a conversation; `documents` are those that it quotes.

        Without a `conversation_id` a new conversation begins.
        """
        texts = {each.id: each.text for each in documents}
        kept = KeptAnswer(
            id=token_urlsafe(_ID_BYTES),
            conversation_id=conversation_id or token_urlsafe(_ID_BYTES),
            moment=datetime.now(UTC).isoformat(timespec="seconds"),
            document_id=document_id,
            answer=answer,
            excerpts=tuple(_excerpt(texts[each.document_id], each) for each in answer.quoted),
        )
        row = (kept.id, kept.conversation_id, kept.moment, document_id, _record(kept))
        self._database.write(_ADD, row)
        return kept

    def suggest(self, kept: KeptAnswer, suggestions: tuple[str, ...]) -> KeptAnswer:
        """Add what to ask next to an answer that is kept."""
        kept = replace(kept, answer=replace(kept.answer, suggestions=suggestions))
        values = (_record(kept), kept.id)
        self._database.change("UPDATE answers SET record = ? WHERE id = ?", values)
        return kept

    def turns(self, conversation_id: str) -> list[KeptAnswer]:
        """Give the answers of a conversation, oldest first; none where there is no such."""
        where = " WHERE conversation_id = ? AND NOT replaced ORDER BY number"
        return [_kept(row) for row in self._database.rows(_READ + where, (conversation_id,))]

    def before(self, conversation_id: str, answer_id: str = "") -> list[tuple[str, str]]:
        """Give the last questions of a conversation with their answers, oldest first.

        With an `answer_id` of that conversation, those before it.
        """
        if not conversation_id:
            return []
        rows = self._database.rows(_BEFORE, {"conversation": conversation_id, "answer": answer_id})
        answers = [_kept(row).answer for row in reversed(rows)]
        return [(each.question, each.text) for each in answers]

    def answer(self, answer_id: str) -> KeptAnswer | None:
        """Give an answer by its id, if it is kept."""
        rows = self._database.rows(_READ + " WHERE id = ?", (answer_id,))
        return _kept(rows[0]) if rows else None

    def take_back(self, conversation_id: str, answer_id: str) -> bool:
        """Take an answer and those after it out of a conversation; say whether there were any.

        Links to them still hold, until the conversation is deleted.
        """
        values = {"conversation": conversation_id, "first": answer_id}
        return self._database.change(_REPLACE, values)

    def delete(self, conversation_id: str) -> bool:
        """Delete a conversation and every link to its answers; say whether there was one."""
        delete = "DELETE FROM answers WHERE conversation_id = ?"
        return self._database.change(delete, (conversation_id,))


def _excerpt(text: str, citation: Citation) -> Excerpt:
    """Give what stands around a quotation in its paragraph, cut between words where it is long."""
    first = text.rfind("\n", 0, citation.start) + 1
    last = text.find("\n", citation.end)
    before = text[first : citation.start]
    after = text[citation.end : last if last >= 0 else len(text)]
    if len(before) > _AROUND_CHARACTERS:
        before = "…" + before[-_AROUND_CHARACTERS:].partition(" ")[2]
    if len(after) > _AROUND_CHARACTERS:
        after = after[:_AROUND_CHARACTERS].rpartition(" ")[0] + "…"
    return Excerpt(before, after)


def _record(kept: KeptAnswer) -> str:
    excerpts = [asdict(each) for each in kept.excerpts]
    record = {"answer": asdict(kept.answer), "excerpts": excerpts}
    return storable(json.dumps(record, ensure_ascii=False))


def _kept(row: dict[str, Any]) -> KeptAnswer:
    record = json.loads(row["record"])
    return KeptAnswer(
        id=row["id"],
        conversation_id=row["conversation_id"],
        moment=row["moment"],
        document_id=row["document_id"],
        answer=_answer(record["answer"]),
        excerpts=tuple(Excerpt(**each) for each in record["excerpts"]),
    )


def _answer(record: dict[str, Any]) -> Answer:
    return Answer(
        **{
            **record,
            "state": State(record["state"]),
            "statements": tuple(_statement(each) for each in record["statements"]),
            "citations": tuple(Citation(**each) for each in record["citations"]),
            "closest": tuple(Citation(**each) for each in record["closest"]),
            "suggestions": tuple(record["suggestions"]),
        }
    )


def _statement(record: dict[str, Any]) -> Statement:
    direct = record["direct"]
    return Statement(
        **{
            **record,
            "markers": tuple(record["markers"]),
            "direct": tuple(direct) if direct else None,
        }
    )
