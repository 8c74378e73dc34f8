"""What a document is: plain text with headings, and where each part of it comes from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Source:
    """A page that a document was written from.

    `date` is ISO 8601 as far as it is known: `2025-02-11`, `2025-02`, `2025` or `undated`.
    """

    key: str
    publisher: str
    title: str
    date: str
    url: str


@dataclass(frozen=True, slots=True)
class Section:
    """The text under one heading: `document.text[start:end]`, the heading itself left out."""

    heading: str
    start: int
    end: int
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """The sources, by key, of the sentence that ends at character `offset` of the text."""

    offset: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One document as plain text.

    Paragraphs, headings and list items are separated by line breaks; every offset counts
    characters of `text`. `publisher`, `date` and `url` are empty where nothing is known.
    `questions` are some that it answers, each standing alone, as its author suggests them.
    """

    id: str
    title: str
    text: str
    sections: tuple[Section, ...]
    publisher: str = ""
    date: str = ""
    language: str = "en"
    url: str = ""
    topics: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    references: tuple[Reference, ...] = ()
    questions: tuple[str, ...] = ()

    def sources_of(self, start: int, end: int) -> tuple[Source, ...]:
        """Give the sources that the text between two offsets refers to, in their order there."""
        keys = [key for ref in self.references if start < ref.offset <= end for key in ref.keys]
        by_key = {source.key: source for source in self.sources}
        return tuple(by_key[key] for key in dict.fromkeys(keys) if key in by_key)

    def heading_at(self, offset: int) -> str:
        """Give the heading that the character at `offset` stands under, or an empty string."""
        for section in self.sections:
            if section.start <= offset < section.end:
                return section.heading
        return ""

    def to_json(self) -> str:
        """Write the document as one JSON object; `from_json` reads it back unchanged."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, data: str) -> Document:
        """Read what `to_json` wrote."""
        fields: dict[str, Any] = json.loads(data)
        return cls(
            **{
                **fields,
                "sections": tuple(Section(**each) for each in fields["sections"]),
                "sources": tuple(Source(**each) for each in fields["sources"]),
                "references": tuple(
                    Reference(each["offset"], tuple(each["keys"])) for each in fields["references"]
                ),
                "topics": tuple(fields["topics"]),
                "questions": tuple(fields.get("questions", ())),
            }
        )

    @property
    def content_hash(self) -> str:
        """SHA-256 of all that the document says and says of itself, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()
