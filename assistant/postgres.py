"""A PostgreSQL database that several processes, on several machines, may share."""

from __future__ import annotations

import os
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, create_engine, event, func, literal, make_url, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from assistant.errors import SettingsError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pydantic import SecretStr
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection

_CONNECTIONS = 5
_MORE_CONNECTIONS = 10
_WAIT_SECONDS = 5
_CLIENT = {
    "application_name": "summit-assistant",
    "connect_timeout": str(_WAIT_SECONDS),
    # A server whose machine is gone answers nothing, not even that the connection is closed.
    "tcp_user_timeout": "10000",
}
_LIMITS = (f"SET lock_timeout = '{_WAIT_SECONDS}s'", "SET statement_timeout = '30s'")
_BUSY = "somebody else holds it; try again in a moment"
_FULL = "free room on its disk"
_OTHERS = "another version wrote its tables; rename them, and new ones begin"
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_MENDS = {
    "25006": "name a server that can be written",
    "42501": "give the user of SUMMIT_DATABASE_URL the right to make and to change tables there",
    "42703": _OTHERS,
    "42804": _OTHERS,
    "42P10": _OTHERS,
    "53100": _FULL,
    "55P03": _BUSY,
    "57014": _BUSY,
}
_MEND = (
    "see that PostgreSQL runs there and that SUMMIT_DATABASE_URL has the right user, password and "
    "name"
)


class PostgresDatabase:
    """A database by its address; its tables are made when the first row is written.

    Connections are kept open and shared by all threads of a process. `name` says where it is,
    without user and password.

    Raises:
        SettingsError: the driver is not installed.
    """

    insert = staticmethod(insert)

    def __init__(self, url: SecretStr) -> None:
        self._engine = _engine(url.get_secret_value())
        address = self._engine.url
        host = address.host or address.query.get("host")
        port = f":{address.port}" if address.port else ""
        self.name = f"PostgreSQL at {host}{port}/{address.database}"

    def exists(self) -> bool:
        """Say whether anything may have been written yet."""
        return True

    def begin(self, *, writing: bool) -> AbstractContextManager[Connection]:
        """Begin a transaction."""
        del writing
        return self._engine.begin()

    def lock(self, connection: Connection, name: str) -> None:
        """Wait until no other transaction has locked this name; this one's end lets it go."""
        digest = blake2b(name.encode("utf-8", "replace"), digest_size=8).digest()
        key = int.from_bytes(digest, "big", signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(literal(key, BigInteger))))

    def reason(self, error: BaseException) -> tuple[str, str]:
        """Say what is wrong with the database, and how to mend it; never what was written."""
        if isinstance(error, PoolTimeoutError):
            return "all connections are in use", _BUSY
        said = getattr(getattr(error, "diag", None), "message_primary", None) or str(error)
        mend = _MENDS.get(getattr(error, "sqlstate", None) or "", _MEND)
        return " ".join(said.split()), mend


@lru_cache
def _engine(url: str) -> Engine:
    """Give the connections to a database: one set for each process."""
    address = make_url(url).set(drivername="postgresql+psycopg")
    address = address.update_query_dict({**_CLIENT, **address.query})
    try:
        engine = create_engine(
            address,
            pool_size=_CONNECTIONS,
            max_overflow=_MORE_CONNECTIONS,
            pool_timeout=_WAIT_SECONDS,
            pool_pre_ping=True,
            hide_parameters=True,
        )
    except ImportError as error:
        raise SettingsError(
            "SUMMIT_DATABASE_URL needs what is not installed; install the extra: "
            "pip install '.[postgres]'"
        ) from error
    event.listen(engine, "connect", _limit)
    # Two processes on one connection would read each other's rows.
    os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    return engine


def _limit(connection: DBAPIConnection, _record: object) -> None:
    """Keep a new connection from waiting without end."""
    cursor = connection.cursor()
    for each in _LIMITS:
        cursor.execute(each)
    cursor.close()
    connection.commit()
