"""A real Chroma server, started as `chroma run` starts one, for the tests that need it."""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_PATIENCE = 60  # seconds


class ChromaProcess:
    """`chroma run` on a port of the loopback; what it holds outlives a stop."""

    def __init__(self, folder):
        self._folder = folder
        self._port = 0
        self._process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Start it, on the port that it had before, and wait until it answers."""
        self._port = self._port or _free_port()
        executable = Path(sys.executable).parent / "chroma"
        where = ["--path", self._folder, "--host", "127.0.0.1", "--port", str(self._port)]
        self._process = subprocess.Popen(
            [executable, "run", *where],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "ANONYMIZED_TELEMETRY": "False"},
        )
        deadline = time.monotonic() + _PATIENCE
        while not self._answers():
            assert self._process.poll() is None, "the Chroma server ended"
            assert time.monotonic() < deadline, "the Chroma server does not answer"
            time.sleep(0.05)

    def stop(self):
        """Kill it; nothing of it is left in memory."""
        self._process.kill()
        self._process.wait()

    def _answers(self):
        try:
            with urllib.request.urlopen(f"{self.url}/api/v2/heartbeat", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False


class OtherServer:
    """A server that is none of Chroma's: it replies a status or a page, or hangs."""

    def __init__(self, reply):
        self._closed = closed = threading.Event()
        self.asked = asked = []  # the headers of each request

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.headers)
                if reply == "HANG":
                    closed.wait(30)
                elif isinstance(reply, int):
                    self.send_error(reply)
                else:
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(reply)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        # Looks so often whether it is to end, for otherwise each test waits half a second for it.
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()


def _free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
