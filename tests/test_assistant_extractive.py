import pytest

from assistant.answerers.extractive import MAX_SENTENCES, rank, select
from corpus.document import Document, Section
from index.search import Hit
from index.split import split
from index.terms import terms


def hits(*texts, cosine=0.5):
    found = []
    for number, text in enumerate(texts):
        document = Document(f"d{number}", "A title", text, (Section("", 0, len(text)),))
        found += [
            Hit(passage, cosine, (cosine,) * len(passage.sentences), 0.5)
            for passage in split(document)
        ]
    return found


def answer(question, *texts):
    weights = dict.fromkeys(terms(question), 1.0)
    ranked = rank(question, hits(*texts), weights)
    return [each.text for each in select(question, ranked)]


def test_the_sentence_that_shares_the_question_words_is_chosen():
    chosen = answer("Who keeps the bees?", "Trains are fast. Ann keeps the bees. Rain falls.")
    assert "Ann keeps the bees." in chosen


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


def test_the_likeliest_sentence_comes_first():
    text = "Trains are fast. Owls live in old church towers. Rain falls on owls."
    assert answer("Where do owls live?", text)[0] == "Owls live in old church towers."


def test_sentences_that_answer_parts_of_a_question_come_before_other_ones():
    weights = dict.fromkeys(terms("owls bees"), 1.0)
    found = rank("owls bees", hits("Owls owls hunt.", "Owls sleep.", "Bees hum."), weights)
    bees = next(each for each in found if "Bees" in each.text)
    chosen = [each.text for each in select("owls bees", found, [bees])]
    assert chosen[:2] == [found[0].text, "Bees hum."]


def test_at_most_four_sentences_are_shown():
    text = " ".join(f"Owls of kind {n} like place {n} and food {n * 7}." for n in range(9))
    assert 1 <= len(answer("Which owls and why owls?", text)) <= MAX_SENTENCES


def test_two_sentences_that_say_the_same_are_shown_once():
    chosen = answer("Where do owls live?", "Owls live in towers.", "Owls live in towers now.")
    assert len(chosen) == 1


def test_the_likeliest_sentence_has_what_it_leans_on_behind_it():
    text = "Ann Lee runs the owl house. She feeds thirty owls of every kind each day."
    chosen = answer("How many owls are fed each day?", text)
    assert chosen == [
        "She feeds thirty owls of every kind each day.",
        "Ann Lee runs the owl house.",
    ]
