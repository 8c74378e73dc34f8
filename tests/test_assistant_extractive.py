import pytest

from assistant.answerers.extractive import MAX_SENTENCES, confidence, rank, select
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


def test_sentences_of_one_document_keep_their_order_there():
    text = "Owls came first. Then owls left. At last owls slept."
    chosen = answer("Which owls?", text)
    assert chosen == sorted(chosen, key=text.index)


def test_at_most_four_sentences_are_shown():
    text = " ".join(f"Owls of kind {n} like place {n} and food {n * 7}." for n in range(9))
    assert 1 <= len(answer("Which owls and why owls?", text)) <= MAX_SENTENCES


def test_two_sentences_that_say_the_same_are_shown_once():
    chosen = answer("Where do owls live?", "Owls live in towers.", "Owls live in towers now.")
    assert len(chosen) == 1


def test_a_sentence_that_leans_brings_the_one_before_it():
    text = "Ann Lee runs the owl house. She feeds thirty owls of every kind each day."
    chosen = answer("How many owls are fed each day?", text)
    assert chosen == [
        "Ann Lee runs the owl house.",
        "She feeds thirty owls of every kind each day.",
    ]


def test_nothing_found_is_no_confidence():
    assert confidence([]) == 0.0


def test_a_likelier_sentence_gives_more_confidence():
    weights = {"owl": 1.0}
    low, high = (
        confidence(rank("owl", hits("Owls live.", cosine=cosine), weights)) for cosine in (0.1, 0.6)
    )
    assert 0.0 <= low < high <= 1.0
