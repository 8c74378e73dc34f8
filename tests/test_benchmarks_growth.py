import json
import sys

import growing
import growth
import numpy as np
import pytest
from fakes import WordEmbedder

from corpus.load import find_files, load_file
from index import generation
from index.search import SearchIndex
from index.split import split

ROWS = [
    {
        "passages": passages,
        "vectors": vectors,
        "ingest": passages / 500,
        "disk": 5.0,
        "ingest_memory": 900,
        "change": 2.0,
        "open_clock": 0.5,
        "search": 4.0,
        "ask_memory": 700,
        "recall": 0.99,
    }
    for passages in (1_000, 10_000)
    for vectors in ("real", "mixed")
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(growing, "PASSAGES_A_DOCUMENT", 40)
    growing.write_documents(tmp_path / "documents", 100)
    return tmp_path / "documents"


def test_the_documents_hold_as_many_passages_of_one_sentence_as_were_asked_for(folder):
    passages = [passage for file in find_files([folder]) for passage in split(load_file(file))]
    assert len(passages) == 100
    assert {len(passage.sentences) for passage in passages} == {1}


def test_a_question_asks_in_words_of_a_sentence_that_there_is(folder):
    texts = [load_file(file).text for file in find_files([folder])]
    for question in growing.questions(folder, 10):
        named = question.split()[4].strip(",")
        assert any(named in text for text in texts)


def test_a_mixture_has_length_one_and_is_the_same_each_time():
    mixture = growing.Mixture(WordEmbedder())
    vectors = mixture.embed(["one", "another", "one"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1)
    assert (vectors[0] == vectors[2]).all()
    assert (vectors[0] != vectors[1]).any()


def test_an_index_is_built_changed_and_asked(folder, tmp_path):
    steps = (growth.ingest, growth.change, growth.ask)
    found, generations = [], set()
    for step in steps:
        found.append(step(folder, tmp_path / "index", WordEmbedder()))
        generations.add(generation.current(tmp_path / "index").name)
    assert found[2]["recall"] == 1
    assert min(found[0]["disk"], found[2]["search"], found[2]["open_clock"]) > 0
    with SearchIndex(tmp_path / "index", WordEmbedder()) as index:
        assert index.catalogue.passage_count() == 100
        assert index.generation == max(generations)
    assert len(generations) == 2


def test_what_is_not_among_the_nearest_lowers_the_recall(folder, tmp_path):
    growth.build(tmp_path / "index", folder, WordEmbedder())
    with SearchIndex(tmp_path / "index", WordEmbedder()) as index:
        nearest = index._store.nearest
        index._store.nearest = lambda vector, count: nearest(vector, count // 2)
        assert growth._recall(index, WordEmbedder()) == pytest.approx(0.5, abs=0.2)


def test_the_table_gives_a_line_a_size_and_seconds_over_thousands():
    head, _, *lines = growth.table(ROWS).splitlines()
    assert head.count("|") == lines[0].count("|")
    assert [line.split(" | ")[0] for line in lines] == ["| 1,000"] * 2 + ["| 10,000"] * 2
    assert {line.split(" | ")[2] for line in lines} == {"2.00"}


def test_what_was_measured_is_drawn(tmp_path):
    growth.plot(ROWS, tmp_path / "growth.png")
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")


def test_sizes_measured_before_are_kept(tmp_path, monkeypatch, capsys):
    keep = tmp_path / "keep.json"
    keep.write_text(json.dumps(ROWS[:1]), "utf-8")
    monkeypatch.setattr(growth, "measure", lambda size, *, real: ROWS[2 if real else 3])
    monkeypatch.setattr(sys, "argv", ["growth", "--sizes", "10000", "--keep", str(keep)])
    growth.main()
    assert json.loads(keep.read_text("utf-8")) == [ROWS[0], *ROWS[2:]]
    assert capsys.readouterr().out.count("| real |") == 2
