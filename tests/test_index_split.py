import pytest

from corpus.document import Document, Section
from index.split import MAX_SENTENCE_CHARACTERS, TARGET_WORDS, sentence_spans, split


def document(text, *sections):
    return Document("d", "Title", text, sections or (Section("", 0, len(text)),))


def sentences(text, language="en"):
    return [text[span.start : span.end] for span in sentence_spans(text, 0, len(text), language)]


@pytest.mark.parametrize(
    "expected",
    [
        ["Mr. Macron met Dr. Smith in the U.S. on Monday.", "The talks went on."],
        ["The fund is worth €200bn.", "The U.S. declined."],
        ["“This isn’t about the US,” a spokesperson said.", "“We felt it went too far.”"],
        ["He asked: “Why now? It is too late!” and left.", "Nobody answered."],
        ["See Fig. 3 on p. 12.", "Next, No. 10 replied."],
        ["J. D. Vance spoke at 9 a.m. in Paris.", "It cost $1.5 bn."],
        ["Apple Inc. signed.", "Does it work?", "Yes!"],
    ],
)
def test_sentences_end_where_a_reader_says(expected):
    assert sentences(" ".join(expected)) == expected


def test_french_sentences_keep_their_quotation_marks():
    assert sentences("Il a dit : « Nous signerons. » Puis il est parti.", "fr") == [
        "Il a dit : « Nous signerons. »",
        "Puis il est parti.",
    ]


def test_list_items_are_sentences_of_their_own():
    text = "- France\n- India\n- China"
    [passage] = split(document(text))
    assert [passage.sentence(n) for n in range(3)] == ["- France", "- India", "- China"]


def test_passages_and_sentences_are_exact_stretches_of_the_document():
    text = "One. Two is here.\n\nThree follows.   Four ends."
    for passage in split(document(text)):
        assert passage.text == text[passage.start : passage.end]
        for number, span in enumerate(passage.sentences):
            assert passage.sentence(number) == text[span.start : span.end].strip()


def test_a_passage_never_crosses_a_heading():
    text = "Before.\n\nHeading\n\nAfter."
    start = text.index("After")
    passages = split(document(text, Section("", 0, 7), Section("Heading", start, len(text))))
    assert [(each.heading, each.text) for each in passages] == [
        ("", "Before."),
        ("Heading", "After."),
    ]


def test_a_long_paragraph_is_cut_between_sentences():
    sentence = "This sentence has exactly seven words here. "
    passages = split(document(sentence * 60))
    assert len(passages) > 1
    assert all(len(each.text.split()) <= TARGET_WORDS for each in passages)
    assert sum(len(each.sentences) for each in passages) == 60


def test_a_line_without_end_is_cut_at_spaces():
    text = "word " * 2_000
    spans = sentence_spans(text, 0, len(text))
    assert max(span.end - span.start for span in spans) <= MAX_SENTENCE_CHARACTERS
    assert "".join(text[span.start : span.end] for span in spans).replace(" ", "") == "word" * 2_000


def test_ids_depend_on_the_words_alone_and_are_unique():
    twice = document("Same.\n\nOther words.", Section("a", 0, 5), Section("b", 0, 5))
    first, second = split(twice)
    assert first.id != second.id
    assert [each.id for each in split(twice)] == [first.id, second.id]
    moved = document("Preface.\n\nSame.", Section("a", 10, 15))
    assert split(moved)[0].id == first.id
