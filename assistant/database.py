"""A small SQLite file in the data folder that several threads and processes may share."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from assistant.errors import StorageError

_WAIT_SECONDS = 5.0
_PAGE_BYTES = 4096
_MENDS = {
    "SQLITE_FULL": "free room on the disk, or export what is kept and delete the file",
    "SQLITE_BUSY": "another process holds it; try again when that has ended",
    "SQLITE_NOTADB": "it is damaged; move it away, and a new one begins",
    "SQLITE_CORRUPT": "it is damaged; move it away, and a new one begins",
    "SQLITE_ERROR": "another version wrote it; move it away, and a new one begins",
}
_MEND = "its folder, SUMMIT_DATA_DIR, must be one that can be written"

Values = tuple[object, ...] | dict[str, Any]


def copy_database(source: Path, target: Path) -> None:
    """Copy a database as it stands between two changes, over one that may be in use.

    Raises:
        OSError: one of them cannot be used.
    """
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(target, timeout=_WAIT_SECONDS)) as new,
        ):
            old.backup(new)
    except sqlite3.Error as error:
        raise OSError(0, str(error), str(source)) from error


@dataclass(frozen=True, slots=True)
class Database:
    """One file of rows; there is none until the first is written.

    `content` is what the file holds, in words, for messages; `max_bytes` keeps visitors from
    filling the disk. Every method raises `error` where the file cannot be used; the message says
    how to mend it.
    """

    path: Path
    schema: str
    content: str
    error: type[StorageError]
    max_bytes: int

    def write(self, statement: str, values: Values) -> None:
        """Run a statement; the file is made where there is none."""
        with self._mapped():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._opened("rwc") as database:
                database.execute(statement, values)

    def change(self, statement: str, values: Values) -> bool:
        """Run a statement on what there is; say whether it changed anything."""
        with self._mapped():
            if not self.path.exists():
                return False
            with self._opened("rw") as database:
                return database.execute(statement, values).rowcount > 0

    def rows(self, statement: str, values: Values = ()) -> list[dict[str, Any]]:
        """Give the rows of a query, each by the names of its columns."""
        with self._mapped():
            if not self.path.exists():
                return []
            with self._opened("rw") as database:
                database.row_factory = sqlite3.Row
                return [dict(row) for row in database.execute(statement, values)]

    @contextmanager
    def _opened(self, mode: str) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction."""
        address = f"{self.path.resolve().as_uri()}?mode={mode}"
        with closing(sqlite3.connect(address, uri=True, timeout=_WAIT_SECONDS)) as database:
            # What is taken back shall not linger in the file's free pages.
            database.execute("PRAGMA secure_delete = ON")
            database.execute(f"PRAGMA max_page_count = {self.max_bytes // _PAGE_BYTES}")
            with database:
                database.executescript(self.schema)
                yield database

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, ValueError) as error:
            code = "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
            raise self.error(
                f"the {self.content} in {self.path} cannot be used ({error}); "
                f"{_MENDS.get(code, _MEND)}"
            ) from error
