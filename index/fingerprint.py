"""What an index was built with; another set-up is refused with its mend, never served."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from index.errors import IndexMismatchError, IndexStorageError
from index.split import SPLITTER_VERSION
from index.store import CHROMA_VERSION
from index.terms import tables_version

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = 3
_FILE = "fingerprint.json"

Parts = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Everything that decides what vectors and passages an index holds."""

    format: int
    embedder: str
    splitter: int
    terms: str
    sentencex: str
    chroma: str

    @classmethod
    def now(cls, embedder: str) -> Fingerprint:
        """Give the fingerprint that an index built now would have."""
        return cls(
            format=FORMAT,
            embedder=embedder,
            splitter=SPLITTER_VERSION,
            terms=tables_version(),
            sentencex=version("sentencex"),
            chroma=CHROMA_VERSION,
        )

    def parts(self) -> Parts:
        """Give each part by its name."""
        return asdict(self)

    def check(self, folder: Path) -> None:
        """Raise IndexMismatchError where the index in `folder` was built with anything else."""
        built = read_parts(folder)
        differing = [name for name, value in self.parts().items() if built.get(name) != value]
        if differing:
            name = differing[0]
            raise IndexMismatchError(
                f"the index was built with another {name} "
                f"({built.get(name)} instead of {getattr(self, name)}); "
                "run: summit ingest --rebuild"
            )


def digest(parts: Parts) -> str:
    """Give what tells a fingerprint from others in a name: 32 bits of its SHA-256."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:8]


def write_parts(folder: Path, parts: Parts) -> None:
    """Leave the parts of a fingerprint, of this version or another, in the folder of an index."""
    (folder / _FILE).write_text(json.dumps(parts, indent=2) + "\n", "utf-8")


def read_parts(folder: Path) -> Parts:
    """Give the parts of the fingerprint in the folder of an index.

    Raises:
        IndexStorageError: it is damaged.
    """
    damaged = f"the index in {folder} is damaged; run: summit ingest --rebuild"
    try:
        built = json.loads((folder / _FILE).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise IndexStorageError(damaged) from error
    if not isinstance(built, dict):
        raise IndexStorageError(damaged)
    return built
