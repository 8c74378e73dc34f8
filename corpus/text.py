"""Builds the plain text of a document block by block and remembers what stands where."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from corpus.document import Reference, Section

if TYPE_CHECKING:
    from collections.abc import Iterable

_SPACES = re.compile(r"[^\S\n]+")
_CONTROLS = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u2060-\u2064\ufeff"
    r"\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)


def clean(text: str) -> str:
    """Drop control, invisible, direction-override and half characters; fold runs of spaces."""
    return _SPACES.sub(" ", _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def storable(text: str) -> str:
    """Give a text without halves of surrogate pairs, which neither SQLite nor UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode()


def printable(path: object) -> str:
    """Give a path in one line that a terminal shows as it is, other characters as escapes."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in str(path)
    )


@dataclass(slots=True)
class TextBuilder:
    """Collects headings and blocks; `text`, `sections()` and `references` are the outcome."""

    text: str = ""
    references: list[Reference] = field(default_factory=list)
    _headings: list[tuple[str, int, int, int | None]] = field(default_factory=list)

    def heading(self, heading: str, page: int | None = None) -> None:
        """Begin a section; an empty heading begins one without a title, as a page does."""
        heading = " ".join(clean(heading).split())
        start = len(self.text)
        if heading:
            start = self._append(heading, "\n\n")
        self._headings.append((heading, start, len(self.text), page))

    def block(
        self,
        text: str,
        references: Iterable[tuple[int, tuple[str, ...]]] = (),
        *,
        separator: str = "\n\n",
    ) -> None:
        """Add a paragraph or list item; references are (offset in the cleaned text, keys)."""
        text = text.strip()
        if not text:
            return
        start = self._append(text, separator)
        self.references.extend(Reference(start + offset, keys) for offset, keys in references)

    def sections(self) -> tuple[Section, ...]:
        """Give the sections in order; text before the first heading is one without heading."""
        marks = [("", 0, 0, None), *self._headings]
        ends = [start for _, start, _, _ in marks[1:]] + [len(self.text)]
        return tuple(
            Section(heading, body, max(body, end), page)
            for (heading, _, body, page), end in zip(marks, ends, strict=True)
            if self.text[body:end].strip()
        )

    def _append(self, text: str, separator: str) -> int:
        if self.text:
            self.text += separator
        start = len(self.text)
        self.text += text
        return start
