"""Builders and readers of an index on a Chroma server, each for a process of its own."""

from __future__ import annotations

import random
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from examine import wrong_answer
from material import HashedWords, build

import index.server
from index.errors import IndexMissingError, IndexProblemError, IndexUnreachableError
from index.search import SearchIndex
from index.server import ChromaServer, ServerStore
from index.shared import home_of
from index.vectors import CONFIGURATION

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from multiprocessing.connection import Connection
    from pathlib import Path

REFUSED, BROKEN = 3, 4  # exit codes of a build that ended in one line
FAILED = "has failed"  # says the line where Chroma cannot go on with what it holds
_WRITTEN_OFTEN: Any = {"sync_threshold": 50, "batch_size": 25}  # changes
_PAUSE = 0.05  # seconds, of who asks a server that is gone


class Strike(NamedTuple):
    """What is killed, and when: so many seconds after the builder's request of this number.

    A builder that waits goes on with that request once the server is back.
    """

    server: bool
    request: int
    waits: bool
    seconds: float


class CountedServer(ChromaServer):
    """A server whose client counts the requests of a build, and tells of one of them."""

    requests = 0
    told: Connection | None = None
    strike: Strike | None = None

    def reaching(self) -> AbstractContextManager[None]:
        """See `ChromaServer.reaching`."""
        if threading.current_thread() is threading.main_thread():
            self.requests += 1
            if self.told and self.strike and self.requests == self.strike.request:
                self.told.send("now")
                if self.strike.waits:
                    with suppress(EOFError):
                        self.told.recv()
        return super().reaching()


@dataclass(frozen=True, slots=True)
class Builder:
    """A build from the documents in a folder; a planted one removes at once what others read."""

    url: str
    name: str
    root: Path
    folder: Path
    rebuild: bool
    planted: bool
    strike: Strike | None = None

    def run(self, told: Connection | None) -> None:
        """Build; tell when it is to be struck or else, at the end, how many requests it took."""
        if self.planted:
            ServerStore.retire = ServerStore.delete  # type: ignore[assignment, method-assign]
        # Graphs of few vectors are to be written to the disk as often as those of many.
        index.server.CONFIGURATION = {"hnsw": {**CONFIGURATION["hnsw"], **_WRITTEN_OFTEN}}
        server = CountedServer(self.url, name=self.name)
        server.told, server.strike = told, self.strike
        try:
            build(self.root, self.folder, rebuild=self.rebuild, server=server)
        except IndexProblemError as error:
            sys.exit(BROKEN if FAILED in str(error) else REFUSED)
        if told and not self.strike:
            told.send(server.requests)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks; where the index is `built` it must be there, where the server is struck it may."""

    url: str
    name: str
    root: Path
    built: bool
    struck: bool

    def run(self, stop: Connection, told: Connection) -> None:
        """Ask until told to stop, each time of the newest generation, as web processes do.

        Tells how often there was an answer and how often no server, and what was wrong.
        """
        server = ChromaServer(self.url, name=self.name)
        answers = without = 0
        wrong: list[str] = []
        index: SearchIndex | None = None
        while not stop.poll() and not wrong:
            try:
                if index is None or index.generation != home_of(self.root, server).newest():
                    index = SearchIndex(self.root, HashedWords(), server)
                wrong += _asked(index)
                answers += 1
            except IndexUnreachableError as error:
                without += 1
                wrong += [] if self.struck else [f"a reader was told: {error}"]
                time.sleep(_PAUSE)
            except IndexMissingError as error:
                wrong += [f"a reader was told: {error}"] if self.built else []
            except IndexProblemError as error:
                wrong.append(f"a reader was told: {error}")
        told.send((answers, without, wrong))


def _asked(index: SearchIndex) -> list[str]:
    """Ask for any passage; say what is wrong with the answer."""
    entry = random.choice(index.catalogue.entries())
    passages = index.catalogue.passages_of(entry.document_id)
    said = wrong_answer(index, random.choice(passages))
    return [f"a reader saw: {said}"] if said else []
