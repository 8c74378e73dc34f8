import pytest

from assistant.errors import QuestionError
from assistant.question import MAX_QUESTION_CHARACTERS, Question, parts, standalone

UK = ("Why did the UK not sign?", "Because of national security.")


def follow_up(text, *history):
    return standalone(Question.of(text, history))


@pytest.mark.parametrize("text", ["", "   ", "\n", "?!", "…"])
def test_an_empty_question_is_refused_with_an_example(text):
    with pytest.raises(QuestionError, match="empty"):
        Question.of(text)


def test_a_far_too_long_question_is_refused_with_the_limit():
    with pytest.raises(QuestionError, match="100,000 characters"):
        Question.of("a" * 100_000)
    assert Question.of("a" * MAX_QUESTION_CHARACTERS)


def test_white_space_is_folded():
    assert Question.of("  Who \n came? ").text == "Who came?"


def test_half_a_surrogate_pair_does_no_harm():
    half = "Who \ud800?"
    question = Question.of(half, ((half, half),), half)
    assert repr(question).encode("utf-8")
    assert question.text == "Who ??"


def test_a_question_without_history_is_as_it_was():
    assert standalone(Question.of("And the US?")) == "And the US?"


@pytest.mark.parametrize("text", ["And the US?", "What about the US?", "and how about the US"])
def test_another_name_takes_the_place_of_the_one_before(text):
    assert follow_up(text, UK) == "Why did the US not sign?"


def test_one_name_after_the_other_takes_the_place_of_the_first():
    before = [UK, ("And the US?", ""), ("And China?", ""), ("What about India?", "")]
    assert follow_up("And France?", *before) == "Why did France not sign?"


@pytest.mark.parametrize(
    ("before", "after", "read"),
    [
        ("Why did the UK not sign?", "And US?", "Why did the US not sign?"),
        ("Why did the UK not sign?", "And China?", "Why did China not sign?"),
        ("Why did China sign?", "And the US?", "Why did the US sign?"),
        ("What did the Paris statement say?", "And Seoul?", "What did the Seoul statement say?"),
    ],
)
def test_an_article_goes_with_the_name_that_has_one(before, after, read):
    assert follow_up(after, (before, "")) == read


def test_a_chain_of_follow_ups_without_end_is_no_trouble():
    assert follow_up("And the US?", *[("And the UK?", "")] * 5_000).startswith("And the")


def test_a_pronoun_brings_the_names_of_the_question_before():
    asked = follow_up("How much of that is public?", ("What is InvestAI?", ""))
    assert asked == "How much of that is public (InvestAI)?"


def test_a_question_that_begins_with_and_but_names_nothing_gets_the_topic():
    asked = follow_up("And what did he say about it?", ("Did Altman accept Musk's offer?", ""))
    assert asked == "And what did he say about it (Altman accept Musk offer)?"


def test_what_is_no_name_does_not_take_the_place_of_one():
    asked = follow_up("And the third one?", ("What is the first aim of the Paris statement?", ""))
    assert asked == "And the third one (first aim Paris statement)?"


def test_a_possessive_name_takes_the_place_without_its_ending():
    assert follow_up("And Austria's?", ("Who spoke for Britain?", "")) == "Who spoke for Austria?"


def test_a_pronoun_behind_its_name_leans_on_nothing():
    text = "What did Modi say when he opened the plenary?"
    assert follow_up(text, UK) == text


def test_the_topic_reaches_over_several_follow_ups():
    history = (("What is InvestAI?", ""), ("Who pays for it?", ""))
    assert "InvestAI" in follow_up("When was it announced?", *history)


def test_a_question_with_a_name_of_its_own_stands_alone():
    text = "Who represented China in Paris?"
    assert follow_up(text, UK) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Who came?", ["Who came?"]),
        (
            "Why did the UK and the US not sign?",
            ["Why did the UK not sign?", "Why did the US not sign?"],
        ),
        ("UK vs US reasons", ["UK reasons", "US reasons"]),
        ("what do Greece, Ireland and Finland want", 3),
        ("When was the summit planned, and who came to it?", 2),
    ],
)
def test_a_question_that_asks_several_things_is_taken_apart(text, expected):
    found = list(parts(text))
    assert found == expected if isinstance(expected, list) else len(found) == expected


def test_a_second_clause_takes_the_topic_of_the_first():
    assert list(parts("Who leads Current AI, and since when?")) == [
        "Who leads Current AI, and since when?"
    ]
    first, second = parts("Where is the campus of MGX, and how big is it?")
    assert first == "Where is the campus of MGX"
    assert "MGX" in second


def test_a_name_with_particles_is_replaced_as_a_whole():
    asked = follow_up("And Vance?", ("What did von der Leyen say?", ""))
    assert asked == "What did Vance say?"
