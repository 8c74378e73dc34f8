"""Files are parsed in a process of their own, which may take little and reach nothing.

A parser that a hostile file drives mad is killed there, and the next file gets a new process.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from threading import Lock, Timer
from typing import IO, TYPE_CHECKING, Any, cast

from corpus.confined import MAX_ANSWER_BYTES, OUT_OF_MEMORY, SECONDS, read_frame, write_frame
from corpus.document import Reference, Section
from corpus.errors import UnreadableDocumentError
from corpus.parsed import Parsed

if TYPE_CHECKING:
    from collections.abc import Callable

_STARTING_SECONDS = 60
_IDLE_SECONDS = 10
_TOO_SLOW = "takes longer than {:g} seconds to read; split it, or save it in a simpler format"
_TOO_MUCH = "needs more memory to read than a document should; split it, or save it anew"
_CRASHED = "makes its reader crash; open it in an editor and save it again"
_NO_START = "cannot be read: the process that reads files does not start; install summit anew"


def parse(suffix: str, data: bytes) -> Parsed:
    """Parse the bytes of a file, by the parser of its ending, in the process shared by all files.

    Raises:
        UnreadableDocumentError: it is broken, or takes more time or memory than it may.
    """
    return _shared().parse(suffix, data)


def process_id() -> int | None:
    """Give the number of the process shared by all files, if it runs."""
    return _shared().process_id


@lru_cache
def _shared() -> Sandbox:
    sandbox = Sandbox()
    atexit.register(sandbox.close)
    return sandbox


class Sandbox:
    """One process that parses file after file; it is replaced when it dies or is killed.

    It ends when nothing was parsed for a while, and with the process that started it.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._idle = Timer(_IDLE_SECONDS, self.close)

    def parse(self, suffix: str, data: bytes) -> Parsed:
        """Parse one file; the time that the process takes to start does not count."""
        with self._lock:
            self._idle.cancel()
            process, self._process = self._process or _started(), None
            answer = _asked(process, self._seconds, suffix.encode(), data)
            self._process = process
            self._idle = _after(_IDLE_SECONDS, self.close)
        if "problem" in answer:
            raise UnreadableDocumentError(answer["problem"])
        return _parsed(answer)

    @property
    def process_id(self) -> int | None:
        """The number of the process, if it runs."""
        return self._process.pid if self._process else None

    def close(self) -> None:
        """End the process; the next file starts another."""
        with self._lock:
            self._idle.cancel()
            process, self._process = self._process, None
        if process:
            _end(process)


def _started() -> subprocess.Popen[bytes]:
    # -P: what lies where the command was given is no module of ours. The environment stays here,
    # for it may hold keys.
    root = str(Path(__file__).parent.parent)
    kept = {name: value for name, value in os.environ.items() if name == "LD_LIBRARY_PATH"}
    process = subprocess.Popen(
        [sys.executable, "-P", "-s", "-B", "-m", "corpus.confined"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**kept, "PYTHONPATH": root, "PYTHONUTF8": "1"},
        start_new_session=True,
    )
    try:
        _asked(process, _STARTING_SECONDS)
    except UnreadableDocumentError as error:
        raise UnreadableDocumentError(_NO_START) from error
    return process


def _asked(process: subprocess.Popen[bytes], seconds: float, *frames: bytes) -> dict[str, Any]:
    """Write to a process and read its answer; one that does not answer well is ended."""
    questions, answers = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
    late: list[bool] = []

    def kill() -> None:
        late.append(True)
        process.kill()

    timer = _after(seconds, kill)
    try:
        for frame in frames:
            write_frame(questions, frame)
        answer: dict[str, Any] = json.loads(read_frame(answers, MAX_ANSWER_BYTES))
    except (EOFError, OSError, ValueError) as error:
        code = _end(process)
        slow = late or code == -signal.SIGXCPU
        reason = _TOO_MUCH if code == OUT_OF_MEMORY else _CRASHED
        raise UnreadableDocumentError(_TOO_SLOW.format(seconds) if slow else reason) from error
    except BaseException:
        _end(process)
        raise
    finally:
        timer.cancel()
    return answer


def _end(process: subprocess.Popen[bytes]) -> int:
    """Kill a process, which may have ended already; give its exit code."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        # What was not written yet cannot be written any more.
        with suppress(OSError):
            cast("IO[bytes]", pipe).close()
    return process.wait()


def _after(seconds: float, do: Callable[[], None]) -> Timer:
    timer = Timer(seconds, do)
    timer.daemon = True
    timer.start()
    return timer


def _parsed(answer: dict[str, Any]) -> Parsed:
    return Parsed(
        text=answer["text"],
        sections=tuple(Section(**each) for each in answer["sections"]),
        title=answer["title"],
        references=tuple(
            Reference(each["offset"], tuple(each["keys"])) for each in answer["references"]
        ),
        metadata=answer["metadata"],
    )
