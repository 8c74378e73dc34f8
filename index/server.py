"""A Chroma server: what is kept of an index there, and how it is reached."""

from __future__ import annotations

import threading
import urllib.request
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import chromadb
import numpy as np
from chromadb.config import DEFAULT_DATABASE, DEFAULT_TENANT, Settings
from chromadb.errors import ChromaError, InternalError, NotFoundError

from index.errors import IndexStorageError, IndexUnreachableError
from index.vectors import CONFIGURATION, Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from chromadb import Collection
    from chromadb.api import ClientAPI
    from numpy.typing import NDArray

# Chroma's service takes and gives 300 records a request; a server of one's own, many more.
MOST_RECORDS = 250
_PAGE = 100  # collections
_PATIENCE = 20.0  # seconds that the server may take for one request
_PORTS = {"http": 80, "https": 443}

Values = dict[str, str | int]


class ChromaServer:
    """One part of a Chroma server: all collections whose name begins with `name` and a full stop.

    It is connected to when it is first needed. Safe to use from several threads.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str = "summit",
        token: str = "",
        tenant: str = "",
        database: str = "",
    ) -> None:
        self.url = url
        self._name = name
        self._token = token
        self._tenant = tenant or DEFAULT_TENANT
        self._database = database or DEFAULT_DATABASE
        self._connecting = threading.Lock()

    def check(self) -> None:
        """Raise IndexUnreachableError where the server does not answer."""
        self.seconds()

    def seconds(self) -> int:
        """Give the time of the server's clock, which is one for all who ask, in seconds."""
        with self.reaching():
            return self._client.heartbeat() // 10**9

    def parts(self) -> list[str]:
        """Give what there is under our name, without it."""
        names: list[str] = []
        with self.reaching():
            while True:
                page = self._client.list_collections(limit=_PAGE, offset=len(names))
                names += [each.name for each in page]
                if len(page) < _PAGE:
                    break
        return [each.removeprefix(f"{self._name}.") for each in names if self._is_ours(each)]

    def remove(self, part: str) -> None:
        """Remove a part; one that is not there is passed over."""
        with self.reaching():
            client = self._client
            try:
                client.delete_collection(self._full(part))
            except NotFoundError:
                return

    def note(self, part: str) -> Note | None:
        """Give the note of this name, if there is one."""
        with self.reaching():
            client = self._client
            try:
                found = client.get_collection(self._full(part), embedding_function=None)
            except NotFoundError:
                return None
        return Note(self, found)

    def new_note(self, part: str, values: Values) -> Note | None:
        """Write a note that must be new; None where there is one of this name already."""
        with self.reaching():
            try:
                made = self._client.create_collection(
                    self._full(part), metadata=dict(values), embedding_function=None
                )
            except ChromaError:
                if self.note(part) is None:
                    raise
                return None
        return Note(self, made)

    def write_texts(self, part: str, texts: Iterator[str]) -> int:
        """Keep texts, of up to 16,000 bytes each, in their order; give how many there were."""
        with self.reaching():
            collection = self._client.create_collection(self._full(part), embedding_function=None)
        count = 0
        while some := [text for _, text in zip(range(MOST_RECORDS), texts, strict=False)]:
            numbers = range(count, count + len(some))
            with self.reaching():
                # Chroma wants a vector with every record; no two are alike, as its graph likes it.
                vectors: list[Sequence[float]] = [[float(number)] for number in numbers]
                collection.add(ids=list(map(str, numbers)), embeddings=vectors, documents=some)
            count += len(some)
        return count

    def read_texts(self, part: str, count: int) -> Iterator[str]:
        """Give the texts that were kept, in their order.

        Raises:
            IndexStorageError: some are not there.
        """
        collection = self.collection(part)
        for first in range(0, count, MOST_RECORDS):
            ids = [str(number) for number in range(first, min(first + MOST_RECORDS, count))]
            with self.reaching():
                found = collection.get(ids=ids, include=["documents"])
            texts = dict(zip(found["ids"], found["documents"] or [], strict=True))
            for each in ids:
                if each not in texts:
                    raise self.damaged(part)
                yield texts[each]

    def collection(self, part: str, *, create: bool = False) -> Collection:
        """Give the collection of vectors of this name, made where it is not there if asked."""
        with self.reaching():
            if create:
                return self._client.get_or_create_collection(
                    self._full(part), configuration=CONFIGURATION, embedding_function=None
                )
            return self._client.get_collection(self._full(part), embedding_function=None)

    def damaged(self, part: str) -> IndexStorageError:
        """Give the error that says so of a part."""
        return IndexStorageError(
            f"{self._full(part)} on the Chroma server at {self.url} is damaged; "
            "run: summit ingest --rebuild"
        )

    def modify(
        self, collection: Collection, part: str | None = None, values: Values | None = None
    ) -> None:
        """Give a collection, whatever its name is by now, another name or other values."""
        name = self._full(part) if part else None
        with self.reaching():
            collection.modify(name=name, metadata=dict(values) if values else None)

    @contextmanager
    def reaching(self) -> Iterator[None]:
        """Turn what goes wrong with the server into one line that says how to mend it."""
        try:
            yield
        except (IndexStorageError, IndexUnreachableError):
            raise
        except NotFoundError as error:
            raise IndexStorageError(
                f"the Chroma server at {self.url} does not have all of the index ({error}); "
                "check SUMMIT_CHROMA_TENANT and SUMMIT_CHROMA_DATABASE, or run: "
                "summit ingest --rebuild"
            ) from error
        except InternalError as error:
            # So it is where Chroma was killed while it wrote a graph to its disk.
            raise IndexUnreachableError(
                f"the Chroma server at {self.url} has failed ({_reason(error)}); see that it has "
                "room on its disk and, if it fails again, run: summit ingest --rebuild"
            ) from error
        except Exception as error:  # Chroma raises Exception itself where a proxy answers
            raise IndexUnreachableError(
                f"the Chroma server at {self.url} cannot be used ({_reason(error)}); "
                "see that it runs there, or mend SUMMIT_CHROMA_URL and SUMMIT_CHROMA_TOKEN"
            ) from error

    @property
    def _client(self) -> ClientAPI:
        with self._connecting:
            return self._connected

    @cached_property
    def _connected(self) -> ClientAPI:
        parts = urlsplit(self.url)
        token = self._token
        # Chroma's service reads the one, proxies before a server of one's own the other.
        headers = {"X-Chroma-Token": token, "Authorization": f"Bearer {token}"} if token else {}
        # Chroma's client would wait for ever on a server that hangs; there is no setting for that.
        asking = urllib.request.Request(f"{self.url}/api/v2/heartbeat")  # noqa: S310 - settings allow http and https alone
        for name, value in headers.items():
            asking.add_unredirected_header(name, value)
        with urllib.request.urlopen(asking, timeout=_PATIENCE):  # noqa: S310 - the same
            pass
        client = chromadb.HttpClient(
            host=f"[{parts.hostname}]" if ":" in (parts.hostname or "") else str(parts.hostname),
            port=parts.port or _PORTS[parts.scheme],
            ssl=parts.scheme == "https",
            headers=headers,
            settings=Settings(anonymized_telemetry=False),
            tenant=self._tenant,
            database=self._database,
        )
        client._server._session.timeout = _PATIENCE  # type: ignore[attr-defined] # noqa: SLF001
        return client

    def _full(self, part: str) -> str:
        return f"{self._name}.{part}"

    def _is_ours(self, name: str) -> bool:
        return name.startswith(f"{self._name}.")


class Note:
    """A few values under a name on a server, replaced all at once."""

    def __init__(self, server: ChromaServer, collection: Collection) -> None:
        self._server = server
        self._collection = collection

    @property
    def values(self) -> Mapping[str, object]:
        """What it said when it was last read or written."""
        return self._collection.metadata or {}

    def replace(self, values: Values) -> None:
        """Have it say something else."""
        self._server.modify(self._collection, values=values)

    def rename(self, part: str) -> None:
        """Give it another name; of two who do so, each renames what they themselves have read."""
        self._server.modify(self._collection, part=part)


class ServerStore(Store):
    """Vectors in a collection of a server, which readers of several generations share.

    An id means the same vector for ever, so builds add to what others read.
    """

    _batch = MOST_RECORDS

    def __init__(self, server: ChromaServer, part: str, *, write: bool = False) -> None:
        self._server = server
        self._collection = server.collection(part, create=write)

    def close(self) -> None:
        """Do nothing: the connection is the server's."""

    def retire(self, ids: Sequence[str]) -> None:
        """Leave them for those who read the generation before; the next build removes them."""

    def differing(self, expected: set[str]) -> tuple[set[str], set[str]]:
        """Give the ids that are missing; others may be there, for other generations."""
        return expected - self.ids(), set()

    def _end_writing(self, seen: int) -> None:
        """Say how many vectors are seen; the server heeds that when it next opens its files.

        Its log it looks into at every search.
        """
        with self._mapped():
            self._collection.modify(configuration={"hnsw": {"ef_search": seen}})

    def _add_again(self, vectors: dict[str, NDArray[np.float32]]) -> None:
        with self._mapped():
            for some in self._batches(list(vectors)):
                values = np.array([vectors[each] for each in some], dtype=np.float32)
                self._collection.update(ids=list(some), embeddings=values)

    def _mapped(self) -> AbstractContextManager[None]:
        return self._server.reaching()


def _reason(error: BaseException) -> str:
    """Say what was at the bottom of an error, in one line."""
    while below := error.__cause__ or error.__context__:
        error = below
    return (str(error).splitlines() or [""])[0] or type(error).__name__
