"""The commands and the web server, with the index on a real Chroma server."""

import itertools
import time

import httpx
import pytest
from browser import served
from chroma_server import ChromaProcess

from index import published
from index.server import ChromaServer, ServerStore

RAILWAY = "When did the first public railway open?"
SHEEP = "How many sheep live on Mull?"
_PATIENCE = 60
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


def test_the_token_is_sent_and_never_shown(summit, where):
    result = summit("doctor", **where, SUMMIT_CHROMA_TOKEN="very-secret-token")
    assert "very-secret-token" not in result.stdout + result.stderr


def until(what):
    deadline = time.monotonic() + _PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def asked(address, question):
    response = httpx.post(f"{address}/api/ask", json={"question": question}, timeout=60)
    return response.status_code, response.json()


def test_two_web_processes_take_over_what_a_third_machine_builds_and_outlive_the_server(
    summit, documents, tmp_path
):
    with ChromaProcess(tmp_path / "chroma") as chroma:
        set_up = {"SUMMIT_CHROMA_URL": chroma.url, "SUMMIT_CORPUS_DIR": str(documents)}
        ingest = {**set_up, "SUMMIT_DATA_DIR": str(tmp_path / "builder")}
        assert summit("ingest", **ingest).returncode == 0
        with served(tmp_path / "1", **set_up) as one, served(tmp_path / "2", **set_up) as two:
            assert [asked(each, RAILWAY)[0] for each in (one, two)] == [200, 200]
            (documents / "sheep.txt").write_text("Sheep give wool. Forty sheep live on Mull.\n")
            assert summit("ingest", **ingest).returncode == 0
            for each in (one, two):
                until(lambda each=each: "orty sheep" in asked(each, SHEEP)[1]["answer"])
            chroma.stop()
            ready = httpx.get(f"{one}/api/ready", timeout=60)
            status, problem = asked(one, "How many queens has a hive?")
            assert (ready.status_code, status) == (503, 503)
            for said in (ready.json()["detail"], problem["detail"]):
                assert (
                    said == "The documents cannot be searched at the moment; ask again in a minute."
                )
            assert "Forty sheep" in httpx.get(f"{one}/api/documents/sheep").json()["text"]
            chroma.start()
            until(lambda: httpx.get(f"{one}/api/ready", timeout=60).status_code == 200)
            assert asked(one, "How many queens has a hive?")[0] == 200
