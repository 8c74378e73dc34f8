import json

import pytest

from assistant.answer import BUILT_IN, Answer, Citation, State, Statement
from assistant.assistant import Trace
from assistant.errors import QuestionError
from assistant.evaluation.metrics import METRICS, summarise
from assistant.evaluation.questions import GoldenQuestion, draw, read_questions
from assistant.evaluation.run import evaluate_all
from assistant.evaluation.score import facts_in, score
from corpus.document import Document
from index.passage import Passage, Span
from index.search import Hit

TEXT = "Owls hunt mice. Bees make honey. Owls sleep by day."
OTHER = "Foxes hunt mice."


def document(name, text):
    return Document(id=name, title=name, text=text, sections=(), publisher="", date="", url="")


DOCUMENTS = {"owls": document("owls", TEXT), "foxes": document("foxes", OTHER)}


def citation(marker, quote, name="owls", shift=0):
    start = DOCUMENTS[name].text.index(quote) + shift
    return Citation(marker, name, name, "", "", "", quote, start, start + len(quote))


def answer(*cited, state=State.ANSWERED, texts=None, confidence=0.5):
    texts = texts or [each.quote for each in cited]
    statements = [
        Statement(text, (each.marker,)) for text, each in zip(texts, cited, strict=True)
    ] or [Statement("The documents do not answer this.")]
    return Answer("q", "q", state, tuple(statements), cited, (), BUILT_IN, confidence, 0.1)


def hit(name, text, value=1.0):
    passage = Passage(name + text, name, name, "", 0, len(text), text, (Span(0, len(text)),))
    return Hit(passage, value, (value,), value)


def row(question, given, hits=(), draft=None):
    asked = GoldenQuestion(id="1", question="q", **question)
    return score(asked, Trace(given, draft or given, list(hits)), DOCUMENTS.__getitem__)


def figures(*rows):
    return summarise(list(rows))


HUNT = {"facts": [["hunt mice"]], "documents": ["owls"]}
BOTH = {"facts": [["hunt mice"], ["sleep"]], "documents": ["owls"]}
SILENT = {"answerable": False, "category": "not-in-documents"}
ABSTAINED = answer(state=State.NOT_FOUND, confidence=0.1)


def test_a_fact_is_found_in_any_of_its_alternatives_whatever_case_quotes_and_spaces():
    facts = [["Practical Clarity", "vague"], ["didn't"], ["100 000"]]
    assert facts_in(facts, "It “didn’t” give practical clarity to 100\u202f000") == {0, 1, 2}
    assert facts_in([["practical"], ["security"]], "Practical matters.") == {0}


def test_an_answer_is_right_when_it_states_every_fact():
    one = answer(citation(1, "Owls hunt mice."))
    both = answer(citation(1, "Owls hunt mice."), citation(2, "Owls sleep by day."))
    assert [row(BOTH, each)["right"] for each in (one, both)] == [False, True]


def test_an_unanswerable_question_is_right_when_it_is_turned_away():
    assert row(SILENT, ABSTAINED)["right"]
    assert not row(SILENT, answer(citation(1, "Owls hunt mice.")))["right"]


def test_an_abstention_does_not_answer_an_answerable_question():
    assert not row({}, ABSTAINED)["right"]


def test_the_draft_tells_whether_an_abstention_would_have_been_right():
    measured = row(HUNT, ABSTAINED, draft=answer(citation(1, "Owls hunt mice.")))
    assert (measured["right"], measured["right_if_answered"]) == (False, True)


def test_first_sentences_are_judged_by_themselves():
    given = answer(citation(1, "Bees make honey."), citation(2, "Owls hunt mice."))
    measured = row(HUNT, given)
    assert (measured["sentence@1"], measured["sentence@3"]) == (False, True)


def test_conciseness_is_the_share_of_sentences_that_state_a_fact():
    given = answer(citation(1, "Bees make honey."), citation(2, "Owls hunt mice."))
    measured = row(HUNT, given)
    assert (measured["fact_sentences"], measured["words"]) == (0.5, 6)


def test_a_quotation_that_is_moved_by_one_character_is_not_exact():
    assert row(HUNT, answer(citation(1, "Owls hunt mice.")))["exact"]
    assert not row(HUNT, answer(citation(1, "Bees make honey.", shift=1)))["exact"]


def test_a_citation_of_another_document_lowers_the_precision():
    given = answer(citation(1, "Owls hunt mice."), citation(2, "Foxes hunt mice.", "foxes"))
    assert row(HUNT, given)["citation_precision"] == 0.5


def test_a_citation_without_the_fact_that_its_sentence_states_is_not_needed():
    given = answer(citation(1, "Bees make honey."), texts=["Owls hunt mice."])
    measured = row(HUNT, given)
    assert (measured["citation_precision"], measured["citation_recall"]) == (0.0, 0.0)


def test_a_fact_counts_as_cited_only_by_a_citation_of_the_sentence_that_states_it():
    cited = (citation(1, "Owls sleep by day."), citation(2, "Owls hunt mice."))
    swapped = answer(*cited, texts=["Owls hunt mice.", "Owls sleep by day."])
    assert row(BOTH, swapped)["citation_recall"] == 0.0
    assert row(BOTH, answer(*cited))["citation_recall"] == 1.0


def test_retrieval_is_judged_by_the_places_of_the_right_documents():
    hits = [hit("foxes", "a"), hit("foxes", "b"), hit("owls", "c"), hit("owls", "d")]
    measured = row(HUNT, answer(citation(1, "Owls hunt mice.")), hits)
    assert (measured["recall@1"], measured["recall@3"]) == (0.0, 1.0)
    assert measured["reciprocal_rank"] == pytest.approx(1 / 3, abs=1e-3)
    assert measured["ndcg@10"] == pytest.approx(0.5)  # 1 / log2(3 + 1)


def test_a_second_passage_of_a_document_does_not_count_again():
    once = row(HUNT, ABSTAINED, [hit("owls", "a"), hit("foxes", "b")])
    twice = row(HUNT, ABSTAINED, [hit("owls", "a"), hit("owls", "b")])
    assert once["ndcg@10"] == twice["ndcg@10"] == 1.0


def test_a_fact_has_the_place_of_the_first_passage_that_states_it():
    hits = [hit("foxes", "Foxes."), hit("owls", TEXT), hit("owls", "They hunt mice.")]
    assert row(BOTH, ABSTAINED, hits)["fact_ranks"] == [2, 2]
    assert row(BOTH, ABSTAINED, hits[:1])["fact_ranks"] == [None, None]


def test_a_figure_comes_with_its_count_and_an_interval_around_it():
    right, wrong = row(HUNT, answer(citation(1, "Owls hunt mice."))), row(HUNT, ABSTAINED)
    summary = figures(right, wrong, right, wrong)
    assert (summary["correctness"], summary["correctness_n"]) == (0.5, 4)
    low, high = summary["correctness_ci"]
    assert 0 <= low < 0.5 < high <= 1


def test_an_interval_covers_the_truth_about_as_often_as_it_says():
    import numpy as np

    from assistant.evaluation.statistics import interval, mean

    random = np.random.default_rng(1)
    covered = 0
    for _ in range(100):
        low, high = interval(random.binomial(1, 0.7, (1, 80)).astype(float), mean)[0]
        covered += low <= 0.7 <= high
    assert 88 <= covered <= 99


def test_abstention_counts_as_information_retrieval_does():
    given = answer(citation(1, "Owls hunt mice."))
    summary = figures(row(SILENT, ABSTAINED), row(SILENT, given), row(HUNT, ABSTAINED))
    assert summary["abstention_precision"] == 0.5
    assert summary["abstention_recall"] == 0.5
    assert summary["abstention_f1"] == 0.5
    assert summary["abstention_recall_not_in_documents"] == 0.5


def test_a_false_premise_is_corrected_when_the_answer_says_so_with_the_fact():
    premise = {"answerable": False, "category": "false-premise", "facts": [["mice"]]}
    cited = citation(1, "Owls hunt mice.")
    corrected = row(premise, answer(cited, state=State.FALSE_PREMISE))
    answered = row(premise, answer(cited))
    turned_away = row(premise, ABSTAINED)
    assert [each["right"] for each in (corrected, answered, turned_away)] == [True, False, True]
    assert figures(corrected, answered, turned_away)["false_premise_corrected"] == pytest.approx(
        1 / 3, abs=1e-3
    )


def test_the_area_under_the_risk_coverage_curve_is_small_when_confidence_knows_what_is_right():
    cited = citation(1, "Owls hunt mice.")
    sure = [row(HUNT, answer(cited, confidence=0.9)), row(SILENT, answer(cited, confidence=0.1))]
    unsure = [row(HUNT, answer(cited, confidence=0.1)), row(SILENT, answer(cited, confidence=0.9))]
    assert (figures(*sure)["aurc"], figures(*unsure)["aurc"]) == (0.25, 0.75)
    assert (figures(*sure)["auroc"], figures(*unsure)["auroc"]) == (1.0, 0.0)
    assert (figures(*sure)["brier"], figures(*unsure)["brier"]) == (0.01, 0.81)


def test_follow_ups_are_counted_apart():
    right = answer(citation(1, "Owls hunt mice."))
    summary = figures(row(HUNT, right), row({**HUNT, "history": [("a", "b")]}, ABSTAINED))
    assert (summary["correctness_single"], summary["correctness_follow_up"]) == (1.0, 0.0)


def test_a_metric_without_questions_is_left_out():
    assert "abstention_f1" not in figures(row(HUNT, ABSTAINED))
    assert "correctness" not in figures(row(SILENT, ABSTAINED))
    assert "recall@1" not in figures(row({"facts": [["x"]]}, ABSTAINED))


def test_every_metric_is_explained_in_the_documentation():
    from pathlib import Path

    text = (Path(__file__).parent.parent / "docs" / "evaluation.md").read_text("utf-8")
    assert [each.name for each in METRICS if f"`{each.name}`" not in text] == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no questions"),
        ('{"id": "1"}', "line 1: question"),
        ('{"id": "1", "question": "a"}\nnot json', "line 2"),
        ('{"id": "1", "question": "a"}\n{"id": "1", "question": "b"}', "line 2: the id 1"),
    ],
)
def test_a_bad_questions_file_names_its_line(tmp_path, content, message):
    path = tmp_path / "questions.jsonl"
    path.write_text(content)
    with pytest.raises(QuestionError, match=message):
        read_questions([path])


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(QuestionError, match="cannot be read"):
        read_questions([tmp_path / "none.jsonl"])


def test_all_but_id_and_question_may_be_left_out(tmp_path):
    path = tmp_path / "questions.jsonl"
    path.write_text('{"id": "1", "question": "What is InvestAI?"}\n\n')
    assert read_questions([path]) == [GoldenQuestion(id="1", question="What is InvestAI?")]


def test_a_limit_draws_the_same_questions_each_time():
    questions = [GoldenQuestion(id=str(number), question="q") for number in range(20)]
    assert draw(questions, 5) == draw(questions, 5)
    assert len(draw(questions, 5)) == 5
    assert draw(questions, None) == draw(questions, 20) == questions


QUESTIONS = [
    GoldenQuestion(
        id="a", question="What is InvestAI?", facts=[["200 billion"]], documents=["investai"]
    ),
    GoldenQuestion(id="b", question="How do I bake bread?", answerable=False),
    GoldenQuestion(id="c", question="What is ROOST?", facts=[["a fact that is nowhere"]]),
]


def test_an_evaluation_gives_what_the_contract_asks_for(assistant):
    steps = []
    results = evaluate_all(assistant, QUESTIONS, lambda: steps.append(1))
    assert [each["right"] for each in results["questions"]] == [True, True, False]
    assert len(steps) == 3
    assert {"id", "right", "abstained", "answer", "citations", "seconds"} <= set(
        results["questions"][0]
    )
    for name in ("correctness", "abstention_f1", "recall@1", "recall@5", "mrr", "sentence@1"):
        assert {name, f"{name}_ci", f"{name}_n"} <= set(results["summary"])
    assert results["summary"]["citation_exactness"] == 1.0
    json.dumps(results)


class StopHere(Exception):  # noqa: N818
    """What ends a run in the middle."""


def stopped_after(assistant, count, folder):
    steps = []

    def step():
        steps.append(1)
        if len(steps) == count:
            raise StopHere

    with pytest.raises(StopHere):
        evaluate_all(assistant, QUESTIONS, step, folder)


def test_a_run_that_was_stopped_goes_on_where_it_was(assistant, tmp_path, monkeypatch):
    stopped_after(assistant, 2, tmp_path)
    asked = []
    trace = assistant.trace
    monkeypatch.setattr(assistant, "trace", lambda *a: asked.append(a[0]) or trace(*a))
    results = evaluate_all(assistant, QUESTIONS, folder=tmp_path)
    assert asked == ["What is ROOST?"]
    assert [each["id"] for each in results["questions"]] == ["a", "b", "c"]


def test_a_line_that_was_half_written_is_asked_again(assistant, tmp_path):
    stopped_after(assistant, 2, tmp_path)
    [journal] = tmp_path.iterdir()
    journal.write_bytes(journal.read_bytes()[:-40])
    results = evaluate_all(assistant, QUESTIONS, folder=tmp_path)
    assert [each["right"] for each in results["questions"]] == [True, True, False]


def test_a_complete_run_leaves_nothing_behind(assistant, tmp_path):
    evaluate_all(assistant, QUESTIONS, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_other_questions_start_afresh(assistant, tmp_path):
    stopped_after(assistant, 2, tmp_path)
    changed = [QUESTIONS[0].model_copy(update={"facts": [["nowhere"]]}), *QUESTIONS[1:]]
    results = evaluate_all(assistant, changed, folder=tmp_path)
    assert not results["questions"][0]["right"]
