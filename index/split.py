"""Splits a document into sentences and packs them into passages."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import sentencex

from index.passage import Passage, Span, is_question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus.document import Document, Section

SPLITTER_VERSION = 2
TARGET_WORDS = 120
MAX_SENTENCE_CHARACTERS = 1_000
_BLOCK = re.compile(r"[^\n]+")
# What lists of questions and answers put before each, in English and French.
_LABEL = re.compile(r"(?:Q|A|R|Question|Answer|Réponse) ?:\s+")


def split(document: Document) -> list[Passage]:
    """Split a document into passages of up to about 120 words that never cross a heading.

    A passage ends with a paragraph once it is half full, so that paragraphs stay together
    where they are short and are cut between sentences where they are long. What ends
    a passage is no question, for what comes next may answer it.
    """
    seen: dict[str, int] = {}
    passages = []
    for section in document.sections:
        for spans in _pack(document.text, _paragraphs(document, section)):
            start, end = spans[0].start, spans[-1].end
            text = document.text[start:end]
            key = hashlib.sha256(f"{document.id}\n{text}".encode()).hexdigest()[:20]
            seen[key] = seen.get(key, 0) + 1
            passages.append(
                Passage(
                    id=key if seen[key] == 1 else f"{key}-{seen[key]}",
                    document_id=document.id,
                    title=document.title,
                    heading=section.heading,
                    start=start,
                    end=end,
                    text=text,
                    sentences=tuple(spans),
                )
            )
    return passages


def sentence_spans(text: str, start: int, end: int, language: str = "en") -> list[Span]:
    """Give the sentences of one paragraph, `text[start:end]`, as spans of `text`.

    “Q:” and “A:” before a question or answer are no part of it.
    """
    spans: list[Span] = []
    offset = start
    for sentence in sentencex.segment(language, text[start:end]):
        label = _LABEL.match(sentence)
        spans.extend(_trimmed(text, offset + (label.end() if label else 0), offset + len(sentence)))
        offset += len(sentence)
    return spans


def _paragraphs(document: Document, section: Section) -> Iterator[list[Span]]:
    for block in _BLOCK.finditer(document.text, section.start, section.end):
        spans = sentence_spans(document.text, block.start(), block.end(), document.language)
        if spans:
            yield spans


def _pack(text: str, paragraphs: Iterator[list[Span]]) -> Iterator[list[Span]]:
    pack: list[Span] = []
    for paragraph in paragraphs:
        if _words(text, pack) >= TARGET_WORDS / 2:
            full, pack = _parted(text, pack)
            yield full
        for span in paragraph:
            if pack and _words(text, [*pack, span]) > TARGET_WORDS:
                full, pack = _parted(text, pack)
                yield full
            pack.append(span)
    if pack:
        yield pack


def _words(text: str, spans: list[Span]) -> int:
    return sum(len(text[span.start : span.end].split()) for span in spans)


def _parted(text: str, pack: list[Span]) -> tuple[list[Span], list[Span]]:
    """Take the questions off its end, which what follows may answer; not where it only asks."""
    end = len(pack)
    while end and is_question(text[pack[end - 1].start : pack[end - 1].end]):
        end -= 1
    return (pack[:end], pack[end:]) if end else (pack, [])


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut blank ends off; cut what is far too long for a sentence at a space."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > MAX_SENTENCE_CHARACTERS:
        cut = text.rfind(" ", start + 1, start + MAX_SENTENCE_CHARACTERS)
        cut = cut if cut > start else start + MAX_SENTENCE_CHARACTERS
        yield Span(start, cut)
        start = cut + (text[cut] == " ")
    if start < end:
        yield Span(start, end)
