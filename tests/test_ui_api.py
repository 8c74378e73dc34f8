import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from fakes import AssistantOfOwls, a_citation, a_client, a_desk, an_answer, events_of
from fastapi.testclient import TestClient

from assistant.answer import State, Statement
from assistant.conversations import Conversations
from assistant.feedback import Feedback
from assistant.settings import read_settings
from index.errors import IndexStorageError, ModelError
from ui import contract
from ui.programs import programs
from ui.server import build_app

PROBLEM = "application/problem+json"


@pytest.fixture
def owls():
    return AssistantOfOwls()


@pytest.fixture
def client(owls, tmp_path):
    return a_client(owls, tmp_path)


def refused(response, status):
    """Give what is wrong, as a program is told it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == PROBLEM
    told = response.json()
    assert told["status"] == status
    assert "\n" not in told["detail"]
    assert told["detail"][-1] in ".?"
    return told


# Questions


def test_a_question_is_answered_with_what_ask_json_prints(client, owls):
    answer = an_answer(notice="A notice.", suggestions=("And then?",))
    owls.steps = (answer,)
    response = client.post("/api/ask", json={"question": "  Who   hunts? "})
    assert response.status_code == 200
    assert response.json() == answer.to_dict()
    assert owls.asked[0].text == "Who hunts?"


@pytest.mark.parametrize(
    "answer",
    [
        an_answer(),
        an_answer(state=State.NOT_FOUND, citations=(), closest=(a_citation(),), seconds=1.23456),
        an_answer(
            question="A or B?",
            standalone_question="A or B?",
            statements=(
                Statement("A is.", (1,), about="A"),
                Statement("B is.", (1,), about="B"),
            ),
        ),
    ],
)
def test_the_contract_says_all_that_an_answer_holds_and_nothing_else(answer):
    contract_holds = contract.Answer.model_validate(answer.to_dict()).model_dump(mode="json")
    assert contract_holds == answer.to_dict()


def test_history_and_document_go_with_the_question(client, owls):
    sent = {"question": "And then?", "history": [["Who?", "An owl."]], "document": "кошки"}
    assert client.post("/api/ask", json=sent).is_success
    [asked] = owls.asked
    assert asked.history == (("Who?", "An owl."),)
    assert asked.document == "кошки"


def test_a_stream_gives_the_answer_then_suggestions_then_its_end(client, owls):
    first = an_answer()
    second = replace(first, suggestions=("And then?",))
    owls.steps = (first, second)
    response = client.post(
        "/api/ask", json={"question": "Who?"}, headers={"Accept": "text/event-stream"}
    )
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    told = [(name, json.loads(data)) for name, data in events_of(response.text)]
    assert told == [("answer", first.to_dict()), ("answer", second.to_dict()), ("done", {})]


def test_trouble_after_the_start_of_a_stream_is_an_event_and_the_end(client, owls, caplog):
    owls.steps = (an_answer(), ZeroDivisionError("a secret"))
    response = client.post(
        "/api/ask", json={"question": "Who?"}, headers={"Accept": "text/event-stream"}
    )
    [(_, _), (name, data)] = events_of(response.text)
    assert name == "error"
    assert json.loads(data)["status"] == 500
    assert "secret" not in response.text
    assert "a secret" in caplog.text


# What can be wrong with a question


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ({}, "question", "question is missing in the body."),
        ({"question": 5}, "question", "question in the body: input should be a valid string."),
        ({"question": "Who?", "history": [["a"]]}, "history.0.1", "missing"),
        ({"question": "Who?", "history": {"a": "b"}}, "history", "list"),
        ({"question": "Who?", "hisotry": []}, "hisotry", "leave it out or mend its name"),
        ({"question": "Who?", "document": None}, "document", "string"),
    ],
)
def test_a_field_that_is_not_as_asked_for_is_named(client, sent, field, said):
    told = refused(client.post("/api/ask", json=sent), 422)
    assert told["field"] == field
    assert said in told["detail"]
    assert field in told["detail"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b"5", "application/json"),
        (b'{"question": "Who?"}', "text/plain"),
        (b'{"question": "Who?"}', None),
        (b'{"question": NaN}', "application/json"),
        (b"\xff\xfe", "application/json"),
        (b'{"question": ', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"question": "\\ud800"}', "application/json"),
    ],
)
def test_a_body_that_cannot_be_read_is_one_clear_line(client, content, kind):
    headers = {"Content-Type": kind} if kind else {}
    response = client.post("/api/ask", content=content, headers=headers)
    told = refused(response, response.status_code)
    assert response.status_code in {400, 422}
    assert re.search(r"JSON|question", told["detail"])


@pytest.mark.parametrize("question", ["", "   ", "?!"])
def test_an_empty_question_is_one_clear_line(client, owls, question):
    told = refused(client.post("/api/ask", json={"question": question}), 400)
    assert told["detail"].startswith("The question is empty; ask something")
    assert not owls.asked


def test_a_question_that_is_far_too_long_is_not_told_to_come_back(tmp_path):
    client = a_client(AssistantOfOwls(), tmp_path, max_question=20)
    response = client.post("/api/ask", json={"question": "x" * 21})
    told = refused(response, 413)
    assert told["detail"] == "The question has 21 characters; ask it in at most 20."
    assert "retry-after" not in response.headers
    refused(client.get("/api/search", params={"q": "x" * 21}), 413)


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("path", ["/api/ask", "/v1/chat/completions"])
def test_a_request_that_is_far_too_large_is_refused(client, owls, announced, path):
    body = json.dumps({"question": "Who?", "history": [["x" * 1_100_000, ""]]}).encode()
    headers = {"Content-Type": "application/json"}
    content = body if announced else (body[at : at + 50_000] for at in range(0, len(body), 50_000))
    response = client.post(path, content=content, headers=headers)
    assert response.status_code == 413
    assert "the request is" in json.dumps(response.json()).lower()
    assert response.headers["x-content-type-options"] == "nosniff"
    assert not owls.asked


def test_a_document_that_is_not_there_is_told_with_where_to_look(client):
    sent = {"question": "Who?", "document": "a\nb"}
    told = refused(client.post("/api/ask", json=sent), 400)
    assert told["detail"] == (
        "There is no document with the id a b; those there are: /api/documents."
    )


@pytest.mark.parametrize("error", [IndexStorageError("the index is gone"), ModelError("no model")])
def test_trouble_of_the_server_is_told_without_blaming_the_program(client, owls, error):
    owls.steps = (error,)
    told = refused(client.post("/api/ask", json={"question": "Who?"}), 503)
    assert told["detail"].lower() == f"{error}."


def test_what_nobody_foresaw_is_not_told_to_programs(client, owls):
    owls.steps = (ZeroDivisionError("a secret"),)
    response = client.post("/api/ask", json={"question": "Who?"})
    told = refused(response, 500)
    assert "secret" not in response.text
    assert "try again" in told["detail"]
    assert "content-security-policy" in response.headers


# Limits


def test_a_limit_says_which_it_is_and_when_to_come_back(tmp_path):
    client = a_client(AssistantOfOwls(), tmp_path, visitor_rate=2)
    assert client.post("/api/ask", json={"question": "Who?"}).is_success
    assert client.get("/api/search", params={"q": "owls"}).is_success
    for accepted in ("application/json", "text/event-stream"):
        response = client.post("/api/ask", json={"question": "Who?"}, headers={"Accept": accepted})
        told = refused(response, 429)
        assert told["limit"] == "visitor_rate"
        assert 1 <= int(response.headers["retry-after"]) <= 60
    assert client.get("/api/documents").is_success


def test_a_question_that_makes_no_sense_takes_no_place(tmp_path):
    client = a_client(AssistantOfOwls(), tmp_path, visitor_rate=1)
    for sent in ({"question": ""}, {"question": "Who?", "document": "none"}, {}):
        client.post("/api/ask", json=sent)
    assert client.post("/api/ask", json={"question": "Who?"}).is_success


# Documents and search


def test_documents_are_listed_page_by_page(client):
    whole = client.get("/api/documents").json()
    assert [each["id"] for each in whole["documents"]] == ["кошки", "owls"]
    assert whole["documents"][1] == {
        "id": "owls",
        "title": "Owls",
        "publisher": "",
        "date": "",
        "language": "en",
        "url": "",
        "topics": ["birds"],
    }
    page = client.get("/api/documents", params={"limit": 1, "offset": 1}).json()
    assert (page["total"], page["limit"], page["offset"]) == (2, 1, 1)
    assert [each["id"] for each in page["documents"]] == ["owls"]
    assert client.get("/api/documents", params={"offset": 10**30}).json()["documents"] == []


@pytest.mark.parametrize("asked", [{"limit": 0}, {"offset": -1}, {"limit": "many"}])
def test_a_page_that_cannot_be_is_told(client, asked):
    [field] = asked
    assert refused(client.get("/api/documents", params=asked), 422)["field"] == field


def test_a_document_is_given_in_full_with_headings_and_sources(client, owls):
    given = client.get("/api/documents/owls").json()
    text = owls.shelf["owls"].text
    assert given["text"] == text
    assert [each["heading"] for each in given["sections"]] == ["Owls", "Where"]
    where = given["sections"][1]
    assert text[where["start"] : where["end"]] == "In barns."
    assert given["sources"] == [
        {
            "publisher": "A paper",
            "title": "Of owls",
            "date": "2025-01",
            "url": "https://example.org/owls",
        }
    ]


def test_every_document_is_found_by_the_id_that_the_list_gives(client):
    for each in client.get("/api/documents").json()["documents"]:
        assert client.get(f"/api/documents/{each['id']}").json()["title"] == each["title"]


@pytest.mark.parametrize("name", ["none", "a%20b", "%00", "..%2f..%2fetc%2fpasswd", "a/b"])
def test_a_document_that_is_not_there_is_a_problem(client, name):
    refused(client.get(f"/api/documents/{name}"), 404)


def test_a_search_gives_passages_that_stand_in_their_documents(client, owls):
    [first] = client.get("/api/search", params={"q": " owls  mice ", "count": 1}).json()["passages"]
    assert first["text"] == "An owl hunts mice."
    assert (first["start"], first["end"]) == (0, len("An owl hunts mice."))
    assert set(first) == set(contract.Passage.model_fields)
    assert owls.asked == ["owls mice"]


@pytest.mark.parametrize(("asked", "status"), [({}, 422), ({"q": ""}, 400), ({"q": "?"}, 400)])
def test_a_search_for_nothing_is_refused(client, asked, status):
    refused(client.get("/api/search", params=asked), status)


# The server


def test_health_and_readiness_say_how_the_server_is(client):
    assert client.get("/api/health").json() == {"status": "ok"}
    ready = client.get("/api/ready").json()
    assert (ready["documents"], ready["answerer"]) == (2, "built-in")
    assert re.fullmatch(r"\d+\.\d+\.\d+", ready["version"])


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/api/ask", {"question": "Who?"}, {}),
        ("/api/ask", {"question": "Who?"}, {"accept": "text/event-stream"}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Who?"}]}, {}),
    ],
)
def test_while_eight_questions_are_answered_the_server_still_answers(tmp_path, path, body, headers):
    begun, may = threading.Semaphore(0), threading.Event()

    class Thinking(AssistantOfOwls):
        def stream(self, question):
            begun.release()
            assert may.wait(60)
            yield from super().stream(question)

    client = a_client(Thinking(), tmp_path, visitor_simultaneous=8)
    with client, ThreadPoolExecutor(9) as pool:
        try:
            asked = [pool.submit(client.post, path, json=body, headers=headers) for _ in range(8)]
            assert all(begun.acquire(timeout=30) for _ in asked)
            health = pool.submit(client.get, "/api/health")
            assert health.result(30).json() == {"status": "ok"}
            assert not any(each.done() for each in asked)
        finally:
            may.set()
        assert [each.result(30).status_code for each in asked] == [200] * 8


def test_a_server_that_stops_is_alive_and_not_ready(tmp_path):
    client = a_client(AssistantOfOwls(), tmp_path, grace=7)
    with client:
        client.portal.call(client.desk.admission.close, 0)
        response = client.get("/api/ready")
        assert refused(response, 503)["detail"] == "The server is stopping; ask again in 7 s."
        assert response.headers["retry-after"] == "7"
        refused(client.post("/api/ask", json={"question": "Who?"}), 503)
        assert client.get("/api/health").is_success


@pytest.mark.parametrize("path", ["/api/none", "/api/", "/api/documents/", "/api/ask/x"])
def test_an_unknown_address_is_a_problem(client, path):
    assert "/api/docs" in refused(client.get(path), 404)["detail"]


def test_an_unknown_address_is_a_problem_beside_the_gradio_page_too(tmp_path):
    app = build_app(
        a_desk(AssistantOfOwls()), Conversations(tmp_path), Feedback(tmp_path), shipped=False
    )
    whole = TestClient(app, base_url="http://127.0.0.1:7860")
    for path in ("/api", "/api/none", "/v1"):
        refused(whole.get(path), 404)
    assert whole.get("/v1/none").json()["error"]["code"] is None
    assert whole.get("/api/health").is_success


def test_a_method_that_an_address_does_not_take_is_told_with_the_one_it_takes(client):
    response = client.get("/api/ask")
    assert "use POST" in refused(response, 405)["detail"]
    assert response.headers["allow"] == "POST"


# The schema and the page made of it


@pytest.fixture(scope="module")
def schema():
    return programs(read_settings()).openapi()


def test_the_schema_is_public_and_holds_what_programs_use_and_nothing_else(client, schema):
    served = client.get("/api/openapi.json").json()
    assert served == json.loads(json.dumps(schema))
    assert set(served["paths"]) == {
        "/api/ask",
        "/api/search",
        "/api/documents",
        "/api/documents/{document_id}",
        "/api/health",
        "/api/ready",
        "/v1/models",
        "/v1/chat/completions",
    }


def test_every_error_below_api_is_documented_as_a_problem(schema):
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            kinds = {
                kind
                for status, told in operation["responses"].items()
                if status != "200"
                for kind in told["content"]
            }
            expected = {PROBLEM} if path.startswith("/api") else {"application/json"}
            assert kinds <= expected, path
    asked = schema["paths"]["/api/ask"]["post"]["responses"]
    assert set(asked) == {"200", "400", "413", "422", "429", "503"}
    assert "Retry-After" in asked["429"]["headers"]


def test_the_examples_of_the_schema_are_as_the_schema_says(schema):
    for name in ("Answer", "Question", "Documents", "Document", "Found", "Health", "Ready"):
        [example] = schema["components"]["schemas"][name]["examples"]
        model = getattr(contract, name)
        dumped = model.model_validate(example).model_dump(mode="json", exclude_unset=True)
        assert dumped == example


def test_tokens_are_documented_where_they_are_asked_for(tmp_path):
    client = a_client(AssistantOfOwls(), tmp_path, api_tokens=("a" * 16,))
    paths = client.get("/api/openapi.json").json()["paths"]
    for path, method in (("/api/ask", "post"), ("/api/search", "get"), ("/v1/models", "get")):
        assert paths[path][method]["security"] == [{"token": []}]
        assert "401" in paths[path][method]["responses"]
    for path in ("/api/health", "/api/ready"):
        assert "security" not in paths[path]["get"]


def test_the_page_about_the_api_shows_every_endpoint_with_a_line_to_try_it(client, schema):
    response = client.get("/api/docs", headers={"Accept-Language": "fr"})
    html = response.text
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert (
                f'<h2 id="{operation["operationId"]}"><code>{method.upper()} {path}</code>' in html
            )
    assert "curl http://127.0.0.1:7860/api/ask -H" in html
    assert "curl http://127.0.0.1:7860/api/documents/why-the-uk-did-not-sign" in html
    assert "citations[].quote" in html
    assert "visitor_rate" in html
    assert "Chronologie" in html
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert not re.search(r"<script|<style|style=| on\w+=", html)


def test_the_line_to_try_an_endpoint_can_be_tried(client):
    html = client.get("/api/docs").text
    [sent] = re.findall(r"/api/ask -H .*? -d &#39;(.*?)&#39;</pre>", html)
    body = json.loads(sent.replace("&#34;", '"'))
    assert client.post("/api/ask", json=body).is_success
