"""LangChain's quick start: what its tutorial on retrieval builds, with the product's embedder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chromadb.config import Settings as ChromaSettings
from langchain_chroma import Chroma
from langchain_core.documents import Document as Chunk
from langchain_core.embeddings import Embeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from corpus.document import Document
    from index.embedding import Embedder

CHUNK_CHARACTERS = 1000
CHUNK_OVERLAP = 200


class ProductEmbeddings(Embeddings):
    """The product's own embedding model, as LangChain wants it."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Give a vector for each text."""
        vectors: list[list[float]] = self._embedder.embed(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Give the vector of one text."""
        return self.embed_documents([text])[0]


def split(documents: Sequence[Document]) -> list[Chunk]:
    """Cut documents into the tutorial's chunks; the title leads the text, as on a web page."""
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=CHUNK_CHARACTERS, chunk_overlap=CHUNK_OVERLAP, add_start_index=True
    )
    pages = [
        Chunk(f"{each.title}\n\n{each.text}", metadata={"document": each.id, "title": each.title})
        for each in documents
    ]
    chunks = splitter.split_documents(pages)
    for number, chunk in enumerate(chunks):
        chunk.metadata["number"] = number
    return chunks


def store(chunks: list[Chunk], embedder: Embedder, folder: Path) -> Chroma:
    """Embed the chunks into a new Chroma in `folder`."""
    return Chroma.from_documents(
        chunks,
        ProductEmbeddings(embedder),
        persist_directory=str(folder),
        client_settings=ChromaSettings(anonymized_telemetry=False),
    )


def stored(embedder: Embedder, folder: Path) -> Chroma:
    """Open the Chroma that `store` made in `folder`."""
    return Chroma(
        embedding_function=ProductEmbeddings(embedder),
        persist_directory=str(folder),
        client_settings=ChromaSettings(anonymized_telemetry=False),
    )
