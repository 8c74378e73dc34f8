import pytest

from ui.errors import sentence


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("no such thing", "No such thing."),
        ("ask something, such as: Why?", "Ask something, such as: Why?"),
        ("it ended.", "It ended."),
        ("", ""),
    ],
)
def test_a_message_becomes_one_sentence_with_one_end(message, said):
    assert sentence(ValueError(message)) == said
