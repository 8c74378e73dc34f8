import pytest
from fakes import hits

from assistant.answer import State
from assistant.suggestions import questions_about
from corpus.load import SHIPPED_DOCUMENTS, find_files, load_file


def passages(*names):
    from dataclasses import replace

    [hit] = hits("Owls hunt mice.")
    return [replace(hit.passage, title=title, heading=heading) for title, heading in names]


@pytest.mark.parametrize(
    ("title", "question"),
    [
        ("Why the UK did not sign", "Tell me why the UK did not sign."),
        ("Who signed?", "Who signed?"),
        ("Owls of Norway", "What do the documents say about “Owls of Norway”?"),
        ("Whichever owl", "What do the documents say about “Whichever owl”?"),
    ],
)
def test_a_question_is_made_of_what_a_document_is_called(title, question):
    assert list(questions_about(passages((title, "")))) == [question]


def test_a_second_passage_of_a_document_gives_a_question_about_its_heading():
    asked = list(questions_about(passages(("Owls", "Food"), ("Owls", "Nests"), ("Owls", ""))))
    assert asked == [
        "What do the documents say about “Owls”?",
        "What do the documents say about “Nests”?",
    ]


@pytest.mark.parametrize("file", find_files([SHIPPED_DOCUMENTS]), ids=lambda file: file.document_id)
def test_the_first_question_that_a_shipped_document_suggests_is_answered(assistant, file):
    answer = assistant.ask(load_file(file).questions[0])

    assert answer.state == State.ANSWERED
    assert file.document_id in {each.document_id for each in answer.citations}
