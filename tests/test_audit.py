"""What the audit of the dependencies says, and when it is skipped."""

import importlib.util
import json
from pathlib import Path

import pytest


@pytest.fixture
def report():
    path = Path(__file__).parent.parent / "scripts/audit.py"
    spec = importlib.util.spec_from_file_location("audit", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.report


def packages(*vulnerabilities):
    found = {"name": "owl", "version": "1.0", "vulns": list(vulnerabilities)}
    return json.dumps({"dependencies": [found, {"name": "bee", "version": "2", "vulns": []}]})


def test_a_known_vulnerability_fails_with_the_version_that_mends_it(report, capsys):
    assert report(packages({"id": "CVE-1", "fix_versions": ["1.1"]}), "") == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "owl 1.0: CVE-1; mended in 1.1"
    assert said[1] == "audit: 2 packages, 1 known vulnerabilities"


def test_without_any_it_passes(report):
    assert report(packages(), "") == 0


@pytest.mark.parametrize("found", ["", "[]", "{}", "no JSON"])
def test_where_its_data_cannot_be_reached_it_is_skipped_with_a_line(report, capsys, found):
    assert report(found, "Traceback\nConnectionError: no route") == 0
    assert capsys.readouterr().out == (
        "audit skipped: its data cannot be reached (ConnectionError: no route)\n"
    )
