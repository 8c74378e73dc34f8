import threading
import time

import httpx
import pytest
from browser import served

pytestmark = pytest.mark.slow

EGGS = "How many eggs does the queen lay?"
SHEEP = "How many sheep live on Mull?"
_PATIENCE = 30


class Visitor:
    """Asks one question after the other until it is told to stop."""

    def __init__(self, address):
        self._address = address
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.answers = []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._thread.join()

    def _ask(self):
        while not self._stopped.is_set():
            self.answers.append(asked(self._address, EGGS))


def asked(address, question):
    response = httpx.post(f"{address}/api/ask", json={"question": question}, timeout=60)
    return response.status_code, response.json().get("answer", "")


def test_answers_keep_coming_while_documents_are_taken_in_and_the_new_ones_are_found(
    summit_process, documents, tmp_path
):
    where = {
        "SUMMIT_CORPUS_DIR": str(documents),
        "SUMMIT_DATA_DIR": str(tmp_path / "data"),
        "SUMMIT_VISITOR_RATE": "10000",
        "SUMMIT_RATE": "10000",
    }
    environment = {name: value for name, value in where.items() if name != "SUMMIT_DATA_DIR"}
    with served(tmp_path / "data", **environment) as address:
        assert "forty" not in asked(address, SHEEP)[1]
        (documents / "sheep.txt").write_text("Sheep give wool. Forty sheep live on Mull.\n")
        (documents / "trains.html").unlink()
        with Visitor(address) as visitor:
            ingested = summit_process("ingest", **where)
            assert ingested.returncode == 0, ingested.stderr
            deadline = time.monotonic() + _PATIENCE
            while "orty sheep" not in asked(address, SHEEP)[1]:
                assert time.monotonic() < deadline, "the new index was not taken over"
        assert len(visitor.answers) > 3
        assert {status for status, _ in visitor.answers} == {200}
        assert all("two thousand" in answer for _, answer in visitor.answers)
        listed = httpx.get(f"{address}/api/documents").json()["documents"]
        assert {each["id"] for each in listed} == {"bees", "owls", "sheep"}
        generations = list((tmp_path / "data" / "index").glob("g*"))
        assert len(generations) <= 2
