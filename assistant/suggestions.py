"""Questions that the documents can answer, made of what they are called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from index.passage import Passage

_ASKS = re.compile(r"(?:what|who|whom|why|how|where|when|which)\b(?!.*\?)", re.IGNORECASE)


def questions_about(passages: Iterable[Passage]) -> Iterator[str]:
    """Give a question about the document of each passage; about the heading of further ones."""
    seen: set[str] = set()
    for passage in passages:
        name = passage.title if passage.title not in seen else passage.heading
        if name and name not in seen:
            seen.add(name)
            yield _question(name)


def _question(name: str) -> str:
    if name.endswith("?"):
        return name
    if _ASKS.match(name):
        return f"Tell me {name[0].lower()}{name[1:]}."
    return f"What do the documents say about “{name}”?"
