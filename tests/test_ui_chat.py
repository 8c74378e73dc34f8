import pytest

from ui.chat import STARTERS, respond
from ui.turns import Turn


class Failing:
    def __init__(self, error):
        self._error = error

    def ask(self, question, history):
        raise self._error


def test_an_answer_grows_by_sentences_and_ends_with_its_sources(assistant):
    *parts, last = respond(assistant, "Why did the UK not sign?", [])
    texts = [turns[-1].html for turns in parts]
    assert texts == sorted(texts, key=len)
    assert not any("Sources" in text for text in texts)
    assert "Sources" in last[-1].html


def test_the_turns_before_stay_and_are_understood(assistant):
    *_, before = respond(assistant, "Why did the UK not sign?", [])
    *_, last = respond(assistant, "And the US?", before)
    assert last[:1] == before
    assert "Read as: Why did the US not sign?" in last[1].html


def test_a_question_that_failed_is_no_part_of_the_conversation(assistant):
    *_, before = respond(assistant, "Why did the UK not sign?", [])
    *_, failed = respond(assistant, "???", before)
    *_, last = respond(assistant, "And the US?", failed)
    assert "Read as: Why did the US not sign?" in last[2].html


def test_only_a_whole_answer_can_be_judged_and_each_has_an_id_of_its_own(assistant):
    *parts, last = respond(assistant, "Why did the UK not sign?", [])
    assert parts
    assert [turns[-1].answer for turns in parts] == [None] * len(parts)
    assert last[-1].answer.question == "Why did the UK not sign?"
    *_, again = respond(assistant, "Why did the UK not sign?", [])
    assert len({last[-1].id, again[-1].id, Turn("", "").id}) == 3


def test_a_failure_is_a_clear_message_and_its_story_stays_in_the_log(caplog):
    secret = "secret detail of the server"
    [turns] = respond(Failing(RuntimeError(secret)), "Who came?", [])
    [turn] = turns
    assert turn.question == "Who came?"
    assert "Something went wrong on our side" in turn.html
    assert secret not in turn.html
    assert secret in caplog.text


def test_an_empty_question_is_told_what_to_do(assistant):
    [turns] = respond(assistant, "   ", [])
    assert "The question is empty" in turns[0].html


@pytest.mark.parametrize("question", STARTERS)
def test_every_starter_question_is_answered(assistant, question):
    assert not assistant.ask(question).abstained
