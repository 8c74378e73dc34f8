"""Looks at an index as a reader does, and says all that is wrong with what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from material import HashedWords

from index import generation
from index.errors import IndexMissingError, IndexProblemError
from index.examination import examine_vectors
from index.search import SearchIndex
from index.split import split

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from multiprocessing.connection import Connection
    from pathlib import Path

NOTHING = "nothing"
_NEAREST = 3


def examine(root: Path, versions: Mapping[str, Mapping[str, str]], told: Connection) -> None:
    """Tell which version the index holds, as a whole, and what is wrong; for a child process.

    `versions` has the texts of all documents by version; `NOTHING` is the one without an index.
    """
    try:
        with SearchIndex(root, HashedWords()) as index:
            texts = {
                entry.document_id: index.catalogue.document(entry.document_id).text
                for entry in index.catalogue.entries()
            }
            wrong = list(_wrong(index, generation.current(root)))
    except IndexMissingError:
        texts, wrong = {}, []
    except (IndexProblemError, OSError) as error:
        texts, wrong = {}, [f"it cannot be used: {error}"]
    held = next((name for name, wanted in versions.items() if wanted == texts), "")
    if not held:
        wrong.append("the documents are of no one version")
    told.send((held, wrong))


def _wrong(index: SearchIndex, folder: Path) -> Iterator[str]:
    yield from examine_vectors(folder)
    for entry in index.catalogue.entries():
        document = index.catalogue.document(entry.document_id)
        if index.catalogue.passages_of(document.id) != split(document):
            yield f"{document.id} has other passages than its text"
        for passage in split(document):
            hits = index.search(passage.text, _NEAREST)
            if passage not in [hit.passage for hit in hits]:
                yield f"a passage of {document.id} is not found by its own words"
