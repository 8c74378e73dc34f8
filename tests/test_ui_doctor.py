import json
import os
import shutil
from concurrent.futures import ProcessPoolExecutor

import pytest
from fakes import WordEmbedder

from index import checksums, generation
from index.catalogue import Catalogue
from index.examination import examine_vectors, problems
from index.generation import CATALOGUE, VECTORS
from index.store import VectorStore


@pytest.fixture
def where(summit, documents, tmp_path):
    where = {"SUMMIT_CORPUS_DIR": documents, "SUMMIT_DATA_DIR": tmp_path / "data"}
    assert summit("ingest", **where).returncode == 0
    return where


@pytest.fixture
def folder(where):
    return generation.current(where["SUMMIT_DATA_DIR"] / "index")


def flip(path):
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 8] = bytes(byte ^ 0xFF for byte in data[middle : middle + 8])
    path.write_bytes(data)


def bad_lines(result):
    return [line for line in result.stdout.splitlines() if line.startswith("BAD")]


@pytest.mark.parametrize("name", ["chroma.sqlite3", "data_level0.bin", CATALOGUE])
def test_the_doctor_names_a_damaged_file_and_repairs_it(summit, where, folder, name):
    [path] = folder.rglob(name)
    flip(path)
    found = summit("doctor", **where)
    assert found.returncode == 1
    assert any(name in line and "--repair" in line for line in bad_lines(found))
    summit("doctor", "--repair", **where)
    assert summit("doctor", **where).returncode == 0
    assert "1825" in summit("ask", "When did the first public railway open?", **where).stdout


def test_an_index_is_repaired_without_the_files_where_its_texts_are_sound(summit, where, folder):
    flip(next(folder.rglob("data_level0.bin")))
    shutil.rmtree(where["SUMMIT_CORPUS_DIR"])
    repaired = summit("doctor", "--repair", **where)
    assert "index: 3 documents, complete" in repaired.stdout


def test_a_repair_that_needs_files_which_are_gone_says_so(summit, where, folder):
    flip(folder / CATALOGUE)
    shutil.rmtree(where["SUMMIT_CORPUS_DIR"])
    repaired = summit("doctor", "--repair", **where)
    assert repaired.returncode == 1
    assert any("could not be repaired" in line for line in bad_lines(repaired))


@pytest.mark.parametrize("part", ["embedder", "splitter", "chroma", "sentencex"])
def test_the_doctor_names_what_the_index_was_built_with(summit, where, folder, part):
    path = folder / "fingerprint.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), part: "another one"}))
    found = summit("doctor", **where)
    assert any(f"another {part}" in line for line in bad_lines(found))
    assert summit("doctor", "--repair", **where).returncode == 0


def test_the_doctor_counts_missing_vectors_and_those_of_no_passage(summit, where, folder):
    with VectorStore(folder / VECTORS, write=True) as store:
        ids = sorted(store.ids())
        vectors = store.vectors(ids[:2])
        store.delete(ids[:2])
        store.add(["nobody:0"], vectors[ids[0]].reshape(1, -1))
    lines = bad_lines(summit("doctor", **where))
    assert any("2 vectors are missing" in line for line in lines)
    assert any("1 vectors belong to no passage" in line for line in lines)


def test_the_doctor_looks_up_every_vector_though_a_build_looks_up_fewer(folder, monkeypatch):
    looked_up = []
    monkeypatch.setattr("index.vectors._ALL_CHECKED", 1)
    monkeypatch.setattr("index.vectors._CHECKED_OF_MORE", 1)
    monkeypatch.setattr(VectorStore, "lost", lambda _, ids: looked_up.extend(ids) or [])
    assert examine_vectors(folder) == []
    with Catalogue(folder / CATALOGUE) as catalogue:
        assert set(looked_up) == catalogue.vector_ids()


def test_the_doctor_leaves_an_index_alone_that_is_well(summit, where, folder):
    assert "index, before" not in summit("doctor", "--repair", **where).stdout
    assert generation.current(where["SUMMIT_DATA_DIR"] / "index") == folder


def test_reading_and_asking_change_no_checksum(summit, where, folder):
    summit("ask", "Who lays eggs?", **where)
    assert checksums.changed(folder) == []


def test_what_ends_the_process_that_opens_it_is_said(folder, monkeypatch):
    monkeypatch.setattr("index.examination.ProcessPoolExecutor", Killed)
    lines = problems(folder.parent, WordEmbedder.name)
    assert any("ends whatever opens it" in line for line in lines)


class Killed(ProcessPoolExecutor):
    """Does not do the work, but ends as Chroma ends."""

    def submit(self, *_):
        return super().submit(os.abort)
