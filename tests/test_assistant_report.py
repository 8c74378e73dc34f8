import re

import pytest

from assistant.evaluation.compare import compare
from assistant.evaluation.questions import DEV_QUESTIONS, GoldenQuestion, draw, read_questions
from assistant.evaluation.report import reason, write_html
from assistant.evaluation.run import evaluate_all

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def results(assistant):
    return evaluate_all(assistant, draw(read_questions([DEV_QUESTIONS]), 40))


@pytest.fixture(scope="module")
def page(results):
    return write_html({**results, "comparison": compare(results, results)})


def test_the_page_shows_every_wrong_answer_as_text(assistant):
    questions = [
        GoldenQuestion(id=EVIL, question=f"What is ROOST {EVIL}?", facts=[[EVIL]], category=EVIL)
    ]
    page = write_html(evaluate_all(assistant, questions))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "1 wrong answers" in page


def test_the_page_asks_for_nothing_from_outside(page):
    addresses = re.findall(r"(?:src|href)=\"([^\"]*)\"", page)
    assert addresses
    assert all(each.startswith(("data:image/svg+xml;base64,", "#")) for each in addresses)
    assert "url(" not in page
    assert "@import" not in page


def test_the_page_has_a_picture_of_each_thing_measured(page):
    titles = re.findall(r'<img [^>]*alt="([^"]+)"', page)
    assert titles == [
        "Right answers by category",
        "Reliability of the confidence",
        "Risk and coverage",
        "Retrieval",
        "Latency",
    ]


def test_the_page_gives_each_wrong_answer_with_facts_passages_and_citations(results, page):
    wrong = [row for row in results["questions"] if not row["right"]]
    assert wrong
    articles = re.findall(r"<article.*?</article>", page, re.DOTALL)
    assert len(articles) == len(wrong)
    assert all("Expected" in each and "Passages found" in each for each in articles)


def test_the_page_without_anything_wrong_says_so(assistant):
    questions = [GoldenQuestion(id="1", question="How do I bake bread?", answerable=False)]
    page = write_html(evaluate_all(assistant, questions))
    assert "0 wrong answers" in page
    assert "None." in page


@pytest.mark.parametrize(
    ("row", "step"),
    [
        ({"answerable": False}, "documents do not answer"),
        ({"answerable": True, "abstained": True}, "turned away"),
        ({"answerable": True, "abstained": False, "fact_ranks": [1, None]}, "none of the passages"),
        ({"answerable": True, "abstained": False, "fact_ranks": [1, 4]}, "not all chosen"),
    ],
)
def test_a_wrong_answer_names_the_step_that_went_wrong(row, step):
    assert step in reason(row)
