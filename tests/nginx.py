"""Several servers behind a real nginx, set up as `deploy/nginx.conf` says, and those who ask."""

import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
from browser import start
from fakes import events_of

CONFIGURATION = Path(__file__).parent.parent / "deploy" / "nginx.conf"
_PATIENCE = 60  # seconds
_RETRY_AFTER = 0.2  # seconds
_MAIN = """
{user}
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/summit.conf;
}}
"""


class Fleet:
    """Servers behind nginx, one for each data folder, all started when it is entered.

    They may share a folder. `address` is that of nginx, `addresses` are those of the servers, and
    `processes` they themselves.
    """

    def __init__(self, folder, data_dirs, **environment):
        self.folder = folder
        self._data_dirs = data_dirs
        self._environment = {"SUMMIT_TRUSTED_PROXIES": "127.0.0.1", **environment}

    def __enter__(self):
        with ThreadPoolExecutor() as pool:
            starting = [pool.submit(self._start, each) for each in self._data_dirs]
        started = [each.result() for each in starting if not each.exception()]
        self.processes = [process for process, _ in started]
        self.addresses = [address for _, address in started]
        try:
            for each in starting:
                each.result()
            port = _free_port()
            self.address = f"http://127.0.0.1:{port}"
            self._nginx = _nginx(self.folder, port, self.addresses)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_):
        self._nginx.terminate()
        self._nginx.wait(10)
        self._end()

    def kill(self, number):
        """End a server as nothing can prevent."""
        self.processes[number].kill()
        self.processes[number].wait(10)

    def start_again(self, number):
        """Start a server anew where it was."""
        port = int(self.addresses[number].rpartition(":")[2])
        self.processes[number], _ = self._start(self._data_dirs[number], port)

    def answered(self, number, way=""):
        """Give how many questions a server has answered, of those that came in by one way."""
        counts = httpx.get(f"{self.addresses[number]}/metrics", timeout=30).text
        lines = re.findall(
            rf'^summit_questions_total{{.*way="{way or ".*"}".*}} (\S+)', counts, re.MULTILINE
        )
        return int(sum(map(float, lines)))

    def passed_on(self):
        """Give how many requests nginx has taken to one server after the other."""
        lines = (self.folder / "summit.log").read_text().splitlines()
        return sum(", " in line.split('"')[1] for line in lines)

    def _start(self, data_dir, port=0):
        return start(data_dir, port, **self._environment)

    def _end(self):
        for process in self.processes:
            process.kill()
            process.wait(10)


def _nginx(folder, port, addresses):
    """Start nginx before some servers; give its process once it answers."""
    site = CONFIGURATION.read_text("utf-8")
    servers = [each.removeprefix("http://") for each in addresses]
    for pattern, put in (
        (r"    listen 80;\n    listen \[::\]:80;\n", f"    listen 127.0.0.1:{port};\n"),
        (
            r"(?:    server [\d.:]+( .*;)\n)+",
            "".join(rf"    server {each}\1" + "\n" for each in servers),
        ),
        (r"/var/log/nginx", str(folder)),
    ):
        site, found = re.subn(pattern, put, site)
        assert found, f"the configuration has no {pattern}"
    (folder / "summit.conf").write_text(site)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder, user=user))
    process = subprocess.Popen(
        [
            shutil.which("nginx") or "/usr/sbin/nginx",
            *("-p", folder, "-e", folder / "nginx-error.log", "-c", folder / "nginx.conf"),
            *("-g", "daemon off;"),
        ]
    )
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return process
        assert process.poll() is None, (folder / "nginx-error.log").read_text()
        time.sleep(0.05)
    process.kill()
    raise AssertionError("nginx did not answer")


def _free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


_visitors = itertools.count()


def a_visitor(address):
    """Give somebody who asks from an address that nobody else has."""
    number = next(_visitors)
    own = f"127.{1 + number // 62500 % 250}.{1 + number // 250 % 250}.{1 + number % 250}"
    return httpx.Client(
        base_url=address, transport=httpx.HTTPTransport(local_address=own), timeout=_PATIENCE
    )


class Askers:
    """So many who ask without a pause while it is entered, each question as another visitor.

    Every second question has its answer streamed. What was not answered is asked once more.
    `outcomes` counts the questions answered at once, after one retry, or not even then; `why`
    holds what went wrong, `answers` what was said.
    """

    def __init__(self, address, question, count=3):
        self._address = address
        self._question = question
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(n,)) for n in range(count)]
        self._numbers = itertools.count()
        self.outcomes = Counter()
        self.why = []
        self.answers = []

    def __enter__(self):
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        for each in self._threads:
            each.join()

    def wait_for(self, more):
        """Wait until so many more questions have come to an end."""
        wanted = self.outcomes.total() + more
        deadline = time.monotonic() + _PATIENCE
        while self.outcomes.total() < wanted:
            assert time.monotonic() < deadline, f"{self.outcomes} {self.why}"
            time.sleep(0.02)

    def _ask(self, number):
        streamed = number % 2 == 0
        while not self._stopped.is_set():
            # What was asked before is remembered, so each is asked in other words.
            question = f"{next(self._numbers)}: {self._question}"
            self.outcomes[self._outcome(question, streamed)] += 1
            streamed = not streamed

    def _outcome(self, question, streamed):
        for outcome in ("at once", "after a retry"):
            try:
                self.answers.append(asked(self._address, question, streamed=streamed))
            except (httpx.HTTPError, ValueError) as error:
                self.why.append(f"{type(error).__name__}: {error}"[:200])
                time.sleep(_RETRY_AFTER)
            else:
                return outcome
        return "failed"


def asked(address, question, *, streamed=False):
    """Ask as a visitor whom nobody knows; give the answer in words.

    Raises:
        httpx.HTTPError: the connection broke, or the status is not 200.
        ValueError: the answer is not whole.
    """
    accept = "text/event-stream" if streamed else "application/json"
    with a_visitor(address) as visitor:
        response = visitor.post(
            "/api/ask", json={"question": question}, headers={"Accept": accept}
        ).raise_for_status()
    if not streamed:
        return response.json()["answer"]
    if "event: done" not in response.text:
        raise ValueError(f"half an answer: {response.text[-80:]}")
    _, answer = events_of(response.text)[0]
    return json.loads(answer)["answer"]
