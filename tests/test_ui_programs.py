import json
import time
from urllib.parse import urlsplit

import httpx
import openai
import pytest
import schemathesis
from browser import NOWHERE, UK, served
from fakes import a_client, events_of
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import one_of
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from assistant.answer import State

TOKEN = "a-token-for-tests-1"
SITE = "https://www.example.org"
FALSE = "Why did Keir Starmer travel to Paris for the AI summit?"


@pytest.fixture(scope="module")
def guarded(shipped):
    """The address of a server that asks for a token and lets few questions in."""
    environment = {
        "SUMMIT_API_TOKENS": TOKEN,
        "SUMMIT_ALLOWED_ORIGINS": SITE,
        "SUMMIT_VISITOR_RATE": "3",
        "SUMMIT_VISITOR_SIMULTANEOUS": "1",
        "SUMMIT_SIMULTANEOUS": "1",
    }
    with served(shipped.data_dir, **environment) as address:
        yield address


@pytest.fixture(scope="module")
def client(url):
    return openai.OpenAI(base_url=f"{url}/v1", api_key="none-is-asked-for", max_retries=0)


def completed(client, *messages, **options):
    return client.chat.completions.create(model="summit", messages=messages, **options)


def user(text):
    return {"role": "user", "content": text}


# With the client of OpenAI


def test_openais_client_gets_an_answer_whose_annotations_lead_to_the_quotations(client, url):
    completion = completed(client, user(UK))
    [choice] = completion.choices
    reply = choice.message
    assert "vague" in reply.content
    assert (choice.finish_reason, completion.model, completion.usage) == ("stop", "summit", None)
    assert reply.annotations
    for each in reply.annotations:
        cited = each.url_citation
        assert reply.content[cited.start_index : cited.end_index].strip("[]").isdigit()
        text = httpx.get(f"{url}/api/documents/{cited.document_id}").json()["text"]
        assert cited.quote in text
        page = httpx.get(cited.url).text
        marked = page.partition('<mark id="quotation">')[2].partition("</mark>")[0]
        assert marked.replace("&#39;", "'") == cited.quote


def test_openais_client_streams_the_same_sentence_by_sentence(client):
    whole = completed(client, user(UK)).choices[0].message
    chunks = list(completed(client, user(UK), stream=True))
    deltas = [each.choices[0].delta for each in chunks]
    said = [each.content for each in deltas if each.content]
    assert len(said) > 1
    assert "".join(said) == whole.content
    [annotated] = [each.annotations for each in deltas if hasattr(each, "annotations")]
    assert annotated == [each.model_dump() for each in whole.annotations]
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_openais_client_is_understood_when_it_goes_on(client):
    before = completed(client, user(UK)).choices[0].message.content
    alone = completed(client, user("And the US?")).choices[0].message.content
    followed = completed(
        client, user(UK), {"role": "assistant", "content": before}, user("And the US?")
    ).choices[0]
    assert "United States" in followed.message.content or "US" in followed.message.content
    assert followed.message.annotations
    assert followed.message.content != alone


def test_openais_client_is_told_where_the_documents_are_silent(client):
    reply = completed(client, user(NOWHERE)).choices[0].message
    assert reply.content.startswith("The documents do not answer this question.")
    assert reply.annotations == []


def test_openais_client_is_told_what_contradicts_a_question(client, url):
    answered = httpx.post(f"{url}/api/ask", json={"question": FALSE}, timeout=60).json()
    assert answered["state"] == State.FALSE_PREMISE
    reply = completed(client, user(FALSE)).choices[0].message
    assert reply.content.startswith("The question rests on something that the sources contradict.")
    assert reply.annotations


def test_openais_client_lists_the_model(client):
    assert [each.id for each in client.models.list()] == ["summit"]


def test_openais_client_is_told_what_is_wrong(client):
    with pytest.raises(openai.BadRequestError, match="question is empty"):
        completed(client, user(" "))
    with pytest.raises(openai.BadRequestError, match="n in the body"):
        completed(client, user(UK), n=2)
    with pytest.raises(openai.APIStatusError) as refusal:
        completed(client, user("x" * 2_001))
    assert refusal.value.status_code == 413


@pytest.mark.slow
def test_openais_client_needs_the_token_where_one_is_asked_for(guarded):
    def models(key):
        return openai.OpenAI(base_url=f"{guarded}/v1", api_key=key, max_retries=0).models.list()

    with pytest.raises(openai.AuthenticationError, match="SUMMIT_API_TOKENS"):
        models("a-token-for-tests-2")
    assert list(models(TOKEN))


# With HTTP


def test_a_stream_of_the_api_ends_with_done(url):
    headers = {"Accept": "text/event-stream"}
    response = httpx.post(f"{url}/api/ask", json={"question": NOWHERE}, headers=headers, timeout=60)
    told = events_of(response.text)
    assert [name for name, _ in told] == ["answer", "answer", "done"]
    first, second = (json.loads(data) for _, data in told[:2])
    assert first["suggestions"] == []
    assert second["suggestions"]
    assert {**second, "suggestions": []} == first


def ask(address, question=UK, **headers):
    return httpx.post(
        f"{address}/api/ask",
        json={"question": question},
        headers={"Authorization": f"Bearer {TOKEN}", **headers},
        timeout=60,
    )


@pytest.mark.slow
def test_who_drops_a_stream_leaves_the_place_and_who_asks_too_often_is_told_when_to_come_back(
    guarded,
):
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "text/event-stream"}
    with httpx.stream(
        "POST", f"{guarded}/api/ask", json={"question": UK}, headers=headers, timeout=60
    ) as dropped:
        assert next(dropped.iter_text()).startswith(": taken")
    deadline = time.monotonic() + 30
    while (answered := ask(guarded)).status_code != 200:
        assert answered.json()["limit"] == "visitor_simultaneous"
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert ask(guarded, "Who signed the Paris statement?").status_code == 200
    refused = ask(guarded, Origin=SITE)
    assert refused.status_code == 429
    assert refused.json()["limit"] == "visitor_rate"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["access-control-allow-origin"] == SITE


@pytest.mark.slow
@pytest.mark.parametrize(("origin", "allowed"), [(SITE, True), ("https://evil.example", False)])
def test_scripts_of_allowed_sites_alone_may_ask(guarded, origin, allowed):
    response = httpx.options(
        f"{guarded}/api/ask",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
    assert response.is_success == allowed
    assert (response.headers.get("access-control-allow-origin") == origin) == allowed


def test_citations_of_the_api_stand_in_the_documents_that_the_api_gives(url):
    answer = httpx.post(f"{url}/api/ask", json={"question": UK}, timeout=60).json()
    for each in answer["citations"]:
        text = httpx.get(f"{url}/api/documents/{each['document_id']}").json()["text"]
        assert text[each["start"] : each["end"]] == each["quote"]


def test_passages_of_a_search_stand_in_the_documents_that_the_api_gives(url):
    found = httpx.get(f"{url}/api/search", params={"q": "UK refusal", "count": 3}).json()
    assert len(found["passages"]) == 3
    scores = [each["score"] for each in found["passages"]]
    assert scores == sorted(scores, reverse=True)
    for each in found["passages"]:
        text = httpx.get(f"{url}/api/documents/{each['document_id']}").json()["text"]
        assert text[each["start"] : each["end"]] == each["text"]


def test_the_list_gives_every_document_and_the_page_about_the_api_is_there(url):
    ready = httpx.get(f"{url}/api/ready").json()
    listed = httpx.get(f"{url}/api/documents", params={"limit": 1_000}).json()
    assert ready["documents"] == listed["total"] == len(listed["documents"])
    page = httpx.get(f"{url}/api/docs")
    assert f"curl {url}/api/ask" in page.text
    assert urlsplit(url).netloc in page.text


# With whatever else the schema allows


@pytest.fixture(scope="module")
def described(tmp_path_factory, embedder, reader):
    """The schema of an application with real parts and few documents, which lets all in."""
    from assistant.assistant import Assistant
    from assistant.load import index_folder, sync_corpus
    from assistant.settings import read_settings
    from index.search import SearchIndex

    folder = tmp_path_factory.mktemp("documents")
    (folder / "owls.md").write_text("# Owls\n\nThe owl is a bird of the night. It hunts mice.\n")
    (folder / "bees.md").write_text("# Bees\n\nA bee makes honey. A hive has one queen.\n")
    data = tmp_path_factory.mktemp("data")
    sync_corpus(read_settings(corpus_dir=folder, data_dir=data), embedder)
    index = SearchIndex(index_folder(read_settings(data_dir=data)), embedder)
    many = 1_000_000
    app = a_client(Assistant(index, reader), data, host="0.0.0.0", visitor_rate=many, rate=many).app
    return schemathesis.openapi.from_asgi("/api/openapi.json", app)


AS_DESCRIBED, OTHERWISE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE


@pytest.mark.parametrize(
    ("method", "path", "modes"),
    [
        ("POST", "/api/ask", (AS_DESCRIBED, OTHERWISE)),
        ("POST", "/v1/chat/completions", (AS_DESCRIBED, OTHERWISE)),
        ("GET", "/api/search", (AS_DESCRIBED, OTHERWISE)),
        ("GET", "/api/documents", (AS_DESCRIBED, OTHERWISE)),
        ("GET", "/api/documents/{document_id}", (AS_DESCRIBED,)),
        ("GET", "/api/health", (AS_DESCRIBED,)),
        ("GET", "/api/ready", (AS_DESCRIBED,)),
        ("GET", "/v1/models", (AS_DESCRIBED,)),
    ],
)
def test_whatever_is_sent_is_answered_as_the_schema_says(described, method, path, modes):
    strategies = [described[path][method].as_strategy(generation_mode=each) for each in modes]

    @given(case=one_of(strategies))
    @settings(
        max_examples=100,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def answered(case):
        # A question may be a text by the schema and still be none: blank, or of no document.
        case.call_and_validate(excluded_checks=[CHECKS.get_one("positive_data_acceptance")])

    answered()
