"""The check of the shipped documents, and the proof that it finds each fault."""

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import yaml

from corpus.load import SHIPPED_DOCUMENTS, find_files, load_file

SHIPPED = sorted(SHIPPED_DOCUMENTS.glob("*.md"))
SOURCE_FIELDS = ("key", "publisher", "title", "date", "url")
WORDS = range(250, 901)
QUESTIONS = 3  # at least so many that a document suggests


def problems(path: Path) -> list[str]:
    """Give what is wrong with a document as it should be shipped, in one line each."""
    before, *rest = path.read_text("utf-8").split("---\n", 2)
    if before or len(rest) != 2:
        return ["no front matter"]
    try:
        front = yaml.safe_load(rest[0])
    except (yaml.YAMLError, ValueError) as error:
        return [f"front matter is no valid YAML: {error}"]
    if not isinstance(front, dict):
        return ["front matter is no mapping"]
    sources = front.get("sources")
    if not isinstance(sources, list) or not all(isinstance(each, dict) for each in sources):
        sources = []
    return [
        *front_matter_problems(front, sources),
        *(problem for source in sources for problem in source_problems(source)),
        *reference_problems(rest[1], [str(source.get("key")) for source in sources]),
        *length_problems(rest[1]),
    ]


def shared_titles(folder: Path) -> list[str]:
    """Give the titles that more than one document below a folder bears."""
    titles = Counter(load_file(file).title.casefold() for file in find_files([folder]))
    return [title for title, count in titles.items() if count > 1]


def shared_questions(folder: Path) -> list[str]:
    """Give the questions that stand twice below a folder, in one document or in two."""
    documents = map(load_file, find_files([folder]))
    questions = Counter(each.casefold() for document in documents for each in document.questions)
    return [question for question, count in questions.items() if count > 1]


def front_matter_problems(front: dict, sources: list[dict]) -> list[str]:
    topics, questions = front.get("topics"), front.get("questions")
    sound = {
        "title": filled(front.get("title")),
        "ISO date": is_iso_date(str(front.get("date"))),
        "language": filled(front.get("language")),
        "topics": isinstance(topics, list) and topics and all(map(filled, topics)),
        "questions": isinstance(questions, list)
        and len(questions) >= QUESTIONS
        and all(map(is_question, questions)),
        "source": sources,
    }
    return [f"no {name}" for name, is_sound in sound.items() if not is_sound]


def source_problems(source: dict) -> list[str]:
    key = source.get("key")
    found = [f"source {key}: no {name}" for name in SOURCE_FIELDS if not filled(source.get(name))]
    when, url = str(source.get("date")), str(source.get("url"))
    if filled(source.get("date")) and not re.fullmatch(r"\d{4}(-\d\d){0,2}|undated", when):
        found.append(f"source {key}: date {when}")
    if filled(source.get("url")) and not re.fullmatch(r"https?://[^\s/]+\.[^\s/]+(/\S*)?", url):
        found.append(f"source {key}: url {url}")
    return found


def reference_problems(body: str, keys: list[str]) -> list[str]:
    known, mentioned = set(keys), set(re.findall(r"\[\^([^\]]+)\]", body))
    used = set(re.findall(r"\[\^([^\]]+)\]", without_definitions(body)))
    return [
        *(f"duplicate key {key}" for key, count in Counter(keys).items() if count > 1),
        *(f"unknown key {key}" for key in sorted(mentioned - known)),
        *(f"source {key} never referred to" for key in sorted(known - used)),
    ]


def length_problems(body: str) -> list[str]:
    prose = re.sub(r"(?m)^#{1,6} .*$", "", without_definitions(body))
    words = re.sub(r"\[\^[^\]]+\]", " ", prose).split()
    count = sum(any(map(str.isalnum, word)) for word in words)
    return [] if count in WORDS else [f"{count} words"]


def without_definitions(body: str) -> str:
    return re.sub(r"(?m)^\[\^[^\]]+\]:.*$", "", body)


def filled(value: object) -> bool:
    return value is not None and bool(str(value).strip())


def is_question(value: object) -> bool:
    return isinstance(value, str) and bool(value.rstrip("? ")) and value.endswith("?")


def is_iso_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


# The shipped documents


def test_there_are_as_many_documents_as_promised():
    assert 40 <= len(SHIPPED) <= 80
    assert len(find_files([SHIPPED_DOCUMENTS])) == len(SHIPPED)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_document_is_sound(path):
    assert problems(path) == []


def test_no_two_shipped_documents_share_a_title():
    assert shared_titles(SHIPPED_DOCUMENTS) == []


def test_no_question_stands_twice_in_the_shipped_documents():
    assert shared_questions(SHIPPED_DOCUMENTS) == []


@pytest.mark.parametrize("file", find_files([SHIPPED_DOCUMENTS]), ids=lambda file: file.document_id)
def test_a_shipped_document_is_loaded_with_every_source_and_no_mark_of_one(file):
    document = load_file(file)

    assert "[^" not in document.text
    assert set(document.sources_of(0, len(document.text))) == set(document.sources)


# The check itself

SOUND = """---
title: "The summit"
date: 2025-02-11
language: en
topics: [paris, safety]
questions:
  - "Who met?"
  - "When did the summit end?"
  - "Why did the leaders meet?"
sources:
  - key: bbc
    publisher: BBC
    title: Leaders meet
    date: 2025-02-10
    url: https://www.bbc.co.uk/news/1
  - key: report
    publisher: Le Monde
    title: Le sommet
    date: "2025-02"
    url: http://lemonde.fr
---
It met.[^bbc]

## A heading of five words

It ended.[^report][^bbc] PROSE

[^bbc]: BBC, “Leaders meet”, 2025-02-10, <https://www.bbc.co.uk/news/1>
[^report]: Le Monde, “Le sommet”, 2025-02, <http://lemonde.fr>
"""

QUESTION_LIST = SOUND[SOUND.index("questions:") : SOUND.index("sources:")]


@pytest.fixture
def check(tmp_path):
    """Gives the problems of the sound document with some text replaced and 250 words or more."""

    def run(old: str = "", new: str = "", *, words: int = 250) -> list[str]:
        assert old in SOUND
        path = tmp_path / "document.md"
        # Four words stand around the filler.
        text = SOUND.replace(old, new, 1).replace("PROSE", "word " * (words - 4))
        path.write_text(text, "utf-8")
        return problems(path)

    return run


def test_a_sound_document_has_no_problem(check):
    assert check() == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("---\n", "", "no front matter"),
        ('title: "The summit"\n', "", "no title"),
        ('"The summit"', '" "', "no title"),
        ("date: 2025-02-11\n", "", "no ISO date"),
        ("date: 2025-02-11\n", 'date: "2025-02"\n', "no ISO date"),
        ("date: 2025-02-11\n", "date: 11 February 2025\n", "no ISO date"),
        ("language: en\n", "", "no language"),
        ("topics: [paris, safety]\n", "", "no topics"),
        ("[paris, safety]", "[]", "no topics"),
        ("[paris, safety]", "paris", "no topics"),
        (QUESTION_LIST, "", "no questions"),
        (QUESTION_LIST, "questions:\n", "no questions"),
        (QUESTION_LIST, "questions: []\n", "no questions"),
        (QUESTION_LIST, 'questions: "Who met?"\n', "no questions"),
        ('  - "Who met?"\n', "", "no questions"),
        ('"Who met?"', '"Who met"', "no questions"),
        ('"Who met?"', '"?"', "no questions"),
        ('"Who met?"', "2025", "no questions"),
        ("- key: bbc", "- key:", "source None: no key"),
        ("publisher: BBC", "publisher:", "source bbc: no publisher"),
        ("    publisher: BBC\n", "", "source bbc: no publisher"),
        ("title: Leaders meet", 'title: ""', "source bbc: no title"),
        ("date: 2025-02-10", "date:", "source bbc: no date"),
        ("date: 2025-02-10", "date: last week", "source bbc: date last week"),
        ("url: https://www.bbc.co.uk/news/1", "url:", "source bbc: no url"),
        ("url: https://www.bbc", "url: www.bbc", "source bbc: url www.bbc.co.uk/news/1"),
        ("url: https://", "url: ftp://", "source bbc: url ftp://www.bbc.co.uk/news/1"),
        ("- key: report", "- key: bbc", "duplicate key bbc"),
        ("met.[^bbc]", "met.[^cnn]", "unknown key cnn"),
        ("[^report]:", "[^afp]:", "unknown key afp"),
        ("ended.[^report]", "ended.", "source report never referred to"),
    ],
)
def test_a_fault_is_found(check, old, new, problem):
    assert problem in check(old, new)


def test_a_document_without_a_source_is_refused(check):
    sources = SOUND[SOUND.index("sources:") : SOUND.index("---\nIt met.")]

    assert "no source" in check(sources)
    assert "no source" in check(sources, "sources: []\n")
    assert "no source" in check(sources, "sources: BBC\n")


@pytest.mark.parametrize("front_matter", ["title: [", "date: 2025-02-30"])
def test_front_matter_that_is_no_yaml_is_refused(check, front_matter):
    (problem,) = check('title: "The summit"', front_matter)

    assert problem.startswith("front matter is no valid YAML")


@pytest.mark.parametrize(
    ("words", "expected"), [(249, ["249 words"]), (250, []), (900, []), (901, ["901 words"])]
)
def test_the_body_has_250_to_900_words_without_headings_and_footnotes(check, words, expected):
    assert check(words=words) == expected


@pytest.mark.parametrize("known", ["2025-02-10", '"2025-02"', "2025", "undated"])
def test_the_date_of_a_source_is_given_as_far_as_it_is_known(check, known):
    assert check("date: 2025-02-10", f"date: {known}") == []


def test_a_title_that_two_documents_bear_is_found(tmp_path):
    for name, title in [("a", "The summit"), ("b", "the Summit"), ("c", "The summits")]:
        (tmp_path / f"{name}.md").write_text(SOUND.replace("The summit", title), "utf-8")

    assert shared_titles(tmp_path) == ["the summit"]


def test_a_question_that_stands_twice_is_found(tmp_path):
    for name, question in [("a", "Who met?"), ("b", "who  met?"), ("c", "Who met whom?")]:
        text = SOUND.replace("When did the summit end?", f"When did {name} end?")
        text = text.replace("Why did the leaders meet?", f"Why did {name} meet?")
        (tmp_path / f"{name}.md").write_text(text.replace("Who met?", question), "utf-8")

    assert shared_questions(tmp_path) == ["who met?"]
