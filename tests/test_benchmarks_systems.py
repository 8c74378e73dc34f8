import sys
from importlib.util import find_spec

import one_system
import pytest
import setups
import systems
from setups import Found

from assistant.evaluation.questions import GoldenQuestion

QUESTIONS = [
    GoldenQuestion(id="a", question="A?", facts=[["red"]], documents=["one"]),
    GoldenQuestion(id="b", question="B?", facts=[["blue"]], documents=["two"]),
    GoldenQuestion(id="c", question="C?", answerable=False),
]
QUESTION_TEXTS = ["A?", "B?", "C?"]
FOUND = [
    [("one", "It is red."), ("two", "It is blue.")],
    [("one", "It is red."), ("one", "Red again."), ("three", "Blue is it."), ("two", "No.")],
    [("one", "It is red.")],
]


def figures(**own):
    return {**dict.fromkeys([line.figure for line in systems.LINES], 2.0), **own}


def lines(measured):
    head, *body = systems.table(measured)
    return [dict(zip(head[1:], line[1:], strict=True)) | {"": line[0]} for line in body]


def line_of(measured, meaning):
    [line] = [each for each in lines(measured) if each[""] == meaning]
    return line


class Model:
    def embed(self, texts):
        return [len(text) for text in texts]


class Small(setups.Setup):
    def __init__(self):
        self.model = Model()

    def embeds(self):
        return Model, "embed"

    def load(self):
        self.model.embed(["warm up"])

    def ingest(self, texts, folder):
        self.model.embed(["one", "two"])
        self.model.embed(["three"])
        (folder / "deeper").mkdir()
        (folder / "deeper" / "index").write_bytes(b"x" * 1000)

    def open(self, folder):
        self.folder = folder

    def find(self, question):
        return [Found("one", f"{question} in {self.folder.name}")]


@pytest.fixture
def process(monkeypatch, tmp_path):
    """Runs what a test writes in the place of the process that measures."""

    def written(code):
        script = tmp_path / "process.py"
        script.write_text(f"import json, os, sys, time\n{code}")
        monkeypatch.setattr(systems, "_PROCESS", script)

    return written


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "owls.txt").write_text(
        "Owls\n\nThe owl is a bird of the night, and hunts mice in silence. Barn owls live in "
        "church towers, and they like old barns, too."
    )
    (folder / "trains.txt").write_text(
        "Trains\n\nThe first public railway that was drawn by steam opened in 1825. It went from "
        "Stockton to Darlington, in the north of England."
    )
    return folder


@pytest.fixture
def by_turns(monkeypatch):
    """Has systems measured by numbers that grow from round to round; gives the works done."""
    done = []

    def run(work):
        done.append((work["system"], work["do"], work["folder"]))
        turn = float(sum(each[:2] == (work["system"], work["do"]) for each in done))
        if work["do"] == "ingest":
            return {
                "seconds": turn * 10,
                "processor": turn,
                "embedding": turn * 2,
                "memory": turn,
                "disk": 7,
            }
        result = {"first": turn, "seconds": [turn, turn, turn], "found": FOUND, "memory": 5}
        answered = [FOUND[QUESTION_TEXTS.index(each)] for each in work.get("answer", [])]
        answers = {**result, "first": turn + 100, "found": answered}
        return result | ({"answers": answers} if work["system"] == "ours" else {})

    monkeypatch.setattr(systems, "run", run)
    monkeypatch.setattr(systems, "write_texts", lambda folder: None)
    return done


def test_a_peers_figure_stands_with_its_ratio_to_ours():
    line = line_of({"a peer": figures(ingestion=3.0), "ours": figures(ingestion=6.0)}, "Ingestion")
    assert (line["a peer"], line["ours"]) == ("3.0 s (0.50)", "6.0 s")


def test_ours_is_compared_with_the_peer_that_is_best_in_the_line():
    measured = {
        "a": figures(ingestion=3.0, mrr=0.5),
        "b": figures(ingestion=4.0, mrr=0.8),
        "ours": figures(ingestion=6.0, mrr=0.4),
    }
    assert line_of(measured, "Ingestion")["ours to the best peer"] == "2.00 × a"
    rank = line_of(measured, "Mean reciprocal rank, of ten")
    assert rank["ours to the best peer"] == "0.50 × b"


def test_what_is_neither_better_nor_worse_is_not_compared():
    measured = {"a": figures(words=800.0), "ours": figures(words=500.0)}
    line = line_of(measured, "Words of the first five passages")
    assert (line["a"], line["ours"], line["ours to the best peer"]) == ("800", "500", "–")


def test_whole_answers_have_a_column_and_a_dash_where_they_have_no_figure():
    answers = {"first": 9.0, "memory": 3e8}
    measured = {"ours": figures(first=4.0), "ours, whole answer": answers}
    meaning = "Start of a process to the first result, index there"
    assert line_of(measured, meaning)["ours, whole answer"] == "9.0 s"
    assert line_of(measured, "Most memory of these results")["ours, whole answer"] == "300 MB"
    assert line_of(measured, "Size on disk")["ours, whole answer"] == "–"


def test_passages_are_judged_as_an_evaluation_judges_them():
    quality = systems.quality(QUESTIONS, FOUND)
    assert quality["recall@1"] == 0.5
    assert quality["recall@5"] == 1
    assert quality["mrr"] == pytest.approx((1 + 1 / 4) / 2)
    assert quality["fact_recall@5"] == 1
    assert quality["words"] == pytest.approx((6 + 9 + 3) / 3)


def test_systems_take_turns_each_time_in_an_empty_folder(by_turns, tmp_path):
    systems.measure(["txtai", "ours"], QUESTIONS, tmp_path, 2)
    assert [each[:2] for each in by_turns] == [
        *(("txtai", "ingest"), ("txtai", "ask"), ("ours", "ingest"), ("ours", "ask")),
        *(("txtai", "ingest"), ("txtai", "ask"), ("ours", "ingest"), ("ours", "ask")),
    ]
    folders = [folder for _, do, folder in by_turns if do == "ingest"]
    assert len(set(folders)) == 4
    assert [folder for _, do, folder in by_turns if do == "ask"] == folders


def test_the_median_of_the_rounds_counts(by_turns, tmp_path):
    measured = systems.measure(["txtai", "ours"], QUESTIONS, tmp_path, 3)
    assert list(measured) == ["txtai", "ours", "ours, whole answer"]
    assert measured["txtai"]["ingestion"] == 20
    assert measured["txtai"]["outside"] == 16
    assert measured["txtai"]["p95"] == 2
    assert measured["ours, whole answer"]["first"] == 102
    assert len(systems.table(measured)) == len(systems.LINES) + 1


def test_each_question_is_answered_in_one_round_and_all_are_judged(by_turns, tmp_path):
    measured = systems.measure(["ours"], QUESTIONS, tmp_path, 3)
    for figure in ("recall@1", "mrr", "words"):
        assert measured["ours, whole answer"][figure] == measured["ours"][figure]


def test_what_libraries_print_does_not_disturb_the_result(process):
    process("work = json.load(sys.stdin); print('Loading'); print(json.dumps(work))")
    result = systems.run({"system": "txtai", "do": "ask"})
    assert (result["system"], result["do"]) == ("txtai", "ask")


def test_a_process_knows_when_it_was_started(process):
    process("print(json.dumps([time.monotonic() - json.load(sys.stdin)['started']]))")
    [since] = systems.run({"system": "txtai", "do": "ask"})
    assert 0 < since < 60


def test_settings_of_the_users_do_not_count_and_nobody_is_told(process, monkeypatch):
    monkeypatch.setenv("SUMMIT_MODEL", "openai:x")
    process("print(json.dumps(dict(os.environ)))")
    environment = systems.run({"system": "txtai", "do": "ask"})
    assert "SUMMIT_MODEL" not in environment
    assert environment["HAYSTACK_TELEMETRY_ENABLED"] == "False"
    assert environment["HF_HUB_OFFLINE"] == "1"


def test_a_process_that_fails_is_named_with_its_last_words(process):
    process("sys.exit('there is no such model')")
    with pytest.raises(RuntimeError, match="txtai failed to ingest: there is no such model"):
        systems.run({"system": "txtai", "do": "ingest"})


def test_a_missing_peer_is_said_in_one_line_with_how_to_get_it(monkeypatch):
    monkeypatch.setattr(systems, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["systems.py", "--only", "txtai"])
    with pytest.raises(SystemExit, match=r"^txtai: not installed; run: pip install '\.\[peers\]'$"):
        systems.main()


def test_the_time_within_the_model_is_that_of_an_ingestion_alone(monkeypatch, tmp_path):
    clock = iter(range(100))
    monkeypatch.setattr(one_system.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(Model, "embed", Model.embed)  # and as it was, afterwards
    result = one_system.ingest(Small(), tmp_path / "texts", tmp_path)
    # The clock is read at the start, around two calls of the model, and at the end.
    assert (result["embedding"], result["seconds"]) == (2, 5)
    assert result["disk"] == 1000
    assert result["memory"] > 10e6


def test_every_question_is_timed_and_what_was_found_is_given(tmp_path):
    started = one_system.time.monotonic() - 5
    result = one_system.ask(Small(), tmp_path / "index", ["Who?", "Why?"], started)
    assert result["found"] == [[("one", "Who? in index")], [("one", "Why? in index")]]
    assert len(result["seconds"]) == 2
    assert 5 < result["first"] < 60
    assert "answers" not in result


@pytest.mark.slow
@pytest.mark.parametrize("name", setups.MODULES)
def test_a_peer_finds_what_it_took_in(name, texts, tmp_path, monkeypatch):
    for variable, value in setups.ENVIRONMENT.items():
        monkeypatch.setenv(variable, value)
    if not find_spec(setups.MODULES[name]):
        pytest.skip("the extra peers is not installed")
    folder = tmp_path / "index"
    folder.mkdir()
    setup = setups.SETUPS[name]()
    setup.load()
    setup.ingest(texts, folder)
    again = setups.SETUPS[name]()
    again.open(folder)
    first = again.find("When did the first railway open?")[0]
    assert first.document == "trains"
    assert "1825" in first.text
    owner, method = setup.embeds()
    assert callable(getattr(owner, method))


def test_ours_finds_and_answers_from_what_it_took_in(shipped):
    ours = setups.Ours()
    ours.open(shipped.data_dir)
    question = "Why did the UK not sign the Paris statement?"
    assert len(ours.find(question)) == setups.DEPTH
    answered = one_system.answer(ours, [question], 3.0)
    assert answered["found"][0][0][0]
    assert answered["seconds"][0] > 0
    assert answered["first"] > 3
