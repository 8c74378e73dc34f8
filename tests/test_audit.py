"""What the audit of the dependencies says, and when it is skipped."""

import json
import subprocess

import pytest
from loading import load


@pytest.fixture
def audit():
    return load("scripts/audit.py")


BEE = {"name": "bee", "version": "2", "vulns": []}
UNKNOWN = {"name": "cat", "skip_reason": "Dependency not found"}
ILL = {"name": "owl", "version": "1.0", "vulns": [{"id": "CVE-1", "fix_versions": ["1.1"]}]}


def said(*packages):
    return json.dumps({"dependencies": packages}), ""


def test_a_known_vulnerability_fails_with_the_version_that_mends_it(audit, capsys):
    assert audit.report(said(ILL, BEE)) == 1
    assert capsys.readouterr().out.splitlines() == [
        "owl 1.0: CVE-1; mended in 1.1",
        "audit: 2 packages, 1 known vulnerabilities",
    ]


def test_without_any_it_passes(audit):
    assert audit.report(said(BEE)) == 0


def test_a_package_that_could_not_be_looked_up_is_named_and_not_counted(audit, capsys):
    assert audit.report(said(BEE, UNKNOWN)) == 0
    assert capsys.readouterr().out.splitlines() == [
        "not looked up: cat",
        "audit: 1 packages, 0 known vulnerabilities",
    ]


@pytest.mark.parametrize("found", ["", "[]", "{}", "no JSON"])
def test_where_its_data_cannot_be_reached_it_is_skipped_with_a_line(
    audit, monkeypatch, capsys, found
):
    complaint = "Traceback\nConnectionError: no route"
    monkeypatch.setattr(audit, "looked_up", lambda *_: (found, complaint))
    assert audit.main() == 0
    assert capsys.readouterr().out == (
        "audit skipped: its data cannot be reached (ConnectionError: no route)\n"
    )


def test_where_the_first_package_is_not_found_no_other_is_asked_for(audit, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(audit, "looked_up", lambda names, _: asked.append(names) or said(UNKNOWN))
    assert audit.main() == 0
    assert [len(each) for each in asked] == [1]
    assert capsys.readouterr().out == (
        "audit skipped: its data cannot be reached (Dependency not found)\n"
    )


def test_where_it_is_found_every_locked_package_is_asked_for(audit, monkeypatch):
    asked = []
    monkeypatch.setattr(audit, "looked_up", lambda names, _: asked.append(names) or said(BEE))
    assert audit.main() == 0
    assert asked[-1] == audit.LOCK.read_text("utf-8").splitlines()[1:]


def test_an_audit_that_hangs_is_ended(audit, monkeypatch, capsys):
    def hangs(_, seconds):
        raise subprocess.TimeoutExpired("pip-audit", seconds)

    monkeypatch.setattr(audit, "looked_up", hangs)
    assert audit.main() == 0
    assert capsys.readouterr().out == (
        "audit skipped: its data cannot be reached (no answer in 30 s)\n"
    )
