import pytest
from test_assistant_feedback import answer

from assistant.feedback import Feedback, Verdict
from ui.feedback import judge, thumbs
from ui.turns import Turn


@pytest.fixture
def feedback(tmp_path):
    return Feedback(tmp_path)


@pytest.fixture
def turns():
    """Two answered questions with one between them that failed."""
    return [
        Turn("Who came?", "<p>Many.</p>", answer("Who came?")),
        Turn("???", "<p>Empty.</p>"),
        Turn("And the US?", "<p>It did.</p>", answer("And the US?")),
    ]


def test_a_thumb_is_kept_with_the_answered_questions_before_it(feedback, turns):
    assert judge(feedback, turns, 5, liked=True) is turns[2]
    [kept] = feedback.judgements()
    assert (kept.id, kept.question, kept.verdict) == (turns[2].id, "And the US?", Verdict.UP)
    assert kept.history == (("Who came?", "It did not. [1]"),)
    assert thumbs(turns) == [None, None, "Like"]


def test_a_thumb_is_turned_and_taken_back(feedback, turns):
    judge(feedback, turns, 1, liked=True)
    judge(feedback, turns, 1, liked=False)
    assert [each.verdict for each in feedback.judgements()] == [Verdict.DOWN]
    assert thumbs(turns) == ["Dislike", None, None]
    assert judge(feedback, turns, 1, liked="") is None
    assert feedback.judgements() == []
    assert thumbs(turns) == [None, None, None]


@pytest.mark.parametrize(
    "index", [-1, 0, 2, 3, 4, 6, 7, 10**30, True, 1.0, "1", None, [1, 0], {"index": 1}]
)
def test_an_index_that_names_no_whole_answer_does_nothing(feedback, turns, tmp_path, index):
    assert judge(feedback, turns, index, liked=True) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("liked", [None, 1, 0, "Like", "x" * 1_000_000, [], {"liked": True}])
def test_what_is_no_thumb_does_nothing(feedback, turns, tmp_path, liked):
    assert judge(feedback, turns, 1, liked) is None
    assert list(tmp_path.iterdir()) == []
