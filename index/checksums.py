"""What the files of a generation were when it was finished, to see later whether they still are."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CHECKSUMS = "checksums.json"
_CHROMA = "chroma.sqlite3"
# Chroma counts in there how often it was opened.
_VOLATILE = 'INSERT INTO "acquire_write"'


def write(folder: Path) -> None:
    """Leave the checksum of every file of a finished generation in its folder."""
    checksums = {name: _checksum(folder / name) for name in _names(folder)}
    (folder / CHECKSUMS).write_text(json.dumps(checksums, indent=2) + "\n", "utf-8")


def changed(folder: Path) -> list[str]:
    """Name the files that are not what they were, are gone or were not there."""
    try:
        checksums = json.loads((folder / CHECKSUMS).read_text("utf-8"))
        known = dict[str, str](checksums)
    except (OSError, ValueError, TypeError):
        return [CHECKSUMS]
    names = sorted({*known, *_names(folder)})
    return [name for name in names if known.get(name) != _checksum(folder / name)]


def _names(folder: Path) -> list[str]:
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    temporary = ("-journal", "-wal", "-shm")  # SQLite's, while somebody reads
    return sorted(str(path) for path in files if not path.name.endswith((*temporary, CHECKSUMS)))


def _checksum(path: Path) -> str:
    try:
        if path.name == _CHROMA:
            return _checksum_of_rows(path)
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError, sqlite3.Error):
        return ""


def _checksum_of_rows(path: Path) -> str:
    digest = hashlib.sha256()
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        for (verdict,) in database.execute("PRAGMA integrity_check(1)"):
            digest.update(str(verdict).encode())
        for line in database.iterdump():
            if not line.startswith(_VOLATILE):
                digest.update(line.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
