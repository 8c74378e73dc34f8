"""Examines the set-up: each finding is one line, with its mend where it is bad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.conversations import Conversations
from assistant.errors import AssistantError
from assistant.feedback import Feedback
from assistant.load import (
    chat_model,
    chroma_server,
    index_folder,
    open_embedder,
    repair_index,
)
from corpus.errors import DocumentError
from corpus.load import find_files, load_file
from index.errors import IndexProblemError, ModelError
from index.examination import problems
from index.search import SearchIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.settings import Settings
    from index.embedding import Embedder


@dataclass(frozen=True, slots=True)
class Finding:
    """Something examined: whether it is well, and what it is."""

    good: bool
    text: str


def examine(settings: Settings, *, repair: bool = False) -> Iterator[Finding]:
    """Examine documents, what is kept of visitors, embedding model, index and chat model.

    With `repair` an index that is not well is built anew and examined again.
    """
    yield from _documents(settings)
    yield from _kept(settings)
    embedder = open_embedder(settings)
    try:
        embedder.embed(["a text"])
        yield Finding(good=True, text=f"embedding model: {embedder.name}")
    except ModelError as error:
        yield Finding(good=False, text=f"embedding model: {error}")
        return
    yield from _index(settings, embedder, repair=repair)
    try:
        chat_model(settings)
        yield Finding(good=True, text=f"answers by: {settings.model or 'the built-in answerer'}")
    except AssistantError as error:
        yield Finding(good=False, text=f"chat model: {error}")


def _kept(settings: Settings) -> Iterator[Finding]:
    """Look at conversations and feedback, wherever they are."""
    for name, kind in (("conversations", Conversations), ("feedback", Feedback)):
        try:
            kept = kind(settings.data_dir, settings.database_url)
            yield Finding(good=True, text=f"{name}: {kept.count()} answers in {kept.place}")
        except AssistantError as error:
            yield Finding(good=False, text=f"{name}: {error}")


def _index(settings: Settings, embedder: Embedder, *, repair: bool) -> Iterator[Finding]:
    root, server = index_folder(settings), chroma_server(settings)
    found = problems(root, embedder.name, server)
    if found and repair:
        yield from (Finding(good=True, text=f"index, before: {each}") for each in found)
        try:
            report = repair_index(settings, embedder)
        except (DocumentError, IndexProblemError) as error:
            yield Finding(good=False, text=f"index: it could not be repaired: {error}")
            return
        yield from (Finding(good=False, text=f"index: {each}") for each in report.problems)
        found = problems(root, embedder.name, server)
    yield from (Finding(good=False, text=f"index: {each}") for each in found)
    if not found:
        with SearchIndex(root, embedder, server) as index:
            count = index.catalogue.document_count()
        where = f", on {settings.chroma_url}" if server else ""
        yield Finding(good=True, text=f"index: {count} documents, complete{where}")


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
