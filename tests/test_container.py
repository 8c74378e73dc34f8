import json
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RUN_IT = "from ui.cli import main; main()"


def instructions():
    """Give what each line says, as (instruction, the rest); lines that go on are joined."""
    text = (ROOT / "Containerfile").read_text("utf-8").replace("\\\n", " ")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return [tuple(line.split(maxsplit=1)) for line in lines]


def all_of(instruction):
    return [rest for name, rest in instructions() if name == instruction]


def copied():
    """Give what is copied from the repository."""
    return [
        source
        for rest in all_of("COPY")
        if not rest.startswith("--from=")
        for source in rest.split()[:-1]
    ]


def variables():
    """Give what the image sets, but for the search path of a machine that this is not."""
    last = instructions()[[name for name, _ in instructions()].index("FROM", 2) :]
    pairs = [pair for name, rest in last if name == "ENV" for pair in rest.split()]
    return {k: v for k, v in (pair.split("=", 1) for pair in pairs) if k != "PATH"}


def command(instruction):
    return json.loads(all_of(instruction)[-1])


def test_what_is_copied_is_there_and_is_not_left_out():
    lines = (ROOT / ".containerignore").read_text("utf-8").splitlines()
    kept = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    assert all((ROOT / each).exists() for each in copied())
    assert set(copied()) == kept


def test_all_that_the_package_is_made_of_is_copied_and_the_tests_are_not():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    needed = {*packages, "pyproject.toml", project["project"]["readme"]}
    assert needed <= set(copied())
    assert "tests" not in copied()
    [extras] = [each.split("=")[1] for each in all_of("ARG") if each.startswith("EXTRAS=")]
    assert set(extras.split(",")) <= set(project["project"]["optional-dependencies"])


def test_it_runs_as_somebody_who_is_not_root_and_keeps_what_it_writes_in_the_volume():
    user, group = all_of("USER")[-1].split(":")
    assert int(user) > 0 < int(group)
    [volume] = command("VOLUME")
    told = variables()
    assert told["SUMMIT_DATA_DIR"] == volume
    for name in ("HOME", "TMPDIR", "MPLCONFIGDIR"):
        assert Path(told[name]).is_relative_to(volume)
    names = [name for name, _ in instructions()]
    # What is written there after the volume is declared would be lost.
    assert names.index("VOLUME") > len(names) - 1 - names[::-1].index("RUN")


def test_nothing_in_it_is_secret():
    text = (ROOT / "Containerfile").read_text("utf-8")
    assert not re.search(r"TOKEN|API_KEY|PASSWORD|SECRET", text, re.IGNORECASE)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """What is installed when there is nothing but what the image gets."""
    layout, wheels, target = (tmp_path_factory.mktemp(each) for each in ("in", "wheels", "site"))
    for each in copied():
        source = ROOT / each
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, layout / each, ignore=ignored)
        else:
            shutil.copy(source, layout / each)
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    make = [sys.executable, "-m", "pip", "wheel", *options, "-w", str(wheels), str(layout)]
    subprocess.run(make, check=True)
    [wheel] = wheels.iterdir()
    zipfile.ZipFile(wheel).extractall(target)
    return target


@pytest.mark.slow
def test_its_commands_do_what_they_should_with_what_is_installed(installed, documents, tmp_path):
    variables_here = {
        **{k: v for k, v in os.environ.items() if not k.startswith("SUMMIT_")},
        **variables(),
        "PYTHONPATH": str(installed),
        "SUMMIT_CORPUS_DIR": str(documents),
        "SUMMIT_PORT": "0",
    }
    data = tmp_path / "data"
    (data / "tmp").mkdir(parents=True)
    for name in ("SUMMIT_DATA_DIR", "HOME", "TMPDIR", "MPLCONFIGDIR"):
        variables_here[name] = variables()[name].replace("/data", str(data))

    def start(arguments):
        assert arguments[0] == "summit"
        return subprocess.Popen(
            [sys.executable, "-c", RUN_IT, *arguments[1:]],
            cwd=data,
            env=variables_here,
            stderr=subprocess.PIPE,
            text=True,
        )

    ingest = start(command("RUN"))
    assert "3 added" in ingest.communicate(timeout=90)[1]
    index = sorted(path.name for path in (data / "index").iterdir())
    served = start(command("ENTRYPOINT") + command("CMD"))
    try:
        ready = json.loads(served.stderr.readline())
        assert "is ready: http://0.0.0.0:" in ready["message"]
        assert sorted(path.name for path in (data / "index").iterdir()) == index
    finally:
        served.terminate()
        served.communicate(timeout=20)


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_it_is_healthy_when_the_server_says_that_it_is_ready(status, healthy):
    asked = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    check = json.loads(all_of("HEALTHCHECK")[-1].split("CMD ", 1)[1])
    assert check[0] == "python"
    port = {**os.environ, "SUMMIT_PORT": str(server.server_port)}
    result = subprocess.run(
        [sys.executable, *check[1:]], env=port, check=False, capture_output=True, timeout=20
    )
    server.shutdown()
    server.server_close()
    assert (result.returncode == 0) is healthy
    assert asked == ["/api/ready"]
