import json
import random

import pytest

from training.examples import Example, own_words, squad, statements
from training.twist import twisted

TEXT = "Ada Berg signed the Oslo treaty in 1995. Bo Lind refused to sign it in 1997."


def example(question):
    answer = (0, len("Ada Berg"))
    return Example(question, "Treaty", TEXT, ((0, 40), (41, len(TEXT))), answer, (0,), "ours")


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("Who signed the treaty first?", "Who signed the treaty last?"),
        ("Who signed it in 1995?", "Who signed it in 1997?"),
    ],
)
def test_a_question_is_twisted_into_one_that_is_not_answered(question, kept):
    [made] = twisted([example(question)], random.Random(1))
    assert made.question == kept
    assert (made.answer, made.right, made.corrects) == (None, (), None)
    assert made.passage == TEXT


def test_a_name_is_never_replaced_by_the_answer():
    every = {
        made.question
        for seed in range(20)
        for made in twisted([example("Who joined Bo Lind in Oslo?")], random.Random(seed))
    }
    assert every
    assert not any("Ada Berg" in question for question in every)


def test_statements_know_the_sentences_that_bear_them_out(tmp_path):
    rows = [
        {"text": "The treaty got one signature.", "supported": True, "sentences": [TEXT[:40]]},
        {"text": "Bo Lind signed in 1995.", "supported": False, "sentences": []},
    ]
    path = tmp_path / "statements.json"
    path.write_text(
        json.dumps({"data": [{"title": "T", "context": TEXT, "statements": rows}]}), "utf-8"
    )
    assert [each.right for each in statements(path)] == [(0,), ()]


def test_a_passage_states_its_own_words():
    [made] = own_words([example("Who signed?")], random.Random(1))
    number = made.right[0]
    assert made.question == TEXT[slice(*made.sentences[number])]


def test_a_false_premise_knows_the_sentence_that_contradicts_it(tmp_path):
    asked = {
        "id": "1",
        "question": "Why did Bo Lind sign?",
        "is_impossible": True,
        "kind": "false-premise",
        "answers": [],
        "correction": "Bo Lind refused to sign it in 1997.",
    }
    path = tmp_path / "squad.json"
    paragraph = {"context": TEXT, "qas": [asked]}
    path.write_text(json.dumps({"data": [{"title": "T", "paragraphs": [paragraph]}]}), "utf-8")
    [made] = squad(path, "ours")
    assert (made.right, made.corrects) == ((), (1,))
