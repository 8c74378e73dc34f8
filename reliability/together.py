"""Lets two processes change one index at once while a third one reads it, again and again.

Prints one JSON object; the exit code is 1 where anything was wrong. With `--planted` the
processes do not ask for the right to build, which must be found.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from examine import examine
from material import HashedWords, build, processes, texts_of, write_documents

from index import generation
from index.errors import IndexBusyError, IndexProblemError
from index.search import SearchIndex

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from threading import Barrier

    import numpy as np
    from numpy.typing import NDArray

_DOCUMENTS = 24
_AT_MOST = 2.0  # seconds until the second is told
_PAUSE = 2.5  # longer than a builder waits for another, however quick the machine
_context = processes()


class SlowToStart(HashedWords):
    """An embedder with which no build is over before a second one is told."""

    pause = _PAUSE

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give the same vectors, the first ones late."""
        time.sleep(self.pause)
        self.pause = 0.0
        return super().embed(texts)


@dataclass(slots=True)
class Figures:
    """What was found; `wrong` counts the rounds in which anything was wrong."""

    rounds: int = 0
    told: int = 0
    slowest_told: float = 0.0
    answers: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list)


def main() -> None:
    """Let them run as often as is asked for and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--planted", action="store_true")
    arguments = parser.parse_args()
    figures = Figures()
    with tempfile.TemporaryDirectory() as temporary:
        folder, root = Path(temporary) / "documents", Path(temporary) / "index"
        write_documents(folder, range(_DOCUMENTS), "first")
        _joined([_context.Process(target=build, args=(root, folder))])
        for number in range(arguments.rounds):
            _round(root, folder, f"round{number}", figures, planted=arguments.planted)
    json.dump(asdict(figures), sys.stdout)
    sys.stdout.write("\n")
    sys.exit(bool(figures.wrong or not figures.told))


def _round(root: Path, folder: Path, version: str, figures: Figures, *, planted: bool) -> None:
    write_documents(folder, range(_DOCUMENTS), version)
    here, there = _context.Pipe(duplex=False)
    stop, stopped = _context.Pipe(duplex=False)
    reader = _context.Process(target=_read, args=(root, stop, there))
    reader.start()
    together = _context.Barrier(2)
    builders = [
        _context.Process(target=_build, args=(root, folder, there, together, planted))
        for _ in range(2)
    ]
    _joined(builders)
    stopped.send("stop")
    reader.join()
    wrong = [] if reader.exitcode == 0 else ["the reader failed"]
    while here.poll():
        what, value = here.recv()
        if what == "told":
            figures.told += 1
            figures.slowest_told = round(max(figures.slowest_told, value), 2)
            wrong += ["the second was told late"] if value > _AT_MOST else []
        elif what == "answers":
            figures.answers += value
        else:
            wrong.append(value)
    wrong += _examined(root, folder)
    figures.rounds += 1
    figures.wrong += bool(wrong)
    figures.examples += wrong[: 5 - len(figures.examples)]


def _build(
    root: Path,
    folder: Path,
    told: Connection,
    together: Barrier,
    planted: bool,  # noqa: FBT001 - Process hands on by position
) -> None:
    if planted:
        generation.building = lambda _root: nullcontext()
    together.wait()
    began = time.monotonic()
    try:
        build(root, folder, SlowToStart())
    except IndexBusyError:
        told.send(("told", time.monotonic() - began))
    except (IndexProblemError, OSError) as error:
        told.send(("wrong", f"an ingestion failed: {error}"))


def _read(root: Path, stop: Connection, told: Connection) -> None:
    """Open the index and search it until told to stop."""
    answers = 0
    while not stop.poll():
        with SearchIndex(root, HashedWords()) as index:
            for number in range(_DOCUMENTS):
                if not index.search(f"Lantern {number}x0 weighs", 3):
                    told.send(("wrong", "a search found nothing"))
                answers += 1
    told.send(("answers", answers))


def _examined(root: Path, folder: Path) -> list[str]:
    here, there = _context.Pipe(duplex=False)
    process = _context.Process(target=examine, args=(root, {"new": texts_of(folder)}, there))
    process.start()
    there.close()
    try:
        _, wrong = here.recv()
    except EOFError:
        wrong = ["looking at the index ended the process"]
    process.join()
    return wrong


def _joined(started: list[BaseProcess]) -> None:
    for process in started:
        process.start()
    for process in started:
        process.join()


if __name__ == "__main__":
    main()
