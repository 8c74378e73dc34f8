import json
import shutil
import threading
import zipfile

import pytest
from fakes import an_answer

from assistant.feedback import Feedback, Verdict
from index import generation
from index.search import SearchIndex

RAILWAY = "When did the first public railway open?"


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def where(summit, documents, data):
    where = {"SUMMIT_CORPUS_DIR": documents, "SUMMIT_DATA_DIR": data}
    assert summit("ingest", **where).returncode == 0
    Feedback(data).judge("a", Verdict.UP, an_answer())
    return where


@pytest.fixture
def backup(summit, where, tmp_path):
    file = tmp_path / "all.backup"
    assert summit("backup", file, **where).returncode == 0
    return file


def state(data):
    """Give every file of a data folder but those that only say that it is in use."""
    files = (each for each in data.rglob("*") if each.is_file() and each.name != "build.lock")
    return {str(each.relative_to(data)): each.read_bytes() for each in files}


def rewritten(backup, change):
    """Give the backup with its manifest and files changed by a function."""
    with zipfile.ZipFile(backup) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    change(held)
    with zipfile.ZipFile(backup, "w") as archive:
        for name, content in held.items():
            archive.writestr(name, content)
    return backup


def in_manifest(change):
    def changed(held):
        manifest = json.loads(held["manifest.json"])
        change(manifest)
        held["manifest.json"] = json.dumps(manifest)

    return changed


def test_all_that_is_kept_comes_back_into_an_empty_folder(summit, where, backup, data):
    shutil.rmtree(data)
    assert summit("restore", backup, **where).returncode == 0
    assert Feedback(data).verdict("a") == Verdict.UP
    assert summit("doctor", **where).returncode == 0
    answered = summit("ask", RAILWAY, **where)
    assert "1825" in answered.stdout
    assert answered.stderr == ""


def test_what_came_after_the_backup_is_gone_when_it_is_restored(
    summit, where, backup, data, documents
):
    Feedback(data).judge("b", Verdict.DOWN, an_answer())
    (documents / "cats.txt").write_text("Cats purr when content.\n")
    summit("ingest", **where)
    summit("restore", backup, **where)
    assert Feedback(data).verdict("b") is None
    assert "cats" not in summit("ingest", "--list", **where).stdout


def test_who_reads_the_old_index_keeps_it_while_another_is_restored(
    summit, where, backup, data, embedder
):
    with SearchIndex(data / "index", embedder) as index:
        before = generation.current(data / "index")
        assert summit("restore", backup, **where).returncode == 0
        assert generation.current(data / "index") != before
        assert index.search(RAILWAY)[0].passage.document_id == "trains"


def test_a_backup_is_whole_while_feedback_comes_in(summit, where, data, tmp_path):
    stop = threading.Event()

    def judge():
        number = 0
        while not stop.is_set():
            Feedback(data).judge(f"n{number}", Verdict.UP, an_answer())
            number += 1

    visitor = threading.Thread(target=judge)
    visitor.start()
    try:
        files = [tmp_path / f"{number}.backup" for number in range(3)]
        assert {summit("backup", file, **where).returncode for file in files} == {0}
    finally:
        stop.set()
        visitor.join()
    for file in files:
        shutil.rmtree(data)
        assert summit("restore", file, **where).returncode == 0
        assert Feedback(data).verdict("a") == Verdict.UP


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.write_bytes(b"no backup"),
        lambda file: file.write_bytes(file.read_bytes()[:-200]),
        lambda file: file.unlink(),
        lambda file: rewritten(file, lambda held: held.pop("manifest.json")),
        lambda file: rewritten(file, lambda held: held.pop("index/catalogue.sqlite")),
        lambda file: rewritten(file, lambda held: held.update({"feedback.sqlite": b"other"})),
        lambda file: rewritten(file, in_manifest(lambda each: each.update(format="another 9"))),
        lambda file: rewritten(
            file, in_manifest(lambda each: each["files"].pop("index/fingerprint.json"))
        ),
        lambda file: rewritten(
            file, in_manifest(lambda each: each["files"].update({"../evil": "x"}))
        ),
        lambda file: rewritten(
            file, in_manifest(lambda each: each["files"].update({"index/../../evil": "x"}))
        ),
        lambda file: rewritten(file, lambda held: held.update({"manifest.json": "[]"})),
    ],
)
def test_a_broken_or_foreign_file_is_refused_in_one_line_before_anything_is_touched(
    summit, where, backup, data, spoil
):
    spoil(backup)
    before = state(data)
    result = summit("restore", backup, **where)
    assert result.returncode == 2
    [line] = result.stderr.strip().splitlines()
    assert backup.name in line
    assert state(data) == before


def test_any_byte_of_a_backup_that_changed_is_noticed_or_does_not_matter(
    summit, where, backup, data
):
    whole = backup.read_bytes()
    for position in range(40, len(whole), len(whole) // 12):
        backup.write_bytes(
            whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :]
        )
        if summit("restore", backup, **where).returncode == 0:
            assert summit("doctor", **where).returncode == 0


def test_a_damaged_index_is_not_backed_up(summit, where, data, tmp_path):
    folder = generation.current(data / "index")
    (folder / "catalogue.sqlite").write_bytes(b"damaged")
    result = summit("backup", tmp_path / "x.backup", **where)
    assert result.returncode == 2
    assert "--repair" in result.stderr
    assert list(tmp_path.glob("x.backup*")) == []


def test_a_backup_that_cannot_be_written_is_one_line(summit, where, tmp_path):
    result = summit("backup", tmp_path / "none" / "x", **where)
    assert result.returncode == 2
    [line] = result.stderr.strip().splitlines()
    assert "cannot be written" in line


def test_packed_data_that_cannot_be_unpacked_is_one_line(summit, where, backup, data):
    before = state(data)
    with zipfile.ZipFile(backup) as archive:
        first = next(each for each in archive.infolist() if each.compress_size > 1_000)
        start = first.header_offset + 30 + len(first.filename) + 64
    whole = bytearray(backup.read_bytes())
    whole[start : start + 400] = b"\xff" * 400
    backup.write_bytes(whole)
    result = summit("restore", backup, **where)
    assert result.returncode == 2
    assert "damaged" in result.stderr
    assert state(data) == before
