import json

import pytest
from fakes import a_citation, a_desk, an_answer

from assistant.answer import Answer, Statement
from assistant.conversations import Conversations
from assistant.errors import ConversationError
from corpus.document import Document
from ui.desk import Way
from ui.turns import Asked, Failure, respond, turn_values

TEXT = "A quotation. And more."


class Scripted:
    """Answers as it is told, or fails, and notes what it was asked."""

    def __init__(self, *steps):
        self._steps = steps or (an_answer(), an_answer(suggestions=("Next?",)))
        self.asked = []

    def stream(self, question):
        self.asked.append(question)
        for step in self._steps:
            if isinstance(step, Exception):
                raise step
            yield step

    def document(self, document_id):
        return Document(document_id, "A title", TEXT, (), language="de")


class Unwritable(Conversations):
    def add(self, *arguments):
        raise ConversationError("the disk is full")


@pytest.fixture
def conversations(tmp_path):
    return Conversations(tmp_path)


def asked(question="Q?", **fields):
    return Asked(key="k", question=question, **fields)


def values(assistant, conversations, request):
    found = list(turn_values(a_desk(assistant), conversations, request, Way.CHAT))
    json.dumps(found)
    return found


def test_respond_gives_answers_and_no_markup():
    first, last = respond(a_desk(Scripted()), Way.CHAT, "Q?")
    assert isinstance(first, Answer)
    assert isinstance(last, Answer)
    assert (first.suggestions, last.suggestions) == ((), ("Next?",))


def test_the_words_come_first_then_all_that_can_be_done_with_them(conversations):
    words, whole, *_, last = values(Scripted(), conversations, asked())
    assert not words["whole"]
    assert "First." in words["html"]
    assert 'data-do="edit"' not in words["html"]
    assert whole["whole"]
    assert not whole["done"]
    assert 'data-do="edit"' in whole["html"]
    assert "Next?" not in whole["html"]
    assert last["done"]
    assert "Next?" in last["html"]
    assert last["spoken"] == "Quoted from the sources. First. Second. One source."


def test_an_answer_is_kept_although_nobody_waits_for_what_to_ask_next(conversations):
    growing = turn_values(a_desk(Scripted()), conversations, asked(), Way.CHAT)
    next(growing)
    whole = next(growing)
    growing.close()
    assert conversations.answer(whole["answer"]).answer == an_answer()


def test_an_answer_is_kept_once_with_what_to_ask_next(conversations):
    words, whole, *_, last = values(Scripted(), conversations, asked(document="d"))
    assert "answer" not in words
    assert whole["answer"] == last["answer"]
    kept = conversations.answer(last["answer"])
    assert kept.answer.suggestions == ("Next?",)
    assert kept.document_id == "d"
    assert kept.conversation_id == last["conversation"]


def test_the_turns_before_are_the_history_and_what_is_replaced_is_not(conversations):
    scripted = Scripted()
    [*_, first] = values(scripted, conversations, asked("One?"))
    home = {"conversation": first["conversation"]}
    [*_, second] = values(scripted, conversations, asked("Two?", **home))
    values(scripted, conversations, asked("Two, again?", replaces=second["answer"], **home))
    histories = [[pair[0] for pair in each.history] for each in scripted.asked]
    assert histories == [[], ["Q?"], ["Q?"]]
    assert len(conversations.turns(first["conversation"])) == 2


def test_what_was_to_be_replaced_stays_where_the_new_answer_fails(conversations):
    [*_, first] = values(Scripted(), conversations, asked())
    again = asked(conversation=first["conversation"], replaces=first["answer"])
    [failed] = values(Scripted(RuntimeError("x")), conversations, again)
    assert failed["failed"]
    assert [each.id for each in conversations.turns(first["conversation"])] == [first["answer"]]


def test_a_failure_is_a_clear_message_and_its_story_stays_in_the_log(conversations, caplog):
    secret = "secret detail of the server"
    [value] = values(Scripted(RuntimeError(secret)), conversations, asked())
    assert value["done"]
    assert "Something went wrong on our side" in value["html"]
    assert "Something went wrong on our side" in value["spoken"]
    assert 'data-do="retry"' in value["html"]
    assert secret not in json.dumps(value)
    assert secret in caplog.text


def test_a_failure_after_the_first_words_is_told_too(conversations):
    first, *_, last = values(Scripted(an_answer(), RuntimeError("x")), conversations, asked())
    assert "First." in first["html"]
    assert last["failed"]


def test_messages_are_in_the_language_of_the_visitor(conversations):
    [value] = values(Scripted(RuntimeError("x")), conversations, asked(language="fr"))
    assert "Un problème est survenu de notre côté" in value["html"]


@pytest.mark.parametrize("question", ["", "  ", "?!"])
def test_what_is_no_question_is_told_what_to_do(question):
    [failure] = respond(a_desk(Scripted()), Way.CHAT, question)
    assert failure.message.startswith("The question is empty; ask something")


def test_a_question_that_is_far_too_long_is_told_how_long_it_may_be():
    [failure] = respond(a_desk(Scripted()), Way.CHAT, "why " * 2000)
    assert "at most 2,000" in failure.message


def test_an_unknown_document_is_one_clear_line(assistant):
    [failure] = respond(a_desk(assistant), Way.CHAT, "Who came?", (), "nowhere")
    assert isinstance(failure, Failure)
    assert "there is no document" in failure.message.lower()


def test_an_answer_that_cannot_be_kept_is_given_and_says_so(tmp_path, caplog):
    *_, last = values(Scripted(), Unwritable(tmp_path), asked())
    assert "First." in last["html"]
    assert "could not be saved" in last["html"]
    assert (last["answer"], last["conversation"]) == ("", "")
    assert "the disk is full" in caplog.text


def test_a_language_is_told_for_the_text_of_an_answer(conversations):
    *_, last = values(Scripted(), conversations, asked())
    assert 'lang="de"' in last["html"]


@pytest.mark.parametrize(
    "sent",
    [
        {"question": "Q?"},
        {"key": 1, "question": "Q?"},
        {"key": "k", "question": ["Q?"]},
        {"key": "k" * 65, "question": "Q?"},
        {"key": "k", "question": "Q?", "conversation": "c" * 65},
        "text",
        None,
    ],
)
def test_what_a_browser_of_ours_would_never_send_is_refused(sent):
    with pytest.raises(ValueError, match="validation error"):
        Asked.model_validate(sent)


def test_closest_passages_are_kept_with_their_surroundings(conversations):
    said = (Statement("Not answered."),)
    nothing = an_answer(statements=said, citations=(), closest=(a_citation(),))
    *_, last = values(Scripted(nothing), conversations, asked())
    [(_, around)] = conversations.answer(last["answer"]).quoted()
    assert around.after == " And more."
