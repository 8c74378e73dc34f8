import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from assistant.errors import ReaderError
from assistant.reader import MiniReader
from corpus.document import Document, Section
from index.split import split

TEXT = (
    "The treaty was drawn up in Geneva by nine lawyers. Norway signed it on 3 May 1999. "
    "Sweden stayed out because its parliament wanted a clause on fishing. "
    "It entered into force two years later."
)


def passage(text=TEXT, title="The treaty", before=""):
    document = Document("d", title, before + text, (Section("", len(before), len(before + text)),))
    return split(document)[0]


@pytest.fixture(scope="module")
def reader():
    return MiniReader()


def best(reader, question, *passages):
    readings = reader.read(question, passages or [passage()])
    return max(
        (value, one.sentence(number))
        for one, reading in zip(passages or [passage()], readings, strict=True)
        for number, value in enumerate(reading.sentences)
    )[1]


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("When did Norway sign the treaty?", "3 May 1999"),
        ("Why did Sweden not join?", "fishing"),
        ("In which city was the text written?", "Geneva"),
    ],
)
def test_the_sentence_that_answers_is_read_as_the_likeliest(reader, question, word):
    assert word in best(reader, question)


def test_a_passage_that_answers_is_likelier_than_one_about_something_else(reader):
    other = passage("The railway opened in 1825. It ran from Stockton to Darlington.", "Trains")
    right, wrong = reader.read("When did Norway sign the treaty?", [passage(), other])
    assert right.answers > wrong.answers
    assert max(right.sentences) > max(wrong.sentences)


def test_the_words_of_the_answer_lie_within_their_sentence_in_the_document(reader):
    one = passage(before="Some words before. ")
    [reading] = reader.read("When did Norway sign the treaty?", [one])
    for span, sentence in zip(reading.spans, one.sentences, strict=True):
        assert sentence.start <= span.start < span.end <= sentence.end


def test_the_words_that_answer_a_when_hold_the_date(reader):
    one = passage()
    [reading] = reader.read("When did Norway sign the treaty?", [one])
    span = reading.spans[1]
    assert "1999" in one.text[span.start - one.start : span.end - one.start]


def test_there_is_a_value_for_each_sentence_also_of_what_is_too_long_to_be_read(reader):
    one = passage(" ".join(f"Sentence {n} says antidisestablishmentarianism." for n in range(30)))
    [reading] = reader.read("What does it say?", [one])
    lengths = {len(reading.sentences), len(reading.corrections), len(reading.words)}
    assert lengths == {len(one.sentences)}


@pytest.mark.parametrize("question", ["why " * 900, "漢字" * 1000, "é~" * 1000, "x" * 2000])
def test_an_endless_question_is_cut(reader, question):
    [reading] = reader.read(question, [passage()])
    assert len(reading.sentences) == 4


def test_nothing_to_read_gives_nothing(reader):
    assert reader.read("Why?", []) == []


def test_a_passage_reads_the_same_whatever_is_read_with_it(reader):
    question = "When did Norway sign the treaty?"
    others = [
        passage(" ".join(f"In {year} 漢字 it was £{year}!!" for year in range(1900, 1920)), "Σ"),
        passage("The railway opened in 1825. It ran from Stockton to Darlington.", "Trains"),
    ]
    [alone] = reader.read(question, [passage()])
    assert reader.read(question, [others[0], passage(), others[1]])[1] == alone


def test_several_threads_read_the_same(reader):
    one = passage()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: reader.read("Who wrote it?", [one])[0], range(8)))
    assert all(each == found[0] for each in found)


@pytest.mark.parametrize("content", [None, b"", b"no model"])
def test_a_model_that_is_missing_or_damaged_is_said_in_one_line(tmp_path, content):
    path = tmp_path / "reader.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ReaderError, match="missing or damaged; install"):
        MiniReader(path).read("Why?", [passage()])


@pytest.mark.slow
def test_the_library_that_runs_the_model_sends_nothing_to_its_maker(tmp_path):
    load_and_wait = (
        "import time; from assistant.reader import MiniReader; MiniReader()._model; time.sleep(12)"
    )
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        variables = {**os.environ, "https_proxy": address, "TMPDIR": str(tmp_path)}
        variables.pop("ORT_DISABLE_TELEMETRY", None)
        # What it would send goes by no socket of Python's, so it is looked for on the way out.
        subprocess.run([sys.executable, "-c", load_and_wait], check=True, env=variables, timeout=90)
        proxy.settimeout(0)
        with pytest.raises(BlockingIOError):
            proxy.accept()
