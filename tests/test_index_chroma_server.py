"""An index on a real Chroma server."""

import itertools
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from chroma_server import ChromaProcess, OtherServer
from fakes import WordEmbedder

from corpus.load import find_files
from index import published
from index.build import Wanted, build_index
from index.errors import (
    IndexBusyError,
    IndexMismatchError,
    IndexMissingError,
    IndexStorageError,
    IndexUnreachableError,
)
from index.examination import problems
from index.generation import CATALOGUE
from index.search import SearchIndex
from index.server import ChromaServer, ServerStore
from index.shared import home_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
QUERIES = ("owl hunts mice", "how many eggs a day", "first public railway", "fact about topic 7")
_numbers = itertools.count(1)


@pytest.fixture
def server(chroma):
    """A part of the server that no other test uses."""
    return ChromaServer(chroma.url, name=f"test-{next(_numbers)}")


@pytest.fixture
def root(tmp_path):
    return tmp_path / "machine-1"


@pytest.fixture
def elsewhere(tmp_path):
    """The data folder of another machine."""
    return tmp_path / "machine-2"


def build(root, folder, server, embedder=None, **options):
    wanted = Wanted(corpus=tuple(find_files([folder])))
    return build_index(root, wanted, embedder or WordEmbedder(), server=server, **options)


def complete(index):
    """Whether every vector of an open index is on the server."""
    return index._store.differing(index.catalogue.vector_ids()) == (set(), set())


def opened(root, server, embedder=None):
    return SearchIndex(root, embedder or WordEmbedder(), server)


def contents(root, server):
    with opened(root, server) as index:
        ids = [entry.document_id for entry in index.catalogue.entries()]
        return {document_id: index.catalogue.document(document_id).text for document_id in ids}


def found(index, query, count=10):
    """Give what a search finds, best first; cosines are rounded to what a graph may differ in."""
    return [
        (hit.passage.id, tuple(round(cosine, 3) + 0.0 for cosine in hit.cosines))
        for hit in index.search(query, count)
    ]


def vectors_of(server):
    return ServerStore(server, published.current(server).vectors)


def more_documents(folder, count=40):
    for number in range(count):
        (folder / f"new-{number}.txt").write_text(f"Fact {number} is about topic {number}.\n")


def test_a_search_finds_what_it_finds_in_a_folder(root, elsewhere, server, documents):
    more_documents(documents)
    assert len(build(root, documents, server).added) == 43
    build(elsewhere, documents, None)
    with opened(root, server) as there, opened(elsewhere, None) as here:
        for query in QUERIES:
            hits = there.search(query)
            assert hits
            assert [hit.passage for hit in hits] == [hit.passage for hit in here.search(query)]
            assert found(there, query) == found(here, query)
        owls = there.search("owl hunts mice", document_id="owls")
        assert {hit.passage.document_id for hit in owls} == {"owls"}
    assert problems(root, WordEmbedder.name, server) == []


def test_an_unchanged_folder_changes_nothing(root, server, documents):
    build(root, documents, server)
    before = published.current(server), sorted(server.parts())
    assert build(root, documents, server).unchanged == 3
    assert (published.current(server), sorted(server.parts())) == before


def test_new_changed_and_vanished_files_are_followed(root, server, documents):
    build(root, documents, server)
    (documents / "owls.md").write_text("# Owls\n\nOwls sleep by day.\n")
    (documents / "trains.html").unlink()
    (documents / "cats.txt").write_text("Cats purr when content.\n")
    report = build(root, documents, server)
    assert (report.added, report.replaced, report.removed) == (["cats"], ["owls"], ["trains"])
    held = contents(root, server)
    assert set(held) == {"bees", "cats", "owls"}
    assert "sleep by day" in held["owls"]
    assert problems(root, WordEmbedder.name, server) == []


def test_another_machine_goes_on_from_what_is_published(root, elsewhere, server, documents):
    build(root, documents, server)
    mine = documents.parent / "mine.txt"
    mine.write_text("Sheep give wool.\n")
    extra = Wanted(extra=tuple(find_files([mine])))
    build_index(elsewhere, extra, WordEmbedder(), server=server)
    assert set(contents(root, server)) == {"bees", "mine", "owls", "trains"}
    assert build(root, documents, server).unchanged == 3


def test_a_reader_keeps_its_generation_until_the_build_after_the_next(root, server, documents):
    build(root, documents, server)
    with opened(root, server) as reader:
        before = [found(reader, query) for query in QUERIES]
        (documents / "owls.md").write_text("# Owls\n\nOwls sleep by day.\n")
        (documents / "trains.html").write_text(
            "<title>Steam trains</title><p>They ran in 1825.</p>"
        )
        build(root, documents, server)
        reader._kept.clear()
        assert [found(reader, query) for query in QUERIES] == before
        assert complete(reader)
        assert reader.generation != published.current(server).name
    more_documents(documents, 1)
    build(root, documents, server)
    with opened(root, server) as index:
        after_build = index.catalogue.vector_ids()
    (documents / "new-0.txt").unlink()
    build(root, documents, server)
    assert vectors_of(server).ids() == after_build


def test_the_same_words_under_another_title_have_a_vector_of_their_own(root, server, documents):
    build(root, documents, server)
    with opened(root, server) as reader:
        before = found(reader, "owl hunts mice")
        text = (documents / "owls.md").read_text().replace("# Owls", "# Birds of the night", 1)
        (documents / "owls.md").write_text(text)
        build(root, documents, server)
        reader._kept.clear()
        assert found(reader, "owl hunts mice") == before
    with opened(root, server) as index:
        [best, *_] = index.search("owl hunts mice")
        asked, told = WordEmbedder().embed(["owl hunts mice", best.passage.vector_texts()[1]])
        assert best.cosines[1] == pytest.approx(float(asked @ told), abs=1e-4)


def test_what_is_left_of_others_takes_no_place_from_what_is_found(
    root, elsewhere, server, tmp_path
):
    folder = tmp_path / "many"
    folder.mkdir()
    for version in ("first", "second"):
        for number in range(60):
            (folder / f"n-{number}.txt").write_text(f"Lantern {number} of the {version} harbour.\n")
        build(root, folder, server)
    build(elsewhere, folder, None)
    with opened(root, server) as there, opened(elsewhere, None) as here:
        assert len(vectors_of(server).ids()) > 100
        assert len(found(here, "the first harbour", 100)) == 60
        assert found(there, "the first harbour", 100) == found(here, "the first harbour", 100)


def test_a_rebuild_is_made_beside_what_is_read(root, server, documents):
    build(root, documents, server)
    with opened(root, server) as reader:
        before = found(reader, "owl hunts mice")
        build(root, documents, server, rebuild=True)
        reader._kept.clear()
        assert found(reader, "owl hunts mice") == before
    assert len([part for part in server.parts() if part.startswith("vectors.")]) == 2
    assert problems(root, WordEmbedder.name, server) == []
    more_documents(documents, 1)
    build(root, documents, server)
    assert len([part for part in server.parts() if part.startswith("vectors.")]) == 1


def test_another_embedder_is_refused_and_a_rebuild_mends_it_without_the_files(
    root, elsewhere, server, documents
):
    build(root, documents, server)
    other = WordEmbedder("other words", dimension=32)
    with pytest.raises(IndexMismatchError, match="--rebuild"):
        opened(root, server, other)
    with pytest.raises(IndexMismatchError, match="--rebuild"):
        build(root, documents, server, other)
    with opened(root, server) as reader:
        build_index(elsewhere, Wanted(), other, rebuild=True, server=server)
        assert reader.search("owl hunts mice")[0].passage.document_id == "owls"
    with opened(root, server, other) as index:
        assert complete(index)
        assert index.search("owl hunts mice")[0].passage.document_id == "owls"
    with pytest.raises(IndexMismatchError, match="another embedder"):
        opened(root, server)


def test_two_assistants_on_one_server_do_not_see_each_other(
    root, elsewhere, server, chroma, documents
):
    other = ChromaServer(chroma.url, name=f"test-{next(_numbers)}")
    build(root, documents, server)
    with pytest.raises(IndexMissingError, match=r"no index on the Chroma server.*summit ingest"):
        opened(elsewhere, other)
    (documents / "owls.md").unlink()
    build(elsewhere, documents, other)
    assert set(contents(root, server)) == {"bees", "owls", "trains"}
    assert set(contents(elsewhere, other)) == {"bees", "trains"}


def test_what_is_on_the_server_under_our_name_and_not_ours_stays(root, server, documents):
    server.new_note("somebody", {"is": "here"})
    build(root, documents, server)
    (documents / "owls.md").unlink()
    build(root, documents, server)
    assert "somebody" in server.parts()


@pytest.mark.parametrize("delay", [0.0, 0.2, 0.4, 0.8])
def test_a_killed_build_leaves_the_old_index_and_the_next_one_mends_all(
    root, elsewhere, server, documents, delay
):
    build(root, documents, server)
    more_documents(documents)
    code = (
        "import sys; sys.path[:0] = sys.argv[1:3]\n"
        "from pathlib import Path; from fakes import WordEmbedder\n"
        "from corpus.load import find_files; from index.build import Wanted, build_index\n"
        "from index.server import ChromaServer\n"
        "server = ChromaServer(sys.argv[5], name=sys.argv[6]); server.check()\n"
        "print('ready', flush=True)\n"
        "wanted = Wanted(corpus=tuple(find_files([Path(sys.argv[4])])))\n"
        "build_index(Path(sys.argv[3]), wanted, WordEmbedder(), server=server)\n"
    )
    places = (ROOT, ROOT / "tests", root, documents)
    process = subprocess.Popen(
        [sys.executable, "-c", code, *places, server.url, server._name],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(contents(elsewhere, server)) in {3, 43}
    assert problems(elsewhere, WordEmbedder.name, server) == []
    (documents / "last.txt").write_text("The last one counts.\n")
    build(root, documents, server)
    assert len(contents(elsewhere, server)) == 44
    assert problems(elsewhere, WordEmbedder.name, server) == []
    made = {part.partition(".")[0] for part in server.parts()}
    assert made == {"current", "catalogue", "vectors"}
    assert list(root.glob("building-*")) == []


def test_a_second_machine_is_told_within_two_seconds_that_one_builds(
    root, elsewhere, server, documents
):
    with home_of(root, server).building():
        started = time.monotonic()
        with pytest.raises(IndexBusyError, match="another machine is changing the index"):
            build(elsewhere, documents, server)
        assert time.monotonic() - started < 2
    build(elsewhere, documents, server)


@contextmanager
def abandoned(root, server):
    """Leave the lock of a machine that has vanished while it built."""
    building = home_of(root, server).building()
    building.__enter__()
    server.note("lock").replace({"owner": "gone", "which": "gone", "time": server.seconds()})
    yield
    building.__exit__(None, None, None)


def test_the_lock_of_a_machine_that_has_vanished_is_taken_over_when_it_has_been_silent(
    root, elsewhere, server, documents, monkeypatch
):
    with abandoned(root, server):
        with pytest.raises(IndexBusyError):
            build(elsewhere, documents, server)
        now = server.seconds()
        monkeypatch.setattr(server, "seconds", lambda: now + 31)
        assert len(build(elsewhere, documents, server).added) == 3
    assert "lock" not in server.parts()


def test_whoever_lost_the_right_to_build_meanwhile_publishes_nothing(root, server, documents):
    build(root, documents, server)
    before = published.current(server)
    more_documents(documents, 2)

    def taken_over(done, total):
        if done == total:
            server.note("lock").replace({"owner": "other", "which": "other", "time": 0})

    with pytest.raises(IndexBusyError, match="another machine has begun"):
        build(root, documents, server, on_progress=taken_over)
    assert published.current(server) == before


def test_what_another_machine_published_meanwhile_stays(root, server, documents):
    build(root, documents, server)
    more_documents(documents, 2)
    ours = []

    def overtaken(done, total):
        if done == total:
            server.note("current").replace(
                {**server.note("current").values, "number": 7, "sha256": "f" * 64}
            )
            ours.append(published.current(server))

    with pytest.raises(IndexBusyError, match=r"changed the index.*run it again"):
        build(root, documents, server, on_progress=overtaken)
    assert [published.current(server)] == ours


def test_a_server_that_is_down_is_one_line_with_its_address_and_the_mend(tmp_path, documents):
    with ChromaProcess(tmp_path / "chroma") as process:
        server = ChromaServer(process.url)
        build(tmp_path / "1", documents, server)
        with opened(tmp_path / "1", server) as index:
            process.stop()
            for attempt in (
                lambda: index.search("owl hunts mice"),
                index.check,
                lambda: build(tmp_path / "1", documents, server),
                lambda: opened(tmp_path / "2", ChromaServer(process.url)),
            ):
                with pytest.raises(IndexUnreachableError) as raised:
                    attempt()
                assert f"the Chroma server at {process.url} cannot be used" in str(raised.value)
                assert "refused" in str(raised.value)
                assert "SUMMIT_CHROMA_URL" in str(raised.value)
                assert "\n" not in str(raised.value)
            assert "hunts mice" in index.catalogue.document("owls").text
            process.start()
            index.check()
            assert index.search("owl hunts mice")[0].passage.document_id == "owls"
            assert complete(index)


@pytest.mark.parametrize(
    ("reply", "said"),
    [(500, "HTTP Error 500"), (b"<html>a page</html>", ""), ("HANG", "timed out")],
)
def test_what_is_no_chroma_server_or_hangs_is_one_line_and_not_waited_for_for_ever(
    root, reply, said, monkeypatch
):
    monkeypatch.setattr("index.server._PATIENCE", 0.5)
    with OtherServer(reply) as other, pytest.raises(IndexUnreachableError) as raised:
        opened(root, ChromaServer(other.url))
    assert f"the Chroma server at {other.url} cannot be used ({said}" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_token_is_sent_with_every_request_as_either_kind_of_server_reads_it(root):
    with OtherServer(b"{}") as other, pytest.raises(IndexUnreachableError) as raised:
        opened(root, ChromaServer(other.url, token="a-secret"))
    assert len(other.asked) > 1
    for headers in other.asked:
        assert (headers["Authorization"], headers["X-Chroma-Token"]) == (
            "Bearer a-secret",
            "a-secret",
        )
    assert "a-secret" not in str(raised.value)


@pytest.mark.parametrize("place", [{"tenant": "nobody"}, {"database": "nothing"}])
def test_a_tenant_or_database_that_is_not_there_is_named_with_its_setting(
    root, chroma, documents, place
):
    [(kind, name)] = place.items()
    with pytest.raises(IndexStorageError, match=f"{name}.*SUMMIT_CHROMA_{kind.upper()}"):
        build(root, documents, ChromaServer(chroma.url, **place))


def test_a_damaged_catalogue_on_the_server_is_refused_and_a_rebuild_says_what_it_lost(
    root, elsewhere, server, documents
):
    build(root, documents, server)
    there = published.current(server)
    server.collection(there.catalogue).update(
        ids=["0"], documents=["bm90IG91cnM="], embeddings=[[0.0]]
    )
    with pytest.raises(IndexStorageError, match=f"{there.catalogue}.*damaged.*--rebuild"):
        opened(elsewhere, server)
    report = build(elsewhere, documents, server, rebuild=True)
    assert "add other documents of yours again" in report.problems[0]
    assert set(contents(elsewhere, server)) == {"bees", "owls", "trains"}


def test_vectors_that_are_missing_are_counted_and_a_rebuild_brings_them_back(
    root, server, documents
):
    build(root, documents, server)
    store = vectors_of(server)
    store.delete(sorted(store.ids())[:2])
    assert problems(root, WordEmbedder.name, server) == [
        "2 vectors are missing; run: summit doctor --repair"
    ]
    build_index(root, Wanted(), WordEmbedder(), rebuild=True, server=server)
    assert problems(root, WordEmbedder.name, server) == []


def test_a_local_copy_that_is_damaged_is_fetched_again(root, server, documents):
    build(root, documents, server)
    opened(root, server).close()
    [copy] = root.rglob(CATALOGUE)
    copy.write_bytes(copy.read_bytes()[:-5_000])
    assert set(contents(root, server)) == {"bees", "owls", "trains"}


def test_a_catalogue_of_many_pieces_keeps_to_what_a_request_may_hold(
    root, elsewhere, server, documents, monkeypatch
):
    asked = []
    write = server.write_texts

    def counted(part, texts):
        return write(part, (asked.append(len(text)) or text for text in texts))

    monkeypatch.setattr(server, "write_texts", counted)
    build(root, documents, server)
    assert max(asked) <= 12_000
    monkeypatch.setattr("index.published._PIECE", 9)
    more_documents(documents, 3)
    build(root, documents, server)
    there = published.current(server)
    assert there.pieces > 250
    assert server.collection(there.catalogue).count() == there.pieces
    assert len(contents(elsewhere, server)) == 6


def test_what_is_taken_out_as_a_folder_can_be_brought_in_again(root, elsewhere, server, documents):
    build(root, documents, server)
    there = home_of(root, server)
    with there.whole() as folder:
        (documents / "owls.md").unlink()
        build(elsewhere, documents, server)
        with there.building():
            there.adopt(folder)
    assert set(contents(elsewhere, server)) == {"bees", "owls", "trains"}
    assert problems(elsewhere, WordEmbedder.name, server) == []


@pytest.fixture
def store(server):
    return ServerStore(server, "vectors.test", write=True)


def drawn(count):
    vectors = np.random.default_rng(3).normal(size=(count, 16)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_vectors_are_found_by_themselves_as_soon_as_they_are_added(store):
    ids = [f"p:{number}" for number in range(600)]
    store.add(ids, drawn(600))
    assert store.ids() == set(ids)
    assert store.lost(ids) == []
    store.delete(ids[:400])
    assert store.lost(ids[400:]) == []


def test_an_id_that_is_there_keeps_its_vector(store):
    store.add(["a", "b"], drawn(2))
    store.add(["a", "c"], drawn(4)[2:])
    assert store.ids() == {"a", "b", "c"}
    assert np.allclose(store.vectors(["a"])["a"], drawn(2)[0], atol=1e-6)
    assert store.nearest(drawn(2)[0], 1) == [("a", pytest.approx(1.0, abs=1e-5))]


def test_what_is_not_found_by_its_own_vector_goes_in_again(store, monkeypatch):
    ids = [f"p:{number}" for number in range(60)]
    store.add(ids, drawn(60))
    answers = [["p:7"], []]
    monkeypatch.setattr(store, "lost", lambda _ids: answers.pop(0))
    store.seal()
    assert answers == []
    assert store.ids() == set(ids)
    assert store.nearest(drawn(60)[7], 1)[0][0] == "p:7"


def test_the_server_keeps_how_a_collection_is_to_be_searched(store, server):
    kept = server.collection("vectors.test").configuration_json["hnsw"]
    assert (kept["space"], kept["ef_search"]) == ("cosine", 200)
