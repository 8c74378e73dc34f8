"""Scores one answer against what its question expects; pure, by facts and documents alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ir_measures
from ir_measures import RR, Success, nDCG

from assistant.answer import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assistant.answer import Answer, Citation
    from assistant.assistant import Trace
    from assistant.evaluation.questions import GoldenQuestion
    from corpus.document import Document
    from index.passage import Passage
    from index.search import Hit

Row = dict[str, Any]
Facts = list[list[str]]
DEPTH = 10  # passages that retrieval is judged by
_SHOWN_PASSAGES = 5
_RETRIEVAL = {
    "recall@1": Success @ 1,
    "recall@3": Success @ 3,
    "recall@5": Success @ 5,
    "recall@10": Success @ 10,
    "reciprocal_rank": RR @ 10,
    "ndcg@10": nDCG @ 10,
}
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "\u202f": " "})


def score(question: GoldenQuestion, trace: Trace, find: Callable[[str], Document]) -> Row:
    """Give a row of the results: the question, its answer, and how good each part of it is."""
    answer = trace.answer
    facts = question.facts
    quotes = {each.marker: each for each in answer.citations}
    return {
        **question.model_dump(),
        "right": _right(question, answer),
        "right_if_answered": question.answerable and _states_all(facts, trace.draft),
        "corrected": answer.state is State.FALSE_PREMISE and _states_all(facts, answer),
        "abstained": answer.abstained,
        "state": answer.state.value,
        "standalone_question": answer.standalone_question,
        "answer": answer.text,
        "citations": [citation.to_dict() for citation in answer.citations],
        "closest": [citation.to_dict() for citation in answer.closest],
        "confidence": round(answer.confidence, 4),
        "seconds": round(answer.seconds, 4),
        "words": sum(len(each.text.split()) for each in answer.statements),
        "fact_sentences": _share(
            bool(facts_in(facts, each.text)) for each in answer.statements if each.markers
        ),
        "sentence@1": not answer.abstained and _states_all(facts, answer, 1),
        "sentence@3": not answer.abstained and _states_all(facts, answer, 3),
        "exact": all(_exact(each, find) for each in answer.citations),
        "citation_precision": _citation_precision(question, answer, quotes),
        "citation_recall": _citation_recall(question, answer, quotes),
        **_retrieval(question.documents, trace.hits),
        "fact_ranks": [_fact_rank(fact, trace.hits) for fact in facts],
        "passages": [_passage(hit.passage, hit.score) for hit in trace.hits[:_SHOWN_PASSAGES]],
    }


def fold(text: str) -> str:
    """Lower the case and make typographic quotes and spaces plain, as facts are compared."""
    return " ".join(text.translate(_PLAIN).casefold().split())


def facts_in(facts: Facts, text: str) -> set[int]:
    """Give the numbers of the facts of which one alternative stands in the text."""
    folded = fold(text)
    return {
        number
        for number, alternatives in enumerate(facts)
        if any(fold(each) in folded for each in alternatives)
    }


def _states_all(facts: Facts, answer: Answer, sentences: int | None = None) -> bool:
    text = " ".join(statement.text for statement in answer.statements[:sentences])
    return len(facts_in(facts, text)) == len(facts)


def _right(question: GoldenQuestion, answer: Answer) -> bool:
    if not question.answerable:
        return answer.abstained
    return not answer.abstained and _states_all(question.facts, answer)


def _exact(citation: Citation, find: Callable[[str], Document]) -> bool:
    """Whether the quotation stands where it says; not by the assistant's own check of it."""
    try:
        text = find(citation.document_id).text
    except KeyError:
        return False
    return bool(citation.quote) and text[citation.start : citation.end] == citation.quote


def _citation_precision(
    question: GoldenQuestion, answer: Answer, quotes: dict[int, Citation]
) -> float:
    """Give the share of the citations that their sentence needs (ALCE, Gao et al. 2023).

    A citation is needed when it is of a right document and, where its sentence states facts,
    quotes one of them.
    """
    needed = []
    for statement in answer.statements:
        stated = facts_in(question.facts, statement.text)
        for marker in statement.markers:
            quoted = facts_in(question.facts, quotes[marker].quote)
            right = quotes[marker].document_id in question.documents
            needed.append(right and (not stated or bool(stated & quoted)))
    return _share(needed)


def _citation_recall(
    question: GoldenQuestion, answer: Answer, quotes: dict[int, Citation]
) -> float:
    """Give the share of the facts that a sentence states and its own citations quote."""
    supported: set[int] = set()
    for statement in answer.statements:
        quoted = " ".join(quotes[marker].quote for marker in statement.markers)
        supported |= facts_in(question.facts, statement.text) & facts_in(question.facts, quoted)
    return len(supported) / len(question.facts) if question.facts else 0.0


def _retrieval(documents: Sequence[str], hits: Sequence[Hit]) -> Row:
    """Score the places of the right documents among the passages found.

    A second passage of a document brings nothing new, so it counts as a wrong one.
    """
    found: dict[str, float] = {}
    for place, hit in enumerate(hits[:DEPTH]):
        name = hit.passage.document_id
        found[f"{name}#{place}" if name in found else name] = float(DEPTH - place)
    relevant = {"q": dict.fromkeys(documents, 1)}
    values = {
        each.measure: each.value
        for each in ir_measures.iter_calc(list(_RETRIEVAL.values()), relevant, {"q": found})
    }
    return {name: round(values.get(measure, 0.0), 4) for name, measure in _RETRIEVAL.items()}


def _fact_rank(alternatives: list[str], hits: Sequence[Hit]) -> int | None:
    """Give the place, from 1, of the first passage that states the fact."""
    for place, hit in enumerate(hits[:DEPTH], start=1):
        if facts_in([alternatives], hit.passage.text):
            return place
    return None


def _passage(passage: Passage, value: float) -> Row:
    return {
        "document_id": passage.document_id,
        "title": passage.title,
        "heading": passage.heading,
        "text": passage.text,
        "score": round(value, 4),
    }


def _share(values: Sequence[bool] | Any) -> float:
    flags = list(values)
    return sum(flags) / len(flags) if flags else 0.0
