"""What every parser gives, and what they share: bytes → text, and the end of each."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from charset_normalizer import from_bytes

from corpus.errors import UnreadableDocumentError
from corpus.text import clean

if TYPE_CHECKING:
    from corpus.document import Reference, Section
    from corpus.text import TextBuilder

_MIN_PRINTABLE = 0.9


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file says: its text with sections, its own title, and its front matter."""

    text: str
    sections: tuple[Section, ...]
    title: str = ""
    references: tuple[Reference, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)


def decode(data: bytes, declared: str | None = None) -> str:
    """Decode text of an unknown or declared encoding; refuse what is no text at all."""
    for encoding in filter(None, ("utf-8-sig", declared)):
        with suppress(UnicodeDecodeError, LookupError):
            text = data.decode(encoding)
            break
    else:
        # Short Western texts pass for Polish or Chinese unless the common encodings go first.
        best = from_bytes(data, cp_isolation=["utf_16", "cp1252"]).best() or from_bytes(data).best()
        text = "" if best is None else str(best)
    printable = sum(
        count for each, count in Counter(text).items() if each.isprintable() or each.isspace()
    )
    if "\0" in text or printable < _MIN_PRINTABLE * len(text) or (data and not text):
        message = "is no text file, whatever its name says; give it the ending of what it is"
        raise UnreadableDocumentError(message)
    return text


def finished(builder: TextBuilder, title: str, metadata: dict[str, Any] | None = None) -> Parsed:
    """Give what was built; refuse a file that says nothing."""
    if not builder.text.strip():
        message = "is empty; there is nothing to read in it"
        raise UnreadableDocumentError(message)
    return Parsed(
        text=builder.text,
        sections=builder.sections(),
        title=" ".join(clean(title).split()),
        references=tuple(builder.references),
        metadata=metadata or {},
    )
