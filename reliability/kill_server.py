"""Kills builders of an index on a Chroma server, and that server, at random moments.

    python reliability/kill_server.py --kills 60

One index goes through ingestions, updates and rebuilds, which are struck and then mended by the
next run; two in three times the builder is killed, else the server, which is started again on what
is left. A reader asks meanwhile. Prints one JSON object; the exit code is 1 where anything was
wrong. With `--planted` builders remove at once what others still read, which must be found; once
it is, that is enough.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from chroma_server import ChromaProcess
from examine import NOTHING, examine, wrong_answer
from material import HashedWords, build, processes, texts_of, write_documents

from index.errors import IndexMissingError, IndexProblemError, IndexUnreachableError
from index.search import SearchIndex
from index.server import ChromaServer, ServerStore
from index.shared import home_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from multiprocessing.connection import Connection

_DOCUMENTS = 16
_KINDS = ("ingestion", *("update", "rebuild") * 4)  # of one index, until it begins anew
_SERVER_EACH = 3  # so many rounds
_ELSEWHERE_EACH = 20  # rounds; the next run is then another machine's
_FORGOTTEN = 31  # seconds after which another machine takes over
_MOST_TRIES = 4  # for each kill that is to strike
_SHOWN = 5
_REQUEST_SECONDS = 0.05
_PAUSE = 0.05  # seconds, of who asks a server that is gone
_REFUSED = 3  # exit code of a build that ended in one line
_MOST_PARTS = {"current": 1, "catalogue": 2, "vectors": 2}
_context = processes()


class Strike(NamedTuple):
    """What is killed, and when: so many seconds after the builder's request of this number.

    Where it `waits`, the builder goes on with that request once the server is back.
    """

    server: bool
    request: int
    waits: bool
    seconds: float


@dataclass(slots=True)
class Figures:
    """What was found; `wrong` counts the kills after which anything was wrong."""

    seed: int
    kills: int = 0
    server_kills: int = 0
    missed: int = 0
    refused: int = 0
    left: dict[str, int] = field(default_factory=dict)
    answers: int = 0
    without_server: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(slots=True)
class Site:
    """The server and the index on it, with the documents that it is built from."""

    process: ChromaProcess
    temporary: Path
    planted: bool = False
    number: int = 0

    @property
    def name(self) -> str:
        """The name of the index on the server."""
        return f"index{self.number}"

    @property
    def folder(self) -> Path:
        """The documents."""
        return self.temporary / f"documents{self.number}"

    def machine(self, which: str) -> Path:
        """Give the data folder of a machine."""
        return self.temporary / f"{which}{self.number}"

    def change(self, version: int) -> dict[str, str]:
        """Rewrite half of the documents, remove one of the others; give the texts of all."""
        chosen = [each for each in range(_DOCUMENTS) if each % 2 == version % 2]
        write_documents(self.folder, chosen, f"round{version}")
        vanished = self.folder / f"harbour-{(version + 1) % _DOCUMENTS}.md"
        vanished.unlink(missing_ok=True)
        return texts_of(self.folder)

    def start(self, work: Any, *arguments: Any) -> Any:
        """Start work on the index in a process of its own."""
        process = _context.Process(target=work, args=(self.process.url, self.name, *arguments))
        process.start()
        return process

    def build(
        self, machine: Path, kind: str, told: Connection | None = None, strike: Strike | None = None
    ) -> Any:
        """Start a build in a process of its own, which tells when it is to be strike."""
        return self.start(_build, machine, self.folder, kind, told, strike, self.planted)

    def restart(self) -> None:
        """Kill the server and start it again on what is left."""
        self.process.stop()
        self.process.start()


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


def main() -> None:
    """Kill as often as is asked for and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--planted", action="store_true")
    arguments = parser.parse_args()
    figures = Figures(arguments.seed)
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as temporary,
        ChromaProcess(Path(temporary) / "chroma") as process,
    ):
        site = Site(process, Path(temporary))
        usual = dict(_undisturbed(site))
        site.planted = arguments.planted
        _rounds(site, usual, figures, arguments)
    figures.seconds = round(time.monotonic() - began, 1)
    json.dump(asdict(figures), sys.stdout)
    sys.stdout.write("\n")
    sys.exit(bool(figures.wrong or figures.kills + figures.server_kills < arguments.kills))


def _undisturbed(site: Site) -> Iterator[tuple[str, int]]:
    """Give how many requests each kind of work takes."""
    for version, kind in enumerate(_KINDS[:3]):
        site.change(version)
        here, there = _context.Pipe()
        process = site.build(site.machine("machine"), kind, there)
        yield kind, here.recv()
        process.join()


def _rounds(
    site: Site, usual: dict[str, int], figures: Figures, arguments: argparse.Namespace
) -> None:
    chance = random.Random(arguments.seed)
    before: dict[str, str] = {}
    step = 0
    for number in range(arguments.kills * _MOST_TRIES):
        if figures.kills + figures.server_kills == arguments.kills:
            return
        kind = _KINDS[step % len(_KINDS)]
        if kind == "ingestion":
            site.number += 1
            before = {}
        server = not (site.planted or (number + 1) % _SERVER_EACH)
        request, waits = chance.randint(1, usual[kind]), server and chance.random() < 1 / 2
        strike = Strike(server, request, waits, chance.uniform(0, _REQUEST_SECONDS))
        before, wrong = _round(site, kind, number, strike, before, figures)
        figures.wrong += bool(wrong)
        figures.examples += [f"{kind}: {each}" for each in wrong][: _SHOWN - len(figures.examples)]
        if wrong and site.planted:
            return
        # What is wrong once may be wrong for ever; the next index begins anew.
        step = 0 if wrong else step + 1


def _round(
    site: Site, kind: str, number: int, strike: Strike, before: dict[str, str], figures: Figures
) -> tuple[dict[str, str], list[str]]:
    """Strike once, look, let the next run mend it, look again; give the texts by then."""
    versions = {"old" if before else NOTHING: before, "new": site.change(2 * number)}
    here, there = _context.Pipe()
    stop, stopped = _context.Pipe(duplex=False)
    reader = site.start(_read, site.machine("reader"), stop, there, bool(before), strike.server)
    kept, wrong = _strike(site, kind, strike, figures)
    stopped.send("stop")
    reader.join()
    if reader.exitcode:
        wrong.append("the reader failed")
    else:
        answers, without, wrong_answers = here.recv()
        figures.answers += answers
        figures.without_server += without
        wrong += wrong_answers
    held, found = _examined(site, versions)
    wrong += found
    if kept and held != "new":
        wrong.append("a build that ended well is not there")
    left = f"{kind}: {held or 'a mixture'}"
    figures.left[left] = figures.left.get(left, 0) + 1
    after = site.change(2 * number + 1)
    wrong += [f"after the next run: {each}" for each in _mended(site, number, after)]
    return after, wrong


def _strike(site: Site, kind: str, strike: Strike, figures: Figures) -> tuple[bool, list[str]]:
    """Start the work and kill it or the server; say whether it was done, and what is wrong."""
    here, there = _context.Pipe()
    process = site.build(site.machine("machine"), kind, there, strike)
    there.close()
    with suppress(EOFError):  # it may take fewer requests than usual
        here.recv()
    time.sleep(strike.seconds)
    if strike.server:
        site.restart()
        figures.server_kills += 1
        here.close()
    else:
        process.kill()
    process.join()
    if process.exitcode == -signal.SIGKILL:
        figures.kills += 1
        return False, []
    if strike.server and process.exitcode == _REFUSED:
        figures.refused += 1
        return False, []
    figures.missed += not strike.server
    return True, ["the work itself failed"] if process.exitcode else []


def _mended(site: Site, number: int, texts: dict[str, str]) -> list[str]:
    """Let the next run take in what changed; say what is wrong afterwards."""
    machine = site.machine("machine")
    if number % _ELSEWHERE_EACH == _ELSEWHERE_EACH - 1:
        machine = site.machine("other")
        time.sleep(_FORGOTTEN)
    again = site.build(machine, "")
    again.join()
    held, wrong = _examined(site, {"new": texts})
    if again.exitcode or held != "new":
        wrong.append("it did not mend it")
    parts = [each.partition(".")[0] for each in _server(site).parts()]
    if any(parts.count(each) > _MOST_PARTS.get(each, 0) for each in parts):
        wrong.append(f"more is on the server than two generations: {', '.join(sorted(parts))}")
    if list(machine.glob("building-*")):
        wrong.append("an unfinished catalogue is in the data folder")
    return wrong


def _server(site: Site) -> ChromaServer:
    return ChromaServer(site.process.url, name=site.name)


def _build(
    url: str,
    name: str,
    root: Path,
    folder: Path,
    kind: str,
    told: Connection | None,
    strike: Strike | None,
    planted: bool,  # noqa: FBT001 - Process hands on by position
) -> None:
    if planted:
        ServerStore.retire = ServerStore.delete  # type: ignore[assignment, method-assign]
    server = CountedServer(url, name=name)
    server.told, server.strike = told, strike
    try:
        build(root, folder, rebuild=kind == "rebuild", server=server)
    except IndexProblemError:
        sys.exit(_REFUSED)
    if told and not strike:
        told.send(server.requests)


def _read(
    url: str,
    name: str,
    root: Path,
    stop: Connection,
    told: Connection,
    built: bool,  # noqa: FBT001 - Process hands on by position
    struck: bool,  # noqa: FBT001 - the same
) -> None:
    """Ask until told to stop, each time of the newest generation, as web processes do."""
    server = ChromaServer(url, name=name)
    answers = without = 0
    wrong: list[str] = []
    index: SearchIndex | None = None
    while not stop.poll() and not wrong:
        try:
            if index is None or index.generation != home_of(root, server).newest():
                index = SearchIndex(root, HashedWords(), server)
            entry = random.choice(index.catalogue.entries())
            passages = index.catalogue.passages_of(entry.document_id)
            wrong += filter(None, [wrong_answer(index, random.choice(passages))])
            answers += 1
        except IndexUnreachableError as error:
            without += 1
            time.sleep(_PAUSE)
            wrong += [] if struck else [f"a reader was told: {error}"]
        except IndexMissingError as error:
            wrong += [f"a reader was told: {error}"] if built else []
        except IndexProblemError as error:
            wrong.append(f"a reader was told: {error}")
    told.send((answers, without, wrong))


def _examined(site: Site, versions: dict[str, dict[str, str]]) -> tuple[str, list[str]]:
    """Look from another machine, in a process of its own."""
    here, there = _context.Pipe(duplex=False)
    machine = site.machine("examiner")
    process = _context.Process(
        target=examine, args=(machine, versions, there, site.process.url, site.name)
    )
    process.start()
    there.close()
    try:
        held, wrong = here.recv()
    except EOFError:
        held, wrong = "", ["looking at it ended the process"]
    process.join()
    return held, wrong


if __name__ == "__main__":
    main()
