"""From paths to documents: which files there are, and what each one holds."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus.document import Document, Source
from corpus.errors import NoDocumentsError, UnreadableDocumentError, UnsupportedDocumentError
from corpus.parse import PARSERS, Parsed
from corpus.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SHIPPED_DOCUMENTS = Path(__file__).parent / "documents"
MAX_FILE_BYTES = 50 * 1024 * 1024
_MOST_NANOSECONDS = 2**63  # what SQLite holds; a clock that is far off goes beyond


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A file that holds a document; `modified` is in nanoseconds, `size` in bytes."""

    path: Path
    document_id: str
    size: int
    modified: int


def find_files(paths: Iterable[Path]) -> list[DocumentFile]:
    """List the files below `paths` that can be read, sorted, each with a document id of its own.

    In a folder, files of other kinds and hidden ones are passed over; a file that is named
    itself must be of a kind that can be read. Nothing is opened.

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
    if file.size > MAX_FILE_BYTES:
        raise UnreadableDocumentError(
            f"{file.path} is larger than {MAX_FILE_BYTES // 2**20} MB; split it into smaller files"
        )
    try:
        parsed = PARSERS[file.path.suffix.lower()](file.path.read_bytes())
        return _document(file, parsed)
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        raise UnreadableDocumentError(
            f"{file.path}: {reason.lower()}; check that it is there and may be read"
        ) from error
    except UnreadableDocumentError as error:
        raise UnreadableDocumentError(f"{file.path} {error}") from error


def _files_below(path: Path) -> Iterator[Path]:
    kinds = ", ".join(sorted(suffix[1:] for suffix in PARSERS))
    if not path.exists():
        raise NoDocumentsError(f"{path} does not exist; check the spelling")
    if path.is_file():
        if path.suffix.lower() not in PARSERS:
            raise UnsupportedDocumentError(
                f"{path} is of no kind that can be read; the kinds are: {kinds}"
            )
        yield path
        return
    files = sorted(
        file
        for file in path.rglob("*")
        if file.suffix.lower() in PARSERS
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
        and file.is_file()
    )
    if not files:
        raise NoDocumentsError(
            f"{path} holds no documents; put files of these kinds there: {kinds}"
        )
    yield from files


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
        title=parsed.title
        or file.path.stem.replace("-", " ").replace("_", " ").strip().capitalize(),
        text=parsed.text,
        sections=parsed.sections,
        publisher=_text(metadata, "publisher"),
        date=_text(metadata, "date"),
        language=_text(metadata, "language") or "en",
        url=_text(metadata, "url"),
        topics=_topics(metadata.get("topics")),
        sources=tuple(
            Source(*(_text(source, name) for name in ("key", "publisher", "title", "date", "url")))
            for source in metadata.get("sources", ())
        ),
        references=parsed.references,
        questions=_lines(metadata.get("questions")),
    )


def _text(metadata: dict[str, Any], name: str) -> str:
    value = metadata.get(name)
    return "" if value is None else " ".join(clean(str(value)).split())


def _lines(value: object) -> tuple[str, ...]:
    texts = [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
    return tuple(filter(None, (" ".join(clean(each).split()) for each in texts)))


def _topics(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(topic.strip() for topic in value.split(",") if topic.strip())
    return tuple(str(topic) for topic in value) if isinstance(value, list) else ()
