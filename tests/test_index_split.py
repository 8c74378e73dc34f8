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


def leads(text, heading=""):
    """Give what is embedded for each sentence in front of it, besides the title."""
    [passage] = split(document(text, Section(heading, 0, len(text))))
    texts = passage.vector_texts()
    return {
        passage.sentence(number): each.removesuffix(passage.sentence(number)).strip()
        for number, each in enumerate(texts)
    }


def test_a_sentence_is_led_by_the_title_alone():
    assert leads("Owls hunt. Bees hum.", heading="Animals") == {
        "Owls hunt.": "Title:",
        "Bees hum.": "Title:",
    }


def test_a_heading_that_asks_leads_what_stands_under_it():
    assert leads("In towers. In barns.", heading="Where do owls live?") == {
        "In towers.": "Title: Where do owls live?",
        "In barns.": "Title: Where do owls live?",
    }


def test_a_question_that_opens_a_paragraph_leads_the_rest_of_it_alone():
    assert leads("Q: Where do owls live? A: In towers. And barns.\n\nBees hum.") == {
        "Where do owls live?": "Title:",
        "In towers.": "Title: Where do owls live?",
        "And barns.": "Title: Where do owls live?",
        "Bees hum.": "Title:",
    }


def test_a_question_that_is_a_paragraph_leads_what_follows_until_the_next():
    text = "Do owls hum?\n\nNo.\n\nThey hoot.\n\nDo bees?\n\nYes."
    assert leads(text) == {
        "Do owls hum?": "Title:",
        "No.": "Title: Do owls hum?",
        "They hoot.": "Title: Do owls hum?",
        "Do bees?": "Title:",
        "Yes.": "Title: Do bees?",
    }


def test_a_question_within_a_paragraph_leads_nothing():
    assert leads("Rain fell. Who knew? Nobody did.")["Nobody did."] == "Title:"


def test_a_question_is_in_one_passage_with_what_follows_it():
    sentence = "This sentence has exactly seven words here. "
    for before in range(5, 20):
        text = f"{sentence * before}\n\nDo owls hum?\n\nNo, they hoot.\n\n{sentence * 20}"
        [asking] = [each for each in split(document(text)) if "Do owls hum?" in each.text]
        assert "No, they hoot." in asking.text


def test_questions_alone_fill_passages_as_other_sentences_do():
    passages = split(document("Who was it that asked seven words? " * 60))
    assert all(len(each.text.split()) <= TARGET_WORDS for each in passages)
    assert sum(len(each.sentences) for each in passages) == 60


def test_the_ids_of_vectors_differ_where_the_question_above_does():
    one, other = (split(document("Yes.", Section(h, 0, 4)))[0] for h in ("Is it?", "Was it?"))
    assert one.id == other.id
    assert set(one.vector_ids()).isdisjoint(other.vector_ids())
