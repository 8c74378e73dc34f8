"""The commands and the web server, with the index on a real Chroma server."""

import itertools
import time

import httpx
import pytest
from browser import served
from chroma_server import ChromaProcess
from fakes import a_client

from assistant.load import open_renewing
from assistant.settings import read_settings
from index import published
from index.server import ChromaServer, ServerStore

pytestmark = pytest.mark.slow

RAILWAY = "When did the first public railway open?"
SHEEP = "How many sheep live on Mull?"
QUEENS = "How many queens has a hive?"
NO_SEARCH = "The documents cannot be searched at the moment; ask again in a minute."
_PATIENCE = 60  # seconds
_numbers = itertools.count(1)


@pytest.fixture
def where(chroma, documents, tmp_path):
    return {
        "SUMMIT_CORPUS_DIR": documents,
        "SUMMIT_DATA_DIR": tmp_path / "data",
        "SUMMIT_CHROMA_URL": chroma.url,
        "SUMMIT_CHROMA_COLLECTION": f"ui-{next(_numbers)}",
    }


def server_of(where):
    return ChromaServer(where["SUMMIT_CHROMA_URL"], name=where["SUMMIT_CHROMA_COLLECTION"])


def test_documents_are_taken_in_listed_asked_and_examined(summit, where, tmp_path):
    assert summit("ingest", **where).returncode == 0
    other_machine = {
        **where,
        "SUMMIT_DATA_DIR": tmp_path / "other",
        "SUMMIT_CORPUS_DIR": tmp_path / "nothing",
    }
    listed = summit("ingest", "--list", **other_machine).stdout
    assert {line.split("\t")[0] for line in listed.splitlines()} == {"bees", "owls", "trains"}
    asked = summit("ask", RAILWAY, **other_machine)
    assert "1825" in asked.stdout
    assert asked.stderr == ""
    examined = summit("doctor", **where)
    assert examined.returncode == 0
    assert f"3 documents, complete, on {where['SUMMIT_CHROMA_URL']}" in examined.stdout


def test_who_asks_changes_nothing_that_is_published(summit, where, documents):
    summit("ingest", **where)
    before = published.current(server_of(where))
    (documents / "owls.md").unlink()
    summit("ask", RAILWAY, **where)
    assert published.current(server_of(where)) == before


def test_who_asks_first_of_all_builds(summit, where):
    assert "1825" in summit("ask", RAILWAY, **where).stdout


def test_the_doctor_counts_missing_vectors_and_repairs(summit, where):
    summit("ingest", **where)
    server = server_of(where)
    store = ServerStore(server, published.current(server).vectors)
    store.delete(sorted(store.ids())[:2])
    examined = summit("doctor", **where)
    assert examined.returncode == 1
    assert "2 vectors are missing; run: summit doctor --repair" in examined.stdout
    summit("doctor", "--repair", **where)
    assert summit("doctor", **where).returncode == 0


def test_a_backup_of_a_server_is_restored_there(summit, where, documents, tmp_path):
    summit("ingest", **where)
    file = tmp_path / "all.backup"
    assert summit("backup", file, **where).returncode == 0
    (documents / "owls.md").unlink()
    summit("ingest", "--yes", **where)
    assert "owls" not in summit("ingest", "--list", **where).stdout
    assert summit("restore", file, **where).returncode == 0
    assert "owls" in summit("ingest", "--list", **where).stdout
    assert summit("doctor", **where).returncode == 0


def test_an_index_moves_from_a_folder_to_a_server_and_back(summit, where, tmp_path):
    file = tmp_path / "all.backup"
    in_folder = {key: value for key, value in where.items() if "CHROMA" not in key}
    summit("ingest", **in_folder)
    summit("backup", file, **in_folder)
    assert summit("restore", file, **where).returncode == 0
    assert summit("doctor", **where).returncode == 0
    assert "1825" in summit("ask", RAILWAY, **where).stdout
    summit("backup", file, **where)
    elsewhere = {**in_folder, "SUMMIT_DATA_DIR": tmp_path / "elsewhere"}
    assert summit("restore", file, **elsewhere).returncode == 0
    assert summit("doctor", **elsewhere).returncode == 0


@pytest.mark.parametrize("command", [("ingest",), ("ask", RAILWAY), ("serve",), ("backup", "x")])
def test_a_server_that_is_down_is_one_line(summit, where, command):
    down = {**where, "SUMMIT_CHROMA_URL": "http://127.0.0.1:9", "SUMMIT_PORT": "0"}
    result = summit(*command, **down)
    assert result.returncode == 2
    [line] = result.stderr.strip().splitlines()
    assert line.startswith("summit: the Chroma server at http://127.0.0.1:9 cannot be used")
    assert "SUMMIT_CHROMA_URL" in line


def test_the_token_is_never_shown(summit, where):
    result = summit("doctor", **where, SUMMIT_CHROMA_TOKEN="very-secret-token")
    assert "very-secret-token" not in result.stdout + result.stderr


def until(what):
    deadline = time.monotonic() + _PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def asked(client, question):
    response = client.post("/api/ask", json={"question": question})
    return response.status_code, response.json()


@pytest.fixture
def other_process(summit, chroma_of_its_own, tmp_path, documents, embedder):
    """What a second `summit serve` answers with, from a data folder of its own."""

    def opened():
        settings = read_settings(
            data_dir=tmp_path / "2", corpus_dir=documents, chroma_url=chroma_of_its_own.url
        )
        return a_client(open_renewing(settings, embedder), tmp_path / "2")

    return opened


@pytest.fixture
def chroma_of_its_own(tmp_path):
    with ChromaProcess(tmp_path / "chroma") as process:
        yield process


def test_web_processes_take_over_what_another_machine_builds_and_outlive_the_chroma_server(
    summit, chroma_of_its_own, other_process, documents, tmp_path
):
    chroma = chroma_of_its_own
    set_up = {"SUMMIT_CHROMA_URL": chroma.url, "SUMMIT_CORPUS_DIR": str(documents)}
    ingest = {**set_up, "SUMMIT_DATA_DIR": str(tmp_path / "builder")}
    assert summit("ingest", **ingest).returncode == 0
    with (
        served(tmp_path / "1", **set_up) as address,
        httpx.Client(base_url=address, timeout=60) as one,
        other_process() as two,
    ):
        assert [asked(each, RAILWAY)[0] for each in (one, two)] == [200, 200]
        (documents / "sheep.txt").write_text("Sheep give wool. Forty sheep live on Mull.\n")
        assert summit("ingest", **ingest).returncode == 0
        for each in (one, two):
            until(lambda each=each: "orty sheep" in asked(each, SHEEP)[1]["answer"])
        chroma.stop()
        for each in (one, two):
            ready, (status, problem) = each.get("/api/ready"), asked(each, QUEENS)
            assert (ready.status_code, status) == (503, 503)
            assert {ready.json()["detail"], problem["detail"]} == {NO_SEARCH}
            assert "Forty sheep" in each.get("/api/documents/sheep").json()["text"]
        chroma.start()
        for each in (one, two):
            until(lambda each=each: each.get("/api/ready").status_code == 200)
            assert asked(each, QUEENS)[0] == 200
