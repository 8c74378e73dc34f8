import pytest
from fakes import WordEmbedder

from corpus.load import find_files
from index.build import Wanted, build_index
from index.keyword import search_keywords, word_weights
from index.search import DENSE_WEIGHT, LEXICAL_WEIGHT, SearchIndex


@pytest.fixture
def index(tmp_path, documents):
    build_index(tmp_path / "index", Wanted(corpus=tuple(find_files([documents]))), WordEmbedder())
    with SearchIndex(tmp_path / "index", WordEmbedder()) as opened:
        yield opened


def test_the_passage_with_the_words_of_the_question_comes_first(index):
    hit = index.search("How many eggs does the queen lay?")[0]
    assert hit.passage.document_id == "bees"


def test_the_score_is_the_sum_that_the_documentation_names(index):
    for hit in index.search("where do barn owls live"):
        expected = DENSE_WEIGHT * max(hit.cosines) + LEXICAL_WEIGHT * hit.bm25
        assert hit.score == pytest.approx(expected)


def test_each_sentence_has_a_cosine(index):
    for hit in index.search("honey"):
        assert len(hit.cosines) == len(hit.passage.sentences)
        assert all(-1.001 <= cosine <= 1.001 for cosine in hit.cosines)


def test_no_more_passages_than_asked_for_come_back(index):
    assert len(index.search("owl bee railway", 2)) == 2


def test_in_one_document_its_passages_alone_are_found_all_of_their_sentences_compared(index):
    everywhere = {hit.passage.id: hit for hit in index.search("eggs of the queen in a tower")}
    found = index.search("eggs of the queen in a tower", document_id="owls")
    assert {hit.passage for hit in found} == set(index.catalogue.passages_of("owls"))
    for hit in found:
        assert hit.cosines == pytest.approx(everywhere[hit.passage.id].cosines, abs=1e-5)
        assert hit.score == pytest.approx(
            DENSE_WEIGHT * max(hit.cosines) + LEXICAL_WEIGHT * hit.bm25
        )
    assert max(hit.bm25 for hit in found) == 1


def test_in_a_document_that_there_is_not_nothing_is_found(index):
    assert index.search("owls", document_id="unicorns") == []


@pytest.mark.parametrize("query", ['"; DROP TABLE passages; --', "NEAR(a b)", "a* OR", "???", "'"])
def test_a_query_is_never_syntax(index, query):
    index.search(query)
    assert index.catalogue.document_count() == 3


def test_words_that_stand_nearly_everywhere_are_not_scored_beside_rarer_ones(index, monkeypatch):
    catalogue = index.catalogue
    common, rare = catalogue.frequency("owl"), catalogue.frequency("egg")
    assert common > rare > 0
    everything = search_keywords(catalogue, "owls and eggs", 50)
    monkeypatch.setattr("index.keyword._MOST_MATCHES", rare)
    assert len(search_keywords(catalogue, "owls and eggs", 50)) == rare < len(everything)
    assert len(search_keywords(catalogue, "owls", 50)) == common
    assert len(search_keywords(catalogue, "eggs of unicorns", 50)) == rare


def test_keywords_match_other_forms_of_a_word(index):
    found = search_keywords(index.catalogue, "hunting owls", 5)
    passages = index.catalogue.passages([found[0][0]])
    assert passages[found[0][0]].document_id == "owls"


def test_a_rare_word_weighs_more_than_a_common_one(index):
    weights = word_weights(index.catalogue, "railway queen unicorn")
    assert weights["unicorn"] > weights["railway"] >= weights["queen"]


def test_the_title_alone_makes_a_passage_findable(index):
    assert search_keywords(index.catalogue, "trains", 5)


def test_documents_come_back_as_they_went_in(index):
    document = index.catalogue.document("owls")
    assert document.title == "Owls"
    assert document.heading_at(document.text.index("Barn")) == "Where owls live"
    with pytest.raises(KeyError):
        index.catalogue.document("unicorns")
