"""What an index was built with; another set-up is refused with its mend, never served."""

from __future__ import annotations

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

FORMAT = 2
_FILE = "fingerprint.json"


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

    def write(self, folder: Path) -> None:
        """Leave the fingerprint in the folder of an index."""
        (folder / _FILE).write_text(json.dumps(asdict(self), indent=2) + "\n", "utf-8")

    def check(self, folder: Path) -> None:
        """Raise IndexMismatchError where the index in `folder` was built with anything else."""
        try:
            built = json.loads((folder / _FILE).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise IndexStorageError(
                f"the index in {folder} is damaged; run: summit ingest --rebuild"
            ) from error
        if not isinstance(built, dict):
            raise IndexStorageError(
                f"the index in {folder} is damaged; run: summit ingest --rebuild"
            )
        differing = [name for name, value in asdict(self).items() if built.get(name) != value]
        if differing:
            name = differing[0]
            raise IndexMismatchError(
                f"the index was built with another {name} "
                f"({built.get(name)} instead of {getattr(self, name)}); "
                "run: summit ingest --rebuild"
            )
