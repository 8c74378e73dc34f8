import pytest
from fakes import hits

from assistant.suggestions import questions_about


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
