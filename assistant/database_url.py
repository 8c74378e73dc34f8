"""The address of a database, checked before anything is sent there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from pydantic import SecretStr

_URL = re.compile(
    r"postgresql://"
    r"(?:[^\s:/?#@]+(?::[^\s/?#@]*)?@)?"
    r"(?P<host>[\w.-]+|\[[\da-f:.]+\])?(?::\d{1,5})?"
    r"/[^\s:/?#@]+"
    r"(?:\?(?P<options>[^\s#]*))?",
    re.ASCII | re.IGNORECASE,
)
# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
_OPTIONS = {
    *("host", "port", "application_name", "channel_binding", "connect_timeout", "gssencmode"),
    *("options", "sslcert", "sslkey", "sslmode", "sslrootcert", "target_session_attrs"),
    *("tcp_user_timeout",),
}


def check_database_url(url: SecretStr) -> SecretStr:
    """Give the address of a PostgreSQL database, or an empty one, as it is.

    Raises:
        ValueError: it is no such address; the message holds nothing of it, for it may be a
            password in which a special character was written as it is.
    """
    text = url.get_secret_value()
    if text and not _is_postgresql(text):
        raise ValueError(
            "it is no address of a PostgreSQL database; write "
            "postgresql://USER:PASSWORD@HOST/NAME, special characters of the password by their "
            "numbers (%40 for @, %2F for /, %3A for :, %23 for #, %3F for ?)"
        )
    return url


def _is_postgresql(text: str) -> bool:
    found = _URL.fullmatch(text)
    if not found:
        return False
    try:
        options = dict(parse_qsl(found["options"] or "", strict_parsing=bool(found["options"])))
    except ValueError:
        return False
    return options.keys() <= _OPTIONS and bool(found["host"] or options.get("host"))
