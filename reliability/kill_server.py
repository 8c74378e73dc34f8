"""Kills builders of an index on a Chroma server, and that server, at random moments.

    python reliability/kill_server.py --kills 60

One index goes through ingestions, updates and rebuilds, which are struck and then mended by the
next run. Of three times the builder is killed twice, and once the server, which is started again
on what is left; half of those builders go on with it unawares. A reader asks meanwhile. Prints one
JSON object; the exit code is 1 where anything was wrong. With `--planted` builders remove at once
what others still read, which must be found; once it is, that is enough.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from builders import BROKEN, FAILED, REFUSED, Builder, Reader, Strike
from chroma_server import ChromaProcess
from examine import NOTHING, examine
from material import processes, texts_of, write_documents

from index.server import ChromaServer

if TYPE_CHECKING:
    from collections.abc import Iterator

_DOCUMENTS = 16
_KINDS = ("ingestion", *("update", "rebuild") * 4)  # of one index, until it begins anew
_SERVER_EACH = 3  # so many rounds
_ELSEWHERE_EACH = 20  # rounds; the next run is then another machine's
_FORGOTTEN = 31  # seconds after which another machine takes over
_MOST_TRIES = 4  # for each kill that is to strike
_SHOWN = 5
_REQUEST_SECONDS = 0.05
_MOST_PARTS = {"current": 1, "catalogue": 2, "vectors": 2}
_context = processes()


@dataclass(slots=True)
class Figures:
    """What was found; `wrong` counts the kills after which anything was wrong."""

    seed: int
    kills: int = 0
    server_kills: int = 0
    missed: int = 0
    refused: int = 0
    rebuilt: int = 0
    left: dict[str, int] = field(default_factory=dict)
    answers: int = 0
    without_server: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(slots=True)
class Site:
    """The server, the index on it, and the documents that it is built from.

    `texts` are those that the index holds.
    """

    process: ChromaProcess
    temporary: Path
    planted: bool = False
    number: int = 0
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the index on the server."""
        return f"index{self.number}"

    def begin_anew(self) -> None:
        """Go on with another index, of which there is nothing yet."""
        self.number += 1
        self.texts = {}

    def place(self, which: str) -> Path:
        """Give the folder of the documents, or the data folder of a machine."""
        return self.temporary / f"{which}{self.number}"

    def change(self, version: int) -> dict[str, str]:
        """Rewrite half of the documents, remove one of the others; give the texts of all."""
        folder = self.place("documents")
        chosen = [each for each in range(_DOCUMENTS) if each % 2 == version % 2]
        write_documents(folder, chosen, f"round{version}")
        (folder / f"harbour-{(version + 1) % _DOCUMENTS}.md").unlink(missing_ok=True)
        return texts_of(folder)

    def builder(self, machine: str, kind: str = "", strike: Strike | None = None) -> Builder:
        """Give a builder on a machine."""
        return Builder(
            self.process.url,
            self.name,
            self.place(machine),
            self.place("documents"),
            kind == "rebuild",
            self.planted,
            strike,
        )

    def reader(self, *, struck: bool) -> Reader:
        """Give a reader on a machine of its own."""
        root = self.place("reader")
        return Reader(self.process.url, self.name, root, bool(self.texts), struck)


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
        _rounds(site, usual, figures, arguments.kills)
    figures.seconds = round(time.monotonic() - began, 1)
    json.dump(asdict(figures), sys.stdout)
    sys.stdout.write("\n")
    sys.exit(bool(figures.wrong or figures.kills + figures.server_kills < arguments.kills))


def _undisturbed(site: Site) -> Iterator[tuple[str, int]]:
    """Give how many requests each kind of work takes."""
    for version, kind in enumerate(_KINDS[:3]):
        site.change(version)
        here, there = _context.Pipe()
        process = _started(site.builder("machine", kind).run, there)
        there.close()
        yield kind, here.recv()
        process.join()


def _rounds(site: Site, usual: dict[str, int], figures: Figures, kills: int) -> None:
    chance = random.Random(figures.seed)
    step = 0
    for number in range(kills * _MOST_TRIES):
        if figures.kills + figures.server_kills == kills or (site.planted and figures.wrong):
            return
        kind = _KINDS[step % len(_KINDS)]
        if kind == "ingestion":
            site.begin_anew()
        server = not site.planted and number % _SERVER_EACH == _SERVER_EACH - 1
        request, waits = chance.randint(1, usual[kind]), server and chance.random() < 1 / 2
        strike = Strike(server, request, waits, chance.uniform(0, _REQUEST_SECONDS))
        wrong = _round(site, kind, number, strike, figures)
        figures.wrong += bool(wrong)
        figures.examples += [f"{kind}: {each}" for each in wrong][: _SHOWN - len(figures.examples)]
        # What is wrong once may be wrong for ever; the next index begins anew.
        step = 0 if wrong else step + 1


def _round(site: Site, kind: str, number: int, strike: Strike, figures: Figures) -> list[str]:
    """Strike once, look, let the next run mend it, look again; say what is wrong."""
    versions = {"old" if site.texts else NOTHING: site.texts, "new": site.change(2 * number)}
    here, there = _context.Pipe()
    stop, stopped = _context.Pipe(duplex=False)
    reader = _started(site.reader(struck=strike.server).run, stop, there)
    there.close()
    kept, wrong = _struck(site, kind, strike, figures)
    stopped.send("stop")
    try:
        answers, without, wrong_answers = here.recv()
    except EOFError:
        answers, without, wrong_answers = 0, 0, ["the reader failed"]
    reader.join()
    figures.answers += answers
    figures.without_server += without
    held, found = _examined(site, versions)
    broken = strike.server and any(FAILED in each for each in found)
    wrong += wrong_answers + ([] if broken else found)
    if kept and held != "new" and not broken:
        wrong.append("a build that ended well is not there")
    left = f"{kind}: {'a broken graph' if broken else held or 'a mixture'}"
    figures.left[left] = figures.left.get(left, 0) + 1
    site.texts = site.change(2 * number + 1)
    mended = _mended(site, number, strike, figures)
    return wrong + [f"after the next run: {each}" for each in mended]


def _struck(site: Site, kind: str, strike: Strike, figures: Figures) -> tuple[bool, list[str]]:
    """Start the work and kill it or the server; say whether it was done, and what is wrong."""
    here, there = _context.Pipe()
    process = _started(site.builder("machine", kind, strike).run, there)
    there.close()
    with suppress(EOFError):  # it may take fewer requests than usual
        here.recv()
    time.sleep(strike.seconds)
    if strike.server:
        site.process.stop()
        site.process.start()
        figures.server_kills += 1
    else:
        process.kill()
    here.close()  # it goes on if it waits
    process.join()
    if process.exitcode == -signal.SIGKILL:
        figures.kills += 1
        return False, []
    if strike.server and process.exitcode in {REFUSED, BROKEN}:
        figures.refused += 1
        return False, []
    figures.missed += not strike.server
    return True, ["the work itself failed"] if process.exitcode else []


def _mended(site: Site, number: int, strike: Strike, figures: Figures) -> list[str]:
    """Let the next run take in what changed; say what is wrong afterwards.

    Chroma may have been killed while it wrote a graph; the run then says that a rebuild mends it.
    """
    machine = "machine"
    if number % _ELSEWHERE_EACH == _ELSEWHERE_EACH - 1:
        machine = "other"
        time.sleep(_FORGOTTEN)
    again = _started(site.builder(machine).run, None)
    again.join()
    if strike.server and again.exitcode == BROKEN:
        figures.rebuilt += 1
        again = _started(site.builder(machine, "rebuild").run, None)
        again.join()
    held, wrong = _examined(site, {"new": site.texts})
    if again.exitcode or held != "new":
        wrong.append("it did not mend it")
    server = ChromaServer(site.process.url, name=site.name)
    parts = [each.partition(".")[0] for each in server.parts()]
    if any(parts.count(each) > _MOST_PARTS.get(each, 0) for each in parts):
        wrong.append(f"more is on the server than two generations: {', '.join(sorted(parts))}")
    if list(site.place(machine).glob("building-*")):
        wrong.append("an unfinished catalogue is in the data folder")
    return wrong


def _examined(site: Site, versions: dict[str, dict[str, str]]) -> tuple[str, list[str]]:
    """Look from another machine, in a process of its own."""
    here, there = _context.Pipe(duplex=False)
    process = _started(
        examine, site.place("examiner"), versions, there, site.process.url, site.name
    )
    there.close()
    try:
        held, wrong = here.recv()
    except EOFError:
        held, wrong = "", ["looking at it ended the process"]
    process.join()
    return held, wrong


def _started(work: Any, *arguments: Any) -> Any:
    process = _context.Process(target=work, args=arguments)
    process.start()
    return process


if __name__ == "__main__":
    main()
