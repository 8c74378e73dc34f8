"""Embedding models of a user's own: run as they are meant to be, from this machine alone."""

import json
import shutil

import numpy as np
import pytest
from own_model import PROMPTS, change, into_cache, make_model

from index.errors import ModelError
from index.transformer import SentenceTransformersModel

TEXTS = ["Owls hunt mice.", "", "A queen lays two thousand eggs a day. " * 40]

# Takes whatever would leave this machine, and every name that would be looked up, for an error.
OFFLINE = """
import socket, sys
def refuse(*args, **kwargs):
    print("network:", args)
    raise OSError("no network")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
from index.errors import ModelError
from index.transformer import SentenceTransformersModel
try:
    model = SentenceTransformersModel(sys.argv[1])
    print(model.name, model.embed(["an owl"]).shape)
except ModelError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A model that puts something before questions and texts."""
    return make_model(tmp_path_factory.mktemp("models") / "small", prompts=PROMPTS)


@pytest.fixture
def folder(saved, tmp_path):
    """A copy of it, to be changed."""
    return shutil.copytree(saved, tmp_path / "small")


@pytest.fixture(scope="module")
def model(saved):
    return SentenceTransformersModel(str(saved))


def one_line(folder):
    with pytest.raises(ModelError) as raised:
        SentenceTransformersModel(str(folder)).embed(["x"])
    assert "\n" not in str(raised.value)
    assert "SUMMIT_EMBEDDER" in str(raised.value)
    return str(raised.value)


def test_vectors_are_float32_and_of_length_one(model):
    vectors = model.embed(TEXTS)
    assert (vectors.dtype, vectors.shape) == (np.float32, (3, 32))
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert model.embed([]).shape == (0, 32)


def test_what_its_configuration_puts_before_texts_and_questions_is_put_there(model, folder):
    change(folder / "config_sentence_transformers.json", prompts={"query": "", "document": ""})
    plain = SentenceTransformersModel(str(folder))
    expected = plain.embed(["passage: owls", "query: owls"])
    found = np.concatenate([model.embed(["owls"]), model.embed_questions(["owls"])])
    assert np.abs(found - expected).max() < 1e-5
    assert np.abs(found[0] - found[1]).max() > 1e-2


def test_weights_kept_in_half_precision_are_run_in_float32(folder, model):
    from safetensors.numpy import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    halves = {name: each.astype(np.float16) for name, each in weights.items()}
    save_file(halves, folder / "model.safetensors", {"format": "pt"})
    change(folder / "config.json", dtype="float16")
    vectors = SentenceTransformersModel(str(folder)).embed(TEXTS)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.abs(vectors - model.embed(TEXTS)).max() < 1e-2


def test_a_text_of_which_the_model_knows_nothing_has_a_direction_all_the_same(folder):
    from safetensors.numpy import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    nothing = {name: np.zeros_like(each) for name, each in weights.items()}
    save_file(nothing, folder / "model.safetensors", {"format": "pt"})
    vectors = SentenceTransformersModel(str(folder)).embed(TEXTS)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)


def test_its_name_tells_it_from_another_and_is_the_same_elsewhere(saved, folder, tmp_path):
    name = SentenceTransformersModel(str(saved)).name
    assert name.startswith("small@")
    assert SentenceTransformersModel(str(folder)).name == name
    other = make_model(tmp_path / "other" / "small", seed=1, prompts=PROMPTS)
    assert SentenceTransformersModel(str(other)).name != name


@pytest.mark.parametrize(
    "file", ["model.safetensors", "tokenizer.json", "config_sentence_transformers.json"]
)
def test_its_name_changes_with_any_file_that_it_is_loaded_from(saved, folder, file):
    content = (folder / file).read_bytes()
    (folder / file).write_bytes(content[:-1] + b" }")
    names = {SentenceTransformersModel(str(each)).name for each in (saved, folder)}
    assert len(names) == 2


def test_its_name_stays_when_what_is_not_loaded_changes(saved, folder):
    (folder / "README.md").write_text("# A model\n")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.onnx").write_bytes(b"the same in another format")
    names = {SentenceTransformersModel(str(each)).name for each in (saved, folder)}
    assert len(names) == 1


@pytest.mark.parametrize(
    ("written", "name"), [("someone/small", "someone/small"), ("s", "sentence-transformers/s")]
)
def test_a_name_is_looked_up_in_the_cache_and_nothing_leaves_the_machine(
    folder, tmp_path, summit_process, written, name
):
    into_cache(folder, tmp_path / "hub", name)
    cache = {"HF_HUB_CACHE": tmp_path / "hub", "HF_HUB_OFFLINE": "0"}
    run = summit_process(written, code=OFFLINE, **cache)
    assert run.stdout.startswith(f"{written}@"), run.stderr
    assert run.stdout.endswith("(1, 32)\n")


@pytest.mark.parametrize("offline", ["0", "1"])
def test_a_name_that_is_not_in_the_cache_is_not_asked_for_anywhere(
    tmp_path, summit_process, offline
):
    cache = {"HF_HUB_CACHE": tmp_path / "hub", "HF_HUB_OFFLINE": offline}
    run = summit_process("someone/large", code=OFFLINE, **cache)
    [line] = run.stdout.splitlines()
    assert line.endswith("nothing is fetched by itself; fetch it: hf download someone/large")


def test_a_folder_that_is_missing_is_said_in_one_line(tmp_path):
    assert one_line(tmp_path / "none").endswith("there is no such folder")


def test_a_folder_that_is_no_model_is_said_in_one_line(tmp_path):
    assert "it has no modules.json" in one_line(tmp_path)


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "tokenizer.json"])
@pytest.mark.parametrize("content", [b"", b"no such thing", None])
def test_a_model_that_is_damaged_is_said_in_one_line(folder, file, content):
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_bytes(content)
    assert "cannot be used: " in one_line(folder)


def test_a_model_that_gives_no_numbers_is_said_in_one_line(folder):
    from safetensors.numpy import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    broken = {name: np.full_like(each, np.nan) for name, each in weights.items()}
    save_file(broken, folder / "model.safetensors", {"format": "pt"})
    assert "no numbers" in one_line(folder)


def test_weights_that_may_hold_code_are_not_read(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert "pytorch_model.bin is not read" in one_line(folder)


def test_code_that_comes_with_a_model_is_not_run(folder, tmp_path):
    ran = tmp_path / "ran"
    (folder / "theirs.py").write_text(
        f"open({str(ran)!r}, 'w')\nfrom sentence_transformers.base.modules import Transformer\n"
        "class Theirs(Transformer): pass\n"
    )
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "theirs.Theirs"
    (folder / "modules.json").write_text(json.dumps(modules))
    assert "cannot be used: " in one_line(folder)
    assert not ran.exists()


def test_several_threads_are_given_the_same(model):
    from concurrent.futures import ThreadPoolExecutor

    expected = model.embed(TEXTS)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: model.embed(TEXTS), range(16)):
            assert np.abs(found - expected).max() < 1e-5
