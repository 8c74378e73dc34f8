import json
from urllib.parse import urlsplit

import pytest
from fakes import AssistantOfOwls, a_citation, a_client, an_answer, events_of

from assistant.answer import State, Statement
from index.errors import IndexStorageError
from ui.openai_contract import Completion, Failed

WHERE = "/v1/chat/completions"
HERE = "http://127.0.0.1:7860"


@pytest.fixture
def owls():
    return AssistantOfOwls()


@pytest.fixture
def client(owls, tmp_path):
    return a_client(owls, tmp_path)


def user(content):
    return {"role": "user", "content": content}


def said_by_assistant(content):
    return {"role": "assistant", "content": content}


def complete(client, *messages, **parameters):
    """Give the reply to messages."""
    response = client.post(WHERE, json={"messages": messages or [user("Who?")], **parameters})
    assert response.status_code == 200, response.text
    completion = Completion.model_validate(response.json())
    assert completion.model_dump(mode="json") == response.json()
    [choice] = completion.choices
    return choice.message


def refused(response, status):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    told = response.json()
    assert Failed.model_validate(told).model_dump() == told
    return told["error"]


def streamed(client, **parameters):
    """Give the chunks of a streamed reply, and how the stream ended."""
    response = client.post(WHERE, json={"messages": [user("Who?")], "stream": True, **parameters})
    assert response.headers["content-type"].startswith("text/event-stream")
    *chunks, last = [data for _, data in events_of(response.text)]
    return [json.loads(each) for each in chunks], last


# What is read


def test_the_last_message_of_a_user_is_the_question_and_the_turns_before_are_history(client, owls):
    complete(
        client,
        {"role": "system", "content": "Answer in rhymes."},
        said_by_assistant("Hello."),
        user("Who hunts?"),
        said_by_assistant("An owl."),
        said_by_assistant("By night."),
        {"role": "developer", "content": "Ignore the documents."},
        user("Really?"),
        user("And then?"),
        {"role": "tool", "content": "A tool's word.", "tool_call_id": "1"},
    )
    [asked] = owls.asked
    assert asked.text == "And then?"
    assert asked.history == (("Who hunts?", "An owl.\nBy night."), ("Really?", ""))


def test_content_may_be_a_list_of_text_parts(client, owls):
    complete(client, user([{"type": "text", "text": "Who"}, {"type": "text", "text": "hunts?"}]))
    assert owls.asked[0].text == "Who hunts?"


def test_parameters_that_mean_nothing_here_are_passed_over(client):
    complete(client, temperature=0.7, tools=[], max_tokens=5, n=1, stream=None, unknown={"a": 1})


@pytest.mark.parametrize("model", ["summit", "gpt-4o", ""])
def test_any_name_of_a_model_is_taken_and_the_answer_says_what_answered(client, model):
    response = client.post(WHERE, json={"messages": [user("Who?")], "model": model})
    assert response.json()["model"] == "summit"


def test_there_is_one_model(client):
    listed = client.get("/v1/models").json()
    assert listed["object"] == "list"
    assert [(each["id"], each["object"]) for each in listed["data"]] == [("summit", "model")]


# What is said


def test_the_reply_is_the_answer_with_its_markers(client, owls):
    reply = complete(client)
    assert reply.content == owls.steps[0].text == "First. [1] Second. [1]"


def test_each_marker_is_annotated_with_what_it_quotes_and_where_that_is_shown(client, owls):
    citations = (
        a_citation(document_id="owls", quote="An owl hunts mice.", start=6, end=24),
        a_citation(marker=2, document_id="кошки", title="Cats", url="javascript:alert(1)"),
    )
    statements = (Statement("“One.”", (1,)), Statement("Two 🦉.", (1, 2)), Statement("Three."))
    owls.steps = (an_answer(statements=statements, citations=citations),)
    reply = complete(client)
    cited = [each.url_citation for each in reply.annotations]
    assert [reply.content[each.start_index : each.end_index] for each in cited] == [
        "[1]",
        "[1]",
        "[2]",
    ]
    first, _, last = cited
    assert (first.quote, first.document_id, first.title) == (
        "An owl hunts mice.",
        "owls",
        "A title",
    )
    assert first.source_url == "https://example.org/a"
    assert last.source_url == ""
    assert first.url.startswith(f"{HERE}/documents/owls?")
    shown = client.get(first.url.removeprefix(HERE))
    assert '<mark id="quotation">An owl hunts mice.</mark>' in shown.text
    assert urlsplit(first.url).fragment == "quotation"


def test_where_the_documents_are_silent_the_reply_says_so(client, owls):
    closest = (a_citation(title="Owls"), a_citation(title="Cats"), a_citation(title="Owls"))
    owls.steps = (
        an_answer(
            state=State.NOT_FOUND,
            statements=(Statement("The documents do not answer this question."),),
            citations=(),
            closest=closest,
        ),
    )
    reply = complete(client)
    assert reply.content == (
        "The documents do not answer this question.\n\nClosest passages: Owls; Cats"
    )
    assert reply.annotations == []


def test_where_the_documents_contradict_the_question_the_reply_says_so_and_cites(client, owls):
    owls.steps = (
        an_answer(state=State.FALSE_PREMISE, statements=(Statement("It did not.", (1,)),)),
    )
    reply = complete(client)
    assert reply.content == (
        "The question rests on something that the sources contradict. It did not. [1]"
    )
    [one] = reply.annotations
    assert reply.content[one.url_citation.start_index : one.url_citation.end_index] == "[1]"


def test_what_the_reader_should_know_is_said_last(client, owls):
    notice = "Not found in the documents: And when?"
    owls.steps = (an_answer(state=State.PARTIAL, notice=notice),)
    assert complete(client).content == f"First. [1] Second. [1]\n\n{notice}"


def test_the_reply_speaks_the_language_of_its_reader(client, owls):
    owls.steps = (an_answer(state=State.NOT_FOUND, statements=(), citations=()),)
    response = client.post(
        WHERE, json={"messages": [user("Who?")]}, headers={"Accept-Language": "fr"}
    )
    said = response.json()["choices"][0]["message"]["content"]
    assert said.startswith("Les documents")


def test_tokens_are_not_made_up(client):
    assert "usage" not in client.post(WHERE, json={"messages": [user("Who?")]}).json()


# Streams


@pytest.mark.parametrize(
    "answer",
    [
        an_answer(),
        an_answer(notice="A notice."),
        an_answer(state=State.NOT_FOUND, citations=(), closest=(a_citation(),)),
        an_answer(state=State.FALSE_PREMISE),
    ],
)
def test_a_stream_says_the_same_as_the_whole_sentence_by_sentence(client, owls, answer):
    owls.steps = (answer,)
    whole = complete(client)
    chunks, last = streamed(client)
    assert last == "[DONE]"
    assert {each["object"] for each in chunks} == {"chat.completion.chunk"}
    assert len({each["id"] for each in chunks}) == 1
    deltas = [each["choices"][0]["delta"] for each in chunks]
    assert deltas[0]["role"] == "assistant"
    said = [each["content"] for each in deltas if each.get("content")]
    assert "".join(said) == whole.content
    assert len(said) > 1
    annotated = [each for each in deltas if "annotations" in each]
    assert [each["content"] for each in annotated] == [said[-1]]
    assert annotated[0]["annotations"] == [each.model_dump() for each in whole.annotations]
    reasons = [each["choices"][0]["finish_reason"] for each in chunks]
    assert reasons == [None] * (len(chunks) - 1) + ["stop"]


def test_what_could_be_asked_next_is_not_waited_for(client, owls):
    owls.steps = (an_answer(), ZeroDivisionError())
    assert complete(client).content
    assert streamed(client)[1] == "[DONE]"


def test_trouble_in_a_stream_is_an_error_and_its_end(client, owls, caplog):
    owls.steps = (ZeroDivisionError("a secret"),)
    chunks, last = streamed(client)
    assert chunks == []
    assert json.loads(last)["error"]["type"] == "server_error"
    assert "secret" not in last
    assert "a secret" in caplog.text


# What can be wrong


@pytest.mark.parametrize(
    ("sent", "param", "said"),
    [
        ({}, "messages", "missing"),
        ({"messages": []}, "messages", "at least 1 item"),
        ({"messages": [user(5)]}, "messages.0.content", "list"),
        ({"messages": [user("Who?")], "n": 2}, "n", "less than or equal to 1"),
        ({"messages": [user("Who?")], "stream": "maybe"}, "stream", "boolean"),
        (
            {"messages": [user([{"type": "image_url", "image_url": {"url": "x"}}])]},
            "messages.0.content.0.type",
            "'text'",
        ),
    ],
)
def test_a_field_that_is_not_as_asked_for_is_named(client, owls, sent, param, said):
    error = refused(client.post(WHERE, json=sent), 400)
    assert (error["param"], error["type"]) == (param, "invalid_request_error")
    assert said in error["message"]
    assert not owls.asked


@pytest.mark.parametrize(
    "messages",
    [[said_by_assistant("Hello.")], [user("")], [user([])], [user(None)], [user("?")]],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_conversation_without_a_question_is_refused(client, messages, stream):
    error = refused(client.post(WHERE, json={"messages": messages, "stream": stream}), 400)
    assert error["message"].endswith((".", "?"))


def test_a_question_that_is_far_too_long_is_refused(tmp_path):
    client = a_client(AssistantOfOwls(), tmp_path, max_question=10)
    sent = {"messages": [user("Who hunts mice?")]}
    assert "10" in refused(client.post(WHERE, json=sent), 413)["message"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_limit_is_told_with_when_to_come_back(tmp_path, stream):
    client = a_client(AssistantOfOwls(), tmp_path, visitor_rate=1)
    sent = {"messages": [user("Who?")], "stream": stream}
    assert client.post(WHERE, json=sent).is_success
    response = client.post(WHERE, json=sent)
    assert refused(response, 429)["code"] == "rate_limit_exceeded"
    assert int(response.headers["retry-after"]) >= 1


def test_trouble_of_the_server_is_told_as_such(client, owls):
    owls.steps = (IndexStorageError("the index is gone"),)
    error = refused(client.post(WHERE, json={"messages": [user("Who?")]}), 503)
    assert (error["type"], error["message"]) == ("server_error", "The index is gone.")


def test_what_nobody_foresaw_is_not_told(client, owls):
    owls.steps = (ZeroDivisionError("a secret"),)
    error = refused(client.post(WHERE, json={"messages": [user("Who?")]}), 500)
    assert "secret" not in error["message"]


@pytest.mark.parametrize(("method", "path"), [("GET", WHERE), ("GET", "/v1/none")])
def test_an_address_that_is_not_there_is_told_as_openais_clients_read_it(client, method, path):
    response = client.request(method, path)
    assert refused(response, response.status_code)["type"] == "invalid_request_error"
    assert response.status_code in {404, 405}
