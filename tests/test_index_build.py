import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fakes import WordEmbedder

from corpus.load import find_files
from index import generation
from index.build import Wanted, build_index
from index.catalogue import Catalogue
from index.errors import IndexBusyError, IndexMismatchError, IndexMissingError, IndexStorageError
from index.examination import examine_vectors
from index.generation import CATALOGUE, VECTORS
from index.search import SearchIndex
from index.store import VectorStore

ROOT = Path(__file__).parent.parent


def wanted(folder, **fields):
    return Wanted(corpus=tuple(find_files([folder])), **fields)


def build(root, folder, embedder=None, **options):
    return build_index(root, wanted(folder), embedder or WordEmbedder(), **options)


def contents(root):
    with Catalogue(generation.current(root) / CATALOGUE) as catalogue:
        ids = [entry.document_id for entry in catalogue.entries()]
        return {document_id: catalogue.document(document_id).text for document_id in ids}


def every_sentence_found_by_its_own_vector(root, embedder):
    with SearchIndex(root, embedder):
        folder = generation.current(root)
    assert examine_vectors(folder) == []
    with VectorStore(folder / VECTORS) as store:
        ids = sorted(store.ids())
        vectors = store.vectors(ids)
        lost = [each for each in ids if store.nearest(vectors[each], 1)[0][1] < 0.999]
    return ids != [] and lost == []


def test_every_document_goes_in(tmp_path, documents):
    report = build(tmp_path / "index", documents)
    assert sorted(report.added) == ["bees", "owls", "trains"]
    assert set(contents(tmp_path / "index")) == {"bees", "owls", "trains"}
    assert every_sentence_found_by_its_own_vector(tmp_path / "index", WordEmbedder())


def test_an_unchanged_folder_changes_nothing(tmp_path, documents):
    build(tmp_path / "index", documents)
    before = generation.current(tmp_path / "index")
    report = build(tmp_path / "index", documents)
    assert (report.changed, report.unchanged) == (False, 3)
    assert generation.current(tmp_path / "index") == before


def test_a_touched_file_with_the_same_words_is_not_embedded_again(tmp_path, documents):
    build(tmp_path / "index", documents)
    os.utime(documents / "owls.md", ns=(1, 1))
    report = build(tmp_path / "index", documents)
    assert (report.changed, report.unchanged) == (False, 3)


def test_new_changed_and_vanished_files_are_followed(tmp_path, documents):
    build(tmp_path / "index", documents)
    (documents / "owls.md").write_text("# Owls\n\nOwls sleep by day.\n")
    (documents / "trains.html").unlink()
    (documents / "cats.txt").write_text("Cats purr when content.\n")
    report = build(tmp_path / "index", documents)
    assert (report.added, report.replaced, report.removed) == (["cats"], ["owls"], ["trains"])
    held = contents(tmp_path / "index")
    assert set(held) == {"bees", "cats", "owls"}
    assert "sleep by day" in held["owls"]
    assert every_sentence_found_by_its_own_vector(tmp_path / "index", WordEmbedder())


def test_a_document_of_the_user_stays_when_the_corpus_is_synchronised(tmp_path, documents):
    mine = tmp_path / "mine.txt"
    mine.write_text("Sheep give wool.\n")
    extra = tuple(find_files([mine]))
    build_index(tmp_path / "index", wanted(documents, extra=extra), WordEmbedder())
    build(tmp_path / "index", documents)
    assert "mine" in contents(tmp_path / "index")


def test_a_document_of_the_user_can_be_removed_and_an_unknown_one_is_named(tmp_path, documents):
    build(tmp_path / "index", documents)
    plan = Wanted(remove=("owls", "unicorns"))
    report = build_index(tmp_path / "index", plan, WordEmbedder())
    assert report.removed == ["owls"]
    assert "unicorns" in report.problems[0]
    assert "owls" not in contents(tmp_path / "index")


def test_two_files_of_one_name_get_ids_of_their_own(tmp_path, documents):
    other = tmp_path / "other"
    other.mkdir()
    (other / "owls.md").write_text("# Other owls\n\nAnother text.\n")
    extra = tuple(find_files([other]))
    build_index(tmp_path / "index", wanted(documents, extra=extra), WordEmbedder())
    assert {"owls", "owls-2"} <= set(contents(tmp_path / "index"))


def test_an_unreadable_file_is_named_and_the_rest_goes_in(tmp_path, documents):
    (documents / "broken.pdf").write_bytes(b"%PDF-1.4 no")
    report = build(tmp_path / "index", documents)
    assert len(report.added) == 3
    [problem] = report.problems
    assert "broken.pdf" in problem
    assert "\n" not in problem


def test_an_unreadable_file_is_no_reason_for_a_new_generation(tmp_path, documents):
    (documents / "broken.pdf").write_bytes(b"%PDF-1.4 no")
    build(tmp_path / "index", documents)
    before = generation.current(tmp_path / "index")
    assert len(build(tmp_path / "index", documents).problems) == 1
    assert generation.current(tmp_path / "index") == before


def test_a_file_that_becomes_unreadable_keeps_what_it_held(tmp_path, documents):
    build(tmp_path / "index", documents)
    (documents / "owls.md").write_bytes(b"\0\0\0")
    report = build(tmp_path / "index", documents)
    assert len(report.problems) == 1
    assert "hunts mice" in contents(tmp_path / "index")["owls"]


def test_another_embedder_is_refused_and_rebuild_mends_it_without_the_files(tmp_path, documents):
    build(tmp_path / "index", documents)
    other = WordEmbedder("other words", dimension=32)
    with pytest.raises(IndexMismatchError, match="--rebuild"):
        SearchIndex(tmp_path / "index", other)
    with pytest.raises(IndexMismatchError, match="--rebuild"):
        build(tmp_path / "index", documents, other)
    for file in documents.iterdir():
        file.unlink()
    build_index(tmp_path / "index", Wanted(), other, rebuild=True)
    assert every_sentence_found_by_its_own_vector(tmp_path / "index", other)
    assert len(contents(tmp_path / "index")) == 3


def test_another_embedder_of_the_same_dimension_is_refused_too(tmp_path, documents):
    build(tmp_path / "index", documents)
    with pytest.raises(IndexMismatchError):
        SearchIndex(tmp_path / "index", WordEmbedder("other words"))


@pytest.mark.parametrize("part", ["format", "embedder", "splitter", "terms", "sentencex", "chroma"])
def test_an_index_built_with_another_part_is_refused_with_the_mend(tmp_path, documents, part):
    root = tmp_path / "index"
    build(root, documents)
    path = generation.current(root) / "fingerprint.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), part: "another"}))
    with pytest.raises(IndexMismatchError, match=f"another {part}.*--rebuild"):
        SearchIndex(root, WordEmbedder())


def test_text_of_the_catalogue_that_is_no_text_any_more_is_an_error_of_the_index(
    tmp_path, documents
):
    root = tmp_path / "index"
    build(root, documents)
    path = generation.current(root) / CATALOGUE
    path.write_bytes(
        path.read_bytes().replace(b"CREATE TABLE passages", b"CREATE TABLE \xba\xba\xbasages")
    )
    with pytest.raises(IndexStorageError, match="--rebuild"):
        SearchIndex(root, WordEmbedder()).search("owls")


def test_an_index_that_is_not_there_says_how_to_make_it(tmp_path):
    with pytest.raises(IndexMissingError, match="summit ingest"):
        SearchIndex(tmp_path, WordEmbedder())


@pytest.mark.parametrize("damaged", ["fingerprint.json", CATALOGUE, "current"])
def test_a_damaged_index_is_never_served(tmp_path, documents, damaged):
    root = tmp_path / "index"
    build(root, documents)
    folder = root if damaged == "current" else generation.current(root)
    (folder / damaged).write_bytes(b"\x00garbage\xff")
    with pytest.raises((IndexStorageError, IndexMismatchError), match=r"--rebuild|cannot be read"):
        SearchIndex(root, WordEmbedder()).search("owls")


@pytest.mark.parametrize("damaged", ["fingerprint.json", CATALOGUE, "current"])
def test_rebuild_mends_a_damaged_index_and_says_what_it_could_not_keep(
    tmp_path, documents, damaged
):
    root = tmp_path / "index"
    build(root, documents)
    folder = root if damaged == "current" else generation.current(root)
    (folder / damaged).write_bytes(b"garbage")
    report = build(root, documents, rebuild=True)
    assert every_sentence_found_by_its_own_vector(root, WordEmbedder())
    assert len(contents(root)) == 3
    assert bool(report.problems) == (damaged != "fingerprint.json")


def test_a_second_builder_is_told_within_two_seconds(tmp_path, documents):
    with generation.building(tmp_path / "index"):
        started = time.monotonic()
        code = (
            "import sys; sys.path[:0] = sys.argv[1:3]\n"
            "from pathlib import Path; from index import generation\n"
            "from index.errors import IndexBusyError\n"
            "try:\n    generation.building(Path(sys.argv[3])).__enter__()\n"
            "except IndexBusyError as error: print(error)"
        )
        second = subprocess.run(
            [sys.executable, "-c", code, ROOT, ROOT / "tests", tmp_path / "index"],
            capture_output=True,
            text=True,
            check=True,
        )
    assert "another process is changing the index" in second.stdout
    assert time.monotonic() - started < 2 + 2  # two seconds, and two for Python to start


def test_a_reader_keeps_what_it_opened_while_the_index_is_rebuilt(tmp_path, documents):
    root = tmp_path / "index"
    build(root, documents)
    with SearchIndex(root, WordEmbedder()) as reader:
        old = generation.current(root)
        (documents / "owls.md").write_text("# Owls\n\nOwls sleep by day.\n")
        build(root, documents)
        assert "hunts mice" in reader.catalogue.document("owls").text
        assert reader.search("owl hunts mice")[0].passage.document_id == "owls"
        assert old.is_dir()
    (documents / "owls.md").write_text("# Owls\n\nOwls turn their heads.\n")
    build(root, documents)
    assert not old.exists()


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4])
def test_a_killed_build_leaves_the_old_index_whole(tmp_path, documents, delay):
    root = tmp_path / "index"
    build(root, documents)
    before = contents(root)
    for number in range(40):
        (documents / f"new-{number}.txt").write_text(f"Fact {number} is about topic {number}.\n")
    code = (
        "import sys; sys.path[:0] = sys.argv[1:3]\n"
        "from pathlib import Path; from fakes import WordEmbedder\n"
        "from corpus.load import find_files; from index.build import Wanted, build_index\n"
        "print('ready', flush=True)\n"
        "files = tuple(find_files([Path(sys.argv[4])]))\n"
        "build_index(Path(sys.argv[3]), Wanted(corpus=files), WordEmbedder())\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, ROOT, ROOT / "tests", root, documents],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(contents(root)) in {len(before), len(before) + 40}
    build(root, documents)
    assert len(contents(root)) == len(before) + 40
    assert every_sentence_found_by_its_own_vector(root, WordEmbedder())
    assert len(list(root.glob("g*"))) == 1


def test_a_data_folder_that_cannot_be_written_says_so():
    with pytest.raises(IndexStorageError, match="SUMMIT_DATA_DIR"):
        build_index(Path("/proc/summit"), Wanted(), WordEmbedder())


def test_a_full_disk_leaves_the_old_index_in_use(tmp_path, documents, monkeypatch):
    root = tmp_path / "index"
    build(root, documents)
    before = contents(root)
    (documents / "owls.md").write_text("# Owls\n\nOwls sleep by day.\n")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("index.generation._sync", full)
    with pytest.raises(IndexStorageError, match="no space left"):
        build(root, documents)
    assert contents(root) == before


def test_progress_counts_the_files(tmp_path, documents):
    steps = []
    build(
        tmp_path / "index", documents, on_progress=lambda done, total: steps.append((done, total))
    )
    assert steps == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_building_twice_at_once_in_one_process_is_refused(tmp_path):
    with generation.building(tmp_path / "index"), pytest.raises(IndexBusyError):
        generation.building(tmp_path / "index").__enter__()
