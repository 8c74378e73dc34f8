import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = ["corpus", "index", "assistant", "ui"]
MODULES = [path for package in ORDER for path in sorted((ROOT / package).rglob("*.py"))]


def imports(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def upward(package, source):
    above = ORDER[ORDER.index(package) + 1 :]
    return [name for name in imports(source) if name.split(".")[0] in above]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    package = path.relative_to(ROOT).parts[0]
    assert upward(package, path.read_text("utf-8")) == []


def test_an_import_that_points_the_wrong_way_is_seen():
    assert upward("index", "from ui.cli import main") == ["ui.cli"]


@pytest.mark.parametrize(
    ("library", "only"),
    [
        ("chromadb", ("index/server.py", "index/store.py", "index/vectors.py")),
        ("sentence_transformers", "index/transformer.py"),
        ("onnxruntime", "index/runtime.py"),
        ("sqlite3", ("index/catalogue.py", "index/checksums.py", "assistant/sqlite.py")),
        (
            "sqlalchemy",
            (
                *("assistant/database.py", "assistant/sqlite.py", "assistant/postgres.py"),
                *("assistant/conversations.py", "assistant/feedback.py"),
            ),
        ),
        ("gradio", "ui/"),
        ("httpx", "corpus/web.py"),
        ("ragas", "assistant/evaluation/verdicts.py"),
    ],
)
def test_each_heavy_library_has_one_place(library, only):
    users = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if any(name.split(".")[0] == library for name in imports(path.read_text("utf-8")))
    ]
    assert users
    assert all(user.startswith(only) for user in users)
