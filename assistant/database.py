"""One table of what is kept of visitors: in a file of the data folder, or in PostgreSQL."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import SecretStr
from sqlalchemy import Text, TypeDecorator, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from assistant.sqlite import SqliteFile
from corpus.text import storable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Connection, Delete, Dialect, Select, Table, Update
    from sqlalchemy.dialects import postgresql, sqlite

    from assistant.errors import StorageError

    Insert = sqlite.Insert | postgresql.Insert


FILES = SecretStr("")  # the address that means files in the data folder


class Words(TypeDecorator[str]):
    """A text of whatever characters; what the database cannot hold becomes a question mark."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Give what is written, or looked for."""
        if value is None:
            return None
        held = storable(value)
        return held.replace("\0", "?") if dialect.name == "postgresql" else held


class Place(Protocol):
    """Where rows are kept: what differs from one kind of database to another."""

    name: str

    def insert(self, table: Table) -> Insert:
        """Give a statement that adds a row, or changes the one that is there."""

    def exists(self) -> bool:
        """Say whether anything may have been written yet."""

    def begin(self, *, writing: bool) -> AbstractContextManager[Connection]:
        """Begin a transaction."""

    def lock(self, connection: Connection, name: str) -> None:
        """Have one transaction at a time go on that locks this name."""

    def reason(self, error: BaseException) -> tuple[str, str]:
        """Say in one line each what is wrong, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Database:
    """A table; there is none until the first row is written.

    `content` is what it holds, in words, for messages. Every method raises `error` where the
    place cannot be used; the message says how to mend it.
    """

    place: Place
    table: Table
    content: str
    error: type[StorageError]

    def write(
        self, statement: Insert, *, alone: str = "", afterwards: Delete | None = None
    ) -> None:
        """Add a row; the table is made where there is none.

        Of those that write and name the same as `alone` one does so at a time. What is to be
        deleted `afterwards` goes with the same transaction.
        """
        with self._mapped(), self._writing(alone) as connection:
            if not self._is_in(connection):
                self.place.lock(connection, f"table {self.table.name}")
                self.table.create(connection, checkfirst=True)
            connection.execute(statement)
            if afterwards is not None:
                connection.execute(afterwards)

    def change(self, statement: Update | Delete, *, alone: str = "") -> bool:
        """Change rows; say whether there were any."""
        with self._mapped():
            if not self.place.exists():
                return False
            with self._writing(alone) as connection:
                return self._is_in(connection) and connection.execute(statement).rowcount > 0

    def rows(self, statement: Select[Any]) -> list[dict[str, Any]]:
        """Give the rows of a query, each by the names of its columns."""
        with self._mapped():
            if not self.place.exists():
                return []
            with self.place.begin(writing=False) as connection:
                if not self._is_in(connection):
                    return []
                return [dict(row) for row in connection.execute(statement).mappings()]

    def count(self) -> int:
        """Count the rows."""
        counted = self.rows(select(func.count().label("count")).select_from(self.table))
        return int(counted[0]["count"]) if counted else 0

    @contextmanager
    def _writing(self, alone: str) -> Iterator[Connection]:
        with self.place.begin(writing=True) as connection:
            if alone:
                self.place.lock(connection, f"{self.table.name} {alone}")
            yield connection

    def _is_in(self, connection: Connection) -> bool:
        return inspect(connection).has_table(self.table.name)

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            what, mend = self.place.reason(getattr(error, "orig", None) or error)
            raise self.error(
                f"the {self.content} in {self.place.name} cannot be used ({what}); {mend}"
            ) from error


def open_place(file: Path, max_bytes: int, url: SecretStr) -> Place:
    """Give the PostgreSQL database of an address or, where that is empty, a file.

    Raises:
        SettingsError: the driver of PostgreSQL is not installed.
    """
    if not url.get_secret_value():
        return SqliteFile(file, max_bytes)
    from assistant.postgres import PostgresDatabase  # noqa: PLC0415 - its driver is an extra

    return PostgresDatabase(url)
