"""What can be wrong with an index.

IndexProblemError
├── IndexBusyError        another process is changing the index
├── IndexMissingError     there is none yet
├── IndexMismatchError    it was built with another embedder, splitter or library version
└── IndexStorageError     its folder cannot be read or written, or what is in it is damaged
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


class IndexStorageError(IndexProblemError):
    """The folder of the index cannot be read or written, or its content is damaged."""


class ModelError(Exception):
    """The embedding model is missing or is not the one expected."""
