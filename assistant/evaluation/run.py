"""Asks every question of a file and judges each answer."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.citations import holds
from assistant.errors import QuestionError
from assistant.evaluation.metrics import Facts, facts_found, rank_of, summarise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assistant.answer import Answer
    from assistant.assistant import Assistant

SHIPPED_QUESTIONS = Path(str(files("corpus"))) / "questions" / "dev.jsonl"


class GoldenQuestion(BaseModel):
    """A line of a questions file; all but id and question may be left out."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: str
    question: str
    history: list[tuple[str, str]] = []
    facts: Facts = []
    answerable: bool = True
    documents: list[str] = []
    category: str = ""


def read_questions(path: Path) -> list[GoldenQuestion]:
    """Read a questions file, JSON Lines.

    Raises:
        QuestionError: the file or one of its lines cannot be read; the message names the line.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(
            f"{path} cannot be read; give a file of questions (JSON Lines)"
        ) from error
    questions = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            questions.append(GoldenQuestion.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise QuestionError(
                f"{path}, line {number}: {where + ': ' if where else ''}{first['msg'].lower()}"
            ) from error
    if not questions:
        raise QuestionError(f"{path} holds no questions")
    return questions


def evaluate_all(
    assistant: Assistant,
    questions: Sequence[GoldenQuestion],
    on_answer: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Answer and judge every question; give what the JSON contract asks for."""
    results = []
    for question in questions:
        results.append(_judge(assistant, question))
        on_answer()
    return {"questions": results, "summary": summarise(results)}


def _judge(assistant: Assistant, question: GoldenQuestion) -> dict[str, Any]:
    answer = assistant.ask(question.question, question.history)
    found = [hit.passage.document_id for hit in assistant.search(answer.standalone_question)]
    total = len(question.facts)
    quotes = " ".join(citation.quote for citation in answer.citations)

    def all_in(text: str) -> bool:
        return not answer.abstained and facts_found(question.facts, text) == total

    return {
        **question.model_dump(),
        "right": all_in(answer.text) if question.answerable else answer.abstained,
        "abstained": answer.abstained,
        "state": answer.state.value,
        "standalone_question": answer.standalone_question,
        "answer": answer.text,
        "citations": [citation.to_dict() for citation in answer.citations],
        "closest": [citation.to_dict() for citation in answer.closest],
        "confidence": answer.confidence,
        "sentence@1": all_in(_first(answer, 1)),
        "sentence@3": all_in(_first(answer, 3)),
        "rank": rank_of(question.documents, found),
        "found": found,
        "exact": all(holds(each, assistant.document) for each in answer.citations),
        "citation_precision": _precision(answer, question.documents),
        "citation_recall": facts_found(question.facts, quotes) / total if total else 0.0,
        "words": sum(len(statement.text.split()) for statement in answer.statements),
        "seconds": answer.seconds,
    }


def _first(answer: Answer, count: int) -> str:
    return " ".join(statement.text for statement in answer.statements[:count])


def _precision(answer: Answer, documents: Sequence[str]) -> float:
    """Give the share of citations that are of a right document."""
    right = [citation.document_id in documents for citation in answer.citations]
    return sum(right) / len(right) if right else 0.0
