"""The golden questions: each is sound, and no fact is asked for in both halves.

`dev.jsonl` is tuned on and `test.jsonl` only reported, so what is learnt from one must not help
with the other. The documents are shared out between the halves, but a fact can stand in two of
them; the checks here therefore look at facts, at sentences and at the words of the questions.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import combinations, product
from pathlib import Path

import pytest

from corpus.load import SHIPPED_DOCUMENTS, find_files, load_file
from index.terms import terms, words

HALVES = ("dev", "test")
FOLDER = SHIPPED_DOCUMENTS.parent / "questions"
OFF_SUBJECT, NOT_IN_DOCUMENTS, FALSE_PREMISE = "off-subject", "not-in-documents", "false-premise"
UNANSWERABLE = {OFF_SUBJECT, NOT_IN_DOCUMENTS, FALSE_PREMISE}
# The kinds that each half must have; it may have others, as “what” in the test half.
CATEGORIES = UNANSWERABLE | {
    *("who", "when", "where", "why", "how-many", "list", "comparison", "conflict", "quotation"),
    *("keyword", "misspelt", "indirect", "follow-up", "french"),
}
# The share of a question's words that two sentences with all its facts may hold and still be
# about something else. Chance gives up to a half (“Chappaz” beside the words announced, minister
# and public); of sentences with more than a half, all that were read answered the question.
CHANCE = 0.5
# The share of their words that two questions may have in common. “When did Meta publish its
# framework” and “why did it” share 0.56; what shared more asked for one thing in other words.
ALIKE = 0.6


@dataclass(frozen=True)
class Question:
    """A line of a questions file, with just these fields in this order."""

    id: str
    question: str
    history: list[list[str]] = field(default_factory=list)
    facts: list[list[str]] = field(default_factory=list)
    answerable: bool = True
    documents: list[str] = field(default_factory=list)
    category: str = ""

    @cached_property
    def topic(self) -> frozenset[str]:
        """Give the stems of the question and of the turns before it."""
        turns = [text for turn in self.history for text in turn]
        return frozenset(terms(" ".join([*turns, self.question])))


@cache
def questions(half: str) -> list[Question]:
    lines = (FOLDER / f"{half}.jsonl").read_text("utf-8").splitlines()
    return [Question(**json.loads(line)) for line in lines]


def every_question() -> list[Question]:
    return [question for half in HALVES for question in questions(half)]


@cache
def documents() -> dict[str, str]:
    return {
        file.document_id: load_file(file).text for file in find_files([Path(SHIPPED_DOCUMENTS)])
    }


@cache
def plain(text: str) -> str:
    """Give the words of a text alone, folded, so that a fact is found as whole words."""
    return f" {' '.join(words(text))} "


@cache
def pairs_of_sentences(document: str) -> list[tuple[str, frozenset[str]]]:
    """Give each sentence of a document with the next one, folded and as stems."""
    sentences = re.split(r"(?<=[.!?”])\s+|\n+", documents()[document])
    joined = [" ".join(sentences[start : start + 2]) for start in range(len(sentences))]
    return [(plain(each), frozenset(terms(each))) for each in joined]


def holds(text: str, alternatives: list[str]) -> bool:
    return any(plain(each) in text for each in alternatives)


def same_fact(one: Question, other: Question) -> bool:
    """Whether each fact of one of the questions is a fact of the other, in the same words."""

    def within(few: Question, many: Question) -> bool:
        return bool(few.facts) and all(
            any({*map(plain, fact)} & {*map(plain, each)} for each in many.facts)
            for fact in few.facts
        )

    return within(one, other) or within(other, one)


def answers(document: str, question: Question) -> bool:
    """Whether two sentences of a document hold all facts and over half the question's words."""
    topic = question.topic
    return any(
        len(topic & stems) > CHANCE * len(topic)
        and all(holds(text, fact) for fact in question.facts)
        for text, stems in pairs_of_sentences(document)
    )


def alike(one: Question, other: Question) -> bool:
    """Whether two questions have more words in common than questions about two things do."""
    return len(one.topic & other.topic) > ALIKE * len(one.topic | other.topic)


def found(check: Callable[..., bool], pairs: Iterator[tuple]) -> list[tuple[str, str]]:
    return [(getattr(one, "id", one), other.id) for one, other in pairs if check(one, other)]


def test_every_golden_question_has_its_own_id_and_the_half_stands_in_it():
    ids = [question.id for question in every_question()]
    assert len(ids) == len(set(ids))
    for half in HALVES:
        assert all(question.id.startswith(f"{half}-") for question in questions(half))


def test_there_are_enough_golden_questions_of_both_kinds():
    every = every_question()
    assert len(every) >= 250
    assert sum(not question.answerable for question in every) >= 70


@pytest.mark.parametrize("half", HALVES)
def test_every_kind_of_question_is_in_each_half(half: str):
    assert {question.category for question in questions(half)} >= CATEGORIES


@pytest.mark.parametrize("half", HALVES)
def test_the_kind_of_a_question_says_whether_it_can_be_answered(half: str):
    for question in questions(half):
        assert question.answerable == (question.category not in UNANSWERABLE), question.id


@pytest.mark.parametrize("half", HALVES)
def test_a_question_names_facts_and_documents_unless_there_are_none(half: str):
    for question in questions(half):
        has_facts = question.category not in {OFF_SUBJECT, NOT_IN_DOCUMENTS}
        assert bool(question.facts) == bool(question.documents) == has_facts, question.id
        assert all(question.facts), question.id


@pytest.mark.parametrize("half", HALVES)
def test_a_false_premise_comes_with_its_correction(half: str):
    false = [question for question in questions(half) if question.category == FALSE_PREMISE]
    assert false
    assert all(question.facts and not question.answerable for question in false)


@pytest.mark.parametrize("half", HALVES)
def test_a_follow_up_and_no_other_question_has_turns_before_it(half: str):
    for question in questions(half):
        assert bool(question.history) == (question.category == "follow-up"), question.id
        assert all(len(turn) == 2 for turn in question.history), question.id


@pytest.mark.parametrize("half", HALVES)
def test_each_document_that_a_question_names_holds_all_its_facts(half: str):
    for question in questions(half):
        for document, fact in product(question.documents, question.facts):
            assert holds(plain(documents()[document]), fact), (question.id, document, fact)


def test_no_document_is_in_both_halves():
    dev, test = ({each for one in questions(half) for each in one.documents} for half in HALVES)
    assert not dev & test


def test_no_fact_is_asked_for_in_both_halves():
    assert not found(same_fact, product(*map(questions, HALVES)))


@pytest.mark.parametrize(("half", "other"), [HALVES, HALVES[::-1]])
def test_no_document_of_one_half_answers_a_question_of_the_other(half: str, other: str):
    theirs = {document for question in questions(other) for document in question.documents}
    with_facts = [question for question in questions(half) if question.facts]
    assert not found(answers, product(sorted(theirs), with_facts))


def test_no_question_is_asked_twice():
    assert not found(alike, combinations(every_question(), 2))


CHAIR = Question(
    "dev-1", "Who chaired the International AI Safety Report?", facts=[["Yoshua Bengio", "Bengio"]]
)


@pytest.mark.parametrize(
    "asked", ["Whose name is on the big report about dangers?", "ai safety report chair"]
)
def test_a_fact_in_both_halves_is_found_however_it_is_asked_for(asked: str):
    assert same_fact(CHAIR, Question("test-1", asked, facts=[["bengio"]]))
    assert not same_fact(CHAIR, Question("test-1", asked, facts=[["298"]]))


def test_a_fact_among_several_of_the_other_half_is_found():
    both = Question("test-1", "Who chaired it, and how long is it?", facts=[["298"], ["Bengio"]])
    assert same_fact(CHAIR, both)
    assert same_fact(both, CHAIR)


def test_a_document_that_answers_a_question_is_found_by_its_sentences():
    assert answers("international-ai-safety-report-2025", CHAIR)
    other_matter = replace(CHAIR, question="Who thought open source helps criminals?")
    assert not answers("international-ai-safety-report-2025", other_matter)


def test_a_question_in_nearly_the_same_words_is_found():
    assert alike(CHAIR, Question("test-1", "who chairs the international ai safety report"))
    assert not alike(CHAIR, Question("test-1", "How many experts wrote the report on safety?"))
