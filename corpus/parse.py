"""One pure function a format: the bytes of a file in, its text with headings out."""

from __future__ import annotations

import io
import logging
import re
import zlib
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.table import Table
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from corpus.errors import UnreadableDocumentError
from corpus.html import parse_html
from corpus.markdown import parse_markdown
from corpus.parsed import Parsed, decode, finished
from corpus.text import TextBuilder, clean

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_HEADING_WORDS = 14


def parse_text(data: bytes) -> Parsed:
    """Read plain text; a short line alone between blank lines, without full stop, is a heading."""
    builder = TextBuilder()
    title = ""
    blocks = [block for block in re.split(r"\n\s*\n", clean(decode(data))) if block.strip()]
    for number, block in enumerate(blocks):
        lines = [line.strip() for line in block.strip().split("\n")]
        if len(lines) == 1 and _looks_like_heading(lines[0]) and number + 1 < len(blocks):
            if number == 0:
                title = lines[0]
            builder.heading(lines[0])
        else:
            builder.block(_join_lines(lines))
    return finished(builder, title)


def parse_pdf(data: bytes) -> Parsed:
    """Read the text of a PDF page by page, with lines joined into paragraphs."""
    # What pypdf grumbles about is either mended by it or raised.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    builder = TextBuilder()
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            message = "is encrypted; save it without a password and try again"
            raise UnreadableDocumentError(message)
        title = str((reader.metadata and reader.metadata.title) or "").strip()
        for number, page in enumerate(reader.pages, start=1):
            builder.heading("", page=number)
            for block in re.split(r"\n\s*\n", clean(page.extract_text())):
                builder.block(_join_lines([line.strip() for line in block.split("\n")]))
    except (
        PyPdfError,
        ArithmeticError,
        AttributeError,
        LookupError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        # pypdf meets broken files with whatever its own code trips over.
        message = "is no readable PDF; open it in a PDF viewer and save it again"
        raise UnreadableDocumentError(message) from error
    if not builder.text:
        message = "holds no text, only pictures; run text recognition (OCR) on it first"
        raise UnreadableDocumentError(message)
    return finished(builder, title)


def parse_docx(data: bytes) -> Parsed:
    """Read the paragraphs, headings and tables of a Word document in their order."""
    try:
        word = docx.Document(io.BytesIO(data))
    except (
        PackageNotFoundError,
        BadZipFile,
        zlib.error,
        KeyError,
        RuntimeError,
        SyntaxError,
        ValueError,
    ) as error:
        message = "is no readable Word document (.docx); open it in an editor and save it again"
        raise UnreadableDocumentError(message) from error
    for run in word.element.xpath("//w:r[w:rPr/w:vanish[not(@w:val='0' or @w:val='false')]]"):
        run.getparent().remove(run)  # hidden text
    builder = TextBuilder()
    title = str(word.core_properties.title or "").strip()
    for item in word.iter_inner_content():
        if isinstance(item, Table):
            for row in item.rows:
                # A merged cell comes once for each column it covers.
                cells = {cell._tc: " ".join(clean(cell.text).split()) for cell in row.cells}  # noqa: SLF001
                builder.block("; ".join(filter(None, cells.values())), separator="\n")
            continue
        style = str(item.style.name if item.style else "")
        text = " ".join(clean(item.text).split())
        if style == "Title" and not title:
            title = text
        elif style.startswith("Heading"):
            builder.heading(text)
        else:
            builder.block(text, separator="\n" if style.startswith("List") else "\n\n")
    return finished(builder, title)


PARSERS: dict[str, Callable[[bytes], Parsed]] = {
    ".docx": parse_docx,
    ".htm": parse_html,
    ".html": parse_html,
    ".markdown": parse_markdown,
    ".md": parse_markdown,
    ".pdf": parse_pdf,
    ".txt": parse_text,
}


def _looks_like_heading(line: str) -> bool:
    words = line.split()
    if words[0] in {"-", "*", "•", "–"}:
        return False
    return len(words) <= _MAX_HEADING_WORDS and line[-1].isalnum() and any(map(str.isalpha, line))


def _join_lines(lines: list[str]) -> str:
    """Join wrapped lines into one paragraph; a list keeps its lines."""
    if sum(bool(re.match(r"([-*•–]|\d+[.)])\s", line)) for line in lines) > 1:
        return "\n".join(line for line in lines if line)
    joined = ""
    for line in filter(None, lines):
        if joined.endswith("-") and line[0].islower():
            joined = joined[:-1] + line
        else:
            joined += (" " if joined else "") + line
    return " ".join(joined.split())
