import json

import pytest

from assistant.errors import QuestionError
from assistant.evaluation.squad import read_squad
from corpus.load import find_files, load_file

TEXT = "Owls (Strigiformes) hunt *mice* in 2 [two] ways: #1 by ear & #2 by eye.  It's 5 < 6."


@pytest.fixture
def squad(tmp_path):
    answer = {"text": "by ear", "answer_start": TEXT.index("by ear")}
    asked = [
        {"id": "a", "question": "How do owls hunt?", "answers": [answer], "is_impossible": False},
        {"id": "b", "question": "How do owls swim?", "answers": [], "is_impossible": True},
    ]
    path = tmp_path / "squad.json"
    paragraphs = [{"context": TEXT, "qas": asked}]
    path.write_text(json.dumps({"data": [{"title": "Barn_owls", "paragraphs": paragraphs}]}))
    return path


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "corpus"
    made.mkdir()
    return made


def test_each_paragraph_becomes_a_document_with_its_words_unchanged(squad, folder):
    read_squad(squad, folder)
    [file] = find_files([folder])
    document = load_file(file)
    assert (document.id, document.title) == ("barn-owls-000", "Barn owls")
    assert document.text == " ".join(TEXT.split())


def test_answers_become_facts_and_impossible_questions_unanswerable(squad, folder):
    possible, impossible = read_squad(squad, folder)
    assert (possible.facts, possible.documents) == ([["by ear"]], ["barn-owls-000"])
    assert possible.answerable
    assert (impossible.facts, impossible.documents, impossible.answerable) == ([], [], False)


@pytest.mark.parametrize("content", ["", "[]", '{"data": 1}', '{"data": [{}]}'])
def test_another_format_is_refused(tmp_path, folder, content):
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(QuestionError, match="SQuAD format"):
        read_squad(path, folder)


def test_reading_again_leaves_the_documents_as_they_are(squad, folder):
    read_squad(squad, folder)
    [file] = folder.iterdir()
    before = file.stat().st_mtime_ns
    read_squad(squad, folder)
    assert file.stat().st_mtime_ns == before


def test_the_command_measures_a_benchmark_and_keeps_its_index(summit, squad, tmp_path):
    data = tmp_path / "data"
    for _ in range(2):
        result = summit(
            *("evaluate", squad, "--benchmark", "squad2", "--json", tmp_path / "out.json"),
            SUMMIT_DATA_DIR=data,
        )
        assert result.returncode == 0, result.stderr
        summary = json.loads((tmp_path / "out.json").read_text())["summary"]
        assert (summary["recall@1"], summary["sentence@1"]) == (1.0, 1.0)
        assert {"sentence@3", "aurc", "abstention_f1", "recall@5"} <= set(summary)
    assert len(list((data / "benchmarks").iterdir())) == 1


def test_a_benchmark_needs_one_file(summit, squad, tmp_path):
    result = summit("evaluate", "--benchmark", "squad2", SUMMIT_DATA_DIR=tmp_path)
    assert result.returncode == 2
    assert "name the one file" in result.stderr
