"""Which files are found, what they are called, and what is said when one cannot be read."""

import dataclasses
import io
from pathlib import Path

import pytest
from docx import Document as WordDocument
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas

import corpus.load
from corpus.document import Document, Reference, Section, Source
from corpus.errors import NoDocumentsError, UnreadableDocumentError, UnsupportedDocumentError
from corpus.load import find_files, load_file, slug
from corpus.parse import PARSERS

CITED = """---
title: The summit
publisher: Archive
date: 2025-02-11
language: fr
url: https://archive.org/summit
topics: [paris, safety]
questions: ["Where did it  meet?", "When did it end?"]
sources:
  - key: bbc
    publisher: BBC
    title: Leaders meet
    date: 2025-02-10
    url: https://bbc.co.uk/1
  - key: monde
    publisher: Le Monde
    title: Le sommet
    date: 2025-02
    url: https://lemonde.fr/2
---
It met.[^bbc] It talked.[^monde][^bbc] Nobody says why.

## The end

It ended.[^monde]
"""
BBC = Source("bbc", "BBC", "Leaders meet", "2025-02-10", "https://bbc.co.uk/1")
MONDE = Source("monde", "Le Monde", "Le sommet", "2025-02", "https://lemonde.fr/2")


def write(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("It met in Paris.")
    return folder


def ids(*paths: Path) -> list[str]:
    return [file.document_id for file in find_files(paths)]


def names(*paths: Path) -> list[str]:
    return [file.path.name for file in find_files(paths)]


def load(path: Path) -> Document:
    (file,) = find_files([path])
    return load_file(file)


def load_text(folder: Path, name: str, text: str) -> Document:
    path = folder / name
    path.write_text(text, "utf-8")
    return load(path)


@pytest.fixture
def cited(tmp_path):
    return load_text(tmp_path, "cited.md", CITED)


# Finding files


def test_every_kind_that_can_be_read_is_found_below_a_folder(tmp_path):
    write(tmp_path, *(f"sub/file{suffix}" for suffix in PARSERS), "B.MD", "a.md")

    assert set(names(tmp_path)) == {*(f"file{suffix}" for suffix in PARSERS), "B.MD", "a.md"}


def test_files_are_found_in_order_of_their_names(tmp_path):
    assert names(write(tmp_path, "c.md", "a.txt", "b.html")) == ["a.txt", "b.html", "c.md"]


def test_hidden_files_unknown_kinds_and_folders_are_passed_over(tmp_path):
    write(tmp_path, "a.md", ".b.md", ".git/c.md", "sub/.d/e.md", "f.png", "g", "folder.md/h.png")

    assert names(tmp_path) == ["a.md"]


def test_a_folder_named_itself_is_read_even_if_hidden(tmp_path):
    write(tmp_path, ".notes/a.md")

    assert names(tmp_path / ".notes") == ["a.md"]


def test_a_file_can_be_named_itself(tmp_path):
    write(tmp_path, "a.md", "b.md")

    assert names(tmp_path / "b.md") == ["b.md"]


def test_a_file_found_carries_its_size_and_time(tmp_path):
    path = write(tmp_path, "a.md") / "a.md"
    (file,) = find_files([tmp_path])

    assert (file.size, file.modified) == (len("It met in Paris."), path.stat().st_mtime_ns)


def test_a_broken_file_is_found_all_the_same(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"")

    assert names(tmp_path) == ["a.pdf"]


def test_a_link_to_a_file_without_ending_is_read_by_the_ending_of_the_link(tmp_path):
    (write(tmp_path, "store/8c1f") / "summit.md").symlink_to(tmp_path / "store" / "8c1f")

    assert load(tmp_path / "summit.md").text == "It met in Paris."


def test_a_link_that_leads_nowhere_is_passed_over(tmp_path):
    (write(tmp_path, "a.md") / "b.md").symlink_to(tmp_path / "gone.md")

    assert names(tmp_path) == ["a.md"]


def one_line(error: pytest.ExceptionInfo[Exception], path: Path, mend: str) -> None:
    message = str(error.value)
    assert "\n" not in message
    assert str(path) in message
    assert mend in message


def test_a_single_file_of_an_unknown_kind_is_refused_with_the_kinds_there_are(tmp_path):
    path = write(tmp_path, "a.png") / "a.png"

    with pytest.raises(UnsupportedDocumentError) as error:
        find_files([path])
    one_line(error, path, "docx, htm, html, markdown, md, pdf, txt")


def test_a_missing_path_is_refused(tmp_path):
    with pytest.raises(NoDocumentsError) as error:
        find_files([tmp_path / "gone"])
    one_line(error, tmp_path / "gone", "check the spelling")


@pytest.mark.parametrize("content", [(), ("a.png", ".b.md")], ids=["empty", "nothing to read"])
def test_a_folder_without_documents_is_refused_with_the_kinds_there_are(tmp_path, content):
    with pytest.raises(NoDocumentsError) as error:
        find_files([write(tmp_path, *content)])
    one_line(error, tmp_path, "docx, htm, html, markdown, md, pdf, txt")


# Document ids


@pytest.mark.parametrize(
    ("name", "document_id"),
    [
        ("paris-summit.md", "paris-summit"),
        ("Paris Summit_2025 (final).md", "paris-summit-2025-final"),
        ("v1.2 notes.txt", "v1-2-notes"),
        ("Élysée à Paris.md", "elysee-a-paris"),
        ("europe/france/paris.md", "europe-france-paris"),
        ("Саммит.md", "саммит"),
        ("東京.md", "東京"),
        ("Май.md", "май"),
        ("한국.md", "한국"),
    ],
)
def test_a_document_id_is_the_slug_of_the_path_below_the_folder(tmp_path, name, document_id):
    assert ids(write(tmp_path, name)) == [document_id]


def test_a_slug_keeps_letters_digits_and_single_hyphens_only():
    assert slug("  --A/B__c  9!? ") == "a-b-c-9"


def test_the_id_of_a_file_named_itself_is_its_name(tmp_path):
    write(tmp_path, "europe/paris.md")

    assert ids(tmp_path / "europe" / "paris.md") == ["paris"]


def test_of_two_files_with_one_name_the_second_adds_its_ending(tmp_path):
    assert ids(write(tmp_path, "a.md", "a.pdf")) == ["a", "a-pdf"]


def test_every_document_id_is_taken_once(tmp_path):
    write(tmp_path, "a.md", "a.pdf", "a-pdf.txt", "A.md", "a!.md", "a?.md", "a/pdf.md", "b/a.md")
    write(tmp_path, "!.md", "?.md")
    found = ids(tmp_path, tmp_path / "b")

    assert len(found) == 11
    assert len(set(found)) == 11
    assert all(found)


# Loading


def test_a_document_carries_what_its_front_matter_says(cited):
    assert cited.id == "cited"
    assert cited.title == "The summit"
    assert (cited.publisher, cited.date, cited.language) == ("Archive", "2025-02-11", "fr")
    assert cited.url == "https://archive.org/summit"
    assert cited.topics == ("paris", "safety")
    assert cited.questions == ("Where did it meet?", "When did it end?")
    assert cited.sources == (BBC, MONDE)


def test_a_document_that_says_nothing_of_itself_has_empty_fields(tmp_path):
    document = load_text(tmp_path, "paris-summit_notes.txt", "It met in Paris.")

    assert document.title == "Paris summit notes"
    assert (document.publisher, document.date, document.url) == ("", "", "")
    assert document.language == "en"
    assert (document.topics, document.sources, document.references) == ((), (), ())
    assert document.questions == ()


def test_topics_may_be_given_in_one_line(tmp_path):
    document = load_text(tmp_path, "a.md", "---\ntopics: paris, safety\n---\nIt met.\n")

    assert document.topics == ("paris", "safety")


def test_what_is_no_question_in_the_front_matter_is_left_out(tmp_path):
    text = '---\nquestions: ["Who came?", "", null, {a: 1}]\n---\nIt met.\n'

    assert load_text(tmp_path, "a.md", text).questions == ("Who came?",)


@pytest.mark.parametrize(
    ("sentence", "sources"),
    [
        ("It met.", (BBC,)),
        ("It talked.", (MONDE, BBC)),
        ("Nobody says why.", ()),
        ("It ended.", (MONDE,)),
        ("It met. It talked.", (BBC, MONDE)),
    ],
)
def test_the_sources_of_a_sentence_are_those_it_refers_to(cited, sentence, sources):
    start = cited.text.index(sentence)

    assert cited.sources_of(start, start + len(sentence)) == sources


def test_a_text_before_a_sentence_with_a_source_has_none_itself(cited):
    start = cited.text.index("It talked.")

    assert cited.sources_of(start, start + len("It talked")) == ()


def test_the_heading_of_a_place_is_the_one_it_stands_under(cited):
    assert cited.heading_at(cited.text.index("It met.")) == ""
    assert cited.heading_at(cited.text.index("It ended.")) == "The end"


@pytest.mark.parametrize(
    "document",
    [
        Document("a", "A", "It met.", (Section("", 0, 7),)),
        Document(
            id="саммит",
            title="“Sommet” à l'Élysée\n",
            text='It met.\n\nEnd\n\nIt "ended".',
            sections=(Section("", 0, 9), Section("End", 12, 25, page=2)),
            publisher="Archive",
            date="2025-02",
            language="fr",
            url="https://archive.org",
            topics=("paris", "safety"),
            sources=(BBC, MONDE),
            references=(Reference(7, ("bbc", "monde")), Reference(25, ("monde",))),
            questions=("Where did it meet?",),
        ),
    ],
    ids=["bare", "full"],
)
def test_a_document_is_read_back_from_json_unchanged(document):
    assert Document.from_json(document.to_json()) == document


def test_the_content_hash_changes_with_whatever_the_document_says(cited):
    changes = {
        "id": "b",
        "title": "B",
        "text": "It met",
        "sections": (),
        "publisher": "B",
        "date": "2026",
        "language": "de",
        "url": "https://b.org",
        "topics": (),
        "sources": (),
        "references": (),
        "questions": (),
    }
    hashes = {
        dataclasses.replace(cited, **{name: value}).content_hash for name, value in changes.items()
    }

    assert set(changes) == {field.name for field in dataclasses.fields(Document)}
    assert len(hashes | {cited.content_hash}) == len(changes) + 1
    assert Document.from_json(cited.to_json()).content_hash == cited.content_hash


# What cannot be read


def pdf_bytes(text: str) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file)
    canvas.drawString(72, 720, text)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def encrypted_pdf() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf_bytes("It met."))))
    writer.encrypt("secret", algorithm="AES-256")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def empty_docx() -> bytes:
    file = io.BytesIO()
    WordDocument().save(file)
    return file.getvalue()


BROKEN = {
    "empty.txt": (b"", "is empty"),
    "blank.md": (b"\n \n", "is empty"),
    "empty.html": (b"", "is empty"),
    "empty.docx": (empty_docx(), "is empty"),
    "binary.txt": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "give it the ending of what it is"),
    "yaml.md": (b"---\ntitle: [\n---\nIt met.\n", "check the lines between the --- marks"),
    "sources.md": (
        b"---\nsources: [BBC]\n---\nIt met.\n",
        "list of publisher, title, date and url",
    ),
    "broken.docx": (b"It met.", "open it in an editor and save it again"),
    "cut.pdf": (pdf_bytes("It met.")[:300], "open it in a PDF viewer and save it again"),
    "picture.pdf": (pdf_bytes(""), "run text recognition (OCR) on it first"),
    "secret.pdf": (encrypted_pdf(), "save it without a password and try again"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_read_is_refused_in_one_line_with_its_path_and_a_mend(tmp_path, name):
    data, mend = BROKEN[name]
    path = tmp_path / name
    path.write_bytes(data)

    with pytest.raises(UnreadableDocumentError) as error:
        load(path)
    one_line(error, path, mend)


def test_a_file_over_the_size_limit_is_refused_with_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus.load, "MAX_FILE_BYTES", 2 * 2**20)
    path = tmp_path / "large.txt"
    path.write_bytes(b"a" * (2 * 2**20 + 1))

    with pytest.raises(UnreadableDocumentError) as error:
        load(path)
    one_line(error, path, "is larger than 2 MB; split it into smaller files")


def test_a_file_of_just_the_size_limit_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus.load, "MAX_FILE_BYTES", len("It met."))

    assert load_text(tmp_path, "a.txt", "It met.").text == "It met."


def test_a_file_that_has_gone_since_it_was_found_is_refused_with_a_mend(tmp_path):
    path = write(tmp_path, "a.md") / "a.md"
    (file,) = find_files([path])
    path.unlink()

    with pytest.raises(UnreadableDocumentError, match="no such file") as error:
        load_file(file)
    one_line(error, path, "check")
