import json

import pytest

from assistant.errors import QuestionError
from assistant.evaluation.metrics import facts_found, rank_of, summarise
from assistant.evaluation.report import write_html
from assistant.evaluation.run import GoldenQuestion, evaluate_all, read_questions


def result(**fields):
    values = {
        "answerable": True,
        "facts": [["x"]],
        "documents": ["d"],
        "abstained": False,
        "right": True,
        "sentence@1": True,
        "sentence@3": True,
        "rank": 1,
        "citations": [1],
        "exact": True,
        "citation_precision": 1.0,
        "citation_recall": 1.0,
        "words": 10,
        "seconds": 0.1,
    }
    return {**values, **fields}


def test_a_fact_is_found_in_any_of_its_alternatives_whatever_case_and_quotes():
    assert (
        facts_found(
            [["Practical Clarity", "vague"], ["didn't"]], "It “didn’t” give practical clarity"
        )
        == 2
    )
    assert facts_found([["practical"], ["security"]], "Practical matters.") == 1


def test_the_rank_is_the_place_of_the_first_passage_of_a_right_document():
    assert rank_of(["b", "c"], ["a", "c", "b"]) == 2
    assert rank_of(["z"], ["a", "b"]) is None


def test_correctness_is_the_share_of_answerable_questions_answered_rightly():
    rows = [result(), result(right=False), result(right=False), result()]
    summary = summarise(rows)
    assert (summary["correctness"], summary["correctness_n"]) == (0.5, 4)
    low, high = summary["correctness_ci"]
    assert 0 <= low < 0.5 < high <= 1


def test_abstention_counts_as_information_retrieval_does():
    rows = [
        result(answerable=False, facts=[], documents=[], abstained=True),
        result(answerable=False, facts=[], documents=[], abstained=False),
        result(abstained=True, right=False),
        result(),
    ]
    summary = summarise(rows)
    assert summary["abstention_precision"] == 0.5
    assert summary["abstention_recall"] == 0.5
    assert summary["abstention_f1"] == 0.5


def test_retrieval_counts_ranks():
    summary = summarise([result(rank=1), result(rank=4), result(rank=None), result(rank=10)])
    assert summary["recall@1"] == 0.25
    assert summary["recall@5"] == 0.5
    assert summary["mrr"] == pytest.approx((1 + 1 / 4 + 0 + 1 / 10) / 4, abs=1e-4)


def test_a_metric_without_questions_is_left_out():
    assert "abstention_f1" not in summarise([result()])
    assert "correctness" not in summarise([result(facts=[])])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no questions"),
        ('{"id": "1"}', "line 1: question"),
        ('{"id": "1", "question": "a"}\nnot json', "line 2"),
    ],
)
def test_a_bad_questions_file_names_its_line(tmp_path, content, message):
    path = tmp_path / "questions.jsonl"
    path.write_text(content)
    with pytest.raises(QuestionError, match=message):
        read_questions(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(QuestionError, match="cannot be read"):
        read_questions(tmp_path / "none.jsonl")


def test_all_but_id_and_question_may_be_left_out(tmp_path):
    path = tmp_path / "questions.jsonl"
    path.write_text('{"id": "1", "question": "What is InvestAI?"}\n\n')
    assert read_questions(path) == [GoldenQuestion(id="1", question="What is InvestAI?")]


def test_an_evaluation_gives_what_the_contract_asks_for(assistant):
    questions = [
        GoldenQuestion(
            id="a", question="What is InvestAI?", facts=[["200 billion"]], documents=["investai"]
        ),
        GoldenQuestion(id="b", question="How do I bake bread?", answerable=False),
        GoldenQuestion(id="c", question="What is ROOST?", facts=[["a fact that is nowhere"]]),
    ]
    steps = []
    results = evaluate_all(assistant, questions, lambda: steps.append(1))
    assert [each["right"] for each in results["questions"]] == [True, True, False]
    assert len(steps) == 3
    assert {"id", "right", "abstained", "answer", "citations", "seconds"} <= set(
        results["questions"][0]
    )
    for name in ("correctness", "abstention_f1", "recall@1", "recall@5", "mrr", "sentence@1"):
        assert {name, f"{name}_ci", f"{name}_n"} <= set(results["summary"])
    assert results["summary"]["citation_exactness"] == 1.0
    json.dumps(results)


def test_the_report_is_one_page_that_shows_every_wrong_answer_as_text(assistant):
    evil = "<script>alert(1)</script>"
    questions = [GoldenQuestion(id=evil, question=f"What is ROOST {evil}?", facts=[[evil]])]
    page = write_html(evaluate_all(assistant, questions))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "1 wrong answers" in page
    assert "http" not in page.split("<article>")[0]
