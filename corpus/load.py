"""From paths to documents: which files there are, and what each one holds."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus import sandbox
from corpus.document import Document, Source
from corpus.errors import NoDocumentsError, UnreadableDocumentError, UnsupportedDocumentError
from corpus.parse import PARSERS
from corpus.text import clean, printable, storable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from corpus.parsed import Parsed

SHIPPED_DOCUMENTS = Path(__file__).parent / "documents"
MAX_FILE_BYTES = 50 * 1024 * 1024
_MOST_NANOSECONDS = 2**63  # what SQLite holds; a clock that is far off goes beyond


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A file that holds a document; `modified` is in nanoseconds, `size` in bytes.

    `url` is where it was fetched from, if it was.
    """

    path: Path
    document_id: str
    size: int
    modified: int
    url: str = ""


def find_files(paths: Iterable[Path]) -> list[DocumentFile]:
    """List the files below `paths` that can be read, sorted, each with a document id of its own.

    In a folder, files of other kinds, hidden ones and links that lead out of it are passed over; a
    file that is named itself must be of a kind that can be read. Nothing is opened.

    Raises:
        NoDocumentsError: a path does not exist, or a folder holds no document.
        UnsupportedDocumentError: a file named is of no kind that can be read.
    """
    found: list[DocumentFile] = []
    taken: set[str] = set()
    for path in paths:
        root = path if path.is_dir() else path.parent
        for file in _files_below(path):
            status = file.stat()
            document_id = _document_id(file.relative_to(root), taken)
            taken.add(document_id)
            modified = status.st_mtime_ns % _MOST_NANOSECONDS
            found.append(DocumentFile(file.absolute(), document_id, status.st_size, modified))
    return found


def load_file(file: DocumentFile) -> Document:
    """Read one file.

    Raises:
        UnreadableDocumentError: with the path and what to do about it, in one line.
    """
    try:
        return _document(file, sandbox.parse(file.path.suffix.lower(), _bytes_of(file.path)))
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        raise UnreadableDocumentError(
            f"{printable(file.path)}: {reason.lower()}; check that it is there and may be read"
        ) from error
    except UnreadableDocumentError as error:
        raise UnreadableDocumentError(f"{printable(file.path)} {error}") from error


def _bytes_of(path: Path) -> bytes:
    """Read a file, which may be another one by now than the one that was found."""
    if storable(str(path)) != str(path):
        raise UnreadableDocumentError("has a name that is no UTF-8; rename it")
    # Whoever opens a pipe would wait for what is written to it.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as opened:  # noqa: PTH123
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise UnreadableDocumentError("is no file but a folder, pipe or device; leave it out")
        data = opened.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        most = MAX_FILE_BYTES // 2**20
        raise UnreadableDocumentError(f"is larger than {most} MB; split it into smaller files")
    return data


def _files_below(path: Path) -> Iterator[Path]:
    kinds = ", ".join(sorted(suffix[1:] for suffix in PARSERS))
    shown = printable(path)
    if not path.exists():
        raise NoDocumentsError(f"{shown} does not exist; check the spelling")
    if not path.is_dir():
        if path.suffix.lower() not in PARSERS:
            raise UnsupportedDocumentError(
                f"{shown} is of no kind that can be read; the kinds are: {kinds}"
            )
        yield path
        return
    files = sorted(
        file
        for file in path.rglob("*")
        if file.suffix.lower() in PARSERS
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
        and file.is_file()
        and _stays_within(path, file)
    )
    if not files:
        raise NoDocumentsError(
            f"{shown} holds no documents; put files of these kinds there: {kinds}"
        )
    yield from files


def _stays_within(folder: Path, file: Path) -> bool:
    return not file.is_symlink() or file.resolve().is_relative_to(folder.resolve())


def _document_id(relative: Path, taken: set[str]) -> str:
    base = slug("-".join(relative.with_suffix("").parts)) or "document"
    for candidate in (base, f"{base}-{relative.suffix[1:].lower()}"):
        if candidate not in taken:
            return candidate
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def slug(text: str) -> str:
    """Give `text` in lower-case letters, digits and hyphens; other scripts keep their letters."""
    plain = re.sub(r"(?<=[a-z])[\u0300-\u036f]+", "", unicodedata.normalize("NFKD", text.lower()))
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", plain)).strip("-")


def _document(file: DocumentFile, parsed: Parsed) -> Document:
    metadata = parsed.metadata
    return Document(
        id=file.document_id,
        title=parsed.title or _title_of(file.path),
        text=parsed.text,
        sections=parsed.sections,
        publisher=_text(metadata, "publisher"),
        date=_text(metadata, "date"),
        language=_text(metadata, "language") or "en",
        url=_text(metadata, "url") or file.url,
        topics=_topics(metadata.get("topics")),
        sources=tuple(
            Source(*(_text(source, name) for name in ("key", "publisher", "title", "date", "url")))
            for source in metadata.get("sources", ())
        ),
        references=parsed.references,
        questions=_lines(metadata.get("questions")),
    )


def _title_of(path: Path) -> str:
    name = re.sub(r"[-_\s]+", " ", clean(printable(path.stem)))
    return name.strip().capitalize()


def _text(metadata: dict[str, Any], name: str) -> str:
    value = metadata.get(name)
    return "" if value is None else " ".join(clean(str(value)).split())


def _lines(value: object) -> tuple[str, ...]:
    texts = [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
    return tuple(filter(None, (" ".join(clean(each).split()) for each in texts)))


def _topics(value: object) -> tuple[str, ...]:
    topics = value.split(",") if isinstance(value, str) else value
    return _lines(list(map(str, topics)) if isinstance(topics, list) else None)
