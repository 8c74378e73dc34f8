import json
import re
import socket
from dataclasses import replace
from html import unescape
from importlib.resources import files

import pytest
from fakes import Shelf, a_citation, a_desk, an_answer
from fastapi.testclient import TestClient

from assistant.answer import State
from assistant.conversations import CONVERSATIONS_FILE, Conversations
from assistant.feedback import FEEDBACK_FILE, Feedback
from corpus.document import Document, Section, Source
from ui.errors import ServerError
from ui.library import digest
from ui.server import build_app, build_routes, listen

HERE = "http://127.0.0.1:7860"
OTHERS = {"theme.js", "widget.js", "frame.js", "demo.js"}  # scripts that the chat does not need
EVIL = "<script>alert(1)</script>"
TEXT = "Owls\n\nAn owl hunts <b>mice</b>. A quotation. It sleeps.\n\nWhere\n\nIn barns."
START = TEXT.index("A quotation.")


def a_shelf():
    source = Source("k", f"Paper {EVIL}", f"Title {EVIL}", "2025-01", "javascript:alert(1)")
    owls = Document(
        "owls",
        f"Owls {EVIL}",
        TEXT,
        (Section("Owls", 4, START), Section("Where", TEXT.index("Where") + 5, len(TEXT))),
        publisher="Nature",
        date="2025-02-11",
        language="de",
        url="javascript:alert(1)",
        topics=("birds",),
        sources=(source,),
    )
    bees = Document("bees", "Bees", "Bees hum.", (), date="2024", topics=("insects",))
    undated = Document("кошки", "Cats", "Cats purr.", ())
    return Shelf(owls, bees, undated, starters=["Where do owls live?"])


@pytest.fixture
def shelf():
    return a_shelf()


@pytest.fixture
def conversations(tmp_path):
    return Conversations(tmp_path)


@pytest.fixture
def feedback(tmp_path):
    return Feedback(tmp_path)


@pytest.fixture
def client(shelf, conversations, feedback):
    return TestClient(
        build_routes(a_desk(shelf), conversations, feedback, shipped=False), base_url=HERE
    )


def kept(conversations, shelf, conversation="", **fields):
    cited = a_citation(document_id="owls", start=START, end=START + 12)
    answer = an_answer(**{"citations": (cited,), **fields})
    return conversations.add(conversation, answer, shelf.documents())


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A client of the application with the Gradio page."""
    data = tmp_path_factory.mktemp("data")
    return TestClient(
        build_app(a_desk(a_shelf()), Conversations(data), Feedback(data), shipped=False),
        base_url=HERE,
    )


# The page and what guards it


def test_the_page_comes_with_a_policy_that_names_no_other_host(whole):
    response = whole.get("/")
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/documents", "/documents/owls", "/timeline", "/documents/none"])
def test_pages_of_ours_need_no_script_and_no_inline_style(client, path):
    response = client.get(path)
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script|<style|style=| on\w+=", response.text)


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload",
        "/gradio_api/file=https://example.org/",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/proxy=https://example.org",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_upload_and_file_routes_are_closed(whole, path, method):
    assert whole.request(method, path).status_code == 404


def test_a_foreign_origin_is_not_let_in(whole):
    response = whole.get("/config", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in response.headers


def test_scripts_of_an_earlier_version_are_not_gone_on_with(client):
    response = client.get("/ui/chat.js")
    assert response.headers["cache-control"] == "no-cache"
    assert "javascript" in response.headers["content-type"]
    assert client.get("/ui/../server.py").status_code == 404


def test_every_script_of_the_chat_is_fetched_at_once(whole):
    link = whole.get("/").headers["link"]
    modules = {each.name for each in files("ui").joinpath("static").iterdir()}
    modules = {each for each in modules if each.endswith(".js")} - OTHERS
    assert set(re.findall(r"</ui/([^>]+)>; rel=modulepreload", link)) == modules
    frame = whole.get("/widget/chat").text
    named = re.findall(r'rel="modulepreload" href="/ui/([^"]+)"', frame)
    assert set(named) == modules - {"gradio.js"}


def test_a_port_in_use_is_one_clear_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ServerError, match="SUMMIT_PORT"):
            listen("127.0.0.1", taken.getsockname()[1])


def test_an_address_that_is_not_ours_is_one_clear_line():
    with pytest.raises(ServerError, match="cannot be listened on"):
        listen("192.0.2.1", 0)


# What the chat begins with


def test_the_chat_begins_with_what_it_knows_and_questions_to_begin_with(client):
    html = client.get("/chat").text
    assert "3 documents, the newest from 2025-02-11" in html
    assert "Where do owls live?" in html


def test_the_chat_speaks_french_to_whom_prefers_it(client):
    html = client.get("/chat", headers={"Accept-Language": "fr-FR,fr;q=0.9"}).text
    assert "Les réponses viennent de 3 documents" in html
    assert '<option value="fr" lang="fr" selected>' in html


def test_a_conversation_is_shown_as_it_was(client, conversations, shelf, feedback):
    first = kept(conversations, shelf, question=f"Who {EVIL}?")
    kept(conversations, shelf, first.conversation_id, question="And then?")
    client.post(f"/answers/{first.id}/verdict", json={"verdict": "up"})
    html = client.get("/chat", params={"conversation": first.conversation_id}).text
    assert html.count('<article class="turn"') == 2
    assert html.index("Who &lt;script&gt;") < html.index("And then?")
    assert html.count('aria-pressed="true"') == 1
    assert "Where do owls live?" not in html


def test_a_conversation_that_is_gone_is_told(client):
    notice = '<p class="notice">That conversation is no longer there.'
    assert notice in client.get("/chat", params={"conversation": "gone"}).text
    assert notice not in client.get("/chat").text


def test_the_chat_about_one_document_names_it(client):
    html = client.get("/chat", params={"document": "bees"}).text
    assert "Asking only “Bees”" in html
    assert "Where do owls live?" not in html


# Documents


def test_documents_are_listed_by_title_and_filtered_by_topic_publisher_and_date(client):
    def titles(**wish):
        html = client.get("/documents", params=wish).text
        return re.findall(r'<li dir="auto"><a [^>]*>([^<&]+)', html)

    assert titles() == ["Bees", "Cats", "Owls "]
    assert titles(topic="birds") == ["Owls "]
    assert titles(publisher="Nature") == ["Owls "]
    assert titles(publisher=f"Paper {EVIL}") == ["Owls "]
    assert titles(**{"from": "2025-01-01"}) == ["Owls "]
    assert titles(to="2024-12-31") == ["Bees"]
    assert titles(**{"from": "2024-06-01", "to": "2024-12-31"}) == ["Bees"]
    assert titles(topic="birds", to="2024-12-31") == []


def test_no_document_that_fits_is_told_with_a_way_out(client):
    assert "Take a filter away" in client.get("/documents", params={"topic": "none"}).text


def test_a_document_is_shown_with_its_headings_and_the_quotation_highlighted(client):
    html = client.get("/documents/owls", params={"start": START, "end": START + 12}).text
    assert "<h2>Where</h2>" in html
    assert (
        '<p>An owl hunts &lt;b&gt;mice&lt;/b&gt;. <mark id="quotation">A quotation.</mark>' in html
    )
    assert '<article dir="auto" lang="de">' in html
    assert 'href="/?document=owls"' in html


@pytest.mark.parametrize(
    "at",
    [{"start": "x", "end": "²"}, {"start": 9, "end": 3}, {"start": -1}, {"end": "9" * 30}, {}],
)
def test_offsets_that_make_no_sense_highlight_nothing(client, at):
    response = client.get("/documents/owls", params=at)
    assert response.status_code == 200
    assert "<mark" not in response.text


def test_a_quotation_over_several_paragraphs_is_highlighted_in_each_with_one_target(client):
    html = client.get("/documents/owls", params={"start": 0, "end": len(TEXT)}).text
    assert html.count("<mark") > 2
    assert html.count('id="quotation"') == 1


def test_a_document_that_is_not_there_is_told_with_a_way_out(client):
    response = client.get("/documents/none")
    assert response.status_code == 404
    assert "No such document" in response.text
    assert 'href="/documents"' in response.text


def test_an_id_in_another_script_is_found_by_its_link(client):
    html = client.get("/documents").text
    [address] = re.findall(r'href="(/documents/%[^"]+)"', html)
    assert "Cats purr." in client.get(address).text


def test_nothing_of_a_document_becomes_markup_or_a_link(client):
    for path in ("/documents", "/documents/owls", "/timeline"):
        html = client.get(path).text
        assert "<script" not in html
        assert "javascript:" not in html


def test_the_timeline_gives_the_dated_documents_by_month_oldest_first(client):
    html = client.get("/timeline").text
    assert re.findall(r"<h2><time[^>]*>([^<]+)", html) == ["2024", "February 2025"]
    assert "Cats" not in html
    french = client.get("/timeline", params={"lang": "fr"}).text
    assert "février 2025" in french
    assert '<html lang="fr">' in french


def test_a_language_that_is_asked_for_is_kept(client):
    client.get("/timeline", params={"lang": "fr"})
    assert "Chronologie" in client.get("/timeline").text
    client.get("/timeline", params={"lang": "en"})
    assert "Timeline" in client.get("/timeline").text


def test_the_other_language_keeps_the_filters(client):
    html = client.get("/documents", params={"topic": "birds", "q": ""}).text
    assert 'href="?topic=birds&amp;q=&amp;lang=fr"' in html


def test_the_theme_that_was_chosen_is_kept(client):
    client.cookies.set("theme", "dark")
    assert '<html lang="en" data-theme="dark">' in client.get("/documents").text
    client.cookies.set("theme", EVIL)
    assert '<html lang="en">' in client.get("/documents").text


# Links to answers


def test_a_link_shows_the_answer_as_it_was_with_its_quotations_in_their_surroundings(
    client, conversations, shelf
):
    one = kept(conversations, shelf, question=f"Who {EVIL}?")
    html = client.get(f"/answers/{one.id}").text
    assert "Who &lt;script&gt;" in html
    assert "First." in html
    assert "An owl hunts &lt;b&gt;mice&lt;/b&gt;. <mark>A quotation.</mark> It sleeps." in html
    assert f"/documents/owls?start={START}&amp;end={START + 12}&amp;quote=" in html
    assert "The document still says so." in html
    assert one.moment[:10] in html


def test_a_link_shows_the_same_after_the_document_has_changed(client, conversations, shelf):
    one = kept(conversations, shelf)
    owls = shelf.shelf["owls"]
    shelf.shelf["owls"] = replace(owls, text="Something else.", sections=())
    html = client.get(f"/answers/{one.id}").text
    assert "<mark>A quotation.</mark> It sleeps." in html
    assert "The document has changed since" in html
    del shelf.shelf["owls"]
    html = client.get(f"/answers/{one.id}").text
    assert "<mark>A quotation.</mark> It sleeps." in html
    assert "The document is no longer there." in html


def test_a_link_finds_a_quotation_that_has_moved_within_its_document(client, conversations, shelf):
    one = kept(conversations, shelf)
    owls = shelf.shelf["owls"]
    shelf.shelf["owls"] = replace(owls, text="New. " + TEXT, sections=())
    html = client.get(f"/answers/{one.id}").text
    assert "The document still says so." in html
    [address] = re.findall(r'href="(/documents/owls[^"]+)#', html)
    assert '<mark id="quotation">A quotation.</mark>' in client.get(unescape(address)).text


def test_a_document_that_no_longer_has_a_quotation_says_so_and_highlights_nothing(client, shelf):
    at = {"start": START, "end": START + 12, "quote": digest("A quotation.")}
    assert (
        '<mark id="quotation">A quotation.</mark>' in client.get("/documents/owls", params=at).text
    )
    shelf.shelf["owls"] = replace(shelf.shelf["owls"], text="Something else. " * 9, sections=())
    html = client.get("/documents/owls", params=at).text
    assert "The document has changed since, and no longer says this." in html
    assert "<mark" not in html


def test_the_link_of_an_abstention_shows_the_closest_passages(client, conversations, shelf):
    cited = a_citation(document_id="owls", start=START, end=START + 12)
    one = kept(conversations, shelf, state=State.NOT_FOUND, citations=(), closest=(cited,))
    html = client.get(f"/answers/{one.id}").text
    assert "The documents do not answer this question." in html
    assert "Closest passages" in html


@pytest.mark.parametrize("form", ["", ".md", ".json"])
def test_a_link_that_is_unknown_is_told(client, form):
    response = client.get(f"/answers/unknown{form}")
    assert response.status_code == 404


def test_an_answer_and_a_conversation_are_exported_as_markdown_and_json(
    client, conversations, shelf
):
    one = kept(conversations, shelf)
    kept(conversations, shelf, one.conversation_id, question="And then?")
    markdown = client.get(f"/answers/{one.id}.md")
    assert markdown.text.startswith("## Q?")
    assert markdown.headers["content-type"].startswith("text/markdown")
    assert client.get(f"/answers/{one.id}.json").json()["answer"] == one.answer.text
    whole = client.get(f"/conversations/{one.conversation_id}.md")
    assert whole.text.index("## Q?") < whole.text.index("## And then?")
    assert "attachment" in whole.headers["content-disposition"]
    turns = json.loads(client.get(f"/conversations/{one.conversation_id}.json").text)
    assert [each["question"] for each in turns] == ["Q?", "And then?"]


def test_a_conversation_is_deleted_with_its_links(client, conversations, shelf):
    one = kept(conversations, shelf)
    assert client.delete(f"/conversations/{one.conversation_id}").status_code == 204
    assert client.delete(f"/conversations/{one.conversation_id}").status_code == 404
    assert client.get(f"/answers/{one.id}").status_code == 404
    assert client.get(f"/conversations/{one.conversation_id}.json").status_code == 404


# Thumbs


def test_a_thumb_with_a_reason_becomes_feedback_with_the_turns_before(
    client, conversations, shelf, feedback
):
    first = kept(conversations, shelf, question="Who came?")
    second = kept(conversations, shelf, first.conversation_id, question="And then?")
    kept(conversations, shelf, first.conversation_id, question="And last?")
    assert client.post(f"/answers/{second.id}/verdict", json={"verdict": "down"}).is_success
    assert client.post(f"/answers/{second.id}/comment", json={"comment": EVIL}).is_success
    [one] = feedback.judgements()
    assert (one.id, one.question, one.verdict, one.comment) == (
        second.id,
        "And then?",
        "down",
        EVIL,
    )
    assert one.history == (("Who came?", first.answer.text),)


def test_a_thumb_can_be_taken_back(client, conversations, shelf, feedback):
    one = kept(conversations, shelf)
    client.post(f"/answers/{one.id}/verdict", json={"verdict": "up"})
    assert client.post(f"/answers/{one.id}/verdict", json={"verdict": ""}).is_success
    assert feedback.judgements() == []


def test_a_comment_that_is_far_too_long_is_one_clear_line(client, conversations, shelf):
    one = kept(conversations, shelf)
    client.post(f"/answers/{one.id}/verdict", json={"verdict": "up"})
    response = client.post(f"/answers/{one.id}/comment", json={"comment": "x" * 2001})
    assert response.status_code == 400
    assert response.json()["detail"] == "The comment has 2,001 characters; write at most 2,000."


@pytest.mark.parametrize("sent", [{"verdict": "sideways"}, {"verdict": 1}, {}, [], "up"])
def test_what_is_no_thumb_does_nothing(client, conversations, shelf, feedback, sent):
    one = kept(conversations, shelf)
    assert client.post(f"/answers/{one.id}/verdict", json=sent).status_code in {404, 422}
    assert client.post("/answers/unknown/verdict", json={"verdict": "up"}).status_code == 404
    assert client.post("/answers/unknown/comment", json={"comment": "x"}).status_code == 404
    assert feedback.judgements() == []


# Bad days


def test_what_is_kept_but_cannot_be_read_is_one_line_and_no_trace(client, tmp_path, caplog):
    (tmp_path / CONVERSATIONS_FILE).mkdir()
    for path in ("/answers/a", "/answers/a.md", "/conversations/a.json"):
        response = client.get(path)
        assert response.status_code == 503
        assert response.text == "What is kept cannot be read at the moment."
    assert "cannot be used" in caplog.text


def test_the_chat_opens_although_nothing_that_is_kept_can_be_read(client, tmp_path):
    (tmp_path / CONVERSATIONS_FILE).mkdir()
    (tmp_path / FEEDBACK_FILE).mkdir()
    response = client.get("/chat", params={"conversation": "a"})
    assert response.status_code == 200
    assert '<p class="notice">What is kept cannot be read at the moment' in response.text
    assert "Where do owls live?" in response.text
