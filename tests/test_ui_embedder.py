"""An embedding model of the user's own, named by a setting, from the documents to the answer."""

import shutil

import httpx
import pytest
from browser import start, stop
from own_model import make_model

QUESTION = "Where do barn owls live?"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Two models of one size."""
    folder = tmp_path_factory.mktemp("models")
    return [make_model(folder / str(seed) / "small", seed) for seed in range(2)]


@pytest.fixture
def where(models, documents, tmp_path):
    """The settings, with a model that can be changed."""
    model = shutil.copytree(models[0], tmp_path / "small")
    return {
        "SUMMIT_CORPUS_DIR": str(documents),
        "SUMMIT_DATA_DIR": str(tmp_path / "data"),
        "SUMMIT_EMBEDDER": str(model),
    }


@pytest.fixture
def ingested(summit, where):
    assert summit("ingest", **where).returncode == 0


@pytest.fixture
def _changed(ingested, models, tmp_path):
    """The index is made; then the model is given other weights."""
    shutil.copy(models[1] / "model.safetensors", tmp_path / "small")


@pytest.mark.usefixtures("ingested")
def test_questions_are_answered_with_it(summit, where):
    assert "church towers" in summit("ask", QUESTION, **where).stdout


@pytest.mark.usefixtures("ingested")
def test_the_doctor_names_it(summit, where):
    found = summit("doctor", **where)
    assert "ok   embedding model: small@" in found.stdout
    assert found.returncode == 0


@pytest.mark.usefixtures("ingested")
def test_an_index_made_with_it_is_refused_by_the_built_in_model(summit, where):
    refused = summit("ask", QUESTION, **{**where, "SUMMIT_EMBEDDER": ""})
    assert refused.returncode == 2
    assert "another embedder (small@" in refused.stderr
    assert "run: summit ingest --rebuild" in refused.stderr


@pytest.mark.usefixtures("_changed")
def test_an_index_made_with_other_weights_is_refused_and_made_anew_on_request(summit, where):
    refused = summit("ask", QUESTION, **where)
    assert refused.returncode == 2
    assert "another embedder (small@" in refused.stderr
    assert summit("ingest", "--rebuild", **where).returncode == 0
    assert "church towers" in summit("ask", QUESTION, **where).stdout


@pytest.mark.usefixtures("_changed")
def test_a_server_makes_an_index_of_other_weights_anew_and_looks_nothing_up(where, tmp_path):
    process, address = start(tmp_path / "data", **{**where, "HF_HUB_OFFLINE": "0"})
    try:
        assert any("another embedder (small@" in each for each in process.said())
        answer = httpx.post(f"{address}/api/ask", json={"question": QUESTION}, timeout=60).json()
        assert "church towers" in answer["answer"]
    finally:
        stop(process)


@pytest.mark.parametrize("name", ["no/such/folder", "someone/large"])
def test_a_model_that_is_not_there_is_one_line(summit, where, tmp_path, monkeypatch, name):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    where = {**where, "SUMMIT_EMBEDDER": name}
    asked = summit("ask", QUESTION, **where)
    assert asked.returncode == 2
    assert asked.stderr.startswith(f"summit: the embedding model {name} (SUMMIT_EMBEDDER): ")
    assert asked.stderr.count("\n") == 1
    examined = summit("doctor", **where)
    assert f"BAD  embedding model: the embedding model {name}" in examined.stdout
    assert examined.returncode == 1
