"""A full disk, a folder that is read-only, and clocks that jump."""

import errno
import os
import resource
import subprocess
from contextlib import contextmanager

import pytest
from fakes import WordEmbedder

from corpus.load import find_files
from index import generation
from index.build import Wanted, build_index
from index.catalogue import Catalogue
from index.errors import IndexStorageError
from index.generation import CATALOGUE
from index.search import SearchIndex

YEAR_2500 = 16_725_225_600 * 10**9


def build(root, folder):
    return build_index(root, Wanted(tuple(find_files([folder]))), WordEmbedder())


def owls(root):
    with Catalogue(generation.current(root) / CATALOGUE) as catalogue:
        return catalogue.document("owls").text


@pytest.fixture
def root(tmp_path, documents):
    """An index whose folder of documents has changed since."""
    build(tmp_path / "index", documents)
    (documents / "owls.md").write_text("# Owls\n\nOwls sleep by day.\n")
    return tmp_path / "index"


@contextmanager
def read_only(folder):
    """Make a folder read-only, for the owner of the machine, too."""
    if os.geteuid():
        folder.chmod(0o500)
        yield
        folder.chmod(0o700)
        return
    mounts = [["--bind", folder, folder], ["-o", "remount,ro,bind", folder]]
    if any(subprocess.run(["mount", *each], check=False).returncode for each in mounts):
        pytest.skip("nothing can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def fails(target, monkeypatch):
    """Let a step of building find the disk full."""

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(target, full)


@pytest.mark.parametrize(
    "step",
    [
        "index.generation.shutil.copytree",
        "index.generation._sync",
        "index.home.write_parts",
        "index.store.VectorStore.add",
        "index.store.VectorStore.seal",
        "index.build.Catalogue.add",
        "pathlib.Path.replace",
    ],
)
def test_a_disk_that_is_full_at_any_step_leaves_the_old_index_and_no_rest(
    root, documents, monkeypatch, step
):
    with monkeypatch.context() as patch:
        fails(step, patch)
        with pytest.raises(IndexStorageError) as raised:
            build(root, documents)
    assert "no space left" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "hunts mice" in owls(root)
    assert len(list(root.glob("g*"))) == 1
    assert build(root, documents).replaced == ["owls"]


@pytest.mark.parametrize("size", [0, 5_000, 40_000])
def test_files_that_may_not_grow_leave_the_old_index(root, documents, size):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        with pytest.raises(IndexStorageError) as raised:
            build(root, documents)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "\n" not in str(raised.value)
    assert "hunts mice" in owls(root)
    assert build(root, documents).replaced == ["owls"]


def test_an_index_in_a_folder_that_is_read_only_is_read_and_a_change_refused(root, documents):
    with read_only(root):
        with SearchIndex(root, WordEmbedder()) as index:
            assert index.search("owl hunts mice")[0].passage.document_id == "owls"
        with pytest.raises(IndexStorageError, match=r"cannot be written to.*SUMMIT_DATA_DIR"):
            build(root, documents)
    assert build(root, documents).replaced == ["owls"]


@pytest.mark.parametrize("moment", [0, 1, -(10**18), YEAR_2500])
def test_a_file_from_another_time_is_taken_in_once(tmp_path, documents, moment):
    os.utime(documents / "owls.md", ns=(moment, moment))
    build(tmp_path / "index", documents)
    assert build(tmp_path / "index", documents).unchanged == 3


def test_a_change_is_followed_though_the_clock_went_back(root, documents, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1.0)
    os.utime(documents / "owls.md", ns=(1, 1))
    assert build(root, documents).replaced == ["owls"]
    assert "sleep by day" in owls(root)
