"""Puts the server under load with locust and prints what it bore, as one JSON object.

    python reliability/load.py knee       # more and more who ask without a pause, nothing twice
    python reliability/load.py visitors   # 500 who read for a minute between questions; they come
                                          # when the server has tried the documents' own questions
    python reliability/load.py crowd      # 500 who ask in the same moment, with the default limits
    python reliability/load.py memory     # 20,000 questions, and the memory before and after

Needs `pip install locust`. The load comes from the same machine, so that the server has a part of
it only; what other programs took is said.
"""

from __future__ import annotations

import gevent.monkey

gevent.monkey.patch_all()

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from itertools import count, cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent
import psutil
import yaml
from locust import FastHttpUser, between, constant, task
from locust.env import Environment

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
# What people put before a question; with it, a question is one that was not asked before.
_POLITE = ("", "Please tell me: ", "I would like to know: ", "Do you know: ", "A question: ")
_UNLIMITED = ("RATE", "VISITOR_RATE", "VISITOR_SIMULTANEOUS", "QUEUE")
_MANY = 100_000
_PATIENCE = 900  # seconds


def questions() -> list[str]:
    """Give the golden questions and those that the documents suggest, in a fixed order by lot."""
    found = []
    for file in sorted((ROOT / "corpus" / "questions").glob("*.jsonl")):
        found += [json.loads(line)["question"] for line in file.read_text("utf-8").splitlines()]
    for file in sorted((ROOT / "corpus" / "documents").glob("*.md")):
        found += yaml.safe_load(file.read_text("utf-8").split("---\n")[1]).get("questions", [])
    random.Random(7).shuffle(found)
    return list(dict.fromkeys(found))


class Visitor(FastHttpUser):
    """Asks as the widget does, until the whole answer is there."""

    abstract = True
    asked: Iterator[str]
    numbers = count()
    arriving = 0.0  # seconds over which visitors come
    network_timeout = connection_timeout = 60.0

    def on_start(self) -> None:
        """Come at any time, each from an address of their own."""
        number = next(self.numbers)
        self.headers = {"X-Forwarded-For": f"10.0.{number // 250}.{number % 250}"}
        gevent.sleep(random.uniform(0, self.arriving))

    @task
    def ask(self) -> None:
        """Ask one question; a full house is no error, and is counted as such."""
        body = {"key": "k", "question": next(type(self).asked)}
        asking = self.client.post(
            "/widget/questions", json=body, headers=self.headers, catch_response=True
        )
        with asking as answer:
            if answer.status_code in {429, 503} and answer.headers.get("retry-after"):
                answer.request_meta["name"] = "turned away"
                answer.success()
            elif answer.status_code != 200 or '"done": true' not in (answer.text or ""):
                answer.failure(f"status {answer.status_code}, no whole answer")
            else:
                answer.success()


def run(
    address: str,
    users: int,
    seconds: float,
    pause: Any,
    asked: Iterator[str],
    *,
    arriving: float = 0.0,
) -> Any:
    """Have so many visitors ask for so long; give locust's figures."""
    own = {"wait_time": pause, "host": address, "asked": asked, "arriving": arriving}
    kind = type("Asking", (Visitor,), own)
    environment = Environment(user_classes=[kind])
    runner = environment.create_local_runner()
    runner.start(users, spawn_rate=users)
    gevent.sleep(seconds)
    runner.quit()
    return environment.stats


def figures(stats: Any) -> dict[str, Any]:
    """Give what counts of locust's figures; times in seconds."""
    answered = stats.get("/widget/questions", "POST")
    away = stats.get("turned away", "POST")
    return {
        "answered": answered.num_requests - answered.num_failures,
        "turned_away": away.num_requests,
        "turned_away_p95": round(away.get_response_time_percentile(0.95) / 1000, 3),
        "errors": stats.total.num_failures,
        "answers_per_second": round(answered.total_rps, 1),
        "median": round(answered.median_response_time / 1000, 3),
        "p95": round(answered.get_response_time_percentile(0.95) / 1000, 3),
    }


def knee(address: str, seconds: float) -> dict[str, Any]:
    """Double those who ask without a pause until they get no more answers a second."""
    # Not as they are: the documents' own are tried while what comes before them is answered.
    fresh = iter([f"{polite}{each}" for polite in _POLITE[1:] for each in questions()])
    steps = []
    for users in (1, 2, 4, 8, 16, 32):
        steps.append({"users": users, **figures(run(address, users, seconds, constant(0), fresh))})
        if (
            len(steps) > 1
            and steps[-1]["answers_per_second"] < 1.05 * steps[-2]["answers_per_second"]
        ):
            break
    return {"steps": steps, "knee": max(steps, key=lambda each: each["answers_per_second"])}


def visitors(address: str, seconds: float) -> dict[str, Any]:
    """Have 500 visitors read for about a minute between their questions.

    Some questions are asked by many and most by few: the one at rank n a share of 1/n (Zipf's law,
    which queries to search engines follow: Baeza-Yates and others 2007).
    """
    return figures(run(address, 500, seconds, between(40, 80), _popular(questions()), arriving=60))


def _popular(every: list[str]) -> Iterator[str]:
    random_ = random.Random(11)
    shares = [1 / rank for rank in range(1, len(every) + 1)]
    while True:
        yield from random_.choices(every, shares, k=1_000)


def crowd(address: str, seconds: float) -> dict[str, Any]:
    """Have 500 visitors ask once, in the same moment."""
    return figures(run(address, 500, seconds, constant(_MANY), cycle(questions())))


def memory(address: str, pid: int, many: int) -> dict[str, Any]:
    """Ask so many questions, and see how much memory the server holds as they go.

    Some are asked often and most are new, as by `visitors`. `grown` is by how much of it from the
    first quarter, when what is remembered has filled up, to the end.
    """
    server = psutil.Process(pid)
    asked = _popular([f"{polite}{each}" for polite in _POLITE for each in questions()])
    held, done, errors = [], 0, 0
    while done < many:
        stats = run(address, 8, 30, constant(0), asked)
        done += stats.total.num_requests
        errors += stats.total.num_failures
        held.append((done, round(server.memory_info().rss / 1e6)))
    settled = next(megabytes for asked_by_then, megabytes in held if asked_by_then >= many / 4)
    grown = held[-1][1] / settled - 1
    return {"questions": done, "megabytes": held, "grown": round(grown, 3), "errors": errors}


@contextmanager
def served(*, limited: bool, rehearsed: bool) -> Iterator[tuple[str, int]]:
    """Serve the shipped documents; give the address and the process.

    It is `rehearsed` when it has tried the questions that the documents suggest.
    """
    kept = {name: value for name, value in os.environ.items() if name[:7] != "SUMMIT_"}
    limits = {} if limited else {f"SUMMIT_{name}": str(_MANY) for name in _UNLIMITED}
    limits["SUMMIT_REHEARSE"] = str(rehearsed)
    with tempfile.TemporaryDirectory() as data:
        own = {"SUMMIT_DATA_DIR": data, "SUMMIT_PORT": "0", "SUMMIT_TRUSTED_PROXIES": "127.0.0.1"}
        log = Path(data) / "log"
        with log.open("w") as written:
            server = subprocess.Popen(
                [Path(sys.executable).with_name("summit"), "serve"],
                stderr=written,
                env={**kept, **own, **limits},
            )
        try:
            address = _said(server, log, r"ready: (http://\S+)")
            if rehearsed:
                _said(server, log, r"(\d+) questions .* were tried")
            yield address, server.pid
        finally:
            server.terminate()
            server.wait(60)


def _said(server: subprocess.Popen[bytes], log: Path, what: str) -> str:
    """Wait until the log says so; give the part that the pattern marks."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        if found := re.search(what, log.read_text("utf-8")):
            return found[1]
        gevent.sleep(0.2)
    raise RuntimeError(f"summit serve did not say {what}: {log.read_text('utf-8')}")


def main() -> None:
    """Measure one of them and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("knee", "visitors", "crowd", "memory"))
    parser.add_argument("--seconds", type=float, help="how long each step lasts")
    parser.add_argument("--questions", type=int, default=20_000)
    chosen = parser.parse_args()
    before = psutil.cpu_times()
    limited, rehearsed = chosen.what == "crowd", chosen.what == "visitors"
    with served(limited=limited, rehearsed=rehearsed) as (address, pid):
        match chosen.what:
            case "knee":
                found = knee(address, chosen.seconds or 20)
            case "visitors":
                found = visitors(address, chosen.seconds or 600)
            case "crowd":
                found = crowd(address, chosen.seconds or 60)
            case _:
                found = memory(address, pid, chosen.questions)
    after = psutil.cpu_times()
    idle = (after.idle - before.idle) / (sum(after) - sum(before))
    print(json.dumps({**found, "idle": round(idle, 2)}))


if __name__ == "__main__":
    main()
