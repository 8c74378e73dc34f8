"""A machine whose clock is years wrong, or is set anew while the server runs."""

import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from browser import served

EGGS = "How many eggs does the queen lay?"
YEAR = 31_536_000  # seconds
HOUR = 3_600
LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


class Clock:
    """The time of day of the processes that have its environment; a test sets it while they run.

    The clock that only goes on, by which waiting is measured, stays right, as on a real machine;
    so do the times of files.
    """

    def __init__(self, file):
        assert LIBRARIES, "faketime is missing; run: sh scripts/install_faketime.sh"
        self._file = file
        self.set(0)
        self.environment = {
            "LD_PRELOAD": str(LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_CACHE_DURATION": "1",  # seconds until a process sees that it was set
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def set(self, seconds):
        """Set it so many seconds ahead, or back where that is less than nothing."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self._file)


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path / "clock")


@pytest.fixture
def where(documents, tmp_path):
    return {"SUMMIT_CORPUS_DIR": str(documents), "SUMMIT_DATA_DIR": str(tmp_path / "data")}


@contextmanager
def server(where, clock, **settings):
    environment = {"SUMMIT_CORPUS_DIR": where["SUMMIT_CORPUS_DIR"], **clock.environment}
    with served(where["SUMMIT_DATA_DIR"], **environment, **settings) as address:
        yield address


def asked(address, question=EGGS):
    return httpx.post(f"{address}/api/ask", json={"question": question}, timeout=60)


def seen_time(address):
    """Give the time of day that the server believes in."""
    body = {"model": "summit", "messages": [{"role": "user", "content": EGGS}]}
    answered = httpx.post(f"{address}/v1/chat/completions", json=body, timeout=60)
    return answered.json()["created"]


def test_documents_are_taken_in_and_asked_by_processes_whose_clocks_are_decades_apart(
    summit_process, clock, where, documents
):
    def run(years, *arguments):
        clock.set(years * YEAR)
        result = summit_process(*arguments, **where, **clock.environment)
        assert result.returncode == 0, result.stderr
        return result.stdout

    run(-25, "ingest")
    (documents / "bees.txt").write_text("Bees\n\nThe queen lays nine hundred eggs a day.\n")
    assert "1 replaced" in run(30, "ingest")
    assert "nine hundred" in run(-10, "ask", EGGS)
    assert "3 unchanged" in run(0, "ingest")
    run(5, "doctor")


def test_answers_keep_coming_while_the_clock_of_the_server_is_set_to_and_fro(clock, where):
    with server(where, clock) as address:
        statuses, ended = [], threading.Event()

        def ask():
            while not ended.is_set():
                statuses.append(asked(address).status_code)

        visitor = threading.Thread(target=ask)
        visitor.start()
        try:
            for seconds in (-HOUR, HOUR, -20 * YEAR, 10 * YEAR, 0):
                clock.set(seconds)
                assert abs(seen_time(address) - seconds - time.time()) < 60
                before = len(statuses)
                deadline = time.monotonic() + 30
                while len(statuses) < before + 3:
                    assert time.monotonic() < deadline, "no answers come any more"
                    time.sleep(0.05)
        finally:
            ended.set()
            visitor.join()
        assert set(statuses) == {200}


def test_a_new_index_is_taken_over_though_the_clock_went_back(
    clock, where, documents, summit_process
):
    with server(where, clock) as address:
        clock.set(-20 * YEAR)
        (documents / "bees.txt").write_text("Bees\n\nThe queen lays nine hundred eggs a day.\n")
        result = summit_process("ingest", **where, **clock.environment)
        assert result.returncode == 0, result.stderr
        deadline = time.monotonic() + 30
        while "nine hundred" not in asked(address).json()["answer"]:
            assert time.monotonic() < deadline, "the new index was not taken over"


@pytest.mark.parametrize("jump", [-10 * YEAR, -HOUR, HOUR, 10 * YEAR])
def test_limits_hold_for_a_minute_whatever_the_clock_says(clock, where, jump):
    with server(where, clock, SUMMIT_VISITOR_RATE="2") as address:
        assert [asked(address).status_code for _ in range(2)] == [200, 200]
        clock.set(jump)
        refused = asked(address)
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 60
