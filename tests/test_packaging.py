import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = ["requirements.lock", "requirements-dev.lock"]


def lines(name):
    text = (ROOT / name).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("name", LOCKS)
def test_every_dependency_is_pinned_to_a_version_and_to_no_place(name):
    for line in lines(name):
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!]+( ; .+)?", line), line


def test_the_development_lock_holds_all_that_the_product_needs_at_the_same_versions():
    product = {line for line in lines("requirements.lock") if "editables" not in line}
    product = {line for line in product if not line.startswith(("hatchling", "trove-", "pluggy"))}
    assert {line for line in product if line.startswith(("torch", "gradio", "chroma"))}
    assert [line for line in product if line not in lines("requirements-dev.lock")] == []


@pytest.mark.parametrize("name", LOCKS)
def test_no_cuda_package_is_pulled_in(name):
    assert not [line for line in lines(name) if line.startswith(("nvidia", "cuda", "triton"))]


def test_the_reading_model_does_not_tell_where_it_was_made():
    weights = (ROOT / "assistant" / "models" / "reader.onnx").read_bytes()
    assert b"site-packages" not in weights
    assert b"training/reader.py" not in weights


def test_what_ci_runs_is_every_test_though_pytest_alone_leaves_slow_ones_out():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    options = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]
    assert "-m 'not slow'" in options["ini_options"]["addopts"]
    assert "$(BIN)/pytest -m ''\n" in makefile
    assert "\nmake test\n" in (ROOT / ".ci/run").read_text("utf-8")
