import time

import pytest
from fakes import ChatServer

from assistant.answer import State
from assistant.answerers.generative import ModelAnswerError, resolve, write
from assistant.assistant import Assistant
from assistant.load import chat_model, index_folder
from assistant.reader import MiniReader
from assistant.settings import read_settings
from corpus.document import Document, Section
from index.search import SearchIndex
from index.split import split

QUESTION = "Why did the UK not sign the Paris statement?"


def passages(*texts):
    documents = [
        Document(f"d{n}", f"T{n}", text, (Section("", 0, len(text)),))
        for n, text in enumerate(texts)
    ]
    return [split(document)[0] for document in documents]


@pytest.fixture
def ask(shipped, embedder, monkeypatch):
    def with_reply(reply, timeout=20.0):
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        with (
            ChatServer(reply) as server,
            SearchIndex(index_folder(shipped), embedder) as index,
        ):
            monkeypatch.setenv("OPENAI_BASE_URL", server.url)
            settings = read_settings(model="openai:fake", model_timeout=timeout)
            model = chat_model(settings)
            answer = Assistant(index, MiniReader(), model, timeout).ask(QUESTION)
            return answer, server.requests

    return with_reply


@pytest.fixture
def streaming(monkeypatch):
    from langchain.chat_models import init_chat_model

    from index.search import Hit

    monkeypatch.setenv("OPENAI_API_KEY", "none")
    hits = [Hit(each, 1.0, (1.0,), 1.0) for each in passages("Owls hunt.", "Bees hum.")]

    def with_reply(reply):
        with ChatServer(reply) as server:
            model = init_chat_model("openai:fake", base_url=server.url, streaming=True)
            return [each.text for each in write(model, QUESTION, hits, 20)]

    return with_reply


def test_markers_become_citations_of_the_passages_they_name():
    first, second = passages("Owls hunt.", "Bees hum.")
    written = resolve("Bees hum [2]. Owls hunt [1][2].", [first, second])
    assert [(each.text, each.passages) for each in written] == [
        ("Bees hum.", (second,)),
        ("Owls hunt.", (first, second)),
    ]


def test_a_marker_behind_the_full_stop_belongs_to_the_sentence_before():
    first, second = passages("Owls hunt.", "Bees hum.")
    written = resolve("Owls hunt. [1] Bees hum.[2]", [first, second])
    assert [each.passages for each in written] == [(first,), (second,)]


def test_an_invented_marker_is_no_citation():
    [only] = passages("Owls hunt.")
    written = resolve("Owls hunt [1][7]. Pigs fly [7].", [only])
    assert [(each.text, each.passages) for each in written] == [
        ("Owls hunt.", (only,)),
        ("Pigs fly.", ()),
    ]


def test_the_word_nothing_means_that_no_passage_answers():
    assert resolve("NOTHING", passages("Owls hunt.")) == []
    assert resolve("NOTHING.", passages("Owls hunt.")) == []


@pytest.mark.parametrize("reply", ["", "   ", "I think so.", "Yes [9].", "word " * 2_000])
def test_nonsense_is_an_error(reply):
    with pytest.raises(ModelAnswerError):
        resolve(reply, passages("Owls hunt."))


def test_the_model_answers_over_http_with_citations_that_hold(ask):
    said = "The text was too vague on global governance, the British government said"
    answer, [request] = ask(f"{said} [1][2][3][4][5][6].")
    assert answer.answerer == "fake"
    assert answer.text == f"{said}. [1]"
    [citation] = answer.citations
    assert citation.quote
    assert "[1] " in request["messages"][-1]["content"]
    assert QUESTION in request["messages"][-1]["content"]


def test_when_the_model_says_that_nothing_answers_the_assistant_abstains(ask):
    answer, _ = ask("NOTHING")
    assert answer.state is State.NOT_FOUND
    assert answer.closest


@pytest.mark.parametrize(
    "reply",
    [500, "BREAK", b"this is no JSON", b"{}", b'{"choices": []}', "", "Blah blah.", "No [42]."],
    ids=[
        "error 500",
        "breaks off",
        "no JSON",
        "empty object",
        "no choice",
        "empty",
        "no marker",
        "invented marker",
    ],
)
def test_when_the_model_fails_the_built_in_answer_is_given_and_says_so(ask, reply):
    answer, _ = ask(reply)
    assert answer.answerer == "built-in"
    assert answer.state is State.ANSWERED
    assert answer.citations
    assert "built-in answer" in answer.notice


def test_when_the_model_hangs_the_built_in_answer_comes_in_time(ask):
    started = time.monotonic()
    answer, _ = ask("HANG", timeout=0.5)
    assert answer.answerer == "built-in"
    assert "0.5 seconds" in answer.notice
    assert answer.seconds < 0.5 + 5
    assert time.monotonic() - started < 15


def test_when_the_model_drips_byte_by_byte_the_built_in_answer_comes_in_time(ask):
    answer, _ = ask("DRIP", timeout=1.0)
    assert answer.answerer == "built-in"
    assert "1 seconds" in answer.notice
    assert answer.seconds < 1 + 5


def test_a_model_that_streams_is_read_to_its_end(streaming):
    assert streaming("Clarity was missing [1]. So was security [2].") == [
        "Clarity was missing.",
        "So was security.",
    ]


def test_a_stream_that_breaks_off_is_read_as_far_as_it_came(streaming):
    assert streaming("BREAK") == ["The UK did.", "Then it"]


def test_a_server_that_is_not_there_is_a_failure_like_any_other(shipped, embedder, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    model = chat_model(read_settings(model="openai:fake", model_timeout=5))
    with SearchIndex(index_folder(shipped), embedder) as index:
        answer = Assistant(index, MiniReader(), model, 5).ask(QUESTION)
    assert "failed" in answer.notice
    assert answer.citations
