"""Reads open benchmarks in SQuAD format (Rajpurkar et al. 2018): paragraphs become documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from assistant.errors import QuestionError
from assistant.evaluation.questions import GoldenQuestion
from corpus.load import slug

if TYPE_CHECKING:
    from pathlib import Path


def read_squad(path: Path, folder: Path) -> list[GoldenQuestion]:
    """Write each paragraph of a file as a document into `folder`; give the questions.

    A question's one fact is any of its gold answers, its document the paragraph it was asked
    about.

    Raises:
        QuestionError: the file is not in SQuAD format.
    """
    try:
        articles = json.loads(path.read_text("utf-8"))["data"]
        return [
            question
            for article in articles
            for number, paragraph in enumerate(article["paragraphs"])
            for question in _paragraph(article.get("title", ""), number, paragraph, folder)
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise QuestionError(f"{path} is no file in SQuAD format") from error


def _paragraph(
    title: str, number: int, paragraph: dict[str, Any], folder: Path
) -> list[GoldenQuestion]:
    name = title.replace("_", " ") or "Paragraph"
    document_id = slug(f"{name}-{number:03d}")
    text = " ".join(paragraph["context"].split())
    front_matter = f"---\ntitle: {json.dumps(name, ensure_ascii=False)}\n---\n"
    # Backslashes keep what looks like Markdown as it is.
    escaped = "".join(f"\\{each}" if each in "\\`*_{}[]<>#+-.!|~&()" else each for each in text)
    _write(folder / f"{document_id}.md", front_matter + escaped + "\n")
    return [
        GoldenQuestion(
            id=str(each["id"]),
            question=each["question"],
            facts=[sorted({answer["text"] for answer in each["answers"]})]
            if each["answers"]
            else [],
            answerable=not each.get("is_impossible", False),
            documents=[document_id] if each["answers"] else [],
            category="squad2",
        )
        for each in paragraph["qas"]
    ]


def _write(path: Path, text: str) -> None:
    """Leave a file that is as it should be, with its time, so that its index stays good."""
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")
