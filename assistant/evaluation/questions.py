"""The questions an evaluation asks, one JSON object a line."""

from __future__ import annotations

import random
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SEED = 20250211
_SHIPPED = Path(str(files("corpus"))) / "questions"
DEV_QUESTIONS = _SHIPPED / "dev.jsonl"
TEST_QUESTIONS = _SHIPPED / "test.jsonl"
FALSE_PREMISE = "false-premise"


class GoldenQuestion(BaseModel):
    """A line of a questions file; all but id and question may be left out.

    A fact is a list of alternatives, of which one must stand in the answer. The facts of a
    question that is not answerable are the correction of what it wrongly takes for granted.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    id: str
    question: str
    history: list[tuple[str, str]] = []
    facts: list[list[str]] = []
    answerable: bool = True
    documents: list[str] = []
    category: str = ""


def read_questions(paths: Sequence[Path]) -> list[GoldenQuestion]:
    """Read files of questions, JSON Lines, one after the other.

    Raises:
        QuestionError: a file or one of its lines cannot be read, or two questions have the same
            id; the message names file and line.
    """
    questions: dict[str, GoldenQuestion] = {}
    for path in paths:
        for number, line in _lines(path):
            question = _parse(line, f"{path}, line {number}")
            if question.id in questions:
                raise QuestionError(f"{path}, line {number}: the id {question.id} stands twice")
            questions[question.id] = question
    if not questions:
        raise QuestionError(f"{', '.join(map(str, paths))} holds no questions")
    return list(questions.values())


def draw(questions: list[GoldenQuestion], limit: int | None) -> list[GoldenQuestion]:
    """Take that many of the questions, always the same ones; all where there is no limit."""
    if limit is None or limit >= len(questions):
        return questions
    return random.Random(_SEED).sample(questions, limit)  # noqa: S311 - a draw, no secret


def _lines(path: Path) -> Iterable[tuple[int, str]]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(
            f"{path} cannot be read; give a file of questions (JSON Lines)"
        ) from error
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _parse(line: str, where: str) -> GoldenQuestion:
    try:
        return GoldenQuestion.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise QuestionError(
            f"{where}: {field + ': ' if field else ''}{first['msg'].lower()}"
        ) from error
