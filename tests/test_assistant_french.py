import pytest

from assistant.french import gloss, in_their_language, is_french
from assistant.load import index_folder, sync_corpus
from assistant.settings import read_settings
from index.search import SearchIndex


@pytest.mark.parametrize(
    ("text", "french"),
    [
        ("Combien de pays ont signé la déclaration ?", True),
        ("Pourquoi ?", True),
        ("Why did France not publish the list?", False),
        ("What does “Notre Dame de Paris” mean in the plan?", False),
        ("AI data centres", False),
        ("", False),
    ],
)
def test_french_questions_are_told_by_their_function_words(text, french):
    assert is_french(text) is french


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("Combien de pays ont signé la déclaration ?", ["how many", "countr", "sign", "statement"]),
        ("Qui a organisé le contre-sommet ?", ["who", "organi", "summit"]),
        ("Quel est le coût de l’énergie nucléaire ?", ["what", "cost", "energy", "nuclear"]),
        ("Où s'est tenu le sommet de Séoul ?", ["where", "held", "summit", "Seoul"]),
    ],
)
def test_a_french_question_is_given_in_english_words(text, english):
    read = gloss(text)
    assert [word for word in english if word not in read] == []


def test_names_stay_as_they_are():
    assert "Anne Bouverot" in gloss("Qu'a dit Anne Bouverot ?")
    assert "Le Monde" not in gloss("Combien de mondes ?")


def test_french_documents_are_asked_in_french(tmp_path, embedder):
    folder = tmp_path / "documents"
    folder.mkdir()
    text = "La chouette chasse la souris pendant la nuit. Elle habite une vieille grange."
    (folder / "chouettes.md").write_text(f"# Les chouettes\n\n{text}\n")
    settings = read_settings(corpus_dir=folder, data_dir=tmp_path / "data")
    sync_corpus(settings, embedder)
    question = "Que chasse la chouette pendant la nuit ?"
    with SearchIndex(index_folder(settings), embedder) as index:
        assert in_their_language(question, index.catalogue) == question


def test_english_documents_are_asked_in_english_and_quoted(assistant):
    answer = assistant.ask("Qui a organisé le contre-sommet du 10 février ?")
    assert answer.standalone_question == answer.question
    assert "Sadin" in answer.text
