from dataclasses import replace

import pytest

from assistant.answerers import evidence
from assistant.answerers.extractive import rank
from assistant.reader import Reading
from corpus.document import Document, Section
from index.passage import Span
from index.search import Hit
from index.split import split

TEXT = "Owls hunt mice. Bees make honey."


def found(**values):
    """Two sentences and their reading; the second is the likelier by the reader."""
    document = Document("d", "Animals", TEXT, (Section("", 0, len(TEXT)),))
    [passage] = split(document)
    ranked = rank("bees", [Hit(passage, 0.5, (0.4, 0.4), 0.5)], {"bee": 1.0})
    logits = {
        "answers": 2.0,
        "sentences": (-3.0, 3.0),
        "corrections": (-9.0, -9.0),
        "words": (-3.0, 3.0),
        "spans": (Span(0, 4), Span(16, 20)),
    }
    return ranked, {passage.id: Reading(**{**logits, **values})}


def test_a_sentence_that_search_and_reader_prefer_comes_first():
    ranked, readings = found()
    weighed = evidence.weigh(ranked, readings)
    assert weighed[0].text == "Bees make honey."
    assert 0 < weighed[1].score < weighed[0].score < 1


def test_the_likeliest_sentence_knows_the_words_that_answer():
    ranked, readings = found()
    first = evidence.weigh(ranked, readings)[0]
    assert TEXT[first.words.start : first.words.end] == "Bees"


def test_a_reader_that_finds_nothing_lowers_the_confidence():
    def confidence(**values):
        ranked, readings = found(**values)
        return evidence.confidence(ranked, evidence.weigh(ranked, readings), readings)

    nothing = {"answers": -6.0, "sentences": (-6.0, -6.0), "words": (-6.0, -6.0)}
    assert 0 < confidence(**nothing) < confidence() < 1


def test_what_is_far_from_everything_is_not_answered_whatever_the_reader_says():
    ranked, readings = found()
    far = [replace(each, hit=replace(each.hit, cosines=(0.1, 0.1)), context=0.0) for each in ranked]
    assert evidence.confidence(far, evidence.weigh(far, readings), readings) < 0.1


def test_nothing_found_is_no_confidence():
    assert evidence.confidence([], [], {}) == 0.0


def test_only_a_sentence_that_surely_contradicts_corrects_a_question():
    def correction(logit, **values):
        ranked, readings = found(corrections=(logit, -9.0), **values)
        return evidence.correction(evidence.weigh(ranked, readings), readings)

    unanswered = {"answers": -6.0, "sentences": (-6.0, -6.0), "words": (-6.0, -6.0)}
    assert correction(-8.0, **unanswered) is None
    assert correction(4.0, **unanswered).text == "Owls hunt mice."
    assert correction(0.0) is None
    assert evidence.correction([], {}) is None


@pytest.mark.parametrize("total", [-1e6, 0.0, 1e6])
def test_a_probability_stays_between_none_and_all(total):
    assert 0 <= evidence.probability((total, 0.0), (1.0,)) <= 1


def test_the_shipped_calibration_has_a_weight_for_each_feature():
    ranked, readings = found()
    weighed = evidence.weigh(ranked, readings)
    reading = next(iter(readings.values()))
    features = evidence.sentence_features(ranked[0], reading, 1.0)
    assert len(evidence.calibration().sentence) == len(features) + 1
    features = evidence.question_features(weighed, readings)
    assert len(evidence.calibration().question) == len(features) + 1
    features = evidence.premise_features(weighed, readings)
    assert len(evidence.calibration().premise) == len(features) + 1
