import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def killed(*arguments):
    result = subprocess.run(
        [sys.executable, ROOT / "reliability" / "kill.py", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert result.stdout, result.stderr
    return result.returncode, json.loads(result.stdout)


def test_a_killed_ingestion_update_or_rebuild_leaves_every_document_whole():
    code, figures = killed("--kills", "9")
    assert figures["examples"] == []
    assert (code, figures["kills"], figures["wrong"]) == (0, 9, 0)
    assert {each.split(":")[0] for each in figures["left"]} == {"ingestion", "update", "rebuild"}


def test_the_harness_finds_an_index_that_is_changed_in_place():
    code, figures = killed("--kills", "6", "--planted")
    assert code == 1
    assert figures["wrong"] > 0
