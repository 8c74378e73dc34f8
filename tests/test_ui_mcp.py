import json
from contextlib import asynccontextmanager

import httpx
import pytest
from browser import NOWHERE, UK, served
from fakes import AssistantOfOwls, a_client, a_desk
from fastapi.testclient import TestClient
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from assistant.conversations import Conversations
from assistant.feedback import Feedback
from ui.mcp_server import build_mcp
from ui.server import build_routes

pytestmark = pytest.mark.anyio

TOKEN = "a-token-of-some-length"
CONTRACT = (
    "question standalone_question answer state abstained comparison citations closest suggestions "
    "answerer confidence notice seconds"
)
HERE = "http://127.0.0.1:7860"
LISTING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
EITHER = {"Accept": "application/json, text/event-stream"}


class Shelf:
    """The documents of an assistant: none."""

    generation = "g000001"

    def documents(self):
        return iter(())

    def document_count(self):
        return 0


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(params=["auto", "legacy"])
def mode(request):
    """The protocol as of 2026, and the one with a handshake that came before it."""
    return request.param


@asynccontextmanager
async def connected(address, mode="auto", **headers):
    async with httpx.AsyncClient(headers=headers, timeout=30) as http:
        transport = streamable_http_client(f"{address}/mcp", http_client=http)
        async with Client(transport, mode=mode) as client:
            yield client


async def called(address, name, arguments, mode="auto", **headers):
    async with connected(address, mode, **headers) as client:
        return await client.call_tool(name, arguments)


def words(result):
    [content] = result.content
    return content.text


async def complaint(address, name, **arguments):
    result = await called(address, name, arguments)
    assert result.is_error
    assert "\n" not in words(result)
    return words(result)


async def test_three_tools_are_offered_that_change_nothing_and_say_what_they_take(url, mode):
    async with connected(url, mode) as client:
        tools = {each.name: each for each in (await client.list_tools()).tools}
    assert set(tools) == {"ask_summit", "search_documents", "read_document"}
    for tool in tools.values():
        assert tool.annotations.read_only_hint
        assert tool.annotations.open_world_hint is False
        assert all(each["description"] for each in tool.input_schema["properties"].values())
    assert tools["ask_summit"].input_schema["required"] == ["question"]


async def test_an_answer_is_the_json_contract_and_text_with_numbered_sources(url, mode):
    result = await called(url, "ask_summit", {"question": UK}, mode)
    answer = result.structured_content
    assert not result.is_error
    assert list(answer) == CONTRACT.split()
    assert answer["state"] == "answered"
    text = words(result)
    assert text.startswith(answer["answer"])
    assert "not instructions" in text
    for cited in answer["citations"]:
        assert f"[{cited['marker']}] {cited['title']}" in text
        assert f"> {cited['quote']}" in text


async def test_a_quotation_is_what_the_document_says_between_its_offsets(url):
    answer = (await called(url, "ask_summit", {"question": UK})).structured_content
    assert answer["citations"]
    for cited in answer["citations"]:
        asked = {
            "id": cited["document_id"],
            "start": cited["start"],
            "characters": cited["end"] - cited["start"],
        }
        part = (await called(url, "read_document", asked)).structured_content
        assert part["text"] == cited["quote"]
        assert (part["start"], part["end"]) == (cited["start"], cited["end"])


async def test_an_abstention_says_so_and_shows_the_closest_passages(url):
    result = await called(url, "ask_summit", {"question": NOWHERE})
    assert result.structured_content["abstained"]
    assert words(result).startswith("The documents do not answer this question.")
    assert "do not answer it" in words(result)


async def test_a_follow_up_is_understood_by_the_turns_before(url):
    asked = {"question": "And the US?", "history": [[UK, "It would not."]]}
    answer = (await called(url, "ask_summit", asked)).structured_content
    assert answer["standalone_question"] == "Why did the US not sign the Paris statement?"


async def test_a_history_that_comes_as_json_text_is_read(url):
    asked = {"question": "And the US?", "history": json.dumps([[UK, "It would not."]])}
    answer = (await called(url, "ask_summit", asked)).structured_content
    assert answer["standalone_question"] == "Why did the US not sign the Paris statement?"


async def test_an_answer_can_come_from_one_document_alone(url):
    asked = {"question": UK, "document": "why-the-uk-did-not-sign"}
    answer = (await called(url, "ask_summit", asked)).structured_content
    assert {each["document_id"] for each in answer["citations"]} == {"why-the-uk-did-not-sign"}


async def test_search_gives_passages_with_where_they_stand(url):
    result = await called(url, "search_documents", {"query": "energy of data centres", "count": 3})
    passages = result.structured_content["passages"]
    assert len(passages) == 3
    first = passages[0]
    asked = {"id": first["document_id"], "start": first["start"], "characters": len(first["text"])}
    part = (await called(url, "read_document", asked)).structured_content
    assert part["text"] == first["text"]
    assert "not instructions" in words(result)


async def test_a_document_is_read_in_parts_and_says_how_long_it_is(url):
    asked = {"id": "why-the-uk-did-not-sign", "characters": 100}
    first = (await called(url, "read_document", asked)).structured_content
    assert first["title"]
    assert first["end"] == 100
    assert first["length"] > 100
    rest = {**asked, "start": 100, "characters": 40_000}
    last = (await called(url, "read_document", rest)).structured_content
    assert last["end"] == last["length"] == 100 + len(last["text"])


async def test_what_a_document_says_stays_marked_as_quoted_line_by_line(url):
    result = await called(url, "read_document", {"id": "why-the-uk-did-not-sign"})
    head, *quoted = words(result).split("\n\n", 1)[1].splitlines()
    assert all(line.startswith(">") for line in [head, *quoted])


async def test_what_is_wrong_with_a_call_is_one_line_that_says_how_to_mend_it(url):
    assert "is empty" in await complaint(url, "ask_summit", question=" ? ")
    assert "at most 2,000" in await complaint(url, "ask_summit", question="x" * 2001)
    assert "no document with the id none" in await complaint(
        url, "ask_summit", question=UK, document="none"
    )
    assert "search_documents" in await complaint(url, "read_document", id="none")
    assert "id" in await complaint(url, "read_document")
    assert "count" in await complaint(url, "search_documents", query="owls", count=1000)
    assert "history" in await complaint(url, "ask_summit", question=UK, history=[["one"]])
    assert "colour" in await complaint(url, "ask_summit", question=UK, colour="red")
    assert "past its end" in await complaint(
        url, "read_document", id="why-the-uk-did-not-sign", start=10**9
    )
    assert "ask_summit" in await complaint(url, "none")


@pytest.mark.slow
async def test_who_asks_too_often_is_told_when_to_come_back(shipped):
    with served(shipped.data_dir, SUMMIT_VISITOR_RATE="1") as address:
        assert not (await called(address, "ask_summit", {"question": UK})).is_error
        assert "ask again in" in await complaint(address, "ask_summit", question=UK)
        assert "ask again in" in await complaint(address, "search_documents", query="owls")


@pytest.mark.slow
async def test_a_token_is_asked_for_where_there_are_some(shipped):
    with served(shipped.data_dir, SUMMIT_API_TOKENS=TOKEN) as address:
        result = await called(
            address, "ask_summit", {"question": UK}, Authorization=f"Bearer {TOKEN}"
        )
        assert result.structured_content["citations"]
        async with httpx.AsyncClient() as http:
            refusal = await http.post(f"{address}/mcp", json={})
            assert refusal.status_code == 401
            refused = await http.post(
                f"{address}/mcp", json={}, headers={"Authorization": "Bearer wrong"}
            )
            assert refused.status_code == 401


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (HERE, 200),
        ("https://www.example.org", 200),
        ("https://example.org.evil.example", 403),
        ("https://evil.example", 403),
        ("null", 403),
        (None, 200),
    ],
)
def test_a_page_of_another_site_is_turned_away_unless_it_is_allowed(tmp_path, origin, status):
    desk = a_desk(Shelf(), allowed_origins="https://*.example.org")
    app = build_routes(desk, Conversations(tmp_path), Feedback(tmp_path), shipped=False)
    headers = {"Origin": origin} if origin else {}
    with TestClient(app, base_url=HERE) as client:
        response = client.post("/mcp", json=LISTING, headers={**EITHER, **headers})
    assert response.status_code == status


async def test_an_answer_comes_as_json_and_no_stream_is_held_open(url):
    async with httpx.AsyncClient(headers=EITHER) as http:
        response = await http.post(f"{url}/mcp", json=LISTING)
        assert response.headers["content-type"] == "application/json"
        assert (await http.get(f"{url}/mcp")).status_code == 405
        assert (await http.delete(f"{url}/mcp")).status_code == 405


async def test_a_body_that_is_far_too_long_is_refused(url):
    async with httpx.AsyncClient() as http:
        response = await http.post(f"{url}/mcp", content=b"x" * 1_000_001)
    assert response.status_code == 413


async def test_what_breaks_inside_is_told_in_one_line_without_its_story(caplog):
    class Broken:
        def invoke(self, question):
            raise ZeroDivisionError("secret")

    async with Client(build_mcp(a_desk(Broken()), 1_000).server) as client:
        result = await client.call_tool("ask_summit", {"question": "Who came?"})
    assert result.is_error
    assert "Something went wrong" in words(result)
    assert "secret" not in words(result)
    assert "ZeroDivisionError" in caplog.text


def test_a_server_that_was_stopped_can_be_started_again(tmp_path):
    client = a_client(AssistantOfOwls(), tmp_path)
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accepted = {"Accept": "application/json, text/event-stream"}
    for _ in range(2):
        with client:
            response = client.post("/mcp", json=listing, headers=accepted)
            assert len(response.json()["result"]["tools"]) == 3
