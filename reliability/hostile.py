"""Takes broken and malicious files in, with good ones among them, and says what came of it.

Prints one JSON object; exit code 1 where a promise is not kept.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from hostile import HIDDEN, hostile_files

from corpus import sandbox
from corpus.load import SHIPPED_DOCUMENTS, find_files
from index import generation
from index.build import Wanted, build_index
from index.catalogue import Catalogue
from index.embedding import Embedder
from index.generation import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD = 20
MOST_SECONDS = 20.5  # with the time that killing takes
MOST_MEGABYTES = 512


class NoEmbedder(Embedder):
    """Gives every text the same vector: what is found is not in question here."""

    name = "none"

    def embed(self, texts: list[str]) -> np.ndarray:
        """Give a vector for each text."""
        return np.ones((len(texts), 2), dtype=np.float32)


@dataclass(slots=True)
class Outcome:
    """What came of a folder of hostile files: lines, texts by title, and what it took."""

    files: int
    problems: list[str]
    texts: dict[str, str]
    good: set[str]
    seconds: dict[str, float] = field(default_factory=dict)
    megabytes: float = 0

    def faults(self) -> Iterator[str]:
        """Say what does not hold; nothing where all does."""
        if len(self.problems) + len(self.texts) != self.files:
            yield f"{len(self.problems)} lines and {len(self.texts)} texts of {self.files} files"
        for line in self.problems:
            if not line.isprintable() or not {";", ":"} & set(line):
                yield f"no clear line: {line!r}"
        yield from (f"{each} is not indexed" for each in self.good - self.texts.keys())
        for document_id, text in self.texts.items():
            if HIDDEN in text:
                yield f"{document_id} shows what is hidden"
        for name, taken in self.seconds.items():
            if taken > MOST_SECONDS:
                yield f"{name} took {taken:.1f} seconds"
        if self.megabytes > MOST_MEGABYTES:
            yield f"{self.megabytes:.0f} MB"

    def figures(self) -> dict[str, object]:
        """Give the figures for the table."""
        return {
            "hostile_files": self.files - len(self.good),
            "refused_in_one_line": len(self.problems),
            "good_files_indexed": f"{len(self.good & self.texts.keys())} of {len(self.good)}",
            "longest_seconds": round(max(self.seconds.values()), 1),
            "most_megabytes": round(self.megabytes),
            "faults": list(self.faults()),
        }


def take_in(folder: Path, *, long: bool) -> Outcome:
    """Write hostile and good files into a folder and build an index of all."""
    documents = folder / "documents"
    documents.mkdir()
    for each in hostile_files(long=long):
        (documents / each.name).write_bytes(each.data)
    with (documents / "one-line.txt").open("wb") as sparse:
        sparse.truncate(200 * 2**20)
    good = sorted(SHIPPED_DOCUMENTS.glob("*.md"))[:GOOD]
    for path in good:
        shutil.copy(path, documents)
    files = tuple(find_files([documents]))
    outcome = Outcome(len(files), [], {}, {path.stem for path in good})
    begun = time.monotonic()

    def watch(done: int, total: int) -> None:
        nonlocal begun
        now = time.monotonic()
        if 0 < done < total:
            outcome.seconds[files[done - 1].path.name] = now - begun
        outcome.megabytes = max(outcome.megabytes, _peak())
        begun = now

    report = build_index(folder / "index", Wanted(files), NoEmbedder(), on_progress=watch)
    outcome.problems = report.problems
    with Catalogue(generation.current(folder / "index") / CATALOGUE) as catalogue:
        for entry in catalogue.entries():
            outcome.texts[entry.document_id] = catalogue.document(entry.document_id).text
    return outcome


def _peak() -> float:
    """Give the most memory, in megabytes, that the process that parses has had so far."""
    number = sandbox.process_id()
    try:
        status = Path(f"/proc/{number}/status").read_text("utf-8")
    except OSError:
        return 0
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        outcome = take_in(Path(place), long=True)
    print(json.dumps(outcome.figures(), indent=2))
    sys.exit(bool(outcome.figures()["faults"]))
