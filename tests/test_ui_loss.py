import json
import shutil

import httpx
import pytest
from browser import start, stop
from fakes import WordEmbedder
from rich.console import Console

from assistant.settings import read_settings
from corpus.load import find_files
from index import generation
from index.build import Wanted, build_index
from index.catalogue import Catalogue
from index.errors import IndexLossError
from index.generation import CATALOGUE
from ui.sync import sync

ALL = {"bees", "owls", "trains"}


def held(root):
    with Catalogue(generation.current(root) / CATALOGUE) as catalogue:
        return {entry.document_id for entry in catalogue.entries()}


def ingest(root, folder, **options):
    return build_index(root, Wanted(tuple(find_files([folder]))), WordEmbedder(), **options)


@pytest.fixture
def root(tmp_path, documents):
    """An index of three documents, two of which have vanished from the folder since."""
    ingest(tmp_path / "data" / "index", documents)
    for name in ("owls.md", "trains.html"):
        (documents / name).unlink()
    return tmp_path / "data" / "index"


def test_more_than_a_third_of_the_documents_is_not_removed_unasked(root, documents):
    with pytest.raises(IndexLossError, match=r"2 of 3 documents .* summit ingest --yes"):
        ingest(root, documents)
    assert held(root) == ALL


def test_they_are_removed_where_that_is_allowed(root, documents):
    assert sorted(ingest(root, documents, allow_loss=True).removed) == ["owls", "trains"]
    assert held(root) == {"bees"}


def test_a_rebuild_does_not_remove_them_unasked_either(root, documents):
    with pytest.raises(IndexLossError):
        ingest(root, documents, rebuild=True)
    assert held(root) == ALL


def test_a_third_is_removed_as_it_always_was(tmp_path, documents):
    ingest(tmp_path / "index", documents)
    (documents / "owls.md").unlink()
    assert ingest(tmp_path / "index", documents).removed == ["owls"]


def test_documents_that_are_named_to_be_removed_are_no_loss(tmp_path, documents):
    ingest(tmp_path / "index", documents)
    report = build_index(tmp_path / "index", Wanted(remove=tuple(sorted(ALL))), WordEmbedder())
    assert sorted(report.removed) == sorted(ALL)


class Keyboard:
    def __init__(self, line, *, terminal=True):
        self._line = line
        self._terminal = terminal
        self.read = 0

    def isatty(self):
        return self._terminal

    def readline(self, *_):
        self.read += 1
        return self._line


@pytest.mark.parametrize(("typed", "left"), [("y\n", {"bees"}), ("n\n", ALL), ("\n", ALL)])
def test_whoever_sits_at_a_terminal_is_asked(root, documents, monkeypatch, typed, left):
    keyboard = Keyboard(typed)
    monkeypatch.setattr("sys.stdin", keyboard)
    terminal = Console(force_terminal=True, width=200, record=True)
    settings = read_settings(corpus_dir=documents, data_dir=root.parent)
    try:
        sync(settings, WordEmbedder(), terminal)
    except IndexLossError:
        assert left == ALL
    assert keyboard.read == 1
    assert "2 of 3 documents have vanished from the folder. Remove them" in terminal.export_text()
    assert held(root) == left


def test_nobody_is_asked_without_a_terminal(root, documents, monkeypatch):
    keyboard = Keyboard("y\n", terminal=False)
    monkeypatch.setattr("sys.stdin", keyboard)
    settings = read_settings(corpus_dir=documents, data_dir=root.parent)
    with pytest.raises(IndexLossError):
        sync(settings, WordEmbedder(), Console(force_terminal=True))
    assert (keyboard.read, held(root)) == (0, ALL)


def test_ingest_refuses_in_one_line_and_goes_on_with_yes(summit, documents, tmp_path):
    where = {"SUMMIT_CORPUS_DIR": documents, "SUMMIT_DATA_DIR": tmp_path / "data"}
    summit("ingest", **where)
    for name in ("owls.md", "trains.html"):
        (documents / name).unlink()
    refused = summit("ingest", **where)
    assert refused.returncode == 2
    [line] = refused.stderr.strip().splitlines()
    assert "2 of 3 documents" in line
    assert "--yes" in line
    asked = summit("ask", "When did the first railway open?", "--json", **where)
    assert "1825" in json.loads(asked.stdout)["answer"]
    assert "answers come from it as it is" in asked.stderr
    assert "2 removed" in summit("ingest", "--yes", **where).stderr


@pytest.mark.parametrize("loss", ["emptied", "missing"])
@pytest.mark.parametrize("options", [(), ("--yes",), ("--rebuild",)])
def test_a_folder_that_is_empty_or_missing_never_empties_the_index(
    summit, documents, tmp_path, loss, options
):
    where = {"SUMMIT_CORPUS_DIR": documents, "SUMMIT_DATA_DIR": tmp_path / "data"}
    summit("ingest", **where)
    shutil.rmtree(documents)
    if loss == "emptied":
        documents.mkdir()
    result = summit("ingest", *options, **where)
    assert result.returncode == 2
    [line] = result.stderr.strip().splitlines()
    assert str(documents) in line
    assert held(tmp_path / "data" / "index") == ALL


@pytest.mark.slow
def test_a_server_goes_on_with_what_it_has_and_says_so(summit_process, documents, tmp_path):
    where = {"SUMMIT_CORPUS_DIR": str(documents), "SUMMIT_DATA_DIR": str(tmp_path / "data")}
    assert summit_process("ingest", **where).returncode == 0
    for name in ("owls.md", "trains.html"):
        (documents / name).unlink()
    process, address = start(tmp_path / "data", SUMMIT_CORPUS_DIR=str(documents))
    try:
        question = {"question": "When did the first public railway open?"}
        answer = httpx.post(f"{address}/api/ask", json=question, timeout=60).json()["answer"]
    finally:
        stop(process)
    assert "1825" in answer
    [line] = [each for each in process.said() if "2 of 3 documents" in each]
    assert "--yes" in line
    assert "answers come from the index as it is" in line
