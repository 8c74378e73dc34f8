"""HTML → the text that a reader of the page sees, with its headings."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag
from bs4.dammit import EncodingDetector
from bs4.element import NavigableString

from corpus.parsed import Parsed, decode, finished
from corpus.text import TextBuilder, clean

_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_INLINE = {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i"}
_INLINE |= {"ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strong", "sub"}
_INLINE |= {"sup", "time", "tt", "u", "var", "wbr", "br", "img"}
_UNSEEN = re.compile(
    r"(display:none|visibility:(hidden|collapse)|(opacity|font-size):0+(\.0*)?([a-z%]|!|;|$))"
)


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
    return finished(builder, first_heading or title)


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
