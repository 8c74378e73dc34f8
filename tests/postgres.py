"""A PostgreSQL cluster of the tests' own, in a temporary folder, on a free port of this machine."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import psycopg
from pydantic import SecretStr

USER, PASSWORD, NAME = "summit", "s3cret/word", "kept"
_STARTS = 3


class Cluster:
    """A cluster that can be stopped and started again."""

    def __init__(self, folder):
        self._folder = folder
        self._programs = programs()
        self.port = 0
        password = folder / "password"
        password.write_text(PASSWORD)
        self._run(
            *("initdb", "--no-sync", "--no-instructions", "--encoding=UTF8", "--locale=C.UTF-8"),
            *("--auth=scram-sha-256", f"--username={USER}", f"--pwfile={password}"),
            *("-D", folder / "data"),
        )

    @property
    def url(self):
        return address(self.port)

    def start(self):
        """Start it where it was before, or else on a free port."""
        for left in reversed(range(_STARTS)):
            port = self.port or free_port()
            options = (
                f"-p {port} -k '' -c listen_addresses=127.0.0.1 -c fsync=off "
                "-c full_page_writes=off -c shared_buffers=16MB"
            )
            started = self._run(
                *("pg_ctl", "start", "-w", "-t", "120", "-s", "-D", self._folder / "data"),
                *("-l", self._folder / "log", "-o", options),
                check=not left,
            )
            if started.returncode == 0:
                self.port = port
                return

    def stop(self):
        """Stop it at once, whoever is connected."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-s", "-D", self._folder / "data")

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

    def connected(self, name):
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=PASSWORD,
            dbname=name,
            autocommit=True,
        )

    def _run(self, program, *arguments, check=True):
        # What it starts keeps the output open, so nobody may wait for its end.
        with (self._folder / "output").open("w+") as output:
            ran = subprocess.run(
                [*as_owner(), self._programs / program, *arguments],
                check=False,
                cwd=self._folder,
                stdout=output,
                stderr=output,
            )
            output.seek(0)
            assert not (check and ran.returncode), output.read()
        return ran


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


def as_owner():
    """Give what runs a command as the owner of the cluster."""
    who = owner()
    if not who:
        return []
    return ["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups"]


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
    cluster = Cluster(folder)
    try:
        cluster.start()
        cluster.make()
        yield cluster
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            cluster.stop()
        shutil.rmtree(folder)
