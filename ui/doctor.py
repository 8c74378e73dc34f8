"""Examines the set-up: each finding is one line, with its mend where it is bad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.errors import AssistantError
from assistant.load import chat_model, default_embedder, index_folder
from corpus.errors import DocumentError
from corpus.load import find_files, load_file
from index.errors import IndexProblemError, ModelError
from index.search import SearchIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.settings import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """Something examined: whether it is well, and what it is."""

    good: bool
    text: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Examine documents, embedding model, index and chat model, one after the other."""
    yield from _documents(settings)
    embedder = default_embedder()
    try:
        embedder.embed(["a text"])
        yield Finding(good=True, text=f"embedding model: {embedder.name}")
    except ModelError as error:
        yield Finding(good=False, text=f"embedding model: {error}")
        return
    try:
        with SearchIndex(index_folder(settings), embedder) as index:
            problems = index.problems()
            count = index.catalogue.document_count()
        yield Finding(
            good=not problems, text=f"index: {problems or f'{count} documents, complete'}"
        )
    except IndexProblemError as error:
        yield Finding(good=False, text=f"index: {error}")
    try:
        chat_model(settings)
        yield Finding(good=True, text=f"answers by: {settings.model or 'the built-in answerer'}")
    except AssistantError as error:
        yield Finding(good=False, text=f"chat model: {error}")


def _documents(settings: Settings) -> Iterator[Finding]:
    try:
        files = find_files([settings.corpus_dir])
    except DocumentError as error:
        yield Finding(good=False, text=f"documents: {error}")
        return
    bad = []
    for file in files:
        try:
            load_file(file)
        except DocumentError as error:
            bad.append(Finding(good=False, text=f"document: {error}"))
    yield Finding(good=True, text=f"documents: {len(files) - len(bad)} in {settings.corpus_dir}")
    yield from bad
