import json
import signal
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import httpx
import pytest
from browser import start
from fakes import an_answer
from postgres import NAME, PASSWORD, address, free_port

from assistant.answer import Statement
from assistant.conversations import CONVERSATIONS_FILE, Conversations
from assistant.database import FILES
from assistant.feedback import FEEDBACK_FILE, Feedback, Verdict
from assistant.settings import read_settings
from ui.doctor import Finding, examine

pytestmark = pytest.mark.slow


@pytest.fixture
def where(documents, tmp_path, postgres):
    return {
        "SUMMIT_CORPUS_DIR": str(documents),
        "SUMMIT_DATA_DIR": str(tmp_path / "data"),
        "SUMMIT_DATABASE_URL": postgres.get_secret_value(),
    }


@pytest.fixture
def indexed(summit, where):
    assert summit("ingest", **where).returncode == 0
    return where


@pytest.fixture
def pair(indexed):
    """Two servers of one data folder and one database."""
    with ThreadPoolExecutor() as pool:
        begun = [pool.submit(start, indexed["SUMMIT_DATA_DIR"], **indexed) for _ in range(2)]
        started = [each.result() for each in begun]
    yield started
    for process, _ in started:
        process.terminate()
    for process, _ in started:
        assert process.wait(120) in {0, -signal.SIGTERM}


def test_two_servers_share_conversations_and_feedback_and_outlive_their_database(
    pair, tmp_path, postgres, cluster
):
    answer = an_answer(statements=(Statement("They do."),), citations=())
    kept = Conversations(tmp_path, postgres).add("", answer, [])
    (process, one), (_, other) = pair
    with httpx.Client(timeout=60) as client:
        for each in (one, other):
            assert client.get(f"{each}/answers/{kept.id}").status_code == 200
        judged = client.post(f"{one}/answers/{kept.id}/verdict", json={"verdict": "up"})
        assert judged.status_code == 204
        said = client.post(f"{other}/answers/{kept.id}/comment", json={"comment": "Good."})
        assert said.status_code == 204
        [judgement] = Feedback(tmp_path, postgres).judgements()
        assert (judgement.verdict, judgement.comment) == (Verdict.UP, "Good.")
        cluster.stop()
        try:
            assert client.get(one).status_code == 200
            assert client.get(f"{one}/answers/{kept.id}").status_code == 503
            asked = client.post(f"{one}/api/ask", json={"question": "Where do owls live?"})
            assert asked.status_code == 200
        finally:
            cluster.start()
        assert client.get(f"{one}/answers/{kept.id}").status_code == 200
        deleted = client.delete(f"{other}/conversations/{kept.conversation_id}")
        assert deleted.status_code == 204
        assert client.get(f"{one}/answers/{kept.id}").status_code == 404
    assert not (tmp_path / "data" / CONVERSATIONS_FILE).exists()
    said = "\n".join(process.said())
    assert f"the conversations in PostgreSQL at 127.0.0.1:{cluster.port}/{NAME} cannot be" in said
    assert PASSWORD not in said


def test_feedback_is_taken_out_of_the_database(summit, where, postgres, tmp_path):
    Feedback(tmp_path, postgres).judge("a", Verdict.UP, an_answer(question="Who?"))
    result = summit("feedback", "export", **where)
    assert json.loads(result.stdout)["question"] == "Who?"
    assert not (tmp_path / "data" / FEEDBACK_FILE).exists()


def kept_findings(tmp_path, url):
    """Give what the doctor finds of conversations and feedback, which it looks at early."""
    settings = read_settings(corpus_dir=tmp_path, data_dir=tmp_path / "data", database_url=url)
    early = islice(examine(settings), 4)
    return [each for each in early if each.text.startswith(("conversations", "feedback"))]


def test_the_doctor_says_where_visitors_words_are_kept(postgres, tmp_path, cluster):
    Feedback(tmp_path, postgres).judge("a", Verdict.UP, an_answer())
    place = f"PostgreSQL at 127.0.0.1:{cluster.port}/{NAME}"
    assert kept_findings(tmp_path, postgres) == [
        Finding(good=True, text=f"conversations: 0 answers in {place}"),
        Finding(good=True, text=f"feedback: 1 answers in {place}"),
    ]
    [_, in_file] = kept_findings(tmp_path, FILES)
    assert in_file.text == f"feedback: 0 answers in {tmp_path / 'data' / FEEDBACK_FILE}"


def test_the_doctor_names_a_database_that_cannot_be_reached(tmp_path):
    port = free_port()
    found = kept_findings(tmp_path, address(port))
    assert [each.good for each in found] == [False, False]
    for each in found:
        assert f"PostgreSQL at 127.0.0.1:{port}/{NAME} cannot be used" in each.text
        assert PASSWORD not in each.text


def test_a_command_that_cannot_reach_the_database_is_one_line(summit, where):
    nowhere = address(free_port()).get_secret_value()
    result = summit("feedback", "export", **{**where, "SUMMIT_DATABASE_URL": nowhere})
    assert result.returncode == 2
    [line] = result.stderr.strip().splitlines()
    assert "see that PostgreSQL runs there" in line


def test_a_backup_says_that_the_database_is_not_in_it_and_leaves_it_as_it_is(
    summit, indexed, postgres, tmp_path
):
    feedback = Feedback(tmp_path, postgres)
    feedback.judge("a", Verdict.UP, an_answer())
    made = summit("backup", tmp_path / "x.zip", **indexed)
    assert made.returncode == 0
    assert "save them with pg_dump" in made.stderr
    feedback.judge("b", Verdict.UP, an_answer())
    restored = summit("restore", tmp_path / "x.zip", **indexed)
    assert restored.returncode == 0
    assert "in PostgreSQL are as they were" in restored.stderr
    assert [each.id for each in feedback.judgements()] == ["a", "b"]
    without = summit("backup", tmp_path / "y.zip", **{**indexed, "SUMMIT_DATABASE_URL": ""})
    assert "PostgreSQL" not in without.stderr
