import pytest

from index.terms import content_words, fold, terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("the United Kingdom", "Britain"),
        ("UK", "the U.K."),
        ("the US", "the United States of America"),
        ("the us", "America"),
        ("EU", "European Union"),
        ("€200bn", "€200 billion"),
        ("Élysée", "elysee"),
        ("signed", "signatories"),
        ("artificial intelligence", "AI"),
    ],
)
def test_names_of_one_thing_are_one_term(one, other):
    assert terms(one)[-1] == terms(other)[-1]


def test_the_pronoun_us_is_no_country():
    assert terms("they told us about honey") == terms("told us honey")
    assert terms("us") != terms("US")


def test_an_alias_within_a_word_is_left_alone():
    assert terms("Indiana") != terms("India")


def test_function_words_carry_no_meaning():
    assert content_words("Why did the UK not sign it?") == ["uk", "sign"]


def test_a_question_of_function_words_keeps_them():
    assert content_words("what is it") == ["what", "is", "it"]


def test_folding_drops_case_and_accents():
    assert fold("ÉLYSÉE Straße") == "elysee strasse"
