"""Markdown → text with headings, front matter, and references to the sources named there."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import yaml
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from corpus.errors import UnreadableDocumentError
from corpus.parsed import Parsed, decode, finished
from corpus.text import TextBuilder, clean

if TYPE_CHECKING:
    from markdown_it.token import Token

# Offsets in a block's text, each with the keys of the sources referred to there.
References = list[tuple[int, tuple[str, ...]]]

# Reading front matter took most of the time of reading; libyaml is not everywhere.
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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
    return finished(builder, str(metadata.get("title") or walker.title), metadata)


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
