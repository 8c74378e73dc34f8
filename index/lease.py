"""The right to change what a server holds: one builder has it, of all machines.

It is a note with a name that can be taken once. Whoever has it says every few seconds, by the
server's clock, that they live; who no longer does loses it.
"""

from __future__ import annotations

import socket
import threading
import uuid
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from index.errors import IndexBusyError, IndexProblemError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from index.server import ChromaServer, Note

LOCK = "lock"
_REFRESHED = 5.0  # seconds
_DEAD = 30  # seconds without a word
_WAIT = 3.0  # seconds for the thread to end


class Lease:
    """The right to build, while it is ours."""

    def __init__(self, server: ChromaServer, owner: str) -> None:
        self._server = server
        self._owner = owner
        # Two builds of one owner, one of them given up for dead, are two.
        self._which = uuid.uuid4().hex
        self._note = self._taken()

    def check(self) -> None:
        """Raise IndexBusyError where somebody else has taken over meanwhile."""
        note = self._server.note(LOCK)
        if note is None or note.values.get("which") != self._which:
            raise IndexBusyError(
                "another machine has begun to change the index meanwhile; the old one stays in "
                "use; wait until that is done and try again"
            )

    def refresh(self) -> None:
        """Say that we live."""
        self._note.replace(self._values())

    def give_back(self) -> None:
        """Let others build."""
        # Under its own name it could by now be the lock of somebody else.
        ended = f"{LOCK}.{self._which}"
        self._note.rename(ended)
        self._server.remove(ended)

    def _taken(self) -> Note:
        if made := self._server.new_note(LOCK, self._values()):
            return made
        found = self._server.note(LOCK)
        if found and self._lives(found):
            raise IndexBusyError(
                f"another machine is changing the index on the Chroma server at "
                f"{self._server.url}; wait until it is done and try again"
            )
        if found:
            # Two may find it dead at once; only one of them then makes the new one.
            found.rename(f"{LOCK}.{uuid.uuid4().hex}")
        if made := self._server.new_note(LOCK, self._values()):
            return made
        raise IndexBusyError("another machine was quicker to change the index; try again later")

    def _lives(self, note: Note) -> bool:
        # Of one data folder only one process builds, and that is us.
        if note.values.get("owner") == self._owner:
            return False
        told = note.values.get("time")
        return isinstance(told, int) and self._server.seconds() - told < _DEAD

    def _values(self) -> dict[str, str | int]:
        return {"owner": self._owner, "which": self._which, "time": self._server.seconds()}


@contextmanager
def held(server: ChromaServer, root: Path) -> Iterator[Lease]:
    """Hold the right to build for whoever holds the build lock of the data folder `root`.

    Raises:
        IndexBusyError: another machine has it.
    """
    lease = Lease(server, _owner(root))
    done = threading.Event()

    def refresh() -> None:
        while not done.wait(_REFRESHED):
            # Whether it was lost is looked at when it matters.
            with suppress(IndexProblemError):
                lease.refresh()

    thread = threading.Thread(target=refresh, daemon=True)
    thread.start()
    try:
        yield lease
    finally:
        done.set()
        thread.join(_WAIT)
        with suppress(IndexProblemError):
            lease.give_back()


def _owner(root: Path) -> str:
    """Name the data folder, as no other is named; it may have been copied to another machine."""
    file = root / "owner"
    if not file.exists():
        file.write_text(uuid.uuid4().hex + "\n", "utf-8")
    return f"{file.read_text('utf-8').strip()}@{socket.gethostname()}"
