from dataclasses import replace

import pytest
from fakes import hits

from assistant.answer import BUILT_IN, Answer, State, Statement
from assistant.answerers.extractive import Candidate
from assistant.comparison import about, named_in, questions_by_name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Why did the UK and the US not sign?",
            {"UK": "Why did the UK not sign?", "US": "Why did the US not sign?"},
        ),
        ("UK vs US reasons", {"UK": "UK reasons", "US": "US reasons"}),
        (
            "Did France and Germany sign?",
            {"France": "Did France sign?", "Germany": "Did Germany sign?"},
        ),
        (
            "What did Vance and von der Leyen say?",
            {"Vance": "What did Vance say?", "von der Leyen": "What did von der Leyen say?"},
        ),
        (
            "Compare the UK and US reasons for not signing.",
            {
                "UK": "The UK reasons for not signing?",
                "US": "US reasons for not signing?",
            },
        ),
    ],
)
def test_what_is_asked_about_several_names_is_asked_about_each(text, expected):
    assert questions_by_name(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Compare Bletchley and Paris",
        "Can you compare Bletchley with Paris?",
        "How did Bletchley differ from Paris?",
        "How is Bletchley different from Paris?",
        "How did Bletchley compare to Paris?",
        "How do Bletchley and Paris differ?",
        "What is the difference between Bletchley and Paris?",
        "Bletchley vs Paris",
    ],
)
def test_a_bare_comparison_asks_what_each_is(text):
    assert questions_by_name(text) == {
        "Bletchley": "What is Bletchley?",
        "Paris": "What is Paris?",
    }


@pytest.mark.parametrize(
    "text",
    [
        "Who came?",
        "Why did the UK not sign?",
        "Compare France and France",
        "Did Greece, Ireland, Finland, Malta and Italy sign?",
        "Who was placed between the bosses of Mistral and OpenAI?",
        "How far is it from Bletchley to Paris?",
    ],
)
def test_what_is_not_asked_about_two_or_three_names_is_not_taken_apart(text):
    assert questions_by_name(text) == {}


def test_names_are_found_under_other_names_of_the_same_thing_in_their_order():
    text = "The United States, unlike Britain, gave no reason."
    assert named_in(text, ["UK", "US", "India"]) == ["US", "UK"]


def sentences(text, title="A title"):
    [hit] = hits(text)
    hit = replace(hit, passage=replace(hit.passage, title=title))
    return [Candidate(hit, number, 0.5, 0.5) for number in range(len(hit.passage.sentences))]


def test_a_sentence_is_about_the_only_name_that_it_holds_whatever_it_answers():
    [uk] = sentences("Britain cited national security.")
    assert about(uk, {"UK": None, "US": uk}) == "UK"


def test_a_sentence_without_a_name_is_about_the_one_it_stands_under():
    [it] = sentences("The government cited national security.", "Why the UK did not sign")
    assert about(it, {"UK": None, "US": it}) == "UK"


def test_a_sentence_that_tells_no_name_is_about_the_one_that_it_answers_for():
    [it] = sentences("The government cited national security.")
    assert about(it, {"UK": it, "US": None}) == "UK"
    assert about(it, {"UK": it, "US": it}) == ""


def test_a_sentence_with_both_names_is_about_the_first_if_it_answers_for_that_one():
    [both] = sentences("The UK joined the US in refusing.")
    assert about(both, {"UK": both, "US": None}) == "UK"
    assert about(both, {"UK": None, "US": both}) == ""
    assert about(both, {"UK": None, "US": None}) == ""


def answer(*statements):
    return Answer(
        *("And?", "Why did the UK and the US not sign?", State.ANSWERED, statements),
        *((), (), BUILT_IN, 0.9, 0.1),
    )


def test_a_comparison_has_a_row_for_each_name_in_the_order_of_the_question():
    us, both, uk = (
        Statement("No reason.", (1,), about="US"),
        Statement("Neither signed.", (2,)),
        Statement("Security.", (3,), about="UK"),
    )
    compared = answer(us, both, uk)
    assert compared.comparison == (("UK", (uk,)), ("US", (us,)))
    assert compared.statements == (us, both, uk)
    assert compared.to_dict()["comparison"] == [
        {"about": "UK", "answer": "Security. [3]"},
        {"about": "US", "answer": "No reason. [1]"},
    ]


def test_there_is_no_comparison_where_one_name_alone_has_a_statement():
    assert answer(Statement("Security.", (1,), about="UK"), Statement("So.")).comparison == ()


def test_the_answer_says_what_each_of_two_countries_said(assistant):
    compared = assistant.ask("Why did the UK and the US not sign?")
    (uk, [first, *_]), (us, [second, *_]) = compared.comparison
    assert (uk, us) == ("UK", "US")
    assert "national security" in first.text
    assert "no official reason" in second.text
    assert {first, second} <= set(compared.statements)


def test_a_name_that_the_documents_know_nothing_of_leaves_the_comparison_partial(assistant):
    compared = assistant.ask("Compare Paris and Wakanda")
    assert compared.state is State.PARTIAL
    assert "Wakanda" in compared.notice
    assert compared.comparison == ()


def test_a_question_about_one_thing_brings_no_comparison(assistant):
    found = assistant.ask("What is InvestAI?")
    assert {each.about for each in found.statements} == {""}
    assert found.to_dict()["comparison"] == []
