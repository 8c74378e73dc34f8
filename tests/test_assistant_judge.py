import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fakes import ChatServer

from assistant.errors import SettingsError
from assistant.evaluation.compare import compare
from assistant.evaluation.judge import Judge
from assistant.evaluation.questions import GoldenQuestion
from assistant.evaluation.run import evaluate_all
from assistant.load import open_assistant, sync_corpus
from assistant.settings import read_settings

ROOT = Path(__file__).parent.parent
RIGHT = "The UK hosted the summit. [1] It was at Bletchley Park. [2][3]"
HALF = "The UK hosted the summit. [1] It was in Leeds. [2]"


def row(answer=RIGHT, **fields):
    return {
        "id": "1",
        "question": "Who hosted the first AI summit?",
        "history": [],
        "facts": [["The UK hosted the summit."], ["It was at Bletchley Park.", "Bletchley"]],
        "answerable": True,
        "abstained": False,
        "answer": answer,
        "passages": [{"title": "AI", "text": "The UK hosted the summit. France hosted another."}],
        "citations": [{"quote": "It was at Bletchley Park."}, {"quote": "France hosted another."}],
        **fields,
    }


def honest(body):
    """Answer each of ragas' three prompts as one who takes every word literally."""
    given = asked(body)
    if "context" in given:
        verdicts = [
            {"statement": each, "reason": "r", "verdict": int(each in given["context"])}
            for each in given["statements"]
        ]
        return json.dumps({"statements": verdicts})
    if "ground_truth" in given:
        answer, truth = set(given["answer"]), set(given["ground_truth"])
        classes = {"TP": answer & truth, "FP": answer - truth, "FN": truth - answer}
        return json.dumps(
            {
                name: [{"statement": each, "reason": "r"} for each in statements]
                for name, statements in classes.items()
            }
        )
    return json.dumps({"statements": re.split(r"(?<=\.)\s+", given["answer"])})


def asked(body):
    prompt = body["messages"][-1]["content"]
    return json.JSONDecoder().raw_decode(prompt.rpartition("\ninput: ")[2])[0]


def model(server, timeout=5):
    from langchain.chat_models import init_chat_model

    return init_chat_model(
        "openai:fake", base_url=server.url, api_key="x", timeout=timeout, max_retries=0
    )


def judged(reply, *rows, timeout=5.0):
    with ChatServer(reply) as server:
        return Judge(model(server), "fake", timeout).judge(rows)


def verdict(reply, answer=RIGHT, timeout=5.0, **fields):
    [given] = judged(reply, row(answer, **fields), timeout=timeout)
    return {name: value for name, value in given.items() if name.startswith("judge_")}


def test_a_right_answer_is_faithful_and_correct():
    assert verdict(honest) == {"judge_faithfulness": 1.0, "judge_correctness": 1.0}


def test_an_answer_that_is_half_right_is_half_so():
    assert verdict(honest, HALF) == {"judge_faithfulness": 0.5, "judge_correctness": 0.5}


def test_json_in_a_fence_with_words_around_it_is_read():
    assert verdict(lambda body: f"Here:\n```json\n{honest(body)}\n```\nBye.", HALF) == {
        "judge_faithfulness": 0.5,
        "judge_correctness": 0.5,
    }


def test_the_judge_is_shown_the_earlier_turns_the_passages_and_what_is_cited_besides():
    with ChatServer(honest) as server:
        Judge(model(server), "fake", 5).judge([row(history=[("And France?", "The third.")])])
    prompts = [asked(body) for body in server.requests]
    first = prompts[0]
    assert first["question"] == "And France?\nThe third.\nWho hosted the first AI summit?"
    assert first["answer"] == "The UK hosted the summit. It was at Bletchley Park."
    [context] = [each["context"] for each in prompts if "context" in each]
    assert context == (
        "AI\nThe UK hosted the summit. France hosted another.\nIt was at Bletchley Park."
    )
    assert "The UK hosted the summit.\nIt was at Bletchley Park." in [
        each.get("answer") for each in prompts
    ]


@pytest.mark.parametrize("fields", [{"facts": []}, {"facts": [[]]}, {"answerable": False}])
def test_without_facts_to_expect_only_faithfulness_is_judged(fields):
    assert verdict(honest, **fields) == {"judge_faithfulness": 1.0}


def test_an_abstention_is_not_judged():
    with ChatServer(honest) as server:
        rows = [row(abstained=True)]
        assert Judge(model(server), "fake", 5).judge(rows) == rows
    assert server.requests == []


def without(name):
    """An honest judge that leaves out the last verdict of a kind."""

    def reply(body):
        given = json.loads(honest(body))
        if name == "TP" and "TP" in given:
            given["TP"].pop()
        if name == "verdict" and "context" in asked(body):
            given["statements"].pop()
        return json.dumps(given)

    return reply


def with_verdict(value):
    def reply(body):
        given = json.loads(honest(body))
        if "context" in asked(body):
            given["statements"][0]["verdict"] = value
        return json.dumps(given)

    return reply


EMPTY = json.dumps({"statements": [], "TP": [], "FP": [], "FN": []})


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("I would say that is a good answer.", "gave no JSON but 'I would say"),
        ("", "gave no JSON"),
        ('{"statements": ["The UK hosted', "gave no JSON"),
        ("[" * 100_000, "gave no JSON"),
        ("null", "gave JSON of another form"),
        ('{"score": 1}', "gave JSON of another form (statements: field required)"),
        (EMPTY, "found no statements to judge"),
        (500, "failed (OpenAIAPIError, HTTP 500)"),
        (b"<html>", "failed ("),
        (b'{"a": 1}', "failed ("),
        ("BREAK", "failed ("),
        ("\x1b[2J", r"gave no JSON but '\x1b[2J'"),
    ],
)
def test_a_judge_that_gives_no_verdict_is_an_error_of_the_answer(reply, said):
    given = verdict(reply)
    assert list(given) == ["judge_error"]
    assert f"judge_faithfulness: the judge {said}" in given["judge_error"]
    assert f"judge_correctness: the judge {said}" in given["judge_error"]


@pytest.mark.parametrize("reply", ["HANG", "DRIP"])
def test_a_judge_that_hangs_is_given_up(reply):
    assert "did not answer within 0.2 seconds" in verdict(reply, timeout=0.2)["judge_error"]


@pytest.mark.parametrize(
    ("reply", "kept", "said"),
    [
        (without("verdict"), "judge_correctness", "gave 1 verdicts on 2 statements"),
        (with_verdict(7), "judge_correctness", "neither 0 nor 1"),
        (without("TP"), "judge_faithfulness", "classified 1 of 2 statements"),
    ],
)
def test_a_verdict_that_is_missing_is_an_error_and_leaves_the_other_figure(reply, kept, said):
    given = verdict(reply)
    assert list(given) == [kept, "judge_error"]
    assert given[kept] == 1.0
    assert said in given["judge_error"]


def test_one_failure_leaves_the_other_answers():
    def reply(body):
        return 500 if "Leeds" in str(asked(body)) else honest(body)

    rows = judged(reply, *(row(answer, id=str(n)) for n, answer in enumerate([RIGHT, HALF, RIGHT])))
    assert [each["id"] for each in rows] == ["0", "1", "2"]
    assert ["judge_error" in each for each in rows] == [False, True, False]
    assert [each.get("judge_faithfulness") for each in rows] == [1.0, None, 1.0]


def test_progress_counts_the_answers_and_each_row_is_handed_over_as_it_comes():
    steps, handed = [], []
    with ChatServer(honest) as server:
        Judge(
            model(server), "fake", 5, on_progress=lambda done, total: steps.append((done, total))
        ).judge([row(), row(abstained=True), row(HALF)], handed.append)
    assert steps == [(0, 2), (1, 2), (2, 2)]
    assert sorted(each["judge_faithfulness"] for each in handed) == [0.5, 1.0]


def test_what_was_judged_stays_and_what_failed_is_judged_again():
    before = [row(judge_faithfulness=0.25), row(judge_correctness=0.25, judge_error="was down")]
    kept, again = judged(honest, *before)
    assert kept == before[0]
    assert (again["judge_correctness"], "judge_error" in again) == (1.0, False)


QUESTIONS = [
    GoldenQuestion(id="a", question="Where do barn owls live?", facts=[["church towers"]]),
    GoldenQuestion(id="b", question="How do I bake bread?", answerable=False),
    GoldenQuestion(id="c", question="How many eggs does the queen lay?"),
]


@pytest.fixture
def answering(documents, tmp_path, embedder):
    """An assistant over three small documents."""
    settings = read_settings(corpus_dir=documents, data_dir=tmp_path / "data")
    sync_corpus(settings, embedder)
    return open_assistant(settings, embedder)


def test_figures_of_the_judge_stand_beside_the_others_and_change_none(answering):
    alone = evaluate_all(answering, QUESTIONS)
    with ChatServer(honest) as server:
        beside = evaluate_all(answering, QUESTIONS, judge=Judge(model(server), "a:fake", 5))
    others = [each for each in alone["summary"] if not each.startswith("seconds")]
    assert {name: beside["summary"][name] for name in others} == {
        name: alone["summary"][name] for name in others
    }
    assert not [name for name in alone["summary"] if "judge" in name]
    figures = {name: value for name, value in beside["summary"].items() if "judge" in name}
    assert figures == {
        "judge_faithfulness": 1.0,
        "judge_faithfulness_ci": [1.0, 1.0],
        "judge_faithfulness_n": 2,
        "judge_correctness": 0.0,
        "judge_correctness_ci": [0.0, 0.0],
        "judge_correctness_n": 1,
        "judge_errors": 0,
    }
    assert beside["judge"] == "a:fake"
    # An evaluation of before there was a judge can be compared.
    names = [each["name"] for each in compare(alone, beside)["changes"]]
    assert ("correctness" in names, "judge_faithfulness" in names) == (True, False)


def test_a_judge_that_always_fails_has_no_figure_but_a_count(answering):
    with ChatServer(500) as server:
        results = evaluate_all(answering, QUESTIONS, judge=Judge(model(server), "a:fake", 5))
    assert results["summary"]["judge_errors"] == 2
    assert "judge_faithfulness" not in results["summary"]


class StopHere(Exception):  # noqa: N818
    """What ends a run in the middle."""


def test_a_run_that_was_stopped_asks_for_no_verdict_twice(answering, tmp_path):
    def stop(done, _total):
        if done == 1:
            raise StopHere

    with ChatServer(honest) as server:
        stopped = Judge(model(server), "a:fake", 5, at_once=1, on_progress=stop)
        with pytest.raises(StopHere):
            evaluate_all(answering, QUESTIONS, folder=tmp_path / "kept", judge=stopped)
    with ChatServer(honest) as server:
        again = Judge(model(server), "a:fake", 5)
        results = evaluate_all(answering, QUESTIONS, folder=tmp_path / "kept", judge=again)
    assert {
        asked(body)["question"] for body in server.requests if "context" not in asked(body)
    } == {"How many eggs does the queen lay?"}
    assert results["summary"]["judge_faithfulness_n"] == 2
    assert list((tmp_path / "kept").iterdir()) == []


@pytest.fixture
def evaluate(summit, documents, tmp_path):
    questions = tmp_path / "questions.jsonl"
    questions.write_text(
        '{"id": "1", "question": "How many eggs does the queen lay?", "facts": [["two"]]}\n'
        '{"id": "2", "question": "Where do barn owls live?", "facts": [["church towers"]]}\n'
    )

    def run(*arguments, **environment):
        return summit(
            *("evaluate", questions, "--json", tmp_path / "out.json", *arguments),
            SUMMIT_CORPUS_DIR=documents,
            SUMMIT_DATA_DIR=tmp_path / "data",
            OPENAI_API_KEY="x",
            **environment,
        )

    return run


def from_passages(body):
    """Answer the assistant's own questions, and judge the answers, of which one is given up."""
    if body["messages"][0]["role"] == "system":
        return "Barn owls live in church towers [1]."
    taste = "queen" in asked(body).get("question", "")
    return "That is a matter of taste." if taste else honest(body)


def test_evaluate_shows_the_judges_figures_and_counts_its_failures(evaluate, tmp_path):
    with ChatServer(from_passages) as server:
        result = evaluate("--judge", SUMMIT_MODEL="openai:fake", OPENAI_BASE_URL=server.url)
    assert result.returncode == 0, result.stderr
    assert re.search(r"judge_faithfulness .* 1 ", result.stdout)
    assert "the judge openai:fake failed on 1 answers; first: judge_faithfulness" in result.stderr
    written = json.loads((tmp_path / "out.json").read_text())
    assert written["summary"]["judge_errors"] == 1
    assert written["summary"]["correctness_n"] == 2
    assert "no JSON" in written["questions"][0]["judge_error"]


def test_another_model_than_the_one_that_answers_can_judge(evaluate, tmp_path):
    with ChatServer(honest) as server:
        result = evaluate("--judge", SUMMIT_JUDGE_MODEL="openai:judge", OPENAI_BASE_URL=server.url)
    assert result.returncode == 0, result.stderr
    assert {body["model"] for body in server.requests} == {"judge"}
    assert json.loads((tmp_path / "out.json").read_text())["judge"] == "openai:judge"


def test_a_judge_without_a_chat_model_is_one_clear_line(evaluate, tmp_path):
    result = evaluate("--judge")
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        "summit: --judge needs a chat model: set SUMMIT_MODEL or SUMMIT_JUDGE_MODEL"
    ]
    assert not (tmp_path / "out.json").exists()


def test_a_judge_that_cannot_be_made_names_its_own_variable(evaluate):
    result = evaluate("--judge", SUMMIT_JUDGE_MODEL="nobody:nothing")
    assert "SUMMIT_JUDGE_MODEL=nobody:nothing cannot be used" in result.stderr


@pytest.fixture
def _without_ragas(monkeypatch):
    for name in [each for each in sys.modules if each.split(".")[0] == "ragas"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "assistant.evaluation.verdicts", raising=False)
    monkeypatch.setitem(sys.modules, "ragas", None)


@pytest.mark.usefixtures("_without_ragas")
def test_without_its_packages_the_judge_names_the_extra(evaluate):
    result = evaluate("--judge", SUMMIT_MODEL="openai:fake")
    assert result.returncode == 2
    [line] = result.stderr.splitlines()
    assert line.endswith("install its extra: pip install '.[judge]'")


@pytest.mark.usefixtures("_without_ragas")
def test_without_its_packages_nothing_is_judged():
    with pytest.raises(SettingsError, match="judge"):
        Judge(None, "fake", 5).judge([row()])


WATCHED = """
import json, os, sys

def watch(event, arguments):
    writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & writes:
        if not str(arguments[0]).startswith(("/dev/null", os.environ["TMPDIR"])):
            print(event, arguments[0])
    if event in ("os.mkdir", "os.rename"):
        print(event, arguments[:2])
    if event == "socket.connect" and arguments[1][0] != "127.0.0.1":
        print(event, arguments[1])

sys.addaudithook(watch)
from langchain.chat_models import init_chat_model
from assistant.evaluation.compare import compare
from assistant.evaluation.judge import Judge
model = init_chat_model("openai:fake", base_url=sys.argv[1], api_key="x", max_retries=0)
[row] = Judge(model, "fake", 5).judge([json.loads(sys.argv[2])])
print(row["judge_faithfulness"], row["judge_correctness"])
"""


@pytest.mark.slow
def test_a_judge_leaves_no_file_behind_and_calls_nobody_but_its_model(tmp_path):
    home, spare = tmp_path / "home", tmp_path / "spare"
    home.mkdir()
    spare.mkdir()
    with ChatServer(honest) as server:
        result = subprocess.run(
            [sys.executable, "-c", WATCHED, server.url, json.dumps(row())],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            cwd=ROOT,
            env={
                **os.environ,
                "HOME": str(home),
                "TMPDIR": str(spare),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
        )
    assert result.stdout.splitlines() == ["1.0 1.0"], result.stdout + result.stderr
    assert [*home.iterdir(), *spare.iterdir()] == []
