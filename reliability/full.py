"""Updates an index with ever more room on the disk, and looks at what is there after each try.

Prints one JSON object; the exit code is 1 where anything was wrong. The disk is a small file system
where one can be mounted, and else a limit on the size of each file. With `--planted` errors of
writing are passed over, as if the last write had been the last that was needed.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from examine import examine
from material import build, processes, texts_of, write_documents

from index import generation
from index.errors import IndexProblemError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

_DOCUMENTS = 16
_KILOBYTE = 1024
_context = processes()


@dataclass(slots=True)
class Figures:
    """What was found; `wrong` counts the tries after which anything was wrong."""

    disk: str
    tries: int = 0
    refused: int = 0
    done: int = 0
    wrong: int = 0
    lines: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)


def main() -> None:
    """Try with as many sizes as are asked for and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=30)
    parser.add_argument("--planted", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder, old = Path(temporary) / "documents", Path(temporary) / "old"
        write_documents(folder, range(_DOCUMENTS), "old")
        _run(build, old, folder)
        versions = {"old": texts_of(folder)}
        write_documents(folder, range(_DOCUMENTS), "new")
        versions["new"] = texts_of(folder)
        small = _mountable(Path(temporary) / "disk")
        figures = Figures("a small file system" if small else "a limit on the size of files")
        held = sum(file.stat().st_blocks * 512 + 4 * _KILOBYTE for file in old.rglob("*"))
        largest = max(file.stat().st_size for file in old.rglob("*"))
        for number in range(arguments.tries):
            # From no room at all to twice what the new generation takes.
            room = int((2.5 * held if small else 1.5 * largest) * number / arguments.tries)
            with _disk(Path(temporary) / "disk", held + room if small else 0) as disk:
                shutil.copytree(old, disk / "index")
                limit = 0 if small else room
                _try(disk / "index", folder, limit, versions, figures, planted=arguments.planted)
    json.dump(asdict(figures), sys.stdout)
    sys.stdout.write("\n")
    sys.exit(bool(figures.wrong or not figures.refused or not figures.done))


def _try(
    root: Path,
    folder: Path,
    limit: int,
    versions: dict[str, dict[str, str]],
    figures: Figures,
    *,
    planted: bool,
) -> None:
    said = _run(_update, root, folder, limit, planted)
    held, wrong = _run(examine, root, versions) or ("", ["looking at it ended the process"])
    if said != "done" and held != "old":
        wrong.append(f"it was refused, but the index is {held or 'a mixture'}")
    if said == "done" and held != "new":
        wrong.append("it was said to be done, but the index is not the new one")
    if said is None or "\n" in said:
        wrong.append(f"it did not end in one line: {said}")
    figures.tries += 1
    figures.done += said == "done"
    figures.refused += said != "done"
    figures.lines = sorted({*figures.lines, _general(str(said), root)})
    figures.wrong += bool(wrong)
    figures.examples += wrong[: 5 - len(figures.examples)]


def _update(root: Path, folder: Path, limit: int, planted: bool, told: Connection) -> None:  # noqa: FBT001 - Process hands on by position
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    if planted:
        _pass_over()
    try:
        build(root, folder)
    except IndexProblemError as error:
        told.send(str(error))
    else:
        told.send("done")


def _pass_over() -> None:
    discard = generation.discard

    def publish_instead(folder: Path) -> None:
        (folder.parent / "current").write_text(folder.name, "utf-8")

    generation.discard = publish_instead if discard else discard


def _general(line: str, root: Path) -> str:
    return line.replace(str(root), "INDEX")


def _mountable(folder: Path) -> bool:
    try:
        with _disk(folder, 64 * _KILOBYTE):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextmanager
def _disk(folder: Path, size: int) -> Iterator[Path]:
    """Give a folder on a file system of this size; of no limit where it is 0."""
    folder.mkdir()
    mounted = False
    try:
        if size:
            options = ["-t", "tmpfs", "-o", f"size={size // _KILOBYTE}k", "tmpfs", str(folder)]
            subprocess.run(["mount", *options], check=True, capture_output=True)
            mounted = True
        yield folder
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)
            folder.rmdir()
        else:
            shutil.rmtree(folder)


def _run(target, *arguments: object):  # noqa: ANN001, ANN202
    here, there = _context.Pipe(duplex=False)
    last = () if target is build else (there,)
    process = _context.Process(target=target, args=(*arguments, *last))
    process.start()
    there.close()
    try:
        result = here.recv()
    except EOFError:
        result = None
    process.join()
    return result


if __name__ == "__main__":
    main()
