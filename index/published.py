"""What a server has published: a catalogue in pieces, vectors, and the note that names both.

    current                       names the catalogue and the vectors in use, in one note
    catalogue.g000007-1f2e3d4c    catalogue.sqlite, compressed, in pieces of text
    vectors.5a6b7c8d.000003       vectors, by what they were made with and when that was begun

A build adds what is new and then replaces the note. What the note does not name is removed when the
next build begins, so that whoever reads the generation before has until then to go on.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.errors import IndexMissingError, IndexStorageError
from index.lease import LOCK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from index.fingerprint import Parts
    from index.server import ChromaServer

_CURRENT = "current"
_BUILT = "built_"
_MADE = ("catalogue.", "vectors.", f"{LOCK}.")
_PIECE = 9_000  # bytes: 12,000 characters of base64
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Published:
    """A generation on a server; `vectors` names its collection, `built` is its fingerprint."""

    number: int
    sha256: str
    pieces: int
    vectors: str
    built: Parts

    @property
    def name(self) -> str:
        """The name of the generation, which no other has."""
        return f"g{self.number:06d}-{self.sha256[:8]}"

    @property
    def catalogue(self) -> str:
        """The name of the part that holds its catalogue."""
        return f"catalogue.{self.name}"


def current(server: ChromaServer) -> Published:
    """Give what is published.

    Raises:
        IndexMissingError: nothing is yet.
    """
    note = server.note(_CURRENT)
    if note is None or not note.values:
        raise IndexMissingError(
            f"there is no index on the Chroma server at {server.url} yet; run: summit ingest"
        )
    said = note.values
    try:
        return Published(
            number=int(str(said["number"])),
            sha256=str(said["sha256"]),
            pieces=int(str(said["pieces"])),
            vectors=str(said["vectors"]),
            built={
                key.removeprefix(_BUILT): value if isinstance(value, int) else str(value)
                for key, value in said.items()
                if key.startswith(_BUILT)
            },
        )
    except (KeyError, ValueError) as error:
        raise IndexStorageError(
            f"what the Chroma server at {server.url} holds is no index of this version; "
            "set another SUMMIT_CHROMA_COLLECTION, or update this program"
        ) from error


def upload(
    server: ChromaServer,
    catalogue: Path,
    number: int,
    vectors: str,
    built: Parts,
) -> Published:
    """Bring a finished catalogue to the server; nobody sees it before `publish`."""
    with catalogue.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    draft = Published(number, sha256, 0, vectors, built)
    server.remove(draft.catalogue)
    pieces = server.write_texts(draft.catalogue, _pieces(catalogue))
    return Published(number, sha256, pieces, vectors, built)


def publish(server: ChromaServer, finished: Published) -> None:
    """Have everybody use what was uploaded, at once."""
    values = {
        "number": finished.number,
        "sha256": finished.sha256,
        "pieces": finished.pieces,
        "vectors": finished.vectors,
        **{f"{_BUILT}{key}": value for key, value in finished.built.items()},
    }
    note = server.note(_CURRENT)
    if note:
        note.replace(values)
    else:
        server.new_note(_CURRENT, values)


def download(server: ChromaServer, published: Published, target: Path) -> None:
    """Bring the catalogue of a generation from the server.

    Raises:
        IndexStorageError: it is damaged there.
    """
    unpacking = zlib.decompressobj()
    digest = hashlib.sha256()
    try:
        with target.open("wb") as file:
            for piece in server.read_texts(published.catalogue, published.pieces):
                data = unpacking.decompress(base64.b64decode(piece, validate=True))
                digest.update(data)
                file.write(data)
    except (zlib.error, ValueError) as error:
        raise server.damaged(published.catalogue) from error
    if digest.hexdigest() != published.sha256:
        raise server.damaged(published.catalogue)


def tidy(server: ChromaServer, kept: Published | None) -> None:
    """Remove all that builds before have left, but what is published."""
    keep = (kept.catalogue, kept.vectors) if kept else ()
    for part in server.parts():
        if part.startswith(_MADE) and part not in keep:
            server.remove(part)


def _pieces(catalogue: Path) -> Iterator[str]:
    packing = zlib.compressobj()
    waiting = b""
    with catalogue.open("rb") as file:
        while data := file.read(_CHUNK):
            waiting += packing.compress(data)
            whole = len(waiting) // _PIECE * _PIECE
            for first in range(0, whole, _PIECE):
                yield base64.b64encode(waiting[first : first + _PIECE]).decode()
            waiting = waiting[whole:]
    waiting += packing.flush()
    for first in range(0, len(waiting), _PIECE):
        yield base64.b64encode(waiting[first : first + _PIECE]).decode()
