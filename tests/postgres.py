"""A PostgreSQL cluster of the tests' own, in a temporary folder, on a free port of this machine."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg
from pydantic import SecretStr

USER, PASSWORD, NAME = "summit", "s3cret/word", "kept"
_STARTS = 3
_START_SECONDS = 60


class Cluster:
    """A cluster that can be stopped and started again."""

    def __init__(self, folder):
        self._folder = folder
        self._programs = programs()
        self._server = None
        self.port = 0
        password = folder / "password"
        password.write_text(PASSWORD)
        made = subprocess.run(
            [
                *self._command("initdb"),
                *("--no-sync", "--no-instructions", "--encoding=UTF8", "--locale=C.UTF-8"),
                *("--auth=scram-sha-256", f"--username={USER}", f"--pwfile={password}"),
            ],
            check=False,
            cwd=folder,
            capture_output=True,
            text=True,
        )
        assert made.returncode == 0, made.stderr

    @property
    def url(self):
        return address(self.port)

    def start(self):
        """Start it where it was before, or else on a free port."""
        for _ in range(_STARTS):
            port = self.port or free_port()
            settings = {
                "port": port,
                "unix_socket_directories": "",
                "listen_addresses": "127.0.0.1",
                "fsync": "off",
                "full_page_writes": "off",
                "shared_buffers": "16MB",
            }
            with (self._folder / "log").open("a") as log:
                self._server = subprocess.Popen(
                    [*self._command("postgres"), *(f"--{k}={v}" for k, v in settings.items())],
                    cwd=self._folder,
                    stderr=log,
                )
            if self._answers(port):
                self.port = port
                return
        raise AssertionError((self._folder / "log").read_text())

    def _answers(self, port):
        """Wait until it takes connections, or has ended because the port is taken."""
        deadline = time.monotonic() + _START_SECONDS
        while self._server.poll() is None and time.monotonic() < deadline:
            try:
                self.connected("postgres", port).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return True
        self.stop()
        return False

    def stop(self):
        """Stop it at once, whoever is connected."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait()

    def make(self):
        with self.connected("postgres") as connection:
            connection.execute(f"CREATE DATABASE {NAME}")

    def empty(self):
        """Leave no table."""
        self.execute("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")

    def execute(self, *statements):
        """Run statements; give the rows of the last."""
        with self.connected(NAME) as connection:
            for each in statements:
                ran = connection.execute(each)
            return ran.fetchall() if ran.description else []

    def connected(self, name, port=None):
        return psycopg.connect(
            host="127.0.0.1",
            port=port or self.port,
            user=USER,
            password=PASSWORD,
            dbname=name,
            autocommit=True,
        )

    def _command(self, program):
        # A server that outlives tests which were killed would hold its folder and memory.
        alone = ["setpriv", "--pdeathsig=QUIT"]
        if who := owner():
            alone += [f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups"]
        return [*alone, self._programs / program, "-D", self._folder / "data"]


def address(port, password=PASSWORD, name=NAME):
    escaped = password.replace("/", "%2F")
    return SecretStr(f"postgresql://{USER}:{escaped}@127.0.0.1:{port}/{name}")


def programs():
    """Give the folder of the server's programs, the newest where there are several."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(installed, key=lambda each: float(each.parts[-3]), default=None)
    assert newest, "there is no PostgreSQL; run: sh scripts/install_postgres.sh"
    return newest.parent


def owner():
    """Give who owns the cluster: whoever tests, or somebody else where that is root."""
    if os.geteuid():
        return None
    known = {each.pw_name: each for each in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def running():
    """Give a cluster that runs, and remove it in the end."""
    # The folder of pytest is closed to whoever owns the cluster where the tests run as root.
    folder = Path(tempfile.mkdtemp(prefix="summit-postgres-"))
    if who := owner():
        os.chown(folder, who.pw_uid, who.pw_gid)
    try:
        cluster = Cluster(folder)
        cluster.start()
        cluster.make()
        yield cluster
        cluster.stop()
    finally:
        shutil.rmtree(folder)
