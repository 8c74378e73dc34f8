"""What can be wrong with a document.

DocumentError
├── UnsupportedDocumentError   the file is of no kind that can be read
├── UnreadableDocumentError    it should be readable, but is broken, encrypted or empty
├── WebPageError               a page of the web may not or cannot be fetched
└── NoDocumentsError           nothing to read was found where documents should be
"""

from __future__ import annotations


class DocumentError(Exception):
    """A document that cannot be taken in; the message is one line that says how to mend it."""


class UnsupportedDocumentError(DocumentError):
    """The file is of no kind that can be read."""


class UnreadableDocumentError(DocumentError):
    """The file is of a known kind but cannot be read."""


class WebPageError(DocumentError):
    """A page of the web may not or cannot be fetched."""


class NoDocumentsError(DocumentError):
    """There is nothing to read at the place given."""
