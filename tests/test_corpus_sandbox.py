"""What the process that parses files may take and reach, and what is said when it takes more."""

import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import corpus.sandbox
from corpus.confined import read_frame, write_frame
from corpus.errors import UnreadableDocumentError
from corpus.markdown import parse_markdown
from corpus.sandbox import Sandbox

MARKDOWN = b"""---
title: Owls
date: 2025-02-11
sources:
  - {key: a, date: 2025-02-10}
---
They hunt.[^a]

## Where

In barns.
"""
# Runs Python in a process that is confined as the one that parses files is.
CONFINED = "from corpus.confined import confine; import {module}; confine(); {code}"


@pytest.fixture
def sandbox():
    sandbox = Sandbox()
    yield sandbox
    sandbox.close()


@pytest.fixture
def python(tmp_path):
    """Runs Python code in a process of its own."""

    def run(code):
        return subprocess.run(
            [sys.executable, "-c", code],
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=60,
        )

    return run


def confined(module, code):
    return CONFINED.format(module=module, code=code)


def test_what_a_file_says_comes_back_as_its_parser_gives_it(sandbox):
    parsed = sandbox.parse(".md", MARKDOWN)

    here = parse_markdown(MARKDOWN)
    assert parsed.text == "They hunt.\n\nWhere\n\nIn barns."
    assert (parsed.text, parsed.title, parsed.sections) == (here.text, here.title, here.sections)
    assert parsed.references == here.references
    assert parsed.metadata["date"] == "2025-02-11"
    assert parsed.metadata["sources"] == [{"key": "a", "date": "2025-02-10"}]


def test_a_file_that_cannot_be_read_is_said_in_the_words_of_its_parser(sandbox):
    with pytest.raises(
        UnreadableDocumentError, match=r"^is empty; there is nothing to read in it$"
    ):
        sandbox.parse(".txt", b" ")


def test_one_process_parses_many_files(sandbox):
    sandbox.parse(".txt", b"One.")
    process = sandbox._process
    sandbox.parse(".txt", b"Two.")
    assert sandbox._process is process


def test_a_file_that_takes_too_much_memory_is_given_up_and_the_next_is_read(sandbox):
    with pytest.raises(UnreadableDocumentError, match="needs more memory to read"):
        sandbox.parse(".txt", b"A b.\n\n" * 8_000_000)
    assert sandbox.parse(".txt", b"It goes on.").text == "It goes on."


def test_a_file_that_takes_too_long_is_given_up_and_the_next_is_read():
    sandbox = Sandbox(seconds=1)
    sandbox.parse(".txt", b"Started.")
    os.kill(sandbox._process.pid, signal.SIGSTOP)
    with pytest.raises(UnreadableDocumentError, match="takes longer than 1 seconds"):
        sandbox.parse(".txt", b"a" * 2**20)
    assert sandbox.parse(".txt", b"It goes on.").text == "It goes on."
    sandbox.close()


def test_a_process_that_dies_is_told_as_a_crash_and_replaced(sandbox):
    sandbox.parse(".txt", b"Started.")
    os.kill(sandbox._process.pid, signal.SIGSEGV)
    with pytest.raises(UnreadableDocumentError, match="makes its reader crash; open it"):
        sandbox.parse(".txt", b"One.")
    assert sandbox.parse(".txt", b"It goes on.").text == "It goes on."


def test_a_text_longer_than_any_book_is_refused_with_the_limit(sandbox):
    with pytest.raises(UnreadableDocumentError, match="more than 10,000,000 characters; split it"):
        sandbox.parse(".txt", b"word " * 2_000_001)


def test_a_process_that_cannot_be_started_is_told_so(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(UnreadableDocumentError, match="does not start; install summit anew"):
        Sandbox().parse(".txt", b"One.")


def test_the_process_ends_when_nothing_is_parsed_for_a_while(monkeypatch):
    monkeypatch.setattr(corpus.sandbox, "_IDLE_SECONDS", 0.05)
    sandbox = Sandbox()
    sandbox.parse(".txt", b"One.")
    process = sandbox._process
    assert process.wait(5) == -signal.SIGKILL
    assert sandbox.parse(".txt", b"Two.").text == "Two."
    sandbox.close()


def test_several_threads_take_turns(sandbox):
    texts = {}

    def parse(word):
        texts[word] = sandbox.parse(".txt", f"{word}.".encode()).text

    threads = [threading.Thread(target=parse, args=(f"w{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == {f"w{number}": f"w{number}." for number in range(8)}


def test_the_process_ends_with_the_one_that_started_it(python):
    code = (
        "import os; from corpus import sandbox; sandbox.parse('.txt', b'One.'); "
        "print(sandbox._shared()._process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    run = python(code)
    gone = threading.Event()
    for _ in range(100):
        try:
            if ") Z" in Path(f"/proc/{int(run.stdout)}/stat").read_text():
                return
        except FileNotFoundError:
            return
        gone.wait(0.05)
    raise AssertionError("the process is still there")


def test_it_imports_what_parsing_needs_and_nothing_heavy(python):
    code = "import corpus.confined, sys; print(sorted({n.split('.')[0] for n in sys.modules}))"
    run = python(code)
    assert "pypdf" in run.stdout
    for heavy in ("torch", "chromadb", "gradio", "langchain", "numpy", "assistant", "index"):
        assert f"'{heavy}'" not in run.stdout


def test_nothing_of_the_environment_goes_along(monkeypatch, sandbox):
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    sandbox.parse(".txt", b"One.")
    environment = Path(f"/proc/{sandbox._process.pid}/environ").read_bytes()
    assert b"PYTHONUTF8" in environment
    assert b"secret" not in environment


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("socket", "socket.create_connection(('127.0.0.1', 9))"),
        ("socket", "socket.getaddrinfo('example.org', 80)"),
        ("subprocess", "subprocess.run(['true'])"),
        ("os", "os.system('true')"),
        ("os", "os.fork()"),
        ("os", "os.execv('/bin/true', ['true'])"),
        ("pathlib", "pathlib.Path('/etc/passwd').read_text()"),
        ("pathlib", "pathlib.Path('planted').write_text('a')"),
    ],
)
def test_what_parses_reaches_neither_network_nor_processes_nor_other_files(python, module, code):
    assert "PermissionError" in python(confined(module, code)).stderr
    assert "PermissionError" not in python(f"import {module}; {code}").stderr


def test_what_parses_cannot_take_more_than_512_megabytes(python):
    assert "MemoryError" in python(confined("resource", "bytearray(512 * 2**20)")).stderr
    assert "MemoryError" not in python(confined("resource", "bytearray(256 * 2**20)")).stderr


def test_a_message_longer_than_allowed_is_not_read():
    stream = io.BytesIO()
    write_frame(stream, b"12345")
    stream.seek(0)
    with pytest.raises(ValueError, match="a message of 5 bytes"):
        read_frame(stream, 4)
    stream.seek(0)
    assert read_frame(stream, 5) == b"12345"
