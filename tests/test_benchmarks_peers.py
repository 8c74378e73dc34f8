import json
from pathlib import Path

import page
import peers
import pipelines
import pytest
from fakes import ChatServer, WordEmbedder
from langchain_core.documents import Document as Chunk
from langchain_core.retrievers import BaseRetriever

from assistant.evaluation.questions import TEST_QUESTIONS, GoldenQuestion, read_questions
from assistant.settings import read_settings
from corpus.document import Document

ROOT = Path(__file__).parent.parent
QUESTIONS = [
    GoldenQuestion(
        id="owls", question="Where do barn owls live?", facts=[["towers"]], documents=["owls"]
    ),
    GoldenQuestion(
        id="queen",
        question="How many eggs a day?",
        history=[("Who lays eggs in a hive?", "The queen.")],
        facts=[["two thousand"]],
        documents=["bees"],
    ),
    GoldenQuestion(id="tea", question="What does tea cost in Lisbon?", answerable=False),
]


@pytest.fixture
def measured(tmp_path, documents):
    def with_model(model=""):
        settings = read_settings(data_dir=tmp_path / "data", corpus_dir=documents, model=model)
        return peers.measure(QUESTIONS, settings, WordEmbedder(), tmp_path)

    return with_model


@pytest.fixture
def served(monkeypatch, measured):
    def with_reply(reply):
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        with ChatServer(reply) as server:
            monkeypatch.setenv("OPENAI_BASE_URL", server.url)
            return measured("openai:fake"), server.requests

    return with_reply


class Fixed(BaseRetriever):
    names: str

    def _get_relevant_documents(self, query, *, run_manager):
        return [Chunk(name, metadata={"number": name}) for name in self.names]


def by_id(rows):
    return {row["id"]: row for row in rows}


def test_every_pipeline_answers_the_same_questions(measured):
    results = measured()
    assert list(results) == ["quick start", "quick start with rank fusion", "ours"]
    for rows in results.values():
        assert [row["id"] for row in rows] == ["owls", "queen", "tea"]
        assert by_id(rows)["owls"]["recall@1"] == 1
        assert by_id(rows)["owls"]["right"]


def test_without_a_model_the_chunks_are_what_is_shown(measured):
    results = measured()
    row = by_id(results["quick start"])["owls"]
    assert row["answer"].startswith("Owls\n\nThe owl is a bird of the night.")
    assert row["words"] == len(row["answer"].split())
    assert not any(row["abstained"] or row["citations"] for row in results["quick start"])


def test_the_table_has_every_pipeline_and_ours_against_each_peer(measured):
    head, *body = peers.table(measured(), peers.FIGURES)
    assert head[1:4] == ["quick start", "quick start with rank fusion", "ours"]
    assert head[4:] == ["ours against quick start", "ours against quick start with rank fusion"]
    lines = {line[0]: line[1:] for line in body}
    exact = lines["Answers whose every quotation is exact"]
    assert exact == ["–", "–", "100.0% (100.0% to 100.0%)", "–", "–"]
    assert lines["Words of the text shown"][3].startswith(("better", "chance", "worse"))
    abstaining = lines["Unanswerable questions turned away"]
    assert abstaining[0] == "0.0% (0.0% to 0.0%)"
    assert abstaining[3:] == ["–", "–"]


def test_rank_fusion_adds_one_over_sixty_and_the_rank():
    found = pipelines.fused(Fixed(names="abcd"), Fixed(names="cbx")).invoke("")
    # b: 1/62 + 1/62, c: 1/63 + 1/61, which is a little more; then a: 1/61, x: 1/63, d: 1/64
    assert "".join(chunk.page_content for chunk in found) == "cbaxd"


def test_words_are_found_whatever_their_form_and_only_where_they_stand():
    chunks = [Chunk("Bees make honey."), Chunk("An owl hunts mice."), Chunk("Trains run.")]
    found = pipelines.WordRetriever.of(chunks, 50).invoke("hunting owls")
    assert found == [chunks[1]]


def test_chunks_are_the_tutorials_and_know_their_document():
    text = "\n\n".join(f"Paragraph {number} " + "word " * 60 for number in range(12))
    chunks = pipelines.split([Document("d", "Title", text, ())])
    assert chunks[0].page_content.startswith("Title\n\nParagraph 0")
    assert all(len(chunk.page_content) <= 1000 for chunk in chunks)
    assert {chunk.metadata["document"] for chunk in chunks} == {"d"}
    assert len({chunk.metadata["number"] for chunk in chunks}) == len(chunks) > 3


def test_with_a_chat_model_it_answers_from_the_chunks(served):
    results, requests = served("In church towers [1].")
    assert list(results)[2:] == ["quick start with the model", "ours", "ours with the model"]
    row = by_id(results["quick start with the model"])["owls"]
    assert (row["answer"], row["right"]) == ("In church towers [1].", True)
    prompts = [request["messages"][-1]["content"] for request in requests]
    assert any("Context:\nOwls\n\nThe owl is a bird" in prompt for prompt in prompts)
    assert (
        "ours with the model against quick start with the model"
        in peers.table(results, peers.FIGURES)[0]
    )


def test_a_model_that_does_not_know_abstains(served):
    results, _ = served("I don’t know.")
    rows = by_id(results["quick start with the model"])
    assert all(row["abstained"] for row in rows.values())
    assert rows["tea"]["right"]
    assert not any(row["abstained"] for row in results["quick start"])


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("I do not know.", True),
        ("Sorry, I don't know that.", True),
        ("They know it.", False),
        ("Nobody knows him.", False),
    ],
)
def test_what_counts_as_not_knowing(text, unknown):
    assert pipelines.says_unknown(text) is unknown


def test_the_page_is_written_between_its_markers_alone():
    old = (
        "a\n<!-- peers -->\nold\n<!-- /peers -->\nb\n<!-- peers-squad -->\n<!-- /peers-squad -->\n"
    )
    new = page.with_report(old, "peers", "new")
    assert new == old.replace("old", "new")
    assert page.with_report(new, "peers-squad", "more").endswith(
        "-->\nmore\n<!-- /peers-squad -->\n"
    )
    with pytest.raises(ValueError, match="<!-- speed -->"):
        page.with_report(old, "speed", "new")


def test_the_accuracy_in_the_readme_is_that_of_the_baseline():
    ids = {question.id for question in read_questions([TEST_QUESTIONS])}
    baseline = json.loads((ROOT / "tests" / "baseline.json").read_text("utf-8"))["questions"]
    rows = [row for row in baseline if row["id"] in ids]
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    for figure in peers.MAIN_FIGURES:
        [line] = [each for each in lines if each.startswith(f"| {figure.meaning} |")]
        assert line.split(" | ")[2] == peers.value(figure, rows)
