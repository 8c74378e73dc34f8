"""Kills ingestions, updates and rebuilds at random moments, and looks at what each one left.

Prints one JSON object; the exit code is 1 where anything was wrong. A kill only counts where it
struck before the work was done, so the moments are drawn anew until there are enough. With
`--planted` the index is changed in place, which must be found; once it is, that is enough.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from examine import NOTHING, examine
from material import build, processes, texts_of, write_documents

from index import generation
from index.errors import IndexProblemError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.connection import Connection

_DOCUMENTS = 16
_MOST_TRIES = 6  # for each kill that is to strike
_SHOWN = 5
_WRITES_FROM = 0.4  # of the time that the work takes
_context = processes()
_begin = generation.begin

Versions = dict[str, dict[str, str]]


@dataclass(slots=True)
class Figures:
    """What was found; `wrong` counts the kills after which anything was wrong."""

    seed: int
    kills: int = 0
    missed: int = 0
    left: dict[str, int] = field(default_factory=dict)
    wrong: int = 0
    examples: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of work: the index before it, the folder it takes in, what may be there after."""

    kind: str
    before: Path | None
    folder: Path
    versions: Versions


def main() -> None:
    """Kill as often as is asked for and print the figures."""
    arguments = _arguments()
    figures = Figures(arguments.seed)
    chance = random.Random(arguments.seed)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        cases = _cases(Path(temporary))
        usual = {case.kind: _undisturbed(case, Path(temporary)) for case in cases}
        for number in range(arguments.kills * _MOST_TRIES):
            if figures.kills == arguments.kills or (arguments.planted and figures.wrong):
                break
            case = cases[number % len(cases)]
            # What is planted does its harm while it writes, which is not how it begins.
            earliest = _WRITES_FROM if arguments.planted else 0
            moment = usual[case.kind] * chance.uniform(earliest, 1)
            _try(case, moment, Path(temporary) / "index", figures, planted=arguments.planted)
    figures.seconds = round(time.monotonic() - began, 1)
    json.dump(asdict(figures), sys.stdout)
    sys.stdout.write("\n")
    sys.exit(bool(figures.wrong or figures.kills < arguments.kills))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--planted", action="store_true")
    return parser.parse_args()


def _cases(temporary: Path) -> list[Case]:
    """Prepare an old index, the folder as it is by now, and a new index."""
    folder, old, new = (temporary / each for each in ("documents", "old", "new"))
    write_documents(folder, range(_DOCUMENTS), "old")
    _finish(_worker(old, folder))
    old_texts = texts_of(folder)
    write_documents(folder, range(_DOCUMENTS // 2, _DOCUMENTS + 3), "new")
    (folder / "harbour-0.md").unlink()
    _finish(_worker(new, folder))
    new_texts = texts_of(folder)
    return [
        Case("ingestion", None, folder, {NOTHING: {}, "new": new_texts}),
        Case("update", old, folder, {"old": old_texts, "new": new_texts}),
        Case("rebuild", new, folder, {"new": new_texts}),
    ]


def _undisturbed(case: Case, temporary: Path) -> float:
    """Give the seconds that the work takes when nothing stops it."""
    root = temporary / "undisturbed"
    _prepare(case, root)
    process, started = _start(case, root)
    process.join()
    return time.monotonic() - started


def _try(case: Case, moment: float, root: Path, figures: Figures, *, planted: bool) -> None:
    """Kill the work at a moment; look at what is left, let the next run mend it, look again."""
    _prepare(case, root)
    process, started = _start(case, root, planted=planted)
    time.sleep(max(0.0, started + moment - time.monotonic()))
    process.kill()
    process.join()
    if process.exitcode != -signal.SIGKILL:
        figures.missed += 1
        if process.exitcode:
            figures.wrong += 1
            figures.examples.append(f"{case.kind}: the work itself failed")
        return
    figures.kills += 1
    held, wrong = _examined(root, case.versions)
    left = f"{case.kind}: {held or 'a mixture'}"
    figures.left[left] = figures.left.get(left, 0) + 1
    again = _worker(root, case.folder, case.kind)
    again.join()
    if again.exitcode:
        wrong.append("the next run failed")
    held, still_wrong = _examined(root, case.versions)
    wrong += [f"after the next run: {each}" for each in still_wrong]
    if held != "new" or len(list(root.glob("g*"))) != 1:
        wrong.append("the next run did not mend it")
    figures.wrong += bool(wrong)
    figures.examples += [f"{case.kind}: {each}" for each in wrong][: _SHOWN - len(figures.examples)]


def _prepare(case: Case, root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    if case.before:
        shutil.copytree(case.before, root)


def _start(case: Case, root: Path, *, planted: bool = False) -> tuple[Any, float]:
    """Start the work in a process of its own; give it and the moment at which it began."""
    here, there = _context.Pipe(duplex=False)
    process = _worker(root, case.folder, case.kind, there, planted=planted)
    here.recv()
    return process, time.monotonic()


def _worker(
    root: Path,
    folder: Path,
    kind: str = "",
    told: Connection | None = None,
    *,
    planted: bool = False,
) -> Any:
    process = _context.Process(target=_work, args=(root, folder, kind, told, planted))
    process.start()
    return process


def _work(root: Path, folder: Path, kind: str, told: Connection | None, planted: bool) -> None:  # noqa: FBT001 - Process hands on by position
    if planted:
        generation.begin = _begin_in_place
    if told:
        told.send("started")
    try:
        build(root, folder, rebuild=kind == "rebuild")
    except IndexProblemError as error:
        sys.exit(str(error))


def _begin_in_place(root: Path, old: Path | None, leave_out: tuple[str, ...] = ()) -> Path:
    """Stand in for `generation.begin` as a program that has no generations."""
    folder = old or _begin(root, old, leave_out)
    (root / "current").write_text(folder.name, "utf-8")
    return folder


def _finish(process: Any) -> None:
    process.join()
    if process.exitcode:
        raise RuntimeError("the index to begin with cannot be built")


def _examined(root: Path, versions: Mapping[str, Mapping[str, str]]) -> tuple[str, list[str]]:
    """Look in a process of its own, for what is damaged may end it; that counts as wrong."""
    here, there = _context.Pipe(duplex=False)
    process = _context.Process(target=examine, args=(root, versions, there))
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
