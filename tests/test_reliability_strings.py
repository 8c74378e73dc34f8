import json
import subprocess
import sys
from argparse import ArgumentTypeError
from pathlib import Path

import pytest
import report
from strings import read_strings


@pytest.fixture
def lists(tmp_path):
    (tmp_path / "owls.txt").write_text("<b>owl</b>\n\nan owl\u2028\x85\x0bof one line\n", "utf-8")
    (tmp_path / "bees.json").write_text('["", "bee\\nqueen"]', "utf-8")
    return [str(tmp_path / name) for name in ("owls.txt", "bees.json")]


def test_a_text_has_one_string_a_line_and_a_json_file_a_list_of_them(lists):
    text, listed = map(read_strings, lists)
    assert text == ["<b>owl</b>", "", "an owl\u2028\x85\x0bof one line"]
    assert listed == ["", "bee\nqueen"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.txt", None, "No such file"),
        ("owls.txt", b"", "holds no strings; write one a line"),
        ("owls.txt", b"\n\n", "holds no strings; write one a line"),
        ("owls.txt", b"\xff\xfe", "is not in UTF-8; save it anew so"),
        ("bees.json", b'["bee"', "is no JSON: "),
        ("bees.json", b'{"bee": 1}', "is no JSON list of strings"),
        ("bees.json", b'["bee", 1]', "is no JSON list of strings"),
        ("bees.json", b"[]", "holds no strings"),
    ],
)
def test_a_file_without_strings_is_one_line_that_says_why(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ArgumentTypeError, match=said) as refused:
        read_strings(str(tmp_path / name))
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.fixture
def reported(monkeypatch, capsys):
    """Runs the report with harnesses that find nothing; gives its rows and what was run."""
    found = {
        "payloads": {"strings": 8_272, "faults": []},
        "injections": {
            "injections": 1,
            "answers_that_quote_the_order": 0,
            "answered_rightly": 1,
            "faults": [],
        },
    }
    kept = tuple(each for each in report.PROMISES if each.harness in found)
    monkeypatch.setattr(report, "PROMISES", kept)

    def run(*arguments):
        ran = {}

        def harness(command, **_):
            name = Path(command[1]).stem
            ran[name] = command[2:]
            return subprocess.CompletedProcess(command, 0, json.dumps(found[name]))

        monkeypatch.setattr(report.subprocess, "run", harness)
        monkeypatch.setattr(sys, "argv", ["report.py", *arguments])
        with pytest.raises(SystemExit) as ended:
            report.main()
        return ended.value.code, ran, capsys.readouterr()

    return run


def test_the_report_hands_files_of_strings_to_the_payloads_alone_and_names_them(reported, lists):
    code, ran, printed = reported("--strings", *lists)
    assert (code, ran) == (0, {"injections": [], "payloads": lists})
    assert "| `injections.py` |" in printed.out
    assert "| `payloads.py owls.txt bees.json` | 8,272 strings, 0 faults |" in printed.out


def test_without_files_the_report_runs_the_strings_that_are_kept_here(reported):
    code, ran, printed = reported()
    assert (code, ran["payloads"]) == (0, [])
    assert "| `payloads.py` | 8,272 strings, 0 faults |" in printed.out


def test_a_file_that_is_missing_is_told_before_any_harness_runs(reported, lists):
    code, ran, printed = reported("--strings", lists[0], "none.txt")
    assert (code, ran) == (2, {})
    assert printed.err.splitlines()[-1].endswith("none.txt: No such file or directory")
