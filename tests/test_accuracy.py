"""The gate: the shipped questions against the committed baseline, and that it can fail."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answerers import evidence
from assistant.evaluation.questions import DEV_QUESTIONS, TEST_QUESTIONS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
BASELINE = ROOT / "tests" / "baseline.json"


@pytest.fixture
def gate(summit, shipped, tmp_path):
    """Runs the gate as a person does; gives what the command gave, and the comparison."""

    def run(*questions):
        out = tmp_path / "out.json"
        result = summit(
            *("evaluate", *(questions or (DEV_QUESTIONS, "--limit", "80")), "--json", out),
            *("--compare", BASELINE, "--fail-on-loss", "--fail-under", "citation_exactness=1"),
            SUMMIT_DATA_DIR=shipped.data_dir,
        )
        return result, json.loads(out.read_text())["comparison"]

    return run


def abstain_below(monkeypatch, threshold):
    changed = replace(evidence.calibration(), answer=threshold)
    monkeypatch.setattr("assistant.answerers.evidence.calibration", lambda: changed)


def test_the_shipped_questions_are_answered_as_well_as_the_baseline(gate):
    result, comparison = gate(DEV_QUESTIONS, TEST_QUESTIONS)
    assert result.returncode == 0, result.stderr
    assert (comparison["only_old"], comparison["only_new"]) == (0, 0), "run: make accuracy"


def test_a_quotation_that_is_not_exact_fails_the_gate(gate, monkeypatch):
    from assistant.citations import cite

    def shifted(document, start, end, marker):
        right = cite(document, start, end, marker)
        return replace(right, quote=right.quote[:-1]) if marker == 2 else right

    monkeypatch.setattr("assistant.writer.cite", shifted)
    monkeypatch.setattr("assistant.writer.holds", lambda *_: True)
    result, _ = gate()
    assert result.returncode == 1
    assert "citation_exactness is" in result.stderr


def test_citations_of_the_wrong_sentences_fail_the_gate(gate, monkeypatch):
    from assistant.answer import Statement

    monkeypatch.setattr(
        "assistant.writer.Statement",
        lambda text, markers=(), direct=None, about="": Statement(
            text, markers and (1,), direct, about
        ),
    )
    result, _ = gate()
    assert result.returncode == 1
    assert "citation_recall fell" in result.stderr


def test_a_search_that_finds_the_wrong_passages_fails_the_gate(gate, monkeypatch):
    monkeypatch.setattr("index.search.DENSE_WEIGHT", -0.5)
    result, _ = gate()
    assert result.returncode == 1
    assert "recall@5 fell" in result.stderr


def test_never_abstaining_fails_the_gate(gate, monkeypatch):
    abstain_below(monkeypatch, 0.0)
    result, _ = gate()
    assert result.returncode == 1
    assert "abstention_recall fell" in result.stderr


def test_one_changed_threshold_shows_as_a_significant_difference(gate, monkeypatch):
    abstain_below(monkeypatch, 0.95)
    _, comparison = gate()
    [change] = [each for each in comparison["changes"] if each["name"] == "correctness"]
    assert change["significant"]
    assert not change["better"]
    assert len(comparison["lost"]) > 10
