import io
import os
import socket
import subprocess
import sys

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"
for name in list(os.environ):
    if name.startswith(("SUMMIT_", "OPENAI_", "ANTHROPIC_")):
        del os.environ[name]
os.environ["SUMMIT_REHEARSE"] = "false"  # it would keep a processor busy beside the tests

_connect = socket.socket.connect


def _only_here(self, address):
    host = address[0] if isinstance(address, tuple) else ""
    if host not in {"", "127.0.0.1", "::1", "localhost"}:
        raise AssertionError(f"a test tried to reach {host}")
    return _connect(self, address)


socket.socket.connect = _only_here


@pytest.fixture(scope="session")
def embedder():
    """The real embedding model, loaded once for all tests."""
    from assistant.load import default_embedder

    return default_embedder()


@pytest.fixture(scope="session")
def shipped(tmp_path_factory, embedder):
    """The settings with an index of the shipped documents, built once for all tests."""
    from assistant.load import sync_corpus
    from assistant.settings import read_settings

    settings = read_settings(data_dir=tmp_path_factory.mktemp("shipped"))
    report = sync_corpus(settings, embedder)
    assert report.problems == []
    return settings


@pytest.fixture(scope="session")
def reader():
    """The real reader, loaded once for all tests; what it has read it remembers."""
    from assistant.reader import MiniReader

    class Remembering(MiniReader):
        def __init__(self):
            super().__init__()
            self._read = {}

        def read(self, question, passages):
            key = (question, *(each.id for each in passages))
            if key not in self._read:
                self._read[key] = super().read(question, passages)
            return self._read[key]

    return Remembering()


@pytest.fixture(scope="session")
def assistant(shipped, embedder, reader):
    """The assistant as a user has it: shipped documents, real models, built-in answerer."""
    from assistant.assistant import Assistant
    from assistant.load import index_folder
    from index.search import SearchIndex

    return Assistant(SearchIndex(index_folder(shipped), embedder), reader)


@pytest.fixture(scope="session")
def url(shipped):
    """The address of a server of the shipped documents, started as a user does."""
    from browser import served

    with served(shipped.data_dir) as address:
        yield address


@pytest.fixture(scope="session")
def cluster():
    """A PostgreSQL cluster, started once for all tests."""
    from postgres import running

    with running() as cluster:
        yield cluster


@pytest.fixture
def postgres(cluster):
    """The address of an empty PostgreSQL database."""
    cluster.empty()
    return cluster.url


@pytest.fixture(params=["files", pytest.param("postgres", marks=pytest.mark.slow)])
def database_url(request):
    """Where conversations and feedback are kept: each way, one after the other."""
    from assistant.database import FILES

    return FILES if request.param == "files" else request.getfixturevalue("postgres")


@pytest.fixture(scope="session")
def chroma(tmp_path_factory):
    """A real Chroma server, one for all tests."""
    from chroma_server import ChromaProcess

    with ChromaProcess(tmp_path_factory.mktemp("chroma")) as process:
        yield process


@pytest.fixture(scope="module")
def browser():
    """A real Chromium."""
    from browser import launched
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = launched(playwright)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, url):
    """The chat, opened by a visitor."""
    from browser import opened

    page = opened(browser, url)
    yield page
    page.close()


@pytest.fixture(params=[(1440, 900), (390, 844)], ids=["desktop", "phone"])
def sized_page(request, browser, url):
    """The chat, opened by a visitor with a large screen and by one with a phone."""
    from browser import opened

    page = opened(browser, url, request.param)
    yield page
    page.close()


@pytest.fixture
def documents(tmp_path):
    """A folder with three small documents."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "owls.md").write_text(
        "# Owls\n\nThe owl is a bird of the night. It hunts mice in silence.\n\n"
        "## Where owls live\n\nBarn owls live in church towers. They like old barns, too.\n"
    )
    (folder / "bees.txt").write_text(
        "Bees\n\nA bee makes honey from nectar. A hive has one queen.\n\n"
        "The queen lays two thousand eggs a day in summer.\n"
    )
    (folder / "trains.html").write_text(
        "<html><head><title>Trains</title></head><body><h1>Trains</h1>"
        "<p>The first public railway opened in 1825.</p></body></html>"
    )
    return folder


@pytest.fixture
def summit_process(tmp_path):
    """Runs the command in a process of its own, as a user does."""

    def run(*arguments, code="from ui.cli import main; main()", **environment):
        variables = {k: v for k, v in os.environ.items() if not k.startswith("SUMMIT_")}
        return subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path,
            env={**variables, "COLUMNS": "100", **{k: str(v) for k, v in environment.items()}},
        )

    return run


@pytest.fixture
def summit(tmp_path, monkeypatch, capsys, embedder, reader):
    """Runs the command within the process of the tests, which saves loading the libraries."""
    from fakes import logs_as_before

    from ui.cli import main

    monkeypatch.setattr("assistant.load.default_embedder", lambda: embedder)
    monkeypatch.setattr("assistant.load.MiniReader", lambda: reader)

    def run(*arguments, stdin="", **environment):
        with monkeypatch.context() as patch:
            patch.chdir(tmp_path)
            patch.setattr(sys, "argv", ["summit", *map(str, arguments)])
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            for name, value in environment.items():
                patch.setenv(name, str(value))
            capsys.readouterr()
            try:
                with logs_as_before():
                    main()
            except SystemExit as ended:
                code = ended.code or 0
            else:
                code = 0
        printed = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, printed.out, printed.err)

    return run
