import re
import shlex
import subprocess
import sys
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


def collected(options):
    """Say how many tests of a module of slow ones a run with these options holds."""
    slow = ROOT / "tests" / "test_reliability.py"
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *options, str(slow)]
    result = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    return result.stdout.splitlines()[-1]


def test_make_test_which_ci_runs_holds_the_slow_tests_that_a_plain_run_says_it_left_out():
    [recipe] = re.findall(r"(?m)^test:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf-8"))
    [options] = re.findall(r"(?m)^\t\$\(BIN\)/pytest(.*)$", recipe)
    assert "make test" in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert re.fullmatch(r"\d+ tests collected in .*", collected(shlex.split(options)))
    assert re.fullmatch(r"no tests collected \(\d+ deselected\) in .*", collected([]))
