"""A back-up put back beside a running server."""

import re
import shutil
import time

import httpx
import pytest
from browser import start, stop

pytestmark = pytest.mark.slow

EGGS = "How many eggs does the queen lay?"


class Running:
    """A server of some documents, and the commands that are given beside it."""

    def __init__(self, summit, documents, data):
        self.data = data
        self._documents = documents
        self._summit = summit
        self._where = {"SUMMIT_CORPUS_DIR": str(documents), "SUMMIT_DATA_DIR": str(data)}
        self._process = None

    def __enter__(self):
        corpus = self._where["SUMMIT_CORPUS_DIR"]
        self._process, self._address = start(self.data, SUMMIT_CORPUS_DIR=corpus)
        return self

    def __exit__(self, *_):
        stop(self._process)

    def command(self, *arguments):
        result = self._summit(*arguments, **self._where)
        assert result.returncode == 0, result.stderr

    def bees_say(self, text):
        (self._documents / "bees.txt").write_text(f"Bees\n\n{text}\n")
        self.command("ingest")

    def get(self, path):
        return httpx.get(f"{self._address}{path}", timeout=60)

    def answer(self):
        body = {"question": EGGS}
        response = httpx.post(f"{self._address}/api/ask", json=body, timeout=60)
        assert response.status_code == 200, response.text
        return response.json()["answer"]

    def answer_becomes(self, words):
        deadline = time.monotonic() + 60
        while words not in self.answer():
            assert time.monotonic() < deadline, f"“{words}” is never answered"
            time.sleep(0.1)

    def kept_answer(self):
        """Ask as the widget does, and give the id of the answer that is kept."""
        body = {"key": "k", "question": EGGS}
        told = httpx.post(f"{self._address}/widget/questions", json=body, timeout=60)
        return re.search(r'"answer": "([\w-]+)"', told.text)[1]

    def judge(self, answer_id):
        address = f"{self._address}/answers/{answer_id}/verdict"
        assert httpx.post(address, json={"verdict": "up"}, timeout=60).status_code == 204


@pytest.fixture
def running(summit, documents, tmp_path):
    with Running(summit, documents, tmp_path / "data") as running:
        yield running


def test_a_running_server_goes_on_with_the_index_the_answers_and_the_verdicts_that_are_restored(
    running, tmp_path
):
    answer_id = running.kept_answer()
    running.judge(answer_id)
    conversation = running.get(f"/answers/{answer_id}.json").json()
    running.command("backup", tmp_path / "all.backup")
    (running.data / "conversations.sqlite").unlink()
    (running.data / "feedback.sqlite").unlink()
    running.bees_say("The queen lays nine hundred eggs a day.")
    running.answer_becomes("nine hundred")
    assert running.get(f"/answers/{answer_id}").status_code == 404
    running.command("restore", tmp_path / "all.backup")
    running.answer_becomes("two thousand")
    assert running.get(f"/answers/{answer_id}").status_code == 200
    assert running.get(f"/answers/{answer_id}.json").json() == conversation
    assert running.kept_answer() != answer_id


def test_what_is_restored_into_a_folder_that_was_lost_is_taken_over(running, tmp_path):
    running.command("backup", tmp_path / "first.backup")
    shutil.rmtree(running.data)
    running.bees_say("The queen lays nine hundred eggs a day.")
    running.answer_becomes("nine hundred")
    shutil.rmtree(running.data)
    running.command("restore", tmp_path / "first.backup")
    running.answer_becomes("two thousand")
