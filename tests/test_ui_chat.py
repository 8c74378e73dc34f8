import pytest

from ui.chat import STARTERS, respond


class Failing:
    def __init__(self, error):
        self._error = error

    def ask(self, question, history):
        raise self._error


def test_an_answer_grows_by_sentences_and_ends_with_its_sources(assistant):
    *parts, last = respond(assistant, "Why did the UK not sign?", [])
    texts = [turns[-1][1] for turns in parts]
    assert texts == sorted(texts, key=len)
    assert not any("Sources" in text for text in texts)
    assert "Sources" in last[-1][1]


def test_the_turns_before_stay_and_are_understood(assistant):
    before = [("Why did the UK not sign?", "<p>An answer.</p>")]
    *_, last = respond(assistant, "And the US?", before)
    assert last[0] == before[0]
    assert "Read as: Why did the US not sign?" in last[1][1]


def test_a_failure_is_a_clear_message_and_its_story_stays_in_the_log(caplog):
    secret = "secret detail of the server"
    [turns] = respond(Failing(RuntimeError(secret)), "Who came?", [])
    [(question, html)] = turns
    assert question == "Who came?"
    assert "Something went wrong on our side" in html
    assert secret not in html
    assert secret in caplog.text


def test_an_empty_question_is_told_what_to_do(assistant):
    [turns] = respond(assistant, "   ", [])
    assert "The question is empty" in turns[0][1]


@pytest.mark.parametrize("question", STARTERS)
def test_every_starter_question_is_answered(assistant, question):
    assert not assistant.ask(question).abstained
