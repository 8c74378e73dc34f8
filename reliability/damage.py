"""Damages every file of an index in several ways; each has to be noticed, or to change no answer.

Prints one JSON object; the exit code is 1 where anything was wrong. After each damage the index is
built anew, without the files where its catalogue is sound. With `--planted` only
the ids of vectors are compared, which must be found.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from examine import examine
from material import HashedWords, build, processes, texts_of, write_documents

from corpus.load import find_files
from index import generation
from index.build import Wanted, build_index, keeps_texts
from index.errors import IndexProblemError
from index.examination import problems
from index.generation import VECTORS
from index.search import SearchIndex
from index.store import VectorStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

_DOCUMENTS = 12
_FLIPPED = 64
_context = processes()

Damage = tuple[str, "Callable[[Path], None]"]


@dataclass(slots=True)
class Figures:
    """What was found; `wrong` counts the damages that were not noticed, or not mended."""

    damages: int = 0
    detected: int = 0
    harmless: int = 0
    ended_the_process: int = 0
    repaired: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list)


def main() -> None:
    """Do every damage and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="those alone whose name has this")
    parser.add_argument("--planted", action="store_true")
    arguments = parser.parse_args()
    figures = Figures()
    with tempfile.TemporaryDirectory() as temporary:
        folder, good, root = (Path(temporary) / each for each in ("documents", "good", "index"))
        write_documents(folder, range(_DOCUMENTS), "only")
        _run(_build, good, folder)
        answers = _run(_answers, good)
        for name, damage in _damages(good):
            if arguments.only not in name:
                continue
            shutil.rmtree(root, ignore_errors=True)
            shutil.copytree(good, root)
            damage(root)
            wrong = _noticed(root, answers, figures, planted=arguments.planted)
            wrong += _mended(root, folder, figures)
            figures.damages += 1
            figures.wrong += bool(wrong)
            figures.examples += [f"{name}: {each}" for each in wrong][: 5 - len(figures.examples)]
    json.dump(asdict(figures), sys.stdout)
    sys.stdout.write("\n")
    sys.exit(bool(figures.wrong))


def _damages(root: Path) -> list[Damage]:
    files = sorted(
        path.relative_to(root)
        for path in root.rglob("*")
        if path.is_file() and path.name != "build.lock"
    )
    ways = {"bytes flipped": _flip, "cut in half": _halve, "removed": Path.unlink}
    found: list[Damage] = [
        (f"{file.name} {way}", lambda root, file=file, do=do: do(root / file))
        for file in files
        for way, do in ways.items()
    ]
    found += [
        (f"another {part}", lambda root, part=part: _rebuilt_with(root, part))
        for part in ("format", "embedder", "splitter", "terms", "sentencex", "chroma")
    ]
    found += [("vectors taken out", _take_out), ("vectors put in", _put_in)]
    return found


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    chance = random.Random(path.name)
    for _ in range(min(_FLIPPED, len(data))):
        data[chance.randrange(len(data))] ^= 0xFF
    path.write_bytes(data)


def _halve(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _rebuilt_with(root: Path, part: str) -> None:
    path = generation.current(root) / "fingerprint.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), part: "another"}), "utf-8")


def _take_out(root: Path) -> None:
    _run(_take_vectors_out, root)


def _put_in(root: Path) -> None:
    _run(_put_vector_in, root)


def _take_vectors_out(root: Path, told: Connection) -> None:
    with VectorStore(generation.current(root) / VECTORS, write=True) as store:
        store.delete(sorted(store.ids())[:3])
    told.send("done")


def _put_vector_in(root: Path, told: Connection) -> None:
    with VectorStore(generation.current(root) / VECTORS, write=True) as store:
        store.add(["nobody:0"], HashedWords().embed(["belongs to nobody"]))
    told.send("done")


def _noticed(root: Path, answers: Any, figures: Figures, *, planted: bool) -> list[str]:
    found = _run(_problems, root, planted)
    figures.ended_the_process += any("ends whatever" in each for each in found or ())
    if found is None:
        return ["looking for damage ended the process"]
    if found:
        figures.detected += 1
        return []
    if _run(_answers, root) == answers:
        figures.harmless += 1
        return []
    return ["nothing was noticed, and the answers are others"]


def _mended(root: Path, folder: Path, figures: Figures) -> list[str]:
    said = _run(_repair, root, folder)
    if said != "done":
        return [f"it was not mended: {said}"]
    _, wrong = _run(examine, root, {"only": texts_of(folder)}) or ("", ["it cannot be looked at"])
    figures.repaired += not wrong
    return list(wrong)


def _build(root: Path, folder: Path, told: Connection) -> None:
    build(root, folder)
    told.send("done")


def _problems(root: Path, planted: bool, told: Connection) -> None:  # noqa: FBT001 - Process hands on by position
    if not planted:
        told.send(problems(root, HashedWords().name))
        return
    try:
        folder = generation.current(root)
        with SearchIndex(root, HashedWords()) as index, VectorStore(folder / VECTORS) as store:
            same = index.catalogue.vector_ids() == store.ids()
            told.send([] if same else ["the ids of the vectors are others"])
    except IndexProblemError as error:
        told.send([str(error)])


def _repair(root: Path, folder: Path, told: Connection) -> None:
    try:
        wanted = Wanted() if keeps_texts(root) else Wanted(tuple(find_files([folder])))
        build_index(root, wanted, HashedWords(), rebuild=True)
    except IndexProblemError as error:
        told.send(str(error))
    else:
        told.send("done")


def _answers(root: Path, told: Connection) -> None:
    try:
        with SearchIndex(root, HashedWords()) as index:
            asked = [f"Lantern {number}x{number % 12} weighs" for number in range(_DOCUMENTS)]
            hits = [hit for each in asked for hit in index.search(each, 10)]
            told.send([(hit.passage, round(hit.score, 4), hit.cosines[0]) for hit in hits])
    except IndexProblemError as error:
        told.send(str(error))


def _run(target: Callable[..., None], *arguments: object) -> Any:
    """Give what a function tells from a process of its own; None where that ended."""
    here, there = _context.Pipe(duplex=False)
    process = _context.Process(target=target, args=(*arguments, there))
    process.start()
    there.close()
    try:
        told = here.recv()
    except EOFError:
        told = None
    process.join()
    return told


if __name__ == "__main__":
    main()
