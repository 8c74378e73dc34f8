"""Two servers behind a real nginx, one of them killed, told to stop and started again."""

import json
import signal
import time

import httpx
import pytest
from browser import ask, last_turn, opened, ready, send
from fakes import events_of
from nginx import Askers, Fleet, a_visitor, asked
from playwright.sync_api import expect

from assistant.load import sync_corpus
from assistant.settings import read_settings

pytestmark = pytest.mark.slow

EGGS = "How many eggs does the queen lay?"
OWLS = "Where do barn owls live?"
SEALS = "Where do seals sleep?"
SHEEP = "How many sheep live on Mull?"
RATE = 4  # questions a minute from one visitor
BOTH = (0, 1)
_PATIENCE = 60  # seconds


@pytest.fixture(scope="module")
def settings(tmp_path_factory, embedder, chroma, cluster):
    """A Chroma server with an index of three documents, and a database for what is kept."""
    corpus = tmp_path_factory.mktemp("documents")
    (corpus / "owls.md").write_text("# Owls\n\nBarn owls live in church towers.\n")
    (corpus / "bees.txt").write_text(
        "Bees\n\nA hive has one queen. The queen lays two thousand eggs a day in summer.\n"
    )
    (corpus / "seals.txt").write_text("Seals\n\nSeals sleep on the rocks below the lighthouse.\n")
    cluster.empty()
    settings = read_settings(
        corpus_dir=corpus,
        data_dir=tmp_path_factory.mktemp("data"),
        chroma_url=chroma.url,
        chroma_collection="fleet",
        database_url=cluster.url,
    )
    sync_corpus(settings, embedder)
    return settings


@pytest.fixture(scope="module")
def fleet(settings, tmp_path_factory):
    """Two servers that share nothing else; whoever kills one starts it again."""
    environment = {
        "SUMMIT_CHROMA_URL": settings.chroma_url,
        "SUMMIT_CHROMA_COLLECTION": settings.chroma_collection,
        "SUMMIT_DATABASE_URL": settings.database_url.get_secret_value(),
        "SUMMIT_CORPUS_DIR": str(settings.corpus_dir),
        "SUMMIT_VISITOR_RATE": str(RATE),
    }
    folders = [tmp_path_factory.mktemp("data") for _ in BOTH]
    with Fleet(tmp_path_factory.mktemp("nginx"), folders, **environment) as fleet:
        yield fleet


def ask_widget(visitor, question, conversation="", **headers):
    """Ask as the widget does; give the status and the last value of the answer."""
    body = {"key": "k", "question": question, "conversation": conversation}
    response = visitor.post("/widget/questions", json=body, headers=headers)
    if response.status_code != 200:
        return response.status_code, response.json()
    values = [each for _, each in events_of(response.text)]
    return response.status_code, json.loads(values[-1])


def kept(address, conversation):
    """Give the turns that are kept of a conversation."""
    return httpx.get(f"{address}/conversations/{conversation}.json", timeout=_PATIENCE).json()


def until(condition, otherwise):
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)


def test_every_process_is_asked(fleet):
    before = [fleet.answered(each) for each in BOTH]
    for number in range(4):
        assert "two thousand" in asked(fleet.address, f"{number}. {EGGS}")
    assert all(fleet.answered(each) > before[each] for each in BOTH)


def test_a_visitor_is_limited_by_the_address_that_nginx_saw_and_others_are_not(fleet):
    with a_visitor(fleet.address) as eager, a_visitor(fleet.address) as other:
        for number in range(RATE):
            # What a visitor says of an address is not believed.
            claimed = {"X-Forwarded-For": f"192.0.2.{number}"}
            assert ask_widget(eager, EGGS, **claimed)[0] == 200
        assert ask_widget(eager, EGGS, **{"X-Forwarded-For": "192.0.2.99"})[0] == 429
        assert ask_widget(other, EGGS)[0] == 200


def test_a_conversation_begun_at_one_process_goes_on_at_the_other(fleet):
    first, second = (httpx.Client(base_url=each, timeout=60) for each in fleet.addresses)
    with first, second:
        _, begun = ask_widget(first, EGGS)
        _, more = ask_widget(second, "And in summer?", begun["conversation"])
        assert more["conversation"] == begun["conversation"]
    turns = kept(fleet.address, begun["conversation"])
    assert [each["question"] for each in turns] == [EGGS, "And in summer?"]
    assert "queen" in turns[1]["standalone_question"]


def test_streams_are_not_held_back(fleet):
    # What Gradio sends is too short to fill a buffer, and it does not end.
    with (
        a_visitor(fleet.address) as visitor,
        visitor.stream("GET", "/gradio_api/heartbeat/anyone", timeout=_PATIENCE) as stream,
    ):
        assert stream.status_code == 200
        assert next(stream.iter_bytes())


def test_the_counts_of_a_process_are_not_for_visitors(fleet):
    for path in ("/metrics", "//metrics", "/%6detrics"):
        response = httpx.get(fleet.address + path)
        assert response.status_code == 404
        # The page of nginx: the process itself may tell whoever comes with a token.
        assert "<center>nginx</center>" in response.text


def test_a_request_that_is_refused_unread_is_not_taken_for_a_dead_process(fleet):
    before = fleet.passed_on()
    with a_visitor(fleet.address) as visitor:
        for _ in range(4):
            refused = visitor.post("/api/ask", content=b" " * 1_500_000)
            assert refused.status_code == 413
            assert "1,000,000 bytes" in refused.json()["detail"]
            assert visitor.post("/nothing", content=b" " * 900_000).status_code in {404, 405}
            assert visitor.get("/api/ready").status_code == 200
    assert fleet.passed_on() == before


def test_addresses_that_answers_name_lead_to_nginx(fleet):
    body = {"model": "summit", "messages": [{"role": "user", "content": EGGS}]}
    with a_visitor(fleet.address) as visitor:
        said = visitor.post("/v1/chat/completions", json=body).json()
    [cited] = said["choices"][0]["message"]["annotations"]
    assert cited["url_citation"]["url"].startswith(f"{fleet.address}/")


def test_a_document_taken_in_meanwhile_is_found_at_both(fleet, settings, embedder):
    (settings.corpus_dir / "sheep.txt").write_text("Sheep give wool. Forty sheep live on Mull.\n")
    with Askers(fleet.address, EGGS) as askers:
        sync_corpus(settings, embedder)
        for address in fleet.addresses:
            until(lambda: "orty sheep" in asked(address, SHEEP), "it is not found")  # noqa: B023 - at once
    assert set(askers.outcomes) == {"at once"}, askers.why


def test_a_killed_process_costs_no_answer_and_is_used_again_once_it_is_back(fleet, browser):
    page = opened(browser, fleet.address)
    assert "two thousand" in ask(page, EGGS).inner_text()
    [ours] = [each for each in BOTH if fleet.answered(each, "chat")]
    conversation = json.loads(page.evaluate("sessionStorage['summit.conversation ']"))

    def kill_once_kept(route):
        until(lambda: len(kept(fleet.address, conversation)) == 2, "the answer was not kept")
        # It holds on to some of those who ask, and takes them with it.
        fleet.processes[ours].send_signal(signal.SIGSTOP)
        askers.wait_for(6)
        fleet.kill(ours)
        route.continue_()

    with Askers(fleet.address, EGGS) as askers:
        askers.wait_for(6)
        # The question is taken, and the page asks for its answer.
        page.route("**/gradio_api/queue/data*", kill_once_kept, times=1)
        send(page, OWLS)
        # Gradio loads the page anew, and it goes on at the other process.
        expect(last_turn(page)).to_contain_text("church towers", timeout=_PATIENCE * 1000)
        ready(page)
        assert "lighthouse" in ask(page, SEALS).inner_text()
        expect(page.locator(".turn .question")).to_have_text([EGGS, OWLS, SEALS])
        askers.wait_for(6)
    page.close()
    assert askers.outcomes["failed"] == 0, askers.why
    # An answer that had begun broke off; what had not is asked again by nginx.
    assert not any(each.startswith("HTTPStatusError") for each in askers.why), askers.why
    assert all("two thousand" in each for each in askers.answers)
    assert fleet.passed_on() > 0
    assert [each["question"] for each in kept(fleet.address, conversation)] == [EGGS, OWLS, SEALS]

    fleet.start_again(ours)
    with Askers(fleet.address, EGGS) as askers:
        until(lambda: fleet.answered(ours), "the process that is back is not used")
    assert set(askers.outcomes) == {"at once"}, askers.why


def test_a_process_that_is_told_to_stop_costs_not_even_a_retry(fleet):
    with Askers(fleet.address, EGGS) as askers:
        askers.wait_for(6)
        fleet.processes[0].terminate()
        assert fleet.processes[0].wait(_PATIENCE) == 0
        askers.wait_for(6)
    assert set(askers.outcomes) == {"at once"}, askers.why
    with a_visitor(fleet.address) as visitor:
        assert visitor.get("/api/ready").status_code == 200


def test_what_nginx_writes_down_names_no_visitor_and_nothing_asked(fleet):
    written = "".join(each.read_text() for each in fleet.folder.glob("summit*.log"))
    assert "200" in written
    for private in ("127.1.", "/conversations", "/chat", "question"):
        assert private not in written


def test_where_no_process_is_left_visitors_and_programs_are_told_to_come_back(fleet):
    for each in BOTH:
        fleet.kill(each)
    with a_visitor(fleet.address) as visitor:
        for path in ("/chat", "/api/documents"):
            response = visitor.get(path)
            assert (response.status_code, response.headers["retry-after"]) == (503, "5")
        assert response.json()["status"] == 503
        assert response.headers["content-type"] == "application/problem+json"
