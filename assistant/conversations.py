"""Conversations that are kept: each answer as it was given, with its surroundings.

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

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    delete,
    false,
    func,
    select,
    update,
)

from assistant.answer import Answer, Citation, State, Statement
from assistant.database import FILES, Database, Words, open_place
from assistant.errors import ConversationError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pydantic import SecretStr
    from sqlalchemy import Delete, ScalarSelect

    from corpus.document import Document

CONVERSATIONS_FILE = "conversations.sqlite"

_MAX_BYTES = 1024 * 1024 * 1024
_LAST = 2**63 - 1
_ID_BYTES = 16
_AROUND_CHARACTERS = 400
_MOST_REMOVED = 100  # at once; where fewer are kept than before, they go little by little
_TURNS_BEFORE = 20  # more than anybody looks back to; a conversation may have hundreds
_answers = Table(
    "answers",
    MetaData(),
    Column("number", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True),
    Column("id", Words, unique=True, nullable=False),
    Column("conversation_id", Words, nullable=False),
    Column("moment", Words, nullable=False),
    Column("document_id", Words, nullable=False),
    Column("record", Words, nullable=False),
    # An answer that was asked anew is out of the conversation, but a link to it still holds.
    Column("replaced", Boolean, nullable=False, server_default=false()),
    Index("answers_of_conversation", "conversation_id"),
)
_read = select(*(each for each in _answers.c if each.name not in {"number", "replaced"}))


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
    """The conversations in a data folder, or in the PostgreSQL database of an address.

    Of more answers than `most` the oldest are deleted, whatever conversation they are in. There is
    no file, and no table, until the first answer. Safe to use from several threads and
    processes. Every method raises ConversationError where file or database cannot be used; the
    message says how to mend it. `place` says where they are.

    Raises:
        SettingsError: the driver of PostgreSQL is not installed.
    """

    def __init__(
        self, data_dir: Path, database_url: SecretStr = FILES, *, most: int = _LAST
    ) -> None:
        place = open_place(data_dir / CONVERSATIONS_FILE, _MAX_BYTES, database_url)
        self._database = Database(place, _answers, "conversations", ConversationError)
        self.place = place.name
        self._most = most

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
        row = {
            "id": kept.id,
            "conversation_id": kept.conversation_id,
            "moment": kept.moment,
            "document_id": document_id,
            "record": _record(kept),
        }
        # Those that are added at once must be seen in the order of their numbers.
        adding = self._database.place.insert(_answers).values(row)
        beyond = _beyond(self._most)
        self._database.write(adding, alone=kept.conversation_id, afterwards=beyond)
        return kept

    def suggest(self, kept: KeptAnswer, suggestions: tuple[str, ...]) -> KeptAnswer:
        """Add what to ask next to an answer that is kept."""
        kept = replace(kept, answer=replace(kept.answer, suggestions=suggestions))
        changing = update(_answers).where(_answers.c.id == kept.id)
        self._database.change(changing.values(record=_record(kept)))
        return kept

    def turns(self, conversation_id: str) -> list[KeptAnswer]:
        """Give the answers of a conversation, oldest first; none where there is no such."""
        turns = _read.where(_answers.c.conversation_id == conversation_id, ~_answers.c.replaced)
        return [_kept(row) for row in self._database.rows(turns.order_by(_answers.c.number))]

    def before(self, conversation_id: str, answer_id: str = "") -> list[tuple[str, str]]:
        """Give the last questions of a conversation with their answers, oldest first.

        With an `answer_id` of that conversation, those before it.
        """
        if not conversation_id:
            return []
        before = _read.where(
            _answers.c.conversation_id == conversation_id,
            ~_answers.c.replaced,
            _answers.c.number < func.coalesce(_number(conversation_id, answer_id), _LAST),
        )
        last = before.order_by(_answers.c.number.desc()).limit(_TURNS_BEFORE)
        answers = [_kept(row).answer for row in reversed(self._database.rows(last))]
        return [(each.question, each.text) for each in answers]

    def answer(self, answer_id: str) -> KeptAnswer | None:
        """Give an answer by its id, if it is kept."""
        rows = self._database.rows(_read.where(_answers.c.id == answer_id))
        return _kept(rows[0]) if rows else None

    def take_back(self, conversation_id: str, answer_id: str) -> bool:
        """Take an answer and those after it out of a conversation; say whether there were any.

        Links to them still hold, until the conversation is deleted.
        """
        replacing = update(_answers).where(
            _answers.c.conversation_id == conversation_id,
            _answers.c.number >= _number(conversation_id, answer_id),
        )
        return self._database.change(replacing.values(replaced=True), alone=conversation_id)

    def delete(self, conversation_id: str) -> bool:
        """Delete a conversation and every link to its answers; say whether there was one."""
        deleting = delete(_answers).where(_answers.c.conversation_id == conversation_id)
        return self._database.change(deleting, alone=conversation_id)

    def count(self) -> int:
        """Count the answers of all conversations."""
        return self._database.count()


def _beyond(most: int) -> Delete:
    """Delete the oldest answers that are more than so many.

    Those that somebody else deletes or changes just now are left for next time: whoever waited for
    them might hold what those wait for.
    """
    last = select(func.max(_answers.c.number)).scalar_subquery()
    oldest = select(_answers.c.number).where(_answers.c.number <= last - most)
    some = oldest.order_by(_answers.c.number).limit(_MOST_REMOVED)
    return delete(_answers).where(_answers.c.number.in_(some.with_for_update(skip_locked=True)))


def _number(conversation_id: str, answer_id: str) -> ScalarSelect[int]:
    """Give the number of an answer, if it is one of the conversation."""
    number = select(_answers.c.number).where(
        _answers.c.id == answer_id, _answers.c.conversation_id == conversation_id
    )
    return number.correlate(None).scalar_subquery()


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
    return json.dumps(record, ensure_ascii=False)


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
