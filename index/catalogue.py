"""The manifest of an index: its documents and passages with their full texts, in SQLite.

With it the vectors are a cache: they can be made again though the files are gone, and a
citation still opens in its source.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

from corpus.document import Document
from index.errors import IndexStorageError
from index.passage import Passage, Span, lead_of, vector_id_of
from index.terms import terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from corpus.load import DocumentFile

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    id TEXT PRIMARY KEY, path TEXT UNIQUE NOT NULL, size INTEGER NOT NULL,
    modified INTEGER NOT NULL, synced INTEGER NOT NULL, hash TEXT NOT NULL, json TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS passages (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL,
    document_id TEXT NOT NULL REFERENCES documents(id), title TEXT NOT NULL,
    heading TEXT NOT NULL, start INTEGER NOT NULL, text TEXT NOT NULL, sentences TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS passages_of_document ON passages(document_id);
CREATE VIRTUAL TABLE IF NOT EXISTS passage_terms USING fts5(terms, tokenize = "unicode61");
"""
_VOCABULARY = "CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, passage_terms, row)"
_FREQUENCIES_KEPT = 65_536
_PASSAGES_KEPT = 4_096  # ten megabytes
_PASSAGES = "SELECT id, document_id, title, heading, start, text, sentences FROM passages"
_SENTENCES = "SELECT id, title, heading, json_array_length(sentences) FROM passages"
_PASSAGES_BY_ID = _PASSAGES + " WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608 - constants
_PASSAGES_OF_DOCUMENT = _PASSAGES + " WHERE document_id = ? ORDER BY number"

# Of all that match only the best are looked up.
_MATCHING = """
SELECT id, -score FROM (
    SELECT rowid AS matching, bm25(passage_terms) AS score FROM passage_terms
    WHERE passage_terms MATCH ?1
    AND (?3 IS NULL OR rowid IN (SELECT number FROM passages WHERE document_id = ?3))
    ORDER BY score, rowid LIMIT ?2
) JOIN passages ON number = matching ORDER BY score, number
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of an indexed file without reading it; `synced` is true for the corpus."""

    document_id: str
    path: str
    size: int
    modified: int
    hash: str
    synced: bool


class Catalogue:
    """The documents and passages of one generation of the index."""

    def __init__(self, path: Path, *, write: bool = False) -> None:
        self._path = path
        mode = "rwc" if write else "ro"
        with self._mapped():
            self._database = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode={mode}", uri=True, check_same_thread=False
            )
            if write:
                self._database.executescript(_SCHEMA)
            self._database.execute(_VOCABULARY)
        self.document = lru_cache(maxsize=256)(self._document)
        self.frequency = lru_cache(maxsize=_FREQUENCIES_KEPT)(self._frequency)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the file."""
        self._database.close()

    def commit(self) -> None:
        """Make what was added and removed permanent."""
        with self._mapped():
            self._database.commit()

    def check(self) -> None:
        """Raise IndexStorageError where the file is damaged (SQLite's quick check)."""
        [(verdict,)] = self._rows("PRAGMA quick_check(1)")
        if verdict != "ok":
            raise IndexStorageError(
                f"the catalogue {self._path} is damaged; run: summit ingest --rebuild"
            )

    def entries(self) -> list[Entry]:
        """Give what is known of every indexed file."""
        rows = self._rows("SELECT id, path, size, modified, hash, synced FROM documents")
        return [
            Entry(document_id, path, size, modified, digest, bool(synced))
            for document_id, path, size, modified, digest, synced in rows
        ]

    def add(
        self, document: Document, passages: Iterable[Passage], file: DocumentFile, *, synced: bool
    ) -> None:
        """Add a document with its passages; its id and path must be new."""
        with self._mapped():
            self._database.execute(
                "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    *(document.id, str(file.path), file.size, file.modified, synced),
                    *(document.content_hash, document.to_json()),
                ),
            )
        self._add_passages(passages)

    def replace_passages(self, document_id: str, passages: Iterable[Passage]) -> None:
        """Give a document other passages than it had."""
        self._remove_passages(document_id)
        self._add_passages(passages)

    def _add_passages(self, passages: Iterable[Passage]) -> None:
        with self._mapped():
            for passage in passages:
                sentences = json.dumps([[span.start, span.end] for span in passage.sentences])
                number = self._database.execute(
                    "INSERT INTO passages (id, document_id, title, heading, start, text, sentences)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(passage.id, passage.document_id, passage.title, passage.heading),
                        *(passage.start, passage.text, sentences),
                    ),
                ).lastrowid
                everything = f"{passage.title} . {passage.heading} . {passage.text}"
                self._database.execute(
                    "INSERT INTO passage_terms (rowid, terms) VALUES (?, ?)",
                    (number, " ".join(terms(everything))),
                )

    def remove(self, document_id: str) -> None:
        """Remove a document and its passages."""
        self._remove_passages(document_id)
        with self._mapped():
            self._database.execute("DELETE FROM documents WHERE id = ?", (document_id,))

    def _remove_passages(self, document_id: str) -> None:
        with self._mapped():
            self._database.execute(
                "DELETE FROM passage_terms WHERE rowid IN "
                "(SELECT number FROM passages WHERE document_id = ?)",
                (document_id,),
            )
            self._database.execute("DELETE FROM passages WHERE document_id = ?", (document_id,))

    def touch(self, file: DocumentFile) -> None:
        """Note the new size and time of a file whose content is as it was."""
        with self._mapped():
            self._database.execute(
                "UPDATE documents SET size = ?, modified = ? WHERE path = ?",
                (file.size, file.modified, str(file.path)),
            )

    def _document(self, document_id: str) -> Document:
        """Give a document by its id; KeyError where there is none."""
        rows = self._rows("SELECT json FROM documents WHERE id = ?", (document_id,))
        if not rows:
            raise KeyError(document_id)
        with self._mapped():
            return Document.from_json(rows[0][0])

    def passages(self, ids: Iterable[str]) -> dict[str, Passage]:
        """Give those of the passages that exist, by id."""
        wanted = json.dumps(list(ids))
        rows = self._rows(_PASSAGES_BY_ID, (wanted,))
        with self._mapped():
            return {row[0]: _passage(row) for row in rows}

    def passages_of(self, document_id: str) -> list[Passage]:
        """Give the passages of a document in order."""
        rows = self._rows(_PASSAGES_OF_DOCUMENT, (document_id,))
        with self._mapped():
            return [_passage(row) for row in rows]

    def vector_ids(self) -> set[str]:
        """Give the id of every vector that the store has to hold."""
        with self._mapped():
            rows = self._database.execute(_SENTENCES)
            return {
                vector_id_of(passage_id, lead_of(title, heading), number)
                for passage_id, title, heading, count in rows
                for number in range(count)
            }

    def document_count(self) -> int:
        """Count the documents."""
        return self._number("SELECT count(*) FROM documents")

    def passage_count(self) -> int:
        """Count the passages."""
        return self._number("SELECT count(*) FROM passages")

    def match(
        self, expression: str, count: int, document_id: str | None = None
    ) -> list[tuple[str, float]]:
        """Give ids of passages that match an FTS5 expression, each with its BM25, best first.

        With a document's id, those of other documents are left out.
        """
        return self._rows(_MATCHING, (expression, count, document_id))

    def _frequency(self, expression: str) -> int:
        """Count the passages that match an FTS5 expression."""
        return self._number(
            "SELECT count(*) FROM passage_terms WHERE passage_terms MATCH ?", (expression,)
        )

    def terms_from(self, first: str) -> list[str]:
        """Give the terms that begin with a letter."""
        query = "SELECT term FROM vocabulary WHERE term >= ? AND term < ?"
        return [term for (term,) in self._rows(query, (first, chr(ord(first) + 1)))]

    def _number(self, query: str, values: tuple[object, ...] = ()) -> int:
        return int(self._rows(query, values)[0][0])

    def _rows(self, query: str, values: tuple[object, ...] = ()) -> list[Any]:
        with self._mapped():
            return self._database.execute(query, values).fetchall()

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, ValueError) as error:  # ValueError: damaged text or JSON
            raise IndexStorageError(
                f"the catalogue {self._path} cannot be used ({error}); "
                "its folder must be writable and have room; if so: summit ingest --rebuild"
            ) from error


# Making a passage of its row took a third of a search besides the model, and the same come again.
@lru_cache(_PASSAGES_KEPT)
def _passage(row: tuple[Any, ...]) -> Passage:
    passage_id, document_id, title, heading, start, text, sentences = row
    return Passage(
        id=passage_id,
        document_id=document_id,
        title=title,
        heading=heading,
        start=start,
        end=start + len(text),
        text=text,
        sentences=tuple(Span(*each) for each in json.loads(sentences)),
    )
