"""What others would build: LangChain's quick start, with and without rank fusion and a model.

Each pipeline gives a trace as the assistant does, so that one piece of code scores them all.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import bm25s
import Stemmer
from evaluated import hit, trace
from langchain_classic.retrievers import EnsembleRetriever
from langchain_core.documents import Document as Chunk  # noqa: TC002 - pydantic reads it
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict
from quick_start import split, store

from assistant.answer import Statement
from assistant.evaluation.score import DEPTH, fold

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from langchain_core.language_models import BaseChatModel

    from assistant.assistant import Trace
    from corpus.document import Document
    from index.embedding import Embedder

SHOWN = 4
FUSED = 50  # chunks of each ranking that are fused
RRF_K = 60  # Cormack, Clarke and Büttcher 2009
_ATTEMPTS = 3
_NOT_KNOWN = re.compile(r"\b(don't|do not|doesn't|does not) know\b")
_PROMPT = ChatPromptTemplate.from_template(
    "Answer the question from the following pieces of context. If they do not hold the answer, "
    "say that you don't know and do not make one up. Be brief: three sentences at the most.\n\n"
    "Context:\n{context}\n\nQuestion: {question}"
)


class Pipeline(Protocol):
    """What answers questions and tells how each answer came about; `Assistant` is one, too."""

    def trace(self, text: str, history: Sequence[tuple[str, str]] = ()) -> Trace:
        """Answer a question, given the (question, answer) pairs before it."""


class WordRetriever(BaseRetriever):
    """Finds chunks by their words: BM25 (Robertson and Zaragoza 2009) over English stems."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    chunks: list[Chunk]
    index: bm25s.BM25
    k: int

    @classmethod
    def of(cls, chunks: list[Chunk], k: int) -> WordRetriever:
        """Index the chunks; `k` of them are found at the most."""
        index = bm25s.BM25()
        index.index(_words([chunk.page_content for chunk in chunks]), show_progress=False)
        return cls(chunks=chunks, index=index, k=min(k, len(chunks)))

    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Chunk]:
        del run_manager
        found = self.index.retrieve(_words([query]), k=self.k, show_progress=False)
        places, scores = found.documents[0], found.scores[0]
        return [
            self.chunks[place] for place, value in zip(places, scores, strict=True) if value > 0
        ]


@dataclass(frozen=True, slots=True)
class QuickStart:
    """Retrieves chunks and shows the first four, or has a chat model answer from them.

    What was asked before a question is not looked at, as in the tutorial.
    """

    retriever: BaseRetriever
    model: BaseChatModel | None = None

    def trace(self, text: str, history: Sequence[tuple[str, str]] = ()) -> Trace:
        """Answer a question; without a model the answer is the text of the chunks."""
        del history
        started = time.perf_counter()
        chunks = self.retriever.invoke(text)[:DEPTH]
        shown = [chunk.page_content for chunk in chunks[:SHOWN]]
        said = [self._written(text, shown)] if self.model else shown
        return trace(
            text,
            (
                hit(each.metadata["document"], each.metadata["title"], each.page_content, rank)
                for rank, each in enumerate(chunks, start=1)
            ),
            map(Statement, said),
            time.perf_counter() - started,
            abstained=self.model is not None and says_unknown(said[0]),
        )

    def _written(self, question: str, shown: Sequence[str]) -> str:
        assert self.model is not None  # the caller has checked
        model = self.model.with_retry(stop_after_attempt=_ATTEMPTS)
        chain = _PROMPT | model | StrOutputParser()
        return chain.invoke({"context": "\n\n".join(shown), "question": question})


def says_unknown(text: str) -> bool:
    """Tell whether a model's answer says that it does not know."""
    return bool(_NOT_KNOWN.search(fold(text)))


def fused(*retrievers: BaseRetriever) -> EnsembleRetriever:
    """Join rankings by reciprocal rank fusion, each with the same weight."""
    return EnsembleRetriever(
        retrievers=list(retrievers),
        weights=[1.0] * len(retrievers),
        c=RRF_K,
        id_key="number",
    )


def peers(
    documents: Sequence[Document],
    embedder: Embedder,
    folder: Path,
    model: BaseChatModel | None = None,
) -> list[Pipeline]:
    """Give the quick start, the one with rank fusion and, with a chat model, the one with it."""
    chunks = split(documents)
    chroma = store(chunks, embedder, folder)
    plain = chroma.as_retriever(search_kwargs={"k": DEPTH})
    deep = chroma.as_retriever(search_kwargs={"k": FUSED})
    made: list[Pipeline] = [QuickStart(plain)]
    made.append(QuickStart(fused(deep, WordRetriever.of(chunks, FUSED))))
    if model:
        made.append(QuickStart(plain, model))
    return made


def _words(texts: list[str]) -> Any:
    return bm25s.tokenize(
        texts, stopwords="en", stemmer=Stemmer.Stemmer("english"), show_progress=False
    )
