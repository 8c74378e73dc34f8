"""A small SQLite file in the data folder that several threads and processes may share."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import NullPool, create_engine
from sqlalchemy.dialects.sqlite import insert

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

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


class SqliteFile:
    """A file of rows; there is none until the first is written.

    It is opened anew for each transaction, so threads and processes may share it. `max_bytes`
    keeps visitors from filling the disk. `name` is its path.
    """

    insert = staticmethod(insert)

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.name = str(path)
        self._path = path
        self._max_pages = max_bytes // _PAGE_BYTES
        self._engine = create_engine(
            "sqlite://", creator=self._connect, poolclass=NullPool, hide_parameters=True
        )

    def exists(self) -> bool:
        """Say whether anything has been written yet."""
        return self._path.exists()

    @contextmanager
    def begin(self, *, writing: bool) -> Iterator[Connection]:
        """Open the file for one transaction; of those that write there is one at a time."""
        if writing:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._engine.begin() as connection:
            # Whoever reads first and then writes could find that another one did so meanwhile.
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
            yield connection

    def lock(self, connection: Connection, name: str) -> None:
        """Do nothing: whoever writes has the file to themselves."""

    def reason(self, error: BaseException) -> tuple[str, str]:
        """Say what is wrong with the file, and how to mend it."""
        code = "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
        return str(error), _MENDS.get(code, _MEND)

    def _connect(self) -> sqlite3.Connection:
        # Transactions are begun above; the module would begin them too late.
        database = sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None)
        # What is taken back shall not linger in the file's free pages.
        database.execute("PRAGMA secure_delete = ON")
        database.execute(f"PRAGMA max_page_count = {self._max_pages}")
        return database
