import json

import pytest

from assistant.errors import QuestionError
from assistant.evaluation.compare import compare, read_results, significant_losses


def rows(right, prefix="q", **fields):
    values = {
        "answerable": True,
        "facts": [["x"]],
        "documents": [],
        "history": [],
        "category": "who",
        "citations": [],
        "abstained": False,
        "confidence": 0.5,
        "words": 10,
        "seconds": 0.1,
        **fields,
    }
    return {
        "questions": [
            {"id": f"{prefix}{number}", "question": "?", "right": each, **values}
            for number, each in enumerate(right)
        ]
    }


def change(comparison, name="correctness"):
    return next(each for each in comparison["changes"] if each["name"] == name)


def test_what_was_won_and_lost_is_named():
    comparison = compare(rows([True, False, True]), rows([True, True, False]))
    assert (comparison["won"], comparison["lost"]) == (["q1"], ["q2"])
    assert comparison["compared"] == 3


def test_p_is_that_of_mcnemars_exact_test():
    # Ten questions lost and none won: 2 * (1/2)^10.
    comparison = compare(rows([True] * 20), rows([False] * 10 + [True] * 10))
    found = change(comparison)
    assert found["p"] == pytest.approx(2 / 2**10, abs=1e-4)
    assert (found["old"], found["new"], found["difference"]) == (1.0, 0.5, -0.5)
    assert found["significant"]
    assert not found["better"]
    assert found["difference_ci"][0] < -0.5 < found["difference_ci"][1] < 0


def test_as_much_won_as_lost_is_chance():
    comparison = compare(rows([True] * 5 + [False] * 5), rows([False] * 5 + [True] * 5))
    assert not change(comparison)["significant"]
    assert significant_losses(comparison) == []


def test_the_same_results_differ_in_nothing():
    comparison = compare(rows([True, False] * 10), rows([True, False] * 10))
    assert all(not each["significant"] and not each["difference"] for each in comparison["changes"])


def test_fewer_words_are_better():
    comparison = compare(rows([True] * 30, words=60), rows([True] * 30, words=40))
    found = change(comparison, "words")
    assert (found["difference"], found["better"], found["significant"]) == (-20, True, True)


def test_a_significant_loss_of_a_watched_figure_is_one_for_the_gate():
    comparison = compare(rows([True] * 20), rows([False] * 10 + [True] * 10))
    assert [each["name"] for each in significant_losses(comparison)] == ["correctness"]
    slower = compare(rows([True] * 20), rows([True] * 20, seconds=9.0))
    assert change(slower, "seconds")["significant"]
    assert significant_losses(slower) == []


def test_only_questions_of_both_are_compared():
    old = {"questions": rows([True])["questions"] + rows([True, True], "old")["questions"]}
    new = {"questions": rows([True])["questions"] + rows([True], "new")["questions"]}
    comparison = compare(old, new)
    assert [comparison[name] for name in ("compared", "only_old", "only_new")] == [1, 2, 1]


def test_nothing_in_common_is_refused():
    with pytest.raises(QuestionError, match="no question in common"):
        compare(rows([True]), rows([True], "other"))


def test_what_an_older_version_did_not_measure_is_left_out():
    old = rows([True] * 3)
    for each in old["questions"]:
        del each["words"]
    comparison = compare(old, rows([True] * 3))
    assert "words" not in [each["name"] for each in comparison["changes"]]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"questions": []}', '{"questions": [1]}'])
def test_a_file_that_holds_no_results_is_refused(tmp_path, content):
    path = tmp_path / "old.json"
    path.write_text(content)
    with pytest.raises(QuestionError, match="holds no results"):
        read_results(path)


def test_results_that_were_written_are_read(tmp_path):
    path = tmp_path / "old.json"
    path.write_text(json.dumps(rows([True])))
    assert read_results(path) == rows([True])
