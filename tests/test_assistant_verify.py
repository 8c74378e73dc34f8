import json
import random
import re
from pathlib import Path

import pytest
from fakes import ChatServer

from assistant.answerers.generative import ModelAnswerError, Written, resolve
from assistant.answerers.verify import Fault, borne_out, left_out, verify
from assistant.assistant import Assistant
from assistant.checking.orders import gives_orders
from assistant.load import chat_model, index_folder
from assistant.settings import read_settings
from corpus.document import Document, Section
from corpus.load import SHIPPED_DOCUMENTS, find_files, load_file
from index.search import SearchIndex
from index.split import split

FOLDER = Path(__file__).parent / "verify"
QUESTION = "Why did the UK not sign the Paris statement?"
MOST_LOST = 0.03


def rows(name):
    return [json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines()]


def named(row):
    start = re.sub(r"\W+", " ", row["written"])[:50].strip()
    return f"{row['kind']}: {start}"


PLANTED = rows("planted.jsonl")
TRUE = rows("true.jsonl")
SETS = sorted({row["half"] for row in TRUE})


@pytest.fixture(scope="module")
def shipped_passages():
    return {file.document_id: split(load_file(file)) for file in find_files([SHIPPED_DOCUMENTS])}


@pytest.fixture(scope="module")
def cited(shipped_passages):
    """Gives the passages that a row cites, and those of its document that it may know beside."""

    def of(row):
        if "document" in row:
            own = shipped_passages[row["document"]]
        else:
            own = passages_of(row["title"], row["text"])
        found = [
            next(passage for passage in own if snippet in passage.text)
            for snippet in row.get("says", ())
        ]
        return list(dict.fromkeys(found)), own[:6]

    return of


def passages_of(title, *paragraphs):
    text = "\n".join(paragraphs)
    return split(Document("own", title, text, (Section("", 0, len(text)),)))


def quoted(borne):
    return [
        passage.text[span.start - passage.start : span.end - passage.start]
        for passage, span in borne.spans
    ]


@pytest.mark.parametrize(
    "row", [row for row in PLANTED if row["kind"] != "invented marker"], ids=named
)
def test_a_planted_error_is_caught(row, cited):
    passages, given = cited(row)
    assert verify(row["written"], passages, given).fault is not None


@pytest.mark.parametrize(
    "row", [row for row in PLANTED if row["kind"] == "invented marker"], ids=named
)
def test_a_marker_that_no_passage_has_carries_no_sentence(row, cited):
    _, given = cited(row)
    with pytest.raises(ModelAnswerError):
        resolve(f"{row['written'][:-1]} [{row['marker']}].", given[: row["marker"] - 1])


@pytest.mark.parametrize("half", SETS)
def test_of_true_sentences_no_more_than_three_in_a_hundred_are_lost(half, cited):
    own = [row for row in TRUE if row["half"] == half]
    lost = []
    for row in own:
        passages, given = cited(row)
        borne = verify(row["written"], passages, given)
        if borne.fault:
            lost.append((borne.fault.name, row["written"]))
    assert len(lost) <= MOST_LOST * len(own), lost


def test_the_evidence_of_a_true_sentence_is_the_sentence_it_was_written_from(cited):
    elsewhere = []
    for row in TRUE:
        passages, given = cited(row)
        borne = verify(row["written"], passages, given)
        quotes = " ".join(quoted(borne))
        if borne.spans and not all(snippet in quotes for snippet in row["says"]):
            elsewhere.append((row["written"], quotes))
    assert len(elsewhere) <= MOST_LOST * len(TRUE), elsewhere


def test_there_are_enough_planted_errors_of_every_kind_and_enough_true_sentences():
    kinds = [row["kind"] for row in PLANTED]
    assert len(TRUE) >= 120
    assert len(PLANTED) >= 45
    assert len(set(kinds)) == 12
    assert min(kinds.count(kind) for kind in set(kinds)) >= 4


def test_the_documents_own_words_are_borne_out_and_changed_ones_are_not(shipped_passages):
    """Mutants of shipped sentences: another document cited, a number or a name changed."""
    chance = random.Random(1)
    every = [passage for own in shipped_passages.values() for passage in own]
    lost = wrong = changed = 0
    sample = chance.sample([each for each in every if re.search(r"\d", each.sentence(0))], 150)
    for passage in sample:
        sentence = passage.sentence(0)
        number = chance.choice(re.findall(r"\d+", sentence))
        other = chance.choice([each for each in every if each.document_id != passage.document_id])
        lost += verify(sentence, [passage]).fault is not None
        wrong += verify(sentence, [other]).fault is None
        mutant = re.sub(rf"(?<!\d){number}(?!\d)", str(int(number) + 3), sentence)
        changed += verify(mutant, [passage]).fault is None
    assert lost <= 0.01 * len(sample)
    assert wrong <= 0.01 * len(sample)
    assert changed <= 0.03 * len(sample)


def test_no_shipped_sentence_is_taken_for_an_order_to_an_assistant(shipped_passages):
    texts = [
        passage.sentence(number)
        for own in shipped_passages.values()
        for passage in own
        for number in range(len(passage.sentences))
    ]
    assert [text for text in texts if gives_orders(text)] == []


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("The mill sold 85 % of its paper.", Fault.NUMBER),
        ("Bo Lind told Ada Berg that the price will rise.", Fault.SPEAKER),
        ("The mill sold 87 % of its flour in Oslo.", Fault.NAME),
        ("The mill did not sell 87 % of its paper.", Fault.DENIED),
        ("The mill sold “nearly all” of its paper.", Fault.QUOTE),
        ("The mill sold 87 % of its paper: https://example.org/mill.", Fault.ADDRESS),
        ("The mill sold 87 % of its [paper](//example.org).", Fault.ADDRESS),
    ],
)
def test_the_fault_says_what_is_wrong(written, fault):
    [passage] = passages_of(
        "The mill",
        "The mill sold 87 % of its paper. Ada Berg told Bo Lind that the price will rise. "
        "Bo Lind said that demand is weak.",
    )
    assert verify(written, [passage]).fault is fault


def test_both_names_standing_in_the_passage_do_not_make_up_for_a_swapped_speaker():
    [passage] = passages_of("A debate", "Ada Berg called it a triumph. Bo Lind called it a flop.")
    assert verify("Ada Berg called it a flop.", [passage]).fault
    assert not verify("Bo Lind called it a flop.", [passage]).fault


def test_evidence_that_leans_on_the_sentence_before_brings_it_along():
    [passage] = passages_of("Owls", "The barn owl hunts mice. It hears them under the snow.")
    borne = verify("The barn owl hears mice under the snow.", [passage])
    assert quoted(borne) == [passage.text]


def test_he_must_be_somebody_whom_the_sentence_before_names():
    [passage] = passages_of("A debate", "Bo Lind warned that prices will rise.")
    assert verify("He warned that prices will rise.", [passage], before="Bo Lind spoke.").spans
    swapped = verify("He warned that prices will rise.", [passage], before="Ada Berg spoke.")
    assert swapped.fault is Fault.SPEAKER


def test_a_sentence_that_leans_on_a_dropped_one_is_dropped_with_it():
    [passage] = passages_of("Owls", "The owl hunts mice. The owl sleeps by day.")
    written = [Written("The owl hunts 7 foxes.", (passage,)), Written("It sleeps.", (passage,))]
    assert borne_out(written, [passage]) == ([], [])


def test_the_notice_counts_the_sentences_left_out():
    assert left_out(0) == ""
    assert left_out(1).startswith("1 sentence that the chat model wrote is left out")
    assert left_out(2).startswith("2 sentences that the chat model wrote are left out")


@pytest.fixture
def ask(shipped, embedder, reader, monkeypatch):
    """Asks over HTTP; `{snippet}` in the reply becomes the number of the passage that has it."""

    def with_reply(reply):
        def numbered(body):
            blocks = re.split(r"\n\n(?=\[\d+\] )", body["messages"][-1]["content"])

            def number(match):
                return next(block for block in blocks if match[1] in block).partition(" ")[0]

            return re.sub(r"\{([^}]+)\}", number, reply)

        monkeypatch.setenv("OPENAI_API_KEY", "none")
        with (
            ChatServer(numbered) as server,
            SearchIndex(index_folder(shipped), embedder) as index,
        ):
            monkeypatch.setenv("OPENAI_BASE_URL", server.url)
            model = chat_model(read_settings(model="openai:fake", model_timeout=20))
            assistant = Assistant(index, reader, model, 20)
            return assistant.ask(QUESTION), assistant.document

    return with_reply


REASON = "the text was too vague on global governance"


def test_planted_sentences_are_left_out_over_http_and_the_reader_is_told(ask):
    answer, _ = ask(
        f"The UK refused to sign because {REASON} {{{REASON}}}. "
        f"The UK refused to sign on 12 March 2025 {{{REASON}}}. "
        f"Emmanuel Macron said that {REASON} {{{REASON}}}. "
        "The UK will sign next year [77]."
    )
    assert [each.text for each in answer.statements] == [
        f"The UK refused to sign because {REASON}."
    ]
    assert answer.answerer == "fake"
    assert answer.notice == (
        "3 sentences that the chat model wrote are left out: the sources do not bear them out."
    )


def test_citations_are_narrowed_to_the_sentence_and_exact(ask):
    answer, document = ask(f"The UK refused to sign because {REASON} {{{REASON}}}.")
    [citation] = answer.citations
    text = document(citation.document_id).text
    assert text[citation.start : citation.end] == citation.quote
    assert REASON in citation.quote
    assert citation.quote.count(". ") == 0
    assert answer.text.endswith("[1]")
    assert answer.notice == ""


def test_sentences_from_the_same_quotation_share_one_marker(ask):
    answer, _ = ask(
        f"The UK refused to sign the leaders' statement {{{REASON}}}. "
        f"Its government said that {REASON} {{{REASON}}}."
    )
    assert len(answer.citations) == 1
    assert [each.markers for each in answer.statements] == [(1,), (1,)]


def test_when_no_sentence_holds_the_built_in_answer_is_given_and_says_so(ask):
    answer, _ = ask(f"The UK signed the leaders' statement {{{REASON}}}.")
    assert answer.answerer == "built-in"
    assert answer.citations
    assert "do not bear out" in answer.notice
    assert "built-in answer" in answer.notice


def test_a_french_sentence_is_read_by_its_english_words():
    [passage] = passages_of("The mill", "The mill sold 87 % of its paper in Oslo in May 2025.")
    assert verify("Le moulin a vendu 87 % de son papier à Oslo en mai 2025.", [passage]).spans
    wrong = verify("Le moulin a vendu 78 % de son papier à Oslo en mai 2025.", [passage])
    assert wrong.fault is Fault.NUMBER
