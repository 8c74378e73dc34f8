"""One pure function a format: the bytes of a file in, its text with headings out."""

from __future__ import annotations

import io
import logging
import re
import zlib
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import docx
import yaml
from bs4 import BeautifulSoup, Tag
from bs4.dammit import EncodingDetector
from bs4.element import NavigableString
from charset_normalizer import from_bytes
from docx.opc.exceptions import PackageNotFoundError
from docx.table import Table
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from corpus.errors import UnreadableDocumentError
from corpus.text import TextBuilder, clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown_it.token import Token

    from corpus.document import Reference, Section

# Offsets in a block's text, each with the keys of the sources referred to there.
References = list[tuple[int, tuple[str, ...]]]

_MAX_HEADING_WORDS = 14
_MIN_PRINTABLE = 0.9
# Reading front matter took most of the time of reading; libyaml is not everywhere.
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file says: its text with sections, its own title, and its front matter."""

    text: str
    sections: tuple[Section, ...]
    title: str = ""
    references: tuple[Reference, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)


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
    return _finished(builder, title)


def parse_markdown(data: bytes) -> Parsed:
    """Read CommonMark with tables, footnotes and YAML front matter.

    A footnote reference to a source of the front matter becomes a `Reference`; raw HTML and
    images are left out, except for their alternative text.
    """
    text = decode(data).replace("\r\n", "\n")
    # Front matter alone first, since its keys decide what is a footnote.
    first = next(iter(MarkdownIt("zero").use(front_matter_plugin).parse(text)), None)
    metadata = _front_matter(first.content) if first and first.type == "front_matter" else {}
    keys = {str(source.get("key")) for source in metadata.get("sources", ())}
    # A reference counts as one only where a definition stands: the front matter is the definition.
    definitions = {"footnotes": {"refs": {f":{key}": -1 for key in keys}}}
    parser = MarkdownIt("commonmark").enable("table").use(front_matter_plugin).use(footnote_plugin)
    builder = TextBuilder()
    walker = _MarkdownWalker(builder, keys)
    walker.walk(parser.parse(text, definitions))
    return _finished(builder, str(metadata.get("title") or walker.title), metadata)


def parse_html(data: bytes) -> Parsed:
    """Read the visible text of a page: its article or main part where it names one."""
    declared = EncodingDetector.find_declared_encoding(data, is_html=True)
    soup = BeautifulSoup(decode(data, declared), "html.parser")
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    for tag in soup(["script", "style", "noscript", "template", "svg", "nav", "footer", "form"]):
        tag.decompose()
    for tag in soup.select("[hidden], [aria-hidden=true]") + soup(style=_unseen):
        tag.decompose()
    if soup.title:
        soup.title.decompose()
    for tag in soup("br"):
        tag.replace_with(" ")
    root = soup.find("article") or soup.find("main") or soup.body or soup
    builder = TextBuilder()
    first_heading = _walk_html(root, builder)
    return _finished(builder, first_heading or title)


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
    return _finished(builder, title)


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
    return _finished(builder, title)


PARSERS: dict[str, Callable[[bytes], Parsed]] = {
    ".docx": parse_docx,
    ".htm": parse_html,
    ".html": parse_html,
    ".markdown": parse_markdown,
    ".md": parse_markdown,
    ".pdf": parse_pdf,
    ".txt": parse_text,
}


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


def _finished(builder: TextBuilder, title: str, metadata: dict[str, Any] | None = None) -> Parsed:
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


def _front_matter(content: str) -> dict[str, Any]:
    try:
        metadata = yaml.load(content, Loader=_YAML)  # noqa: S506 - both of them are safe
    except (yaml.YAMLError, ValueError) as error:  # 2025-02-30 is a ValueError
        message = "has front matter that is no valid YAML; check the lines between the --- marks"
        raise UnreadableDocumentError(message) from error
    if not isinstance(metadata, dict):
        return {}
    metadata = {
        str(key): value.isoformat() if isinstance(value, date) else value
        for key, value in metadata.items()
    }
    sources = metadata.get("sources") or []
    if not isinstance(sources, list) or not all(isinstance(each, dict) for each in sources):
        message = (
            "has wrong front matter: its sources must be a list of publisher, title, date and url"
        )
        raise UnreadableDocumentError(message)
    metadata["sources"] = sources
    return metadata


class _MarkdownWalker:
    """Adds the blocks of a token stream to a builder; `title` is its first heading of level one."""

    def __init__(self, builder: TextBuilder, keys: set[str]) -> None:
        self.title = ""
        self._builder = builder
        self._keys = keys
        self._open: list[str] = []
        self._row: list[tuple[str, References]] = []

    def walk(self, tokens: list[Token]) -> None:
        """Add every block; what stands in a footnote that defines a source is left out."""
        hidden = False
        for token in tokens:
            if token.type == "footnote_open":
                hidden = str(token.meta.get("label")) in self._keys
            elif token.type == "footnote_close":
                hidden = False
            elif token.nesting == 1:
                self._open.append(f"{token.type.removesuffix('_open')} {token.tag}")
            elif token.nesting == -1:
                self._open.pop()
                self._close(token)
            elif token.type in {"fence", "code_block"} and not hidden:
                self._builder.block(clean(token.content))
            elif token.type == "inline" and not hidden:
                self._inline(token)

    def _close(self, token: Token) -> None:
        if token.type == "tr_close":
            self._builder.block(*_row(self._row), separator="\n")
            self._row = []

    def _inline(self, token: Token) -> None:
        text, references = _inline(token.children or [], self._keys)
        kind, _, tag = self._open[-1].partition(" ")
        if kind == "heading" and tag == "h1" and not self.title:
            self.title = text
        elif kind == "heading":
            self._builder.heading(text)
        elif kind in {"td", "th"}:
            self._row.append((text, references))
        else:
            in_list = any(each.startswith("list_item") for each in self._open)
            self._builder.block(text, references, separator="\n" if in_list else "\n\n")


def _inline(children: list[Token], keys: set[str]) -> tuple[str, References]:
    """Give the visible text of inline tokens and the source references within it."""
    text = ""
    references: References = []
    for child in children:
        if child.type == "footnote_ref" and str(child.meta.get("label")) in keys:
            references.append((len(text.rstrip()), (str(child.meta["label"]),)))
        elif child.type in {"softbreak", "hardbreak"} or (
            child.type == "html_inline" and child.content.lower().startswith("<br")
        ):
            text += " "
        elif child.type in {"text", "code_inline", "image"}:
            text = clean(text + child.content)
    stripped = len(text) - len(text.lstrip())
    return text.strip(), [(offset - stripped, key) for offset, key in references]


def _row(
    cells: list[tuple[str, References]],
) -> tuple[str, References]:
    """Join the cells of a table row that say something into one line."""
    line = ""
    references: References = []
    for text, inside in cells:
        line += "; " if line and text else ""
        references += [(len(line) + offset, keys) for offset, keys in inside]
        line += text
    return line, references


_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_INLINE = {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i"}
_INLINE |= {"ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strong", "sub"}
_UNSEEN = re.compile(
    r"(display:none|visibility:(hidden|collapse)|(opacity|font-size):0+(\.0*)?([a-z%]|!|;|$))"
)
_INLINE |= {"sup", "time", "tt", "u", "var", "wbr", "br", "img"}


def _one_line(tag: Tag) -> str:
    """Give the text of a heading or table cell in one line."""
    for block in tag(["div", "li", "p"]):
        block.insert_before(" ")
    return " ".join(clean(tag.get_text()).split())


def _unseen(style: str | None) -> bool:
    """Whether an element says of itself that nobody is to see it."""
    return bool(_UNSEEN.search(re.sub(r"\s|/\*.*?\*/", "", style or "").lower()))


def _walk_html(root: Tag, builder: TextBuilder) -> str:
    """Add the blocks below `root`; give the text of the first heading of level one."""
    title = ""
    pending: list[str] = []

    def flush(separator: str = "\n\n") -> None:
        builder.block(" ".join(clean("".join(pending)).split()), separator=separator)
        pending.clear()

    def visit(node: Tag) -> None:
        nonlocal title
        for child in node.children:
            if type(child) is NavigableString:
                pending.append(str(child))
            elif not isinstance(child, Tag):
                continue
            elif child.name in _INLINE:
                visit(child)
            elif child.name == "tr" and not child.find(["table", *_HEADINGS]):
                flush()
                pending.append("; ".join(filter(None, map(_one_line, child(["td", "th"])))))
                flush("\n")
            elif child.name in _HEADINGS:
                flush()
                text = _one_line(child)
                if child.name == "h1" and not title:
                    title = text
                else:
                    builder.heading(text)
            else:
                flush()
                visit(child)
                flush("\n" if child.name in {"li", "dd"} else "\n\n")

    visit(root)
    flush()
    return title
