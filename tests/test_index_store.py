from contextlib import nullcontext

import numpy as np
import pytest

from index.errors import IndexStorageError
from index.store import VectorStore

IDS = [f"p:{number}" for number in range(60)]


def vectors(count=60):
    drawn = np.random.default_rng(3).normal(size=(count, 16)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@pytest.fixture
def folder(tmp_path):
    with VectorStore(tmp_path, write=True) as store:
        store.add(IDS, vectors())
        store.seal()
    return tmp_path


def graph(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*.bin")}


def test_a_sealed_store_has_all_its_vectors_in_the_graph_on_the_disk(folder):
    [metadata] = folder.rglob("index_metadata.pickle")
    assert all(each.encode() in metadata.read_bytes() for each in IDS)


def test_a_store_that_is_not_sealed_has_them_only_in_the_log(tmp_path):
    with VectorStore(tmp_path, write=True) as store:
        store.add(IDS, vectors())
    assert list(tmp_path.rglob("index_metadata.pickle")) == []


def test_whoever_reads_a_sealed_store_leaves_its_graph_as_it_is(folder):
    before = graph(folder)
    with VectorStore(folder) as store:
        assert store.lost(IDS) == []
    assert graph(folder) == before


def test_what_is_not_found_by_its_own_vector_goes_in_again(folder, monkeypatch):
    answers = [["p:7"], []]
    with VectorStore(folder, write=True) as store:
        monkeypatch.setattr(store, "lost", lambda _ids: answers.pop(0))
        store.seal()
    monkeypatch.undo()
    assert answers == []
    with VectorStore(folder) as store:
        assert store.ids() == set(IDS)
        assert store.nearest(vectors()[7], 1)[0][0] == "p:7"


def test_what_is_never_found_is_an_error_that_says_how_to_mend_it(folder, monkeypatch):
    with VectorStore(folder, write=True) as store:
        monkeypatch.setattr(store, "lost", lambda _ids: ["p:7"])
        with pytest.raises(IndexStorageError, match=r"1 vectors.*--rebuild"):
            store.seal()


def test_a_vector_that_is_not_where_its_id_says_is_lost(folder):
    with VectorStore(folder) as store:
        real = store._collection

        class Astray:
            def query(self, **asked):
                found = real.query(**asked)
                found["ids"] = [["p:0"] for _ in found["ids"]]
                found["distances"] = [[0.4] for _ in found["ids"]]
                return found

            get = real.get

        store._collection = Astray()
        assert store.lost(["p:0", "p:1"]) == ["p:1"]


def test_one_of_many_same_vectors_counts_as_found(tmp_path):
    with VectorStore(tmp_path, write=True) as store:
        store.add(IDS, np.repeat(vectors(1), len(IDS), axis=0))
        store.seal()
        assert store.lost(IDS) == []


def test_a_moment_in_which_chroma_itself_holds_the_database_is_waited_for(folder, monkeypatch):
    from chromadb.errors import InternalError

    with VectorStore(folder, write=True) as store:
        modify, refusals = store._collection.modify, ["database is locked"] * 2

        def busy(**changed):
            if refusals:
                raise InternalError(refusals.pop())
            modify(**changed)

        monkeypatch.setattr(store._collection, "modify", busy)
        store.seal()
    assert refusals == []


@pytest.mark.parametrize(
    ("all_checked", "lost", "sealed"), [(299, 1, True), (299, 2, False), (300, 1, False)]
)
def test_of_very_many_vectors_a_few_may_not_be_found_and_of_fewer_none(
    tmp_path, monkeypatch, all_checked, lost, sealed
):
    ids = [f"v{number}" for number in range(300)]
    with VectorStore(tmp_path, write=True) as store:
        store.add(ids, np.random.default_rng(1).normal(size=(300, 8)).astype(np.float32))
        monkeypatch.setattr("index.vectors._ALL_CHECKED", all_checked)
        monkeypatch.setattr(store, "lost", lambda _ids: ids[:lost])
        with nullcontext() if sealed else pytest.raises(IndexStorageError, match="by themselves"):
            store.seal()


def test_of_very_many_vectors_some_are_looked_up_those_that_are_new_first(tmp_path, monkeypatch):
    ids = [f"v{number:03}" for number in range(300)]
    monkeypatch.setattr("index.vectors._ALL_CHECKED", 299)
    monkeypatch.setattr("index.vectors._CHECKED_OF_MORE", 4)
    looked_up = []
    with VectorStore(tmp_path, write=True) as store:
        store.add(ids, np.random.default_rng(1).normal(size=(300, 8)).astype(np.float32))
        monkeypatch.setattr(store, "lost", lambda ids: looked_up.extend(ids) or [])
        store.seal(["v200", "v100"])
    assert looked_up == ["v200", "v100", "v000", "v001"]


def test_the_more_vectors_there_are_the_more_of_them_a_search_looks_at(tmp_path, monkeypatch):
    def seen():
        with VectorStore(tmp_path) as store:
            return store._collection.configuration["hnsw"]["ef_search"]

    vectors = np.random.default_rng(1).normal(size=(300, 8)).astype(np.float32)
    with VectorStore(tmp_path, write=True) as store:
        store.add([f"v{number}" for number in range(300)], vectors)
        store.seal()
    assert seen() == 200
    monkeypatch.setattr("index.vectors._SEEN", 0.9)
    with VectorStore(tmp_path, write=True) as store:
        store.seal()
    assert seen() == 270
