from dataclasses import replace

from fakes import hits

from assistant.answerers.composition import MAX_SENTENCES, compose, other_numbers
from assistant.answerers.extractive import rank
from index.passage import Span
from index.terms import terms


def found(question, *texts):
    return rank(question, hits(*texts), dict.fromkeys(terms(question), 1.0))


def answer(question, *texts):
    return [each.candidate.text for each in compose(question, found(question, *texts))]


def with_direct(candidate, words):
    start = candidate.span.start + candidate.text.index(words)
    return replace(candidate, words=Span(start, start + len(words)))


def test_the_sentence_that_shares_the_question_words_is_chosen():
    chosen = answer("Who keeps the bees?", "Trains are fast. Ann keeps the bees. Rain falls.")
    assert "Ann keeps the bees." in chosen


def test_the_likeliest_sentence_comes_first():
    text = "Trains are fast. Owls live in old church towers. Rain falls on owls."
    assert answer("Where do owls live?", text)[0] == "Owls live in old church towers."


def test_the_likeliest_sentence_is_said_however_unlikely_each_is_by_itself():
    ranked = [
        replace(each, score=each.score / 100) for each in found("owls", "Owls hunt. Owls sleep.")
    ]
    assert [each.candidate for each in compose("owls", ranked)] == ranked[:1]


def test_sentences_that_answer_parts_of_a_question_come_before_other_ones():
    ranked = found("owls bees", "Owls owls hunt.", "Owls sleep.", "Bees hum.")
    bees = next(each for each in ranked if "Bees" in each.text)
    chosen = [each.candidate.text for each in compose("owls bees", ranked, [bees])]
    assert chosen[:2] == [ranked[0].text, "Bees hum."]


def test_the_sentences_for_names_that_are_compared_lead_however_long_they_are():
    owls, bees = (
        f"{name} live in {', '.join(f'{name}{n}' for n in range(60))}." for name in ("Owls", "Bees")
    )
    ranked = found("owls bees", f"Owls and bees live. {owls}", bees)
    leads = [next(each for each in ranked if each.text == text) for text in (owls, bees)]
    chosen = [each.candidate.text for each in compose("owls bees", ranked, leads, leads)]
    assert chosen == [owls, bees]


def test_at_most_four_sentences_are_shown():
    text = " ".join(f"Owls of kind {n} like place {n} and food {n * 7}." for n in range(9))
    assert 1 <= len(answer("Which owls and why owls?", text)) <= MAX_SENTENCES


def test_two_sentences_that_say_the_same_are_shown_once():
    chosen = answer("Where do owls live?", "Owls live in towers.", "Owls live in towers now.")
    assert len(chosen) == 1


def test_the_likeliest_sentence_has_what_it_leans_on_behind_it():
    text = "Ann Lee runs the owl house. She feeds thirty owls of every kind each day."
    chosen = answer("How many owls are fed each day?", text)
    assert chosen == [
        "She feeds thirty owls of every kind each day.",
        "Ann Lee runs the owl house.",
    ]


def test_a_fact_that_two_documents_state_is_said_once_and_cited_twice():
    ranked = found("Who keeps the bees?", "Ann keeps the bees.", "Ann keeps the bees today, too.")
    [said] = compose("Who keeps the bees?", ranked)
    assert [each.hit.passage.document_id for each in (said.candidate, *said.repeats)] == [
        "d0",
        "d1",
    ]


def test_a_sentence_with_another_number_is_no_repeat():
    ranked = found("How many bees?", "Ann keeps 40 bees.", "Ann keeps 50 bees.")
    assert compose("How many bees?", ranked)[0].repeats == ()


def test_a_sentence_that_is_said_itself_is_cited_once():
    longer = "Ann Lee keeps the bees of the convent in a garden behind the old mill by the river."
    ranked = found("Who keeps the bees?", "Ann keeps the bees.", longer)
    said = compose("Who keeps the bees?", ranked)
    cited = [each for one in said for each in one.sentences]
    assert len({(each.hit.passage.id, each.number) for each in cited}) == len(cited)


def test_two_counts_of_the_same_thing_are_both_given():
    ranked = found("How many bees?", "Ann keeps 4,000 bees.", "Ann keeps 5,000 bees.")
    ranked = [with_direct(each, each.text[10:15]) for each in ranked]
    assert [each.text for each in other_numbers(ranked)] == [ranked[1].text]


def test_a_number_of_another_thing_is_no_other_count():
    texts = "Ann keeps 4,000 bees in a garden.", "Ann keeps 12 owls in the church tower by day."
    ranked = [with_direct(each, each.text[10:12]) for each in found("How many bees?", *texts)]
    assert other_numbers(ranked) == []
