import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent


def run(harness, *arguments):
    result = subprocess.run(
        [sys.executable, ROOT / "reliability" / f"{harness}.py", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=900,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert result.stdout, result.stderr
    return result.returncode, json.loads(result.stdout)


def test_a_killed_ingestion_update_or_rebuild_leaves_every_document_whole():
    code, figures = run("kill", "--kills", "9")
    assert figures["examples"] == []
    assert (code, figures["kills"], figures["wrong"]) == (0, 9, 0)
    assert {each.split(":")[0] for each in figures["left"]} == {"ingestion", "update", "rebuild"}


def test_the_harness_finds_an_index_that_is_changed_in_place():
    code, figures = run("kill", "--kills", "40", "--planted")
    assert code == 1
    assert figures["wrong"] > 0


def test_of_two_ingestions_at_once_one_is_told_so_and_nothing_is_missing_or_unreadable():
    code, figures = run("together", "--rounds", "3")
    assert figures["examples"] == []
    assert (code, figures["wrong"]) == (0, 0)
    assert figures["told"] > 0
    assert figures["slowest_told"] <= 2
    assert figures["answers"] > 0


def test_the_harness_finds_two_that_build_in_one_folder():
    code, figures = run("together", "--rounds", "1", "--planted")
    assert (code, figures["wrong"]) == (1, 1)


def test_a_disk_with_too_little_room_leaves_the_old_index_and_one_line():
    code, figures = run("full", "--tries", "4")
    assert figures["examples"] == []
    assert (code, figures["tries"]) == (0, 4)
    assert figures["refused"] > 0
    assert figures["done"] > 0


def test_the_harness_finds_an_index_that_is_used_though_writing_failed():
    code, figures = run("full", "--tries", "2", "--planted")
    assert code == 1
    assert figures["wrong"] > 0


def test_vectors_that_are_damaged_are_noticed_and_mended():
    code, figures = run("damage", "--only", "data_level0")
    assert figures["examples"] == []
    assert (code, figures["damages"], figures["detected"], figures["repaired"]) == (0, 3, 3, 3)


def test_the_harness_finds_damage_that_nobody_notices():
    code, figures = run("damage", "--only", "data_level0.bin bytes flipped", "--planted")
    assert (code, figures["wrong"]) == (1, 1)
    assert "nothing was noticed" in figures["examples"][0]


def test_the_harness_finds_questions_that_no_process_answers(shipped):
    code, figures = run("fleet", "--planted", "--seconds", "2", "--data", str(shipped.data_dir))
    assert (code, figures["kills"]) == (1, 2)
    assert figures["wrong"] > 0
