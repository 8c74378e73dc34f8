import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

import pytest
from fakes import an_answer
from postgres import NAME, PASSWORD, address, free_port
from pydantic import SecretStr

from assistant.conversations import Conversations
from assistant.errors import ConversationError, FeedbackError, SettingsError
from assistant.feedback import Feedback, Verdict

pytestmark = pytest.mark.slow

NOWHERE = Path("/proc/nowhere")
ROOT = Path(__file__).parent.parent
JUDGE = """
import os, sys
from pathlib import Path
from assistant.answer import Answer, State
from assistant.feedback import Feedback, Verdict
from assistant.settings import read_settings
feedback = Feedback(Path("/proc/nowhere"), read_settings().database_url)
print("ready", flush=True)
sys.stdin.readline()
def judge(name):
    answer = Answer(name, name, State.ANSWERED, (), (), (), "built-in", 1.0, 0.1)
    for number in range(20):
        feedback.judge(f"{name}-{number}", Verdict.UP, answer)
        assert feedback.verdict(f"{name}-{number}") == Verdict.UP
judge(sys.argv[1])
child = os.fork()
judge(f"{sys.argv[1]}-{'parent' if child else 'child'}")
if not child:
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.fixture
def conversations(postgres):
    return Conversations(NOWHERE, postgres)


@pytest.fixture
def feedback(postgres):
    return Feedback(NOWHERE, postgres)


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def with_options(url, options):
    return SecretStr(f"{url.get_secret_value()}?{options}")


def one_line(caught):
    """Give the message of an error; nothing that is printed of it holds the password."""
    whole = "".join(traceback.format_exception(caught.value))
    assert PASSWORD not in whole
    assert PASSWORD.replace("/", "%2F") not in whole
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_nothing_is_written_to_the_database_until_there_is_something_to_keep(
    conversations, feedback, cluster
):
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert conversations.turns("a") == feedback.judgements() == []
    assert cluster.execute(tables) == [(0,)]
    conversations.add("", an_answer(citations=()), [])
    feedback.judge("a", Verdict.UP, an_answer())
    assert cluster.execute(tables) == [(2,)]


def test_processes_that_begin_at_once_and_fork_lose_nothing(postgres, feedback):
    names = ["one", "two"]
    url = {"SUMMIT_DATABASE_URL": postgres.get_secret_value(), "PYTHONPATH": str(ROOT)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", JUDGE, name],
            cwd=ROOT,
            env={**os.environ, **url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    for each in processes:
        assert each.stdout.readline() == "ready\n"
    for each in processes:
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in processes:
        each.communicate(timeout=120)
    assert [each.returncode for each in processes] == [0, 0]
    judged = {each.id: each.question for each in feedback.judgements()}
    expected = [f"{name}{suffix}" for name in names for suffix in ("", "-parent", "-child")]
    assert judged == {f"{name}-{number}": name for name in expected for number in range(20)}


def test_whoever_reads_a_conversation_sees_no_turn_before_those_that_were_begun_earlier(
    conversations, cluster
):
    home = conversations.add("", an_answer(citations=()), []).conversation_id
    cluster.execute(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.record LIKE '%dawdle%' THEN PERFORM pg_sleep(0.5); END IF; RETURN NEW; END $$",
        "CREATE TRIGGER dawdle BEFORE INSERT ON answers FOR EACH ROW EXECUTE FUNCTION dawdle()",
    )
    slow = threading.Thread(
        target=conversations.add, args=(home, an_answer(question="dawdle", citations=()), [])
    )
    slow.start()
    wait_until(
        lambda: (
            cluster.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
            == [(1,)]
        )
    )
    elsewhere = conversations.add("", an_answer(citations=()), [])
    assert slow.is_alive()
    conversations.add(home, an_answer(question="quick", citations=()), [])
    asked = [each.answer.question for each in conversations.turns(home)]
    slow.join()
    assert asked == ["Q?", "dawdle", "quick"]
    assert conversations.turns(elsewhere.conversation_id) == [elsewhere]


def test_a_server_that_is_gone_is_one_line_and_all_is_well_when_it_is_back(
    conversations, feedback, cluster
):
    kept = conversations.add("", an_answer(citations=()), [])
    feedback.judge(kept.id, Verdict.UP, an_answer())
    cluster.stop()
    try:
        for attempt in (
            lambda: conversations.answer(kept.id),
            lambda: conversations.add("", an_answer(citations=()), []),
            lambda: conversations.delete(kept.conversation_id),
        ):
            with pytest.raises(ConversationError) as caught:
                attempt()
            message = one_line(caught)
            assert f"conversations in PostgreSQL at 127.0.0.1:{cluster.port}/{NAME}" in message
            assert "see that PostgreSQL runs there" in message
        with pytest.raises(FeedbackError, match="feedback in PostgreSQL"):
            feedback.judgements()
    finally:
        cluster.start()
    assert conversations.answer(kept.id) == kept
    assert feedback.verdict(kept.id) == Verdict.UP


def test_a_connection_that_was_cut_is_replaced_unnoticed(conversations, cluster):
    kept = conversations.add("", an_answer(citations=()), [])
    cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'summit' "
    [(ended,)] = cluster.execute(cut + "AND pid != pg_backend_pid()")
    assert ended
    assert conversations.answer(kept.id) == kept


def test_a_server_that_does_not_answer_is_given_up_after_seconds(monkeypatch):
    from socket import socket

    with socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        feedback = Feedback(NOWHERE, with_options(address(port), "connect_timeout=2"))
        started = time.monotonic()
        with pytest.raises(FeedbackError) as caught:
            feedback.judgements()
    assert "timeout" in one_line(caught)
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "another"}, "password authentication failed"),
        ({"name": "none"}, 'database "none" does not exist'),
    ],
)
def test_an_address_that_does_not_fit_is_one_line(cluster, change, said):
    with pytest.raises(FeedbackError) as caught:
        Feedback(NOWHERE, address(cluster.port, **change)).judgements()
    message = one_line(caught)
    assert said in message
    assert "SUMMIT_DATABASE_URL has the right user, password and name" in message
    assert "another" not in message


def test_a_machine_without_a_server_is_one_line():
    with pytest.raises(FeedbackError, match="Connection refused") as caught:
        Feedback(NOWHERE, address(free_port())).judge("a", Verdict.UP, an_answer())
    one_line(caught)


def test_a_server_that_may_only_be_read_is_read(postgres, feedback):
    feedback.judge("a", Verdict.UP, an_answer())
    read_only = with_options(postgres, "options=-c%20default_transaction_read_only%3Don")
    copy = Feedback(NOWHERE, read_only)
    assert copy.verdict("a") == Verdict.UP
    for attempt in (lambda: copy.judge("b", Verdict.UP, an_answer()), lambda: copy.withdraw("a")):
        with pytest.raises(FeedbackError, match="name a server that can be written") as caught:
            attempt()
        one_line(caught)
    assert [each.id for each in feedback.judgements()] == ["a"]


def test_tables_of_another_version_are_one_line(cluster, feedback):
    cluster.execute("CREATE TABLE feedback (id text PRIMARY KEY)")
    for attempt in (feedback.judgements, lambda: feedback.judge("a", Verdict.UP, an_answer())):
        with pytest.raises(FeedbackError, match="another version wrote its tables") as caught:
            attempt()
        assert "SELECT" not in one_line(caught)


def test_a_user_who_may_make_no_table_is_told_which_right_is_missing(cluster, feedback):
    cluster.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC", "CREATE ROLE guest")
    try:
        guest = with_options(cluster.url, "options=-c%20role%3Dguest")
        cluster.execute("GRANT USAGE ON SCHEMA public TO guest")
        with pytest.raises(FeedbackError, match="the right to make and to change tables") as caught:
            Feedback(NOWHERE, guest).judge("a", Verdict.UP, an_answer())
        one_line(caught)
    finally:
        cluster.execute("DROP OWNED BY guest", "DROP ROLE guest")


def test_a_table_that_somebody_else_holds_is_one_line(postgres, feedback, cluster, monkeypatch):
    monkeypatch.setattr("assistant.postgres._LIMITS", ("SET lock_timeout = '50ms'",))
    feedback.judge("a", Verdict.UP, an_answer())
    impatient = Feedback(NOWHERE, with_options(postgres, "application_name=impatient"))
    with cluster.connected(NAME) as holder, holder.transaction():
        holder.execute("LOCK TABLE feedback")
        with pytest.raises(FeedbackError, match="somebody else holds it") as caught:
            impatient.withdraw("a")
        one_line(caught)
    assert impatient.withdraw("a")


def test_without_the_driver_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError, match=r"pip install '\.\[postgres\]'"):
        Conversations(NOWHERE, address(1, name="undriven"))


def test_a_process_that_is_killed_while_it_writes_holds_nobody_up(conversations, cluster):
    home = conversations.add("", an_answer(citations=()), []).conversation_id
    code = (
        "import os, sys, psycopg\n"
        "from assistant.postgres import PostgresDatabase\n"
        "from assistant.settings import read_settings\n"
        "place = PostgresDatabase(read_settings().database_url)\n"
        "with place.begin(writing=True) as connection:\n"
        "    place.lock(connection, 'answers ' + sys.argv[1])\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    url = {"SUMMIT_DATABASE_URL": cluster.url.get_secret_value(), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", code, home],
        env={**os.environ, **url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "held\n"
        waiting = threading.Thread(
            target=conversations.add, args=(home, an_answer(citations=()), [])
        )
        waiting.start()
        wait_until(
            lambda: (
                cluster.execute(
                    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                )
                == [(1,)]
            )
        )
        process.send_signal(signal.SIGKILL)
        waiting.join(60)
    assert len(conversations.turns(home)) == 2
