"""What can be wrong with a way in."""

from __future__ import annotations


class ServerError(Exception):
    """The server cannot start; the message is one line that says how to mend it."""
