from dataclasses import replace
from threading import Thread
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from fakes import WordEmbedder, hits

from assistant.answer import State
from assistant.question import Question
from assistant.suggestions import (
    Starters,
    candidates,
    likeliest_answer,
    questions_about,
    suggest,
)
from corpus.load import SHIPPED_DOCUMENTS, find_files, load_file
from index.build import Wanted, build_index
from index.search import SearchIndex

QUESTIONS = (
    "How many owls hunt mice at night?",
    "Where do the barn owls of Norway nest?",
    "Who counts the owls in winter?",
    "Why do the owls leave the forest?",
    "When do the owls come back home?",
)


def passages(*names):
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


def documents_with(*questions):
    """Give a function that finds documents, the one of each number with these questions."""
    return lambda document_id: SimpleNamespace(questions=questions[int(document_id[1:])])


def passages_of(*texts):
    return [hit.passage for hit in hits(*texts)]


def finds(answers, tried=None):
    """Give what answers each of these questions with its sentence, and no others."""

    def answer_to(question):
        if tried is not None:
            tried.append(question)
        return answers.get(question, "")

    return answer_to


def offered(asked, answers, *questions, said="", tried=None):
    given = passages_of(*(f"Text {number}." for number in range(len(questions))))
    return suggest(given, asked, said, documents_with(*questions), finds(answers, tried))


def each_its_own(questions):
    return {each: f"Answer {number}." for number, each in enumerate(questions)}


def test_the_documents_own_questions_are_offered_the_nearest_documents_first():
    nearest, further = QUESTIONS[:2], QUESTIONS[2:]
    assert offered(["Owls?"], each_its_own(QUESTIONS), nearest, further) == list(QUESTIONS[:3])


def test_a_document_that_suggests_none_is_asked_about_by_its_title():
    given = passages_of("Owls hunt.", "Bees hum.")
    assert list(candidates(given, documents_with((), QUESTIONS[:1]))) == [
        "What do the documents say about “A title”?",
        QUESTIONS[0],
    ]


def test_what_the_documents_do_not_answer_is_not_offered():
    answers = each_its_own(QUESTIONS[1:2])
    assert offered(["Owls?"], answers, QUESTIONS) == [QUESTIONS[1]]


@pytest.mark.parametrize(
    ("answered", "correction", "answer"),
    [(True, "", "Owls hunt."), (False, "", ""), (True, "No owls.", "")],
)
def test_what_the_documents_do_not_answer_or_contradict_has_no_answer(answered, correction, answer):
    best = SimpleNamespace(text="Owls hunt.")
    found = SimpleNamespace(answered=answered, correction=correction, weighed=[best])
    assert likeliest_answer(found) == answer


def test_a_question_that_was_offered_is_answered_without_another_search(assistant, monkeypatch):
    question = Question.of("Why did the UK not sign the Paris statement?")
    *_, last = assistant.stream(question)
    assert last.suggestions
    searched = Mock(wraps=assistant._index.search)
    monkeypatch.setattr(assistant._index, "search", searched)
    for each in last.suggestions:
        assert assistant.ask(each).state is State.ANSWERED
    assert not searched.called
    assistant.ask("Which countries have signed the statement so far?")
    assert searched.called


def test_a_question_that_was_rehearsed_is_answered_without_another_search(assistant, monkeypatch):
    searched = Mock(wraps=assistant._index.search)
    monkeypatch.setattr(assistant._index, "search", searched)
    going = iter([True, True, False])
    assert assistant.rehearse(lambda: next(going)) == 2
    [entry, *_] = assistant._index.catalogue.entries()
    first, second, *_ = assistant.document(entry.document_id).questions
    searched.reset_mock()
    for each in (first, second):
        assert assistant.ask(each).state is State.ANSWERED
    assert not searched.called


def test_no_more_is_rehearsed_than_is_remembered(assistant, monkeypatch):
    many = [f"How old is owl {number}?" for number in range(400)]
    tried = []
    monkeypatch.setattr("assistant.assistant.candidates", lambda *_: many)
    monkeypatch.setattr(assistant, "_answer_to", lambda text, _: tried.append(text))
    assert assistant.rehearse() == len(tried) == 512


def test_a_question_that_was_asked_in_other_words_is_not_offered():
    asked = ["Where are Norway's barn owls nesting?"]
    assert QUESTIONS[1] not in offered(asked, each_its_own(QUESTIONS), QUESTIONS[:3])


def test_a_question_that_what_was_said_answers_is_not_offered():
    answers = each_its_own(QUESTIONS)
    assert QUESTIONS[0] not in offered(["Owls?"], answers, QUESTIONS, said="So. Answer 0. Yes.")


def test_two_questions_that_one_sentence_answers_are_not_both_offered():
    answers = dict.fromkeys(QUESTIONS, "Owls are owls.")
    assert offered(["Owls?"], answers, QUESTIONS) == [QUESTIONS[0]]


def test_a_question_that_would_be_read_as_a_follow_up_is_not_offered():
    answers = each_its_own(["Who counts them?"])
    assert offered(["Who owns the owls?"], answers, ["Who counts them?"]) == []


def test_only_a_few_questions_are_tried():
    tried = []
    many = [f"Which owl has the number {number * 7}?" for number in range(40)]
    assert offered(["Owls?"], {}, many, tried=tried) == []
    assert len(tried) <= 6


@pytest.fixture
def catalogue(tmp_path, documents):
    (documents / "owls.md").write_text(
        "---\nquestions:\n- What does an owl hunt?\n- Where do barn owls live?\n---\n"
        "# Owls\n\nThe owl hunts mice. Barn owls live in towers.\n"
    )
    build_index(tmp_path / "index", Wanted(corpus=tuple(find_files([documents]))), WordEmbedder())
    with SearchIndex(tmp_path / "index", WordEmbedder()) as index:
        yield index.catalogue


def everything(question):
    return finds({question: "Yes."})(question)


def test_starters_are_each_of_another_document_where_there_are_enough(catalogue):
    starters = Starters(catalogue, everything)
    for _ in range(10):
        given = starters.some(3)
        assert {"What does an owl hunt?", "Where do barn owls live?"} & set(given)
        assert "What do the documents say about “Trains”?" in given
        assert "What do the documents say about “Bees”?" in given


def test_more_starters_than_documents_are_further_questions_of_these(catalogue):
    starters = Starters(catalogue, everything).some(6)
    assert len(starters) == len(set(starters)) > 3


def test_a_starter_is_answered_by_the_documents(catalogue):
    starters = Starters(catalogue, finds({"Where do barn owls live?": "In towers."}))
    assert starters.some(6) == ["Where do barn owls live?"]


def test_starters_are_tried_once_however_many_ask_at_the_same_time(catalogue):
    tried = []
    starters = Starters(catalogue, finds({"Where do barn owls live?": "In towers."}, tried))
    threads = [Thread(target=starters.some, args=(6,)) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(tried) == len(set(tried)) == 4


@pytest.mark.parametrize("count", [0, -1])
def test_no_starters_are_given_where_none_are_asked_for(catalogue, count):
    assert Starters(catalogue, everything).some(count) == []


@pytest.mark.parametrize("file", find_files([SHIPPED_DOCUMENTS]), ids=lambda file: file.document_id)
def test_the_first_question_that_a_shipped_document_suggests_is_answered(assistant, file):
    answer = assistant.ask(load_file(file).questions[0])

    assert answer.state == State.ANSWERED
    assert file.document_id in {each.document_id for each in answer.citations}
