import gzip
import json
import re
from dataclasses import replace
from importlib.resources import files

import pytest
from fakes import AssistantOfOwls, a_citation, a_client, an_answer, events_of

MOST_BYTES = 6 * 1024


def client(folder, **settings):
    answer = an_answer(citations=(a_citation(document_id="owls"),))
    steps = (answer, replace(answer, suggestions=("Next?",)))
    return a_client(AssistantOfOwls(*steps), folder, **settings)


def values(response):
    return [json.loads(data) for _, data in events_of(response.text)]


def asked(question="Q?", **more):
    return {"key": "k", "question": question, **more}


def test_the_script_is_small(tmp_path):
    response = client(tmp_path).get("/widget.js")
    assert "javascript" in response.headers["content-type"]
    assert len(gzip.compress(response.content)) <= MOST_BYTES


def test_the_script_may_be_shown_by_sites_that_ask_leave_of_all_they_embed(tmp_path):
    here = client(tmp_path)
    for path in ("/widget.js", "/widget/chat"):
        assert here.get(path).headers["cross-origin-resource-policy"] == "cross-origin"
    assert here.get("/").headers.get("cross-origin-resource-policy") != "cross-origin"
    assert here.get("/documents").headers["cross-origin-resource-policy"] == "same-origin"


def test_the_script_needs_nothing_else_and_makes_no_markup_of_texts(tmp_path):
    script = client(tmp_path).get("/widget.js").text
    assert not re.search(r"\bimport\b|innerHTML|insertAdjacentHTML|document\.write|eval\(", script)


def test_without_allowed_origins_only_this_host_may_frame_the_chat(tmp_path):
    policy = client(tmp_path).get("/widget/chat").headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self'")


def test_allowed_origins_and_no_others_may_frame_the_chat(tmp_path):
    origins = ("https://a.example", "https://*.b.example")
    here = client(tmp_path, allowed_origins=origins)
    policy = here.get("/widget/chat").headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self' https://a.example https://*.b.example")
    for path in ("/documents", "/timeline", "/widget/demo"):
        assert "frame-ancestors 'self'" in here.get(path).headers["content-security-policy"]
        assert "a.example" not in here.get(path).headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/widget/chat", "/widget/demo"])
def test_pages_of_the_widget_have_no_inline_script_or_style(tmp_path, path):
    response = client(tmp_path).get(path)
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(
        r"<script(?! src=| type=\"module\" src=)|<style|style=| on\w+=", response.text
    )


def test_every_script_of_the_frame_is_fetched_at_once(tmp_path):
    html = client(tmp_path).get("/widget/chat").text
    folder = files("ui").joinpath("static")
    needed, seen = ["frame.js"], set()
    while needed:
        name = needed.pop()
        seen.add(name)
        imported = re.findall(r'from "\./([\w.]+)"', folder.joinpath(name).read_text())
        needed += set(imported) - seen
    assert set(re.findall(r'"/ui/(\w+\.js)"', html)) == seen


def test_language_and_theme_come_with_the_address(tmp_path):
    html = client(tmp_path).get("/widget/chat?lang=fr&theme=dark").text
    assert '<html lang="fr" data-theme="dark">' in html


@pytest.mark.parametrize("theme", ["auto", "neon", '"><script>'])
def test_a_theme_that_is_none_is_left_out(tmp_path, theme):
    html = client(tmp_path).get("/widget/chat", params={"theme": theme}).text
    assert "data-theme" not in html


def test_an_answer_comes_as_a_stream_of_events_each_with_the_whole_turn(tmp_path):
    response = client(tmp_path).post("/widget/questions", json=asked())
    assert response.headers["content-type"].startswith("text/event-stream")
    first, *_, last = values(response)
    assert "First." in first["html"]
    assert "Next?" in last["html"]
    assert (last["done"], last["state"], last["sources"]) == (True, "answered", 1)


def test_an_answer_is_kept_as_one_of_the_chat_is(tmp_path):
    here = client(tmp_path)
    *_, last = values(here.post("/widget/questions", json=asked()))
    assert here.get(f"/answers/{last['answer']}").status_code == 200
    *_, then = values(here.post("/widget/questions", json=asked(conversation=last["conversation"])))
    assert then["conversation"] == last["conversation"]


def test_who_asks_too_often_is_told_when_to_come_back_in_words_for_the_page(tmp_path):
    here = client(tmp_path, visitor_rate=1)
    here.post("/widget/questions", json=asked())
    response = here.post("/widget/questions", json=asked(language="fr"))
    assert response.status_code == 429
    assert 1 <= int(response.headers["retry-after"]) <= 60
    assert response.json()["failed"]
    assert "trop de questions" in response.json()["spoken"]


def test_a_question_that_is_too_long_is_told_so(tmp_path):
    here = client(tmp_path, max_question=10)
    [value] = values(here.post("/widget/questions", json=asked("Why, why, why?")))
    assert value["failed"]
    assert "in at most 10" in value["spoken"]


def test_a_foreign_page_cannot_ask_for_its_visitor(tmp_path):
    here = client(tmp_path, allowed_origins=("https://a.example",))
    headers = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    assert here.options("/widget/questions", headers=headers).status_code == 400
    as_text = {"Content-Type": "text/plain", "Origin": "https://evil.example"}
    response = here.post("/widget/questions", content=json.dumps(asked()), headers=as_text)
    assert response.status_code == 422


def test_the_languages_of_the_script_are_those_of_the_interface(tmp_path):
    from ui.texts import LANGUAGES

    script = client(tmp_path).get("/widget.js").text
    texts = script.split("const TEXTS = {")[1].split("\n  };")[0]
    assert tuple(re.findall(r"^ {4}(\w+): \{", texts, re.MULTILINE)) == LANGUAGES


def test_the_demo_names_the_sites_that_are_allowed(tmp_path):
    assert "no other site" in client(tmp_path).get("/widget/demo").text
    allowed = client(tmp_path, allowed_origins=("https://a.example",)).get("/widget/demo").text
    assert "https://a.example" in allowed
