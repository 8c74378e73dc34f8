import pytest

from assistant.load import index_folder, sync_corpus
from assistant.settings import read_settings
from assistant.spelling import correct
from index.search import SearchIndex


@pytest.fixture(scope="module")
def catalogue(shipped, embedder):
    return SearchIndex(index_folder(shipped), embedder).catalogue


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("wich contries sined the statment", "which countries signed the statement"),
        ("did the sumit hapen in febuary", "did the summit happen in february"),
        ("What did Altmann tell Elon Muks?", "What did Altman tell Elon Musk?"),
        ("how many goverments endorsd it", "how many governments endorsed it"),
    ],
)
def test_a_slip_of_the_pen_is_mended_with_a_word_of_the_documents(written, meant, catalogue):
    assert correct(written, catalogue) == meant


@pytest.mark.parametrize(
    "text",
    [
        "Why did the UK refuse to sign?",
        "How do I keep a cheese soufflé from collapsing while boasting about it?",
        "Who wrote the novel Middlemarch?",
        "What did Peter Kile say to Mrs Mosk?",
        "HAIP, IP/25/467 and COP30: what are they?",
        "",
    ],
)
def test_words_that_exist_and_unknown_names_stay_as_they_are(text, catalogue):
    assert correct(text, catalogue) == text


def test_the_words_come_from_the_documents_at_hand(tmp_path, embedder):
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "owls.md").write_text("# Owls\n\nThe zygodactyl foot of the owl holds its prey.\n")
    settings = read_settings(corpus_dir=folder, data_dir=tmp_path / "data")
    sync_corpus(settings, embedder)
    with SearchIndex(index_folder(settings), embedder) as index:
        assert correct("is it zigodactyl", index.catalogue) == "is it zygodactyl"


def test_the_answer_says_how_a_misspelt_question_was_read(assistant):
    answer = assistant.ask("wich contries sined the statment?")
    assert answer.question == "wich contries sined the statment?"
    assert answer.standalone_question == "which countries signed the statement?"
