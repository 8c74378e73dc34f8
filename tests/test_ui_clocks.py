"""A machine whose clock is years wrong, or is set anew while the server runs."""

import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from browser import served

from index import generation
from index.build import CATALOGUE
from index.catalogue import Catalogue
from index.examination import examine_vectors

pytestmark = pytest.mark.slow

EGGS = "How many eggs does the queen lay?"
YEAR = 31_536_000  # seconds
HOUR = 3_600
SEEN_AFTER = 1  # seconds until a process looks at how the clock was set
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
            "FAKETIME_CACHE_DURATION": str(SEEN_AFTER),
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def set(self, seconds):
        """Set it so many seconds ahead, or back where that is less than nothing."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self._file)
        self._seconds = seconds

    def is_seen(self, address):
        """Say whether a server believes in the time that was set."""
        return abs(seen_time(address) - self._seconds - time.time()) < 60


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


def until(holds):
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_documents_are_taken_in_by_processes_whose_clocks_are_decades_apart(
    summit_process, clock, where, documents, tmp_path
):
    for years, eggs in ((-25, "nine hundred"), (30, "three thousand")):
        clock.set(years * YEAR)
        (documents / "bees.txt").write_text(f"Bees\n\nThe queen lays {eggs} eggs a day.\n")
        result = summit_process("ingest", **where, **clock.environment)
        assert result.returncode == 0, result.stderr
        folder = generation.current(tmp_path / "data" / "index")
        with Catalogue(folder / CATALOGUE) as catalogue:
            assert eggs in catalogue.document("bees").text
            assert catalogue.document_count() == 3
        assert examine_vectors(folder) == []


def test_answers_keep_coming_and_a_new_index_is_taken_over_while_the_clock_is_set_to_and_fro(
    clock, where, documents, summit_process
):
    with server(where, clock) as address:
        for seconds in (-HOUR, 10 * YEAR, -20 * YEAR):
            clock.set(seconds)
            until(lambda: clock.is_seen(address))
            assert "two thousand" in asked(address).json()["answer"]
        (documents / "bees.txt").write_text("Bees\n\nThe queen lays nine hundred eggs a day.\n")
        result = summit_process("ingest", **where, **clock.environment)
        assert result.returncode == 0, result.stderr
        until(lambda: "nine hundred" in asked(address).json()["answer"])


def test_limits_hold_for_a_minute_whatever_the_clock_says(clock, where):
    with server(where, clock, SUMMIT_VISITOR_RATE="3") as address:
        assert clock.is_seen(address)
        assert [asked(address).status_code for _ in range(2)] == [200, 200]
        for seconds in (10 * YEAR, -HOUR, -10 * YEAR, HOUR):
            clock.set(seconds)
            time.sleep(SEEN_AFTER)
            refused = asked(address)
            assert refused.status_code == 429
            assert 1 <= int(refused.headers["retry-after"]) <= 60
