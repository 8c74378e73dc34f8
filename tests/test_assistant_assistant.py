from dataclasses import replace
from threading import Barrier

import pytest
from fakes import WordEmbedder

from assistant.answer import State
from assistant.assistant import Assistant
from assistant.citations import holds
from assistant.errors import QuestionError
from assistant.finder import find
from assistant.question import Question
from corpus.load import find_files
from index.build import Wanted, build_index
from index.search import SearchIndex

# (question, facts): each fact is a choice of words, of which one must stand in the answer.
QUESTIONS = [
    ("Why did the UK not sign?", ["national security"]),
    ("Why did the US not sign?", ["no official"]),
    ("How many countries signed the Paris statement?", ["58", "60", "61"]),
    ("Who co-chaired the summit?", ["Modi"]),
    ("Where did the summit take place?", ["Grand Palais"]),
    ("When did the summit take place?", ["10 and", "11 February"]),
    ("Who represented China in Paris?", ["Zhang Guoqing"]),
    ("What did JD Vance say about regulation?", ["could kill a transformative industry"]),
    ("What is InvestAI?", ["€200 billion"]),
    ("How many gigafactories are planned?", ["four", "five"]),
    ("How much investment did Macron announce for France?", ["€109 billion"]),
    ("What is the Notre-Dame strategy?", ["simplified procedures"]),
    ("Where was the next AI summit held?", ["New Delhi"]),
    ("What is Current AI?", ["public-interest", "public interest"]),
    ("What is ROOST?", ["Online Safety", "child abuse material"]),
    ("How many pages does the International AI Safety Report have?", ["298"]),
    ("What did Dario Amodei call the summit?", ["missed opportunity"]),
    ("How much did Elon Musk offer for OpenAI?", ["$97.4 billion"]),
    ("What is the UK AI Safety Institute called now?", ["AI Security Institute"]),
    ("Which directive did the European Commission withdraw?", ["Liability"]),
]


@pytest.mark.parametrize(("question", "facts"), QUESTIONS)
def test_a_question_about_the_summit_is_answered_rightly(assistant, question, facts):
    answer = assistant.ask(question)
    assert answer.state is State.ANSWERED
    assert any(fact in answer.text for fact in facts), answer.text


@pytest.mark.parametrize(
    "question",
    [
        "How do I bake bread?",
        "Who won the world cup?",
        "How does photosynthesis work?",
        "at what temperature should I roast a chicken?",
        "qwertz asdf yxcv",
    ],
)
def test_a_question_off_the_subject_is_not_answered(assistant, question):
    answer = assistant.ask(question)
    assert answer.state is State.NOT_FOUND
    assert answer.abstained
    assert answer.citations == ()
    assert 1 <= len(answer.closest) <= 3


def test_every_statement_is_an_exact_quotation_with_its_source(assistant):
    for question, _ in QUESTIONS:
        answer = assistant.ask(question)
        assert 1 <= len(answer.statements) <= 4
        markers = [each.marker for each in answer.citations]
        assert markers == list(range(1, len(markers) + 1))
        assert [marker for each in answer.statements for marker in each.markers] == markers
        quotes = {each.marker: each.quote for each in answer.citations}
        for statement in answer.statements:
            assert statement.text == quotes[statement.markers[0]]
        for citation in answer.citations:
            assert holds(citation, assistant.document)
            assert citation.publisher
            assert citation.url.startswith("http")


def test_what_cannot_be_answered_brings_questions_that_can_be(assistant):
    answer = assistant.ask("How do I get red wine out of a tablecloth?")
    assert answer.abstained
    assert 1 <= len(answer.suggestions) <= 3
    for each in answer.suggestions:
        assert not assistant.ask(each).abstained


def test_the_source_is_the_one_behind_the_quoted_sentence(assistant):
    for question, _ in QUESTIONS:
        for citation in assistant.ask(question).citations:
            document = assistant.document(citation.document_id)
            sources = document.sources_of(citation.start, citation.end)
            assert citation.url in {source.url for source in sources}


def test_a_citation_that_was_tampered_with_does_not_hold(assistant):
    [citation, *_] = assistant.ask("What is InvestAI?").citations
    for changed in (
        {"quote": citation.quote.replace("200", "300")},
        {"quote": ""},
        {"start": citation.start + 1},
        {"document_id": "no-such-document"},
    ):
        assert not holds(replace(citation, **changed), assistant.document)


def test_a_follow_up_is_read_with_the_question_before_it(assistant):
    answer = assistant.ask("And the US?", [("Why did the UK not sign?", "")])
    assert answer.standalone_question == "Why did the US not sign?"
    assert "no official" in answer.text


def test_the_same_question_gets_the_same_answer(assistant):
    first, second = (assistant.ask("What is InvestAI?") for _ in range(2))
    assert (first.text, first.citations) == (second.text, second.citations)


def test_the_assistant_is_a_runnable_of_langchain(assistant):
    answers = assistant.batch([Question.of("What is InvestAI?"), Question.of("What is ROOST?")])
    assert "€200 billion" in answers[0].text
    assert next(iter(assistant.stream(Question.of("What is ROOST?")))).text == answers[1].text


@pytest.mark.parametrize("text", ["What is ROOST?", "How do I get red wine out of a tablecloth?"])
def test_the_stream_gives_the_answer_first_and_then_what_to_ask_next(assistant, text):
    first, then = assistant.stream(Question.of(text))
    assert first.suggestions == ()
    assert replace(then, suggestions=()) == first
    assert 1 <= len(then.suggestions) <= 3
    for each in then.suggestions:
        assert not assistant.ask(each).abstained


def test_what_is_asked_next_is_neither_asked_nor_answered_yet(assistant):
    answered = assistant.ask("What is ROOST?")
    history = ((answered.question, answered.text), ("Why did the UK not sign?", ""))
    *_, last = assistant.stream(Question.of("What is InvestAI?", history))
    for each in last.suggestions:
        assert each not in {last.question, "What is ROOST?", "Why did the UK not sign?"}
        [said, *_] = assistant.ask(each).statements
        assert said.text not in f"{last.text} {answered.text}"


def test_an_answered_question_brings_no_suggestions_unless_they_are_waited_for(assistant):
    assert assistant.ask("What is ROOST?").suggestions == ()


@pytest.fixture(scope="module")
def document(assistant):
    """The id of a document that says what InvestAI is."""
    return assistant.ask("What is InvestAI?").citations[0].document_id


def test_the_answer_comes_from_the_document_that_is_named_alone(assistant, document):
    for question, _ in QUESTIONS:
        trace = assistant.trace(question, document=document)
        quoted = [*trace.answer.citations, *trace.answer.closest, *trace.draft.citations]
        assert {each.document_id for each in quoted} == {document}
        assert {each.passage.document_id for each in trace.hits} == {document}
    assert "€200 billion" in assistant.ask("What is InvestAI?", document=document).text


def test_what_another_document_answers_the_named_one_does_not(assistant, document):
    answer = assistant.ask("How much did Elon Musk offer for OpenAI?", document=document)
    assert answer.state is State.NOT_FOUND
    assert answer.closest


def test_what_to_ask_next_is_answered_by_the_named_document(assistant, document):
    *_, last = assistant.stream(Question.of("How do I bake bread?", document=document))
    for each in last.suggestions:
        assert not assistant.ask(each, document=document).abstained


def test_each_part_of_a_question_is_looked_for_in_the_named_document(assistant, document):
    answer = assistant.ask(
        "What is InvestAI, and who bid for OpenAI with a group of investors?", document=document
    )
    assert {each.document_id for each in answer.citations} == {document}


def test_the_parts_of_a_question_are_looked_for_at_once(assistant, monkeypatch):
    question = "Who co-chaired the summit, and when did it take place?"
    both = Barrier(2)

    def find_part(index, reader, text, document_id):
        if text != question:
            both.wait(timeout=30)
        return find(index, reader, text, document_id)

    monkeypatch.setattr("assistant.assistant.find", find_part)
    assert "Modi" in assistant.ask(question).text


def test_a_document_that_there_is_not_is_refused_with_where_to_find_those_there_are(assistant):
    with pytest.raises(QuestionError, match=r"the id unicorns; .* summit ingest --list"):
        assistant.ask("What is InvestAI?", document="unicorns")


def test_starters_are_questions_that_the_documents_answer(assistant):
    starters = assistant.starters(4)
    assert len(set(starters)) == 4
    for each in starters:
        assert not assistant.ask(each).abstained


def test_the_json_follows_the_contract(assistant):
    found = assistant.ask("What is InvestAI?").to_dict()
    assert {
        "question",
        "standalone_question",
        "answer",
        "state",
        "abstained",
        "citations",
        "closest",
        "suggestions",
        "answerer",
        "seconds",
    } <= set(found)
    assert set(found["citations"][0]) == {
        "marker",
        "document_id",
        "title",
        "publisher",
        "date",
        "url",
        "quote",
        "start",
        "end",
    }
    assert found["state"] == "answered"
    assert "[1]" in found["answer"]


@pytest.mark.parametrize("text", ["", "x" * 100_000])
def test_an_impossible_question_is_refused(assistant, text):
    with pytest.raises(QuestionError):
        assistant.ask(text)


@pytest.mark.parametrize(
    "text",
    [
        "¿Por qué?",
        "为什么英国没有签署？",
        "لماذا",
        "🙂🙂🙂 a",
        "a\u202eb",
        "%s %d {0}",
        "' OR 1=1 --",
    ],
)
def test_a_strange_question_gets_an_answer_or_an_abstention(assistant, text):
    assert assistant.ask(text).state in {State.ANSWERED, State.NOT_FOUND}


def test_what_it_is_known_by_differs_with_the_embedding_model(documents, tmp_path, reader):
    names = set()
    for embedder in (WordEmbedder("one"), WordEmbedder("another")):
        root = tmp_path / embedder.name
        build_index(root, Wanted(corpus=tuple(find_files([documents]))), embedder)
        with SearchIndex(root, embedder) as index:
            names.add(Assistant(index, reader).identity())
    assert len(names) == 2
