"""Looks at an index as a reader does, and says all that is wrong with what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from material import HashedWords

from index import generation
from index.errors import IndexMissingError, IndexProblemError
from index.examination import examine_vectors, problems
from index.search import SearchIndex
from index.server import ChromaServer
from index.split import split

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from multiprocessing.connection import Connection
    from pathlib import Path

    from index.passage import Passage

NOTHING = "nothing"
_NEAREST = 3
_SAME = 1e-3  # cosine


def examine(
    root: Path,
    versions: Mapping[str, Mapping[str, str]],
    told: Connection,
    url: str = "",
    name: str = "",
) -> None:
    """Tell which version the index holds, as a whole, and what is wrong; for a child process.

    `versions` has the texts of all documents by version; `NOTHING` is the one without an index.
    With a `url` it is the index of that `name` on a Chroma server.
    """
    server = ChromaServer(url, name=name) if url else None
    try:
        with SearchIndex(root, HashedWords(), server) as index:
            texts = {
                entry.document_id: index.catalogue.document(entry.document_id).text
                for entry in index.catalogue.entries()
            }
            wrong = list(_wrong(index))
        if server:
            wrong += problems(root, HashedWords().name, server)
        else:
            wrong += examine_vectors(generation.current(root))
    except IndexMissingError:
        texts, wrong = {}, []
    except (IndexProblemError, OSError) as error:
        texts, wrong = {}, [f"it cannot be used: {error}"]
    held = next((version for version, wanted in versions.items() if wanted == texts), "")
    if not held:
        wrong.append("the documents are of no one version")
    told.send((held, wrong))


def wrong_answer(index: SearchIndex, passage: Passage) -> str:
    """Say what is wrong when a passage is asked for by its own words, if anything is."""
    hits = index.search(passage.text, _NEAREST)
    if passage not in [hit.passage for hit in hits]:
        return f"a passage of {passage.document_id} is not found by its own words"
    for hit in hits:
        asked, *sentences = HashedWords().embed([passage.text, *hit.passage.vector_texts()])
        if not np.allclose(hit.cosines, np.array(sentences) @ asked, atol=_SAME):
            return f"a passage of {hit.passage.document_id} is compared by half of its vectors"
    return ""


def _wrong(index: SearchIndex) -> Iterator[str]:
    for entry in index.catalogue.entries():
        document = index.catalogue.document(entry.document_id)
        passages = split(document)
        if index.catalogue.passages_of(document.id) != passages:
            yield f"{document.id} has other passages than its text"
        yield from filter(None, (wrong_answer(index, each) for each in passages))
