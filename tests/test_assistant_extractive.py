import pytest
from fakes import hits

from assistant.answerers.extractive import rank
from index.terms import terms


@pytest.mark.parametrize(
    ("question", "lacking", "holding"),
    [
        ("How many owls are there?", "There are owls here.", "There are 12 owls here."),
        ("When did owls come?", "The owls did come.", "The owls did come in May 1950."),
        ("Who saw the owls?", "Someone saw the owls.", "It was Ann Lee who saw the owls."),
        ("Why did owls leave?", "The owls did leave.", "The owls did leave because of noise."),
        ("What did Ann say about owls?", "Ann did speak of owls.", "Ann said “hoot” about owls."),
    ],
)
def test_a_sentence_with_the_kind_of_thing_asked_for_beats_one_without(question, lacking, holding):
    weights = dict.fromkeys(terms(question), 1.0)
    ranked = rank(question, hits(f"{lacking} {holding}"), weights)
    assert ranked[0].text == holding


def test_a_sentence_that_asks_the_question_back_is_no_answer():
    question = "When did owls come?"
    weights = dict.fromkeys(terms(question), 1.0)
    ranked = rank(
        question, hits("Question: When did owls come? The owls came in May 1950."), weights
    )
    assert [each.text for each in ranked] == ["The owls came in May 1950."]
