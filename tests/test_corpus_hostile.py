"""Broken and malicious files: each is refused in one clear line or read, and the good go in."""

import os
from pathlib import Path

import pytest
from hostile import TEXT, hostile_files
from loading import load

from corpus.errors import DocumentError, NoDocumentsError
from corpus.load import find_files, load_file

HARNESS = "reliability/hostile.py"


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    return load(HARNESS).take_in(tmp_path_factory.mktemp("hostile"), long=False)


def document(path):
    (file,) = find_files([path])
    return load_file(file)


def line(path):
    """Give the line that a file is refused with."""
    with pytest.raises(DocumentError) as error:
        document(path)
    assert str(error.value).isprintable()
    return str(error.value)


def refused(outcome, name):
    return next((each for each in outcome.problems if f"/{name} " in each), "")


def test_hundreds_of_hostile_files_are_refused_in_one_line_or_read_and_all_good_ones_go_in(outcome):
    assert outcome.files > 570
    assert len(outcome.good) == 20
    assert list(outcome.faults()) == []


def test_the_harness_sees_what_does_not_hold():
    bad = load(HARNESS).Outcome(5, ["a.pdf broke\nTraceback", "b.pdf"], {"c": "zanzibar"}, {"owls"})
    bad.seconds, bad.megabytes = {"slow.pdf": 30}, 900
    assert list(bad.faults()) == [
        "2 lines and 1 texts of 5 files",
        "no clear line: 'a.pdf broke\\nTraceback'",
        "no clear line: 'b.pdf'",
        "owls is not indexed",
        "c shows what is hidden",
        "slow.pdf took 30.0 seconds",
        "900 MB",
    ]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("locked-AES-256.pdf", "is encrypted; save it without a password"),
        ("cut-30.pdf", "is no readable PDF"),
        ("cut-30.docx", "is no readable Word document"),
        ("laughs.docx", "is no readable Word document"),
        ("png-as-it-says.txt", "is no text file, whatever its name says"),
        ("elf-as-it-says.pdf", "is no readable PDF"),
        ("nothing-0.md", "is empty"),
        ("nothing-2.txt", "is no text file"),
        ("front-02.md", "front matter that is no valid YAML"),
        ("deep-div-5000.html", "is nested too deeply"),
        ("one-line.txt", "is larger than 50 MB; split it"),
    ],
)
def test_a_line_says_what_is_wrong(outcome, name, why):
    assert why in refused(outcome, name)


def test_what_an_entity_points_at_is_never_read(outcome):
    secret = Path("/etc/passwd").read_text().splitlines()[0]
    assert not [each for each, text in outcome.texts.items() if secret in text]


def test_invisible_and_direction_characters_do_not_come_through(outcome):
    odd = [text for name, text in outcome.texts.items() if name.startswith("odd-")]
    assert TEXT in "".join(odd)
    for text in odd:
        assert not set("\u200b\u2060\ufeff\u202e\u2066\x1b\x9b\x08\U000e0041\xad") & set(text)


def test_every_hostile_file_has_a_name_of_its_own():
    names = [each.name for each in hostile_files(long=False)]
    assert len(names) == len(set(names))


def test_a_link_that_leads_out_of_the_folder_is_passed_over(tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("A secret.")
    (folder / "inside.txt").write_text("It is here.")
    (folder / "a-link.txt").symlink_to("../secret.txt")
    (folder / "b-link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "c-link.txt").symlink_to("inside.txt")
    (folder / "d-loop.txt").symlink_to("d-loop.txt")
    (folder / "e-folder").symlink_to(tmp_path)

    assert [file.path.name for file in find_files([folder])] == ["c-link.txt", "inside.txt"]


def test_a_pipe_or_device_is_passed_over_in_a_folder_and_refused_where_it_is_named(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "zero.txt").symlink_to("/dev/zero")

    with pytest.raises(NoDocumentsError, match="holds no documents"):
        find_files([tmp_path])
    assert "is no file but a folder, pipe or device; leave it out" in line(tmp_path / "pipe.txt")
    assert "is no file but a folder, pipe or device; leave it out" in line(tmp_path / "zero.txt")


def test_a_file_that_becomes_a_pipe_or_grows_after_it_was_found_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("Text.")
    (file,) = find_files([path])
    monkeypatch.setattr("corpus.load.MAX_FILE_BYTES", 2**20)
    path.write_bytes(b"a" * (2**20 + 1))
    with pytest.raises(DocumentError, match="is larger than 1 MB"):
        load_file(file)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(DocumentError, match="is no file but a folder, pipe or device"):
        load_file(file)


@pytest.mark.parametrize(
    "name", ["a\nb.txt", "\x1b]0;owned\x07.txt", "\u202etxt.exe.txt", "a\rb.txt"]
)
def test_a_name_that_would_play_with_the_terminal_is_shown_in_escapes(tmp_path, name):
    (tmp_path / name).write_text(" ")
    assert line(tmp_path / name).endswith("is empty; there is nothing to read in it")


def test_a_name_becomes_a_title_of_one_line(tmp_path):
    (tmp_path / "of\nowls\u202e.txt").write_text("They hunt. They sleep.")
    assert document(tmp_path / "of\nowls\u202e.txt").title.isprintable()


def test_a_name_that_is_no_utf_8_is_refused_with_a_mend(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt"))
    path.write_text("Text.")
    assert "has a name that is no UTF-8; rename it" in line(path)


@pytest.mark.parametrize("name", ["..", "....txt", "-rf.txt", "con.txt", "a" * 250 + ".txt"])
def test_a_name_that_means_something_elsewhere_is_a_name_like_any_other(tmp_path, name):
    (tmp_path / "sub").mkdir()
    path = tmp_path / "sub" / (name if name.endswith(".txt") else "x.txt")
    path.write_text("They hunt.")
    found = document(path)
    assert "/" not in found.id
    assert "." not in found.id
    assert found.text == "They hunt."
