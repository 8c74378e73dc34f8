from pathlib import Path

import pytest

from assistant.evaluation.run import read_questions
from corpus.load import SHIPPED_DOCUMENTS

FILES = sorted((SHIPPED_DOCUMENTS.parent / "questions").glob("*.jsonl"))
IDS = {path.stem for path in SHIPPED_DOCUMENTS.glob("*.md")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_golden_questions_name_documents_that_exist(path: Path):
    for question in read_questions(path):
        assert set(question.documents) <= IDS, question.id


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_answerable_golden_question_names_facts_and_documents(path: Path):
    for question in read_questions(path):
        if question.answerable:
            assert question.facts, question.id
            assert question.documents, question.id


def test_golden_question_ids_are_unique():
    ids = [question.id for path in FILES for question in read_questions(path)]
    assert len(ids) == len(set(ids)) > 250


def test_no_document_is_in_both_halves():
    dev, test = (
        {document for question in read_questions(path) for document in question.documents}
        for path in FILES
    )
    assert dev & test == set()
