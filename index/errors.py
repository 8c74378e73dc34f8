"""What can be wrong with an index.

IndexProblemError
├── IndexBusyError        another process is changing the index
├── IndexMissingError     there is none yet
├── IndexMismatchError    it was built with another embedder, splitter or library version
├── IndexLossError        the change would take out more than a third of the documents
├── IndexStorageError     its folder cannot be read or written, or what is in it is damaged
└── IndexUnreachableError the server that holds it does not answer, or not as it should
ModelError                the embedding model is missing or not the one expected
"""

from __future__ import annotations


class IndexProblemError(Exception):
    """An index that cannot be used; the message is one line that says how to mend it."""


class IndexBusyError(IndexProblemError):
    """Another process is changing the index."""


class IndexMissingError(IndexProblemError):
    """No index has been built yet."""


class IndexMismatchError(IndexProblemError):
    """The index was built with another embedder, splitter or library version."""


class IndexLossError(IndexProblemError):
    """Following the folder would take out more than a third of the documents; nobody agreed."""

    def __init__(self, gone: int, total: int) -> None:
        super().__init__(
            f"{gone} of {total} documents are no longer in the folder of documents, so nothing was "
            "changed; if they are to be removed: summit ingest --yes"
        )
        self.gone = gone
        self.total = total


class IndexStorageError(IndexProblemError):
    """The folder of the index cannot be read or written, or its content is damaged."""


class IndexUnreachableError(IndexProblemError):
    """The server that holds the index does not answer, or not as it should."""


class ModelError(Exception):
    """The embedding model is missing or is not the one expected."""
